"""Answers about accounts: summary, updates, positions, profit and loss; and the pushes that follow.

IB sends the same figures under several names, and each subscription at its own pace: account
figures every three minutes and after fills, positions at once. A client must not combine them
without a barrier; this gateway keeps that trap, and always sends the figures of one instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal

import msgspec

from premia.domain.dates import NEW_YORK
from premia.domain.instrument import Option
from premia.exchange.types import Holding, Values
from premia.gateway import messages
from premia.gateway.codes import BAD_REQUEST, DUPLICATE_ID
from premia.gateway.floor import Floor
from premia.gateway.names import wire_of
from premia.gateway.requests import WireContract
from premia.gateway.session import Session
from premia.gateway.wire import UNSET_DOUBLE, Cursor

PUSH_EVERY = timedelta(minutes=3)
SUMMARIES_MAX = 2
Row = tuple[str, str, str]
"""Tag, value, currency."""

Handler = Callable[[Floor, Session, Cursor], None]


def summary_rows(values: Values) -> dict[str, Row]:
    """Every summary tag of an account with its value."""
    money = _money_tags(values)
    gross = abs(values.stock_value) + abs(values.option_value)
    cushion = values.excess_liquidity / values.net_liquidation if values.net_liquidation else Decimal(0)
    leverage = gross / values.net_liquidation if values.net_liquidation else Decimal(0)
    plain = {
        "AccountType": "IRA" if values.kind.upper() == "IRA" else "INDIVIDUAL",
        "Cushion": f"{cushion:.6f}",
        "LookAheadNextChange": "0",
        "HighestSeverity": "",
        "DayTradesRemaining": "-1" if values.day_trades_left is None else str(values.day_trades_left),
        "Leverage": f"{leverage:.2f}",
    }
    rows = {tag: (tag, value, "") for tag, value in plain.items()}
    return rows | {tag: (tag, _cents(amount), values.currency) for tag, amount in money.items()}


def update_rows(values: Values) -> list[Row]:
    """The rows of an account update, in the alphabetical order in which a gateway sends them."""
    rows = list(summary_rows(values).values())
    rows += [
        ("AccountCode", values.account, ""),
        ("AccountReady", "true", ""),
        ("TradingType-S", "STKMRGN" if values.kind.upper() == "MARGIN" else "STKCASH", ""),
    ]
    money = _money_tags(values)
    segmented = (
        "AvailableFunds",
        "ExcessLiquidity",
        "NetLiquidation",
        "InitMarginReq",
        "MaintMarginReq",
        "TotalCashValue",
    )
    rows += [(f"{tag}-S", _cents(money[tag]), values.currency) for tag in segmented]
    rows += [row for currency in ("BASE", values.currency) for row in ledger_rows(values, currency)]
    return sorted(rows)


def ledger_rows(values: Values, currency: str) -> list[Row]:
    """An account's ledger in one currency (`BASE` is the account's own)."""
    amounts = {
        "CashBalance": values.total_cash,
        "TotalCashBalance": values.total_cash,
        "AccruedCash": values.accrued_interest,
        "StockMarketValue": values.stock_value,
        "OptionMarketValue": values.option_value,
        "NetLiquidationByCurrency": values.net_liquidation,
        "UnrealizedPnL": values.unrealized,
        "RealizedPnL": values.realized,
        "NetDividend": values.accrued_dividend,
    }
    zeros = (
        "FutureOptionValue",
        "FuturesPNL",
        "FundValue",
        "MutualFundValue",
        "MoneyMarketFundValue",
        "CorporateBondValue",
    )
    rows = [(tag, _cents(amount), currency) for tag, amount in amounts.items()]
    rows += [(tag, "0.00", currency) for tag in zeros]
    return [*rows, ("Currency", currency, currency), ("ExchangeRate", "1.00", currency)]


def account_summary(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 62: rows for the tags asked for, of all accounts; then every three minutes."""
    cursor.integer()
    req_id, _group, tags = cursor.integer(), cursor.text(), tuple(filter(None, cursor.text().split(",")))
    open_now = session.asks.summaries
    if req_id not in open_now and len(open_now) >= SUMMARIES_MAX:
        session.error(req_id, DUPLICATE_ID, "Maximum number of account summary requests exceeded")
        return
    open_now[req_id] = ("All", tags)
    _send_summary(floor, session, req_id, tags)
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
    _send_account(floor, session, account)
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
    _send_account_multi(floor, session, req_id, chosen)
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
    due = affected or floor.now - floor.accounts_pushed_at >= PUSH_EVERY
    if due:
        floor.accounts_pushed_at = floor.now
    changed = list(moved)
    for session in floor.started():
        _push_positions(floor, session, changed)
        if due:
            _push_figures(floor, session)
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


def _push_figures(floor: Floor, session: Session) -> None:
    if session.asks.account:
        _send_account(floor, session, session.asks.account)
    for req_id, account in session.asks.account_multi.items():
        chosen = floor.exchange.accounts() if account in ("", "All") else [account]
        _send_account_multi(floor, session, req_id, chosen)
    for req_id, (_group, tags) in session.asks.summaries.items():
        _send_summary(floor, session, req_id, tags)


def position_contract(floor: Floor, holding: Holding) -> WireContract:
    """A position's contract as IB names it: without a route, so it cannot be traded as it stands."""
    terms = floor.exchange.terms(holding.contract)
    exchange = "" if isinstance(holding.contract, Option) else terms.primary_exchange
    return msgspec.structs.replace(wire_of(terms), exchange=exchange)


def _position(floor: Floor, holding: Holding) -> list[messages.Field]:
    wire = position_contract(floor, holding)
    return messages.position(holding.account, wire, holding.quantity, holding.average_cost)


def _send_account(floor: Floor, session: Session, account: str) -> None:
    for tag, value, currency in update_rows(floor.exchange.values(account)):
        session.send([6, 2, tag, value, currency, account])
    for holding in floor.exchange.holdings(account):
        session.send(messages.portfolio(account, position_contract(floor, holding), portfolio_line(holding)))
    session.send([8, 1, f"{floor.now.astimezone(NEW_YORK):%H:%M}"])


def _send_account_multi(floor: Floor, session: Session, req_id: int, accounts: list[str]) -> None:
    for account in accounts:
        for tag, value, currency in update_rows(floor.exchange.values(account)):
            session.send([73, 1, req_id, account, "", tag, value, currency])


def _send_summary(floor: Floor, session: Session, req_id: int, tags: tuple[str, ...]) -> None:
    for account in floor.exchange.accounts():
        values = floor.exchange.values(account)
        rows = summary_rows(values)
        for tag in tags:
            ledger = tag.startswith("$LEDGER")
            for row in _ledger(values, tag) if ledger else filter(None, [rows.get(tag)]):
                session.send([63, 1, req_id, account, *row])


def _ledger(values: Values, tag: str) -> list[Row]:
    _, _, wanted = tag.partition(":")
    names = ("BASE", values.currency) if wanted == "ALL" else (wanted or "BASE",)
    return [row for name in names if name in ("BASE", values.currency) for row in ledger_rows(values, name)]


def _send_pnl(floor: Floor, session: Session, req_id: int, account: str) -> None:
    values = floor.exchange.values(account)
    daily = values.net_liquidation - floor.day_start.get(account, values.net_liquidation)
    session.send([94, req_id, _cents(daily), _cents(values.unrealized), _cents(values.realized)])


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
                    _cents(line.unrealized),
                    _cents(line.realized),
                    _cents(line.value),
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
    return _cents((holding.market_price - close) * holding.contract.multiplier * holding.quantity)


def _money_tags(values: Values) -> dict[str, Decimal]:
    return {
        "NetLiquidation": values.net_liquidation,
        "TotalCashValue": values.total_cash,
        "SettledCash": values.settled_cash,
        "AccruedCash": values.accrued_interest,
        "AccruedDividend": values.accrued_dividend,
        "BuyingPower": values.buying_power,
        "EquityWithLoanValue": values.equity_with_loan,
        "PreviousEquityWithLoanValue": values.equity_with_loan,
        "GrossPositionValue": abs(values.stock_value) + abs(values.option_value),
        "ReqTEquity": values.equity_with_loan,
        "ReqTMargin": values.initial_margin,
        "SMA": values.available_funds,
        "InitMarginReq": values.initial_margin,
        "MaintMarginReq": values.maintenance_margin,
        "AvailableFunds": values.available_funds,
        "ExcessLiquidity": values.excess_liquidity,
        "FullInitMarginReq": values.initial_margin,
        "FullMaintMarginReq": values.maintenance_margin,
        "FullAvailableFunds": values.available_funds,
        "FullExcessLiquidity": values.excess_liquidity,
        "LookAheadInitMarginReq": values.initial_margin,
        "LookAheadMaintMarginReq": values.maintenance_margin,
        "LookAheadAvailableFunds": values.look_ahead_excess,
        "LookAheadExcessLiquidity": values.look_ahead_excess,
        "PostExpirationExcess": values.post_expiration_excess,
        "PostExpirationMargin": Decimal(0),
        "NetLiquidationUncertainty": Decimal(0),
    }


def _cents(amount: Decimal) -> str:
    return f"{amount:.2f}"


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
