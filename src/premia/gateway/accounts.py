"""Answers about accounts: summary, updates, positions, profit and loss; and the pushes that follow.

Each subscription has its own pace, as at IB: positions at once, account updates after fills and every
three minutes, the summary every three minutes only. After the first answer only changes are sent. A
client must not combine the three without a barrier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

import msgspec

from premia.domain.dates import NEW_YORK
from premia.domain.instrument import Option
from premia.exchange.types import Holding
from premia.gateway import messages
from premia.gateway.account_rows import cents, ledger_of_tag, summary_rows, update_rows
from premia.gateway.codes import BAD_REQUEST, DUPLICATE_ID
from premia.gateway.floor import Floor
from premia.gateway.names import wire_of
from premia.gateway.requests import WireContract
from premia.gateway.session import Session
from premia.gateway.wire import UNSET_DOUBLE, Cursor, Field

PUSH_EVERY = timedelta(minutes=3)
SUMMARIES_MAX = 2

Handler = Callable[[Floor, Session, Cursor], None]


def account_summary(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 62: rows for the tags asked for, of all accounts; then every three minutes."""
    cursor.integer()
    req_id, _group, tags = cursor.integer(), cursor.text(), tuple(filter(None, cursor.text().split(",")))
    open_now = session.asks.summaries
    if req_id not in open_now and len(open_now) >= SUMMARIES_MAX:
        session.error(req_id, DUPLICATE_ID, "Maximum number of account summary requests exceeded")
        return
    open_now[req_id] = ("All", tags)
    _send_summary(floor, session, req_id, tags, again=True)
    session.send([64, 1, req_id])


def cancel_account_summary(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 63."""
    del floor
    cursor.integer()
    session.asks.summaries.pop(cursor.integer(), None)


def account_updates(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 6: all figures and positions of one account; a new account takes the place of the last."""
    cursor.integer()
    subscribe, account = cursor.flag(), cursor.text("")
    known = floor.exchange.accounts()
    if not subscribe:
        session.asks.account = ""
        return
    account = account or known[0]
    if account not in known:
        session.error(
            -1, BAD_REQUEST, f"Error validating request.-'bU' : cause - Invalid account code {account!r}"
        )
        return
    session.asks.account = account
    _send_account(floor, session, account, again=True)
    session.send([54, 1, account])


def account_updates_multi(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 76: the figures of one account under a request's own number."""
    cursor.integer()
    req_id, account = cursor.integer(), cursor.text()
    known = floor.exchange.accounts()
    chosen = known if account in ("", "All") else [account]
    if any(one not in known for one in chosen):
        session.error(
            req_id, BAD_REQUEST, f"Error validating request.-'bU' : cause - Invalid account code {account!r}"
        )
        return
    session.asks.account_multi[req_id] = account
    _send_account_multi(floor, session, req_id, account, again=True)
    session.send([74, 1, req_id])


def cancel_account_updates_multi(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 77."""
    del floor
    cursor.integer()
    session.asks.account_multi.pop(cursor.integer(), None)


def positions(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 61: the positions of every account; then each that changes."""
    del cursor
    session.asks.positions = True
    for account in floor.exchange.accounts():
        for holding in floor.exchange.holdings(account):
            session.send(_position(floor, holding))
    session.send([62, 1])


def cancel_positions(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 64."""
    del floor, cursor
    session.asks.positions = False


def positions_multi(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 74: positions of one account under a request's own number."""
    cursor.integer()
    req_id, account = cursor.integer(), cursor.text()
    session.asks.positions_multi[req_id] = account
    for one in floor.exchange.accounts():
        if account in ("", one):
            for holding in floor.exchange.holdings(one):
                wire = position_contract(floor, holding)
                session.send(
                    messages.position_multi(req_id, one, wire, holding.quantity, holding.average_cost)
                )
    session.send([72, 1, req_id])


def cancel_positions_multi(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 75."""
    del floor
    cursor.integer()
    session.asks.positions_multi.pop(cursor.integer(), None)


def profit_and_loss(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 92: daily, unrealised and realised P&L of an account, then whenever it changes."""
    req_id, account = cursor.integer(), cursor.text()
    if account not in floor.exchange.accounts():
        session.error(
            req_id, BAD_REQUEST, f"Error validating request.-'bU' : cause - Invalid account code {account!r}"
        )
        return
    session.asks.pnl[req_id] = account
    _send_pnl(floor, session, req_id, account)


def cancel_profit_and_loss(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 93."""
    del floor
    session.asks.pnl.pop(cursor.integer(), None)


def single_profit_and_loss(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 94: P&L of one position, then whenever it changes."""
    req_id, account, _model, con_id = cursor.integer(), cursor.text(), cursor.text(), cursor.integer()
    session.asks.pnl_single[req_id] = (account, con_id)
    _send_pnl_single(floor, session, req_id, account, con_id)


def cancel_single_profit_and_loss(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 95."""
    del floor
    session.asks.pnl_single.pop(cursor.integer(), None)


def managed_accounts(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 17: the accounts of this user."""
    del cursor
    session.send([15, 1, ",".join(floor.exchange.accounts())])


def push(floor: Floor, *, moved: Iterable[Holding], affected: bool) -> None:
    """Send what subscribers are due: positions that moved; figures after fills or three minutes."""
    due = floor.now - floor.accounts_pushed_at >= PUSH_EVERY
    if due:
        floor.accounts_pushed_at = floor.now
    changed = list(moved)
    for session in floor.started():
        _push_positions(floor, session, changed)
        if due or affected:
            _push_figures(floor, session, summaries=due)
        for req_id, account in session.asks.pnl.items():
            _send_pnl(floor, session, req_id, account)
        for req_id, (account, con_id) in session.asks.pnl_single.items():
            _send_pnl_single(floor, session, req_id, account, con_id)


def _push_positions(floor: Floor, session: Session, changed: list[Holding]) -> None:
    for holding in changed:
        if session.asks.positions:
            session.send(_position(floor, holding))
        for req_id, account in session.asks.positions_multi.items():
            if account in ("", holding.account):
                wire = position_contract(floor, holding)
                session.send(
                    messages.position_multi(
                        req_id, holding.account, wire, holding.quantity, holding.average_cost
                    )
                )


def _push_figures(floor: Floor, session: Session, *, summaries: bool) -> None:
    if session.asks.account:
        _send_account(floor, session, session.asks.account, again=False)
    for req_id, account in session.asks.account_multi.items():
        _send_account_multi(floor, session, req_id, account, again=False)
    if summaries:
        for req_id, (_group, tags) in session.asks.summaries.items():
            _send_summary(floor, session, req_id, tags, again=False)


def position_contract(floor: Floor, holding: Holding) -> WireContract:
    """A position's contract as IB names it: without a route, so it cannot be traded as it stands."""
    terms = floor.exchange.terms(holding.contract)
    exchange = "" if isinstance(holding.contract, Option) else terms.primary_exchange
    return msgspec.structs.replace(wire_of(terms), exchange=exchange)


def _position(floor: Floor, holding: Holding) -> list[Field]:
    wire = position_contract(floor, holding)
    return messages.position(holding.account, wire, holding.quantity, holding.average_cost)


def _tell(session: Session, key: tuple[object, ...], value: str, fields: list[Field], *, again: bool) -> None:
    """Send a figure that the client does not know yet; a known one only when it is asked for `again`."""
    if again or session.asks.told.get(key) != value:
        session.asks.told[key] = value
        session.send(fields)


def _send_account(floor: Floor, session: Session, account: str, *, again: bool) -> None:
    for tag, value, currency in update_rows(floor.exchange.values(account)):
        _tell(session, (6, account, tag, currency), value, [6, 2, tag, value, currency, account], again=again)
    for holding in floor.exchange.holdings(account):
        fields = messages.portfolio(account, position_contract(floor, holding), portfolio_line(holding))
        _tell(session, (7, account, fields[2]), str(fields[13:19]), fields, again=again)
    session.send([8, 1, f"{floor.now.astimezone(NEW_YORK):%H:%M}"])


def _send_account_multi(floor: Floor, session: Session, req_id: int, account: str, *, again: bool) -> None:
    for one in floor.exchange.accounts() if account in ("", "All") else [account]:
        for tag, value, currency in update_rows(floor.exchange.values(one)):
            fields: list[Field] = [73, 1, req_id, one, "", tag, value, currency]
            _tell(session, (73, req_id, one, tag, currency), value, fields, again=again)


def _send_summary(floor: Floor, session: Session, req_id: int, tags: tuple[str, ...], *, again: bool) -> None:
    for account in floor.exchange.accounts():
        values = floor.exchange.values(account)
        rows = summary_rows(values)
        for tag in tags:
            ledger = tag.startswith("$LEDGER")
            for name, value, currency in (
                ledger_of_tag(values, tag) if ledger else filter(None, [rows.get(tag)])
            ):
                key = (63, req_id, account, tag, name, currency)
                _tell(session, key, value, [63, 1, req_id, account, name, value, currency], again=again)


def _send_pnl(floor: Floor, session: Session, req_id: int, account: str) -> None:
    values = floor.exchange.values(account)
    daily = values.net_liquidation - floor.day_start[account].amount
    session.send([94, req_id, cents(daily), cents(values.unrealized), cents(values.realized)])


def _send_pnl_single(floor: Floor, session: Session, req_id: int, account: str, con_id: int) -> None:
    for holding in floor.exchange.holdings(account):
        if floor.exchange.terms(holding.contract).con_id == con_id:
            line = portfolio_line(holding)
            daily = _daily(floor, holding)
            session.send(
                [
                    95,
                    req_id,
                    line.quantity,
                    daily,
                    cents(line.unrealized),
                    cents(line.realized),
                    cents(line.value),
                ]
            )
            return
    session.send([95, req_id, 0, UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE])


def portfolio_line(holding: Holding) -> messages.PortfolioLine:
    """A position's value and unrealised result by its average cost."""
    value = holding.market_price * holding.contract.multiplier * holding.quantity
    return messages.PortfolioLine(
        quantity=holding.quantity,
        price=holding.market_price,
        value=value,
        cost=holding.average_cost,
        unrealized=value - holding.average_cost * holding.quantity,
        realized=holding.realized,
    )


def _daily(floor: Floor, holding: Holding) -> str:
    close = floor.exchange.previous_close(holding.contract)
    if close is None:
        return UNSET_DOUBLE
    return cents((holding.market_price - close) * holding.contract.multiplier * holding.quantity)


HANDLERS: dict[int, Handler] = {
    6: account_updates,
    17: managed_accounts,
    61: positions,
    62: account_summary,
    63: cancel_account_summary,
    64: cancel_positions,
    74: positions_multi,
    75: cancel_positions_multi,
    76: account_updates_multi,
    77: cancel_account_updates_multi,
    92: profit_and_loss,
    93: cancel_profit_and_loss,
    94: single_profit_and_loss,
    95: cancel_single_profit_and_loss,
}
"""Request numbers of this module."""
