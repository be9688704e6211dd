"""Looks at working orders: which minutes are worth one, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from premia.domain.instrument import Contract
from premia.domain.quote import Quote
from premia.exchange.exchange_orders import LiveOrder, ticks_for
from premia.exchange.exchange_state import State
from premia.exchange.liquidity import Book, Glance, away, worth_a_look
from premia.exchange.matching import Turn, book_of, luck, match
from premia.exchange.policy import FillRule
from premia.exchange.types import OrderKind, TicketState


def work_until(state: State, bound: datetime) -> None:
    """Look at live orders on every matching minute after now up to `bound`, while the market is open.

    The minute of `bound` itself is looked at, too; what the agenda has at that instant comes after it.
    """
    step = state.policy.match_minutes
    while any(one.state is TicketState.SUBMITTED for one in state.desk.live.values()):
        minute = state.minute + 1
        minute += -minute % step
        mark = datetime.fromtimestamp(minute * 60, tz=state.now.tzinfo)
        if mark > bound:
            return
        state.now = mark
        if state.market.sessions.open_at(mark) is None:
            return
        look(state, [one for one in state.desk.live.values() if _may_trade(state, one)], patient=True)


def look(state: State, orders: Iterable[LiveOrder], *, patient: bool) -> None:
    """Let orders trade at the present instant; with `patient`, also away from the touch."""
    able = [
        one
        for one in orders
        if one.state is TicketState.SUBMITTED and one.name not in state.shunned and state.trades(one)
    ]
    if not able:
        return
    quotes = state.quotes_of(able)
    first = 0
    for order in able:
        count = len(order.ticket.legs)
        _look_at(state, order, quotes[first : first + count], patient=patient)
        first += count


def _look_at(state: State, order: LiveOrder, quotes: Sequence[Quote], *, patient: bool) -> None:
    ticket = order.ticket
    ticks = ticks_for(ticket, state.market)
    left = [_untaken(state, leg.contract, quote) for leg, quote in zip(ticket.legs, quotes, strict=True)]
    book = book_of(ticket.legs, left, ticks, state.policy)
    rested = order.glance is not None and order.glance.resting
    order.glance = _glance(state, order, book, rested=rested)
    if book is None:
        return
    turn = Turn(
        remaining=order.remaining,
        limit=ticket.limit if ticket.kind is OrderKind.LIMIT else None,
        ticks=ticks,
        name=_name(state, order),
        shy=order.shy,
        displayed=book.size(order.remaining),
        patient=patient,
        rested=rested,
    )
    found = match(book, turn, state.policy)
    if found is not None:
        state.fill(order, found, quotes)


def _may_trade(state: State, order: LiveOrder) -> bool:
    """Whether an order could trade in this minute, as far as that can be told without its quotes."""
    if order.glance is None or state.policy.fills is FillRule.ALPHA:
        return True
    drawn = 1.0 if order.shy else luck(_name(state, order), state.policy)
    return worth_a_look(order.glance, _glance(state, order, None, rested=False), drawn, state.policy)


def _glance(state: State, order: LiveOrder, book: Book | None, *, rested: bool) -> Glance:
    """The order's book in short; a combo moves by no more than its weights times the underlyings."""
    pull = sum(abs(weight) for weight in order.weights)
    symbols = dict.fromkeys(leg.contract.symbol for leg in order.ticket.legs)
    spots = tuple(pull * state.market.spot(symbol, state.now) for symbol in symbols)
    limit = order.ticket.limit
    if book is None or limit is None or book.natural(order.remaining) is None:
        return Glance(state.minute, spots, None, 0.0, resting=rested)
    distance = away(book, order.remaining, limit)
    return Glance(
        state.minute, spots, distance, float(book.half), resting=rested or not _marketable(book, order)
    )


def _marketable(book: Book, order: LiveOrder) -> bool:
    """Whether an order would trade at once at the touch."""
    natural, limit = book.natural(order.remaining), order.ticket.limit
    if natural is None or limit is None:
        return natural is not None
    return natural <= limit if order.remaining > 0 else natural >= limit


def _name(state: State, order: LiveOrder) -> tuple[int, int, int]:
    """The words of an order's draws in this minute: client, its place among the client's orders, minute."""
    return order.ticket.client_id, order.sequence, state.minute


def _untaken(state: State, contract: Contract, quote: Quote) -> Quote:
    """The quote with what was taken at this instant gone from its sizes."""
    bought, sold = state.taken(contract, bought=True), state.taken(contract, bought=False)
    if not bought and not sold:
        return quote
    return msgspec.structs.replace(
        quote, bid_size=max(quote.bid_size - sold, 0), ask_size=max(quote.ask_size - bought, 0)
    )
