"""What happens at the fixed moments of the market's day, each in the order of the accounts' setup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from premia.domain.instrument import Option
from premia.domain.money import Money
from premia.exchange import assignment, interest, settlement_actions
from premia.exchange.accounts import net_liquidation
from premia.exchange.accounts_liquidation import sales
from premia.exchange.exchange_matching import look
from premia.exchange.exchange_moments import Kind, Moment
from premia.exchange.exchange_orders import ticks_for
from premia.exchange.exchange_state import State
from premia.exchange.ledger import Account
from premia.exchange.matching import Match, book_of
from premia.exchange.settlement import last_trading_day
from premia.exchange.types import (
    Accepted,
    CashMoved,
    OrderTicket,
    Report,
    TicketState,
    TimeInForce,
)

_MINUTE = timedelta(minutes=1)
_MONDAY = 0


def happen(state: State, moment: Moment) -> None:
    """Let a moment happen; the state stands at its instant."""
    doing: dict[Kind, Callable[[State, date], None]] = {
        Kind.MIDNIGHT: _midnight,
        Kind.DELIVERY: _delivery,
        Kind.OPEN: _open,
        Kind.MARGIN_LOOK: _margin_look,
        Kind.CLOSE: _close,
        Kind.EVENING: _evening,
    }
    doing[moment.kind](state, moment.day)


def _midnight(state: State, day: date) -> None:
    for account in state.accounts.values():
        _accrue(state, account)
        if day.day == 1:
            account.interest_due = account.accrued_interest
        account.start_day(day)
    state.desk.start_day()


def _accrue(state: State, account: Account) -> None:
    """Interest of the day that ends, on its settled cash; net liquidation is that of the last close."""
    reference = _reference(state)
    if not interest.earns_nothing(account.settled_cash, reference):
        worth = account.worth_at_close
        if worth is None:
            worth = account.worth_at_close = net_liquidation(account, state.marks)
        account.accrued_interest += interest.day_interest(account.settled_cash, worth, reference)


def _reference(state: State) -> Decimal:
    return interest.benchmark(state.market.rate(state.now - _MINUTE))


def _delivery(state: State, day: date) -> None:
    session = state.market.sessions.on_or_after(day).day
    for account in state.accounts.values():
        _reports(state, assignment.deliver(account, state.marks, session))
        if session != day:  # a Saturday: what Friday's expiry brought, and nothing else
            continue
        _reports(state, settlement_actions.split(account, state.market, state.now, day))
        _reports(state, settlement_actions.pay_dividends(account, state.now, day))
        _reports(state, settlement_actions.deposit(account, state.now, day))
        if account.interest_due and interest.posts_on(day, state.market.sessions):
            _post_interest(state, account)


def _post_interest(state: State, account: Account) -> None:
    amount = interest.posted(account.interest_due)
    account.accrued_interest -= account.interest_due
    account.interest_due = Decimal(0)
    account.book_cash(amount)
    state.report(CashMoved(state.now, account.name, Money(amount, account.currency), "interest"))


def _open(state: State, day: date) -> None:
    if day.weekday() == _MONDAY:
        state.cushions.clear()
    for account in state.accounts.values():
        settlement_actions.go_ex(account, state.market, day)
    waiting = [one for one in state.desk.live.values() if one.state is TicketState.PRE_SUBMITTED]
    for order in waiting:
        order.state = TicketState.SUBMITTED
        order.glance = None
        state.report(Accepted(state.now, order.view()))
    look(state, waiting, patient=False)


def _close(state: State, day: date) -> None:
    for order in list(state.desk.live.values()):
        options = [leg.contract for leg in order.ticket.legs if isinstance(leg.contract, Option)]
        over = any(last_trading_day(one, state.market.sessions) <= day for one in options)
        if order.ticket.tif is TimeInForce.DAY or over:
            state.end(order, "the session closed")
        else:
            order.state = TicketState.PRE_SUBMITTED
    reference = _reference(state)
    for account in state.accounts.values():
        # Only interest asks for it, and valuing positions is dear.
        idle = interest.earns_nothing(account.settled_cash, reference)
        account.worth_at_close = None if idle else net_liquidation(account, state.marks)


def _evening(state: State, day: date) -> None:
    for account in state.accounts.values():
        _reports(state, assignment.expire(account, state.marks, day, state.policy))
        assignment.assign_early(account, state.marks, day, state.policy)


def _margin_look(state: State, day: date) -> None:
    del day
    for account in state.accounts.values():
        for ticket in sales(account, state.marks, state.liquidations, state.cushions):
            for order in state.orders_of(account.name):
                state.end(order, "the account is liquidated")
            state.liquidations += 1
            _liquidate(state, ticket)


def _liquidate(state: State, ticket: OrderTicket) -> None:
    order = state.desk.admit(ticket, state.now)
    state.report(Accepted(state.now, order.view()))
    quotes = state.quotes_of([order])
    book = book_of(ticket.legs, quotes, ticks_for(ticket, state.market), state.policy)
    price = book.natural(ticket.quantity) if book is not None else None
    if price is None:
        state.end(order, "no counterparty for the liquidation")
    else:
        state.fill(order, Match(abs(ticket.quantity), price), quotes)


def _reports(state: State, reports: Iterator[Report]) -> None:
    for one in reports:
        state.report(one)
