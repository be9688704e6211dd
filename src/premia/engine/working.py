"""How a working order walks its ladder, on market time alone.

Level-triggered: the price that an order should have now follows from when it was sent, so a step missed in
a crash is taken at the next look. At the end of its ladder and of its patience an order is taken back, left
where it is, or sent to what fills, as its ladder says; what the broker then says decides how it ended. A
change that the broker refuses is asked for again a few times, each after a longer pause. An order that
another client number sent is left to its end: under ours its id means another order, or a new one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from premia.domain.book import Book
from premia.domain.events import CancelRequested, ReplaceRequested
from premia.domain.money import Price, Toward, to_tick
from premia.domain.order import Order, OrderState, Stage, Then
from premia.engine.link import LINK

REFUSALS_MAX = 3
"""Refusals of a price in a row after which an order is left at the price that it has."""


def work(book: Book) -> list[ReplaceRequested | CancelRequested]:
    """What the ladders ask for at the book's time."""
    wanted = (_wish(state, book.at) for state in book.orders.values() if walks(book, state))
    return [event for event in wanted if event is not None]


def next_wake(book: Book) -> datetime | None:
    """When a ladder next asks for something; None where nothing works, or nothing may be changed now."""
    if LINK in book.halts:  # who woke for a step that may not be taken would wake again at once, without end
        return None
    times = [
        _next_step(state, book.at)
        for state in book.orders.values()
        if walks(book, state) and state.sent_at is not None
    ]
    return min((time for time in times if time is not None), default=None)


def reachable(book: Book, state: OrderState) -> bool:
    """Whether the client that runs now is the one whose order it is."""
    return book.client_id is None or state.client_id == book.client_id


def walks(book: Book, state: OrderState) -> bool:
    """Whether an order works and is ours to change; one with a copy is a person's."""
    return state.stage is Stage.WORKING and reachable(book, state) and state.key not in book.copies


def price_at(order: Order, step: int) -> Price:
    """The price of a step of the ladder: 0 is the first price, `ladder.steps` the worst one."""
    if order.ladder.steps == 0:
        return order.limit
    walked = (order.limit - order.worst) * min(step, order.ladder.steps) / order.ladder.steps
    return max(to_tick(order.limit - walked, order.tick, toward=Toward.UP), order.worst)


def _wish(state: OrderState, at: datetime) -> ReplaceRequested | CancelRequested | None:
    if state.sent_at is None:
        return None
    order, elapsed = state.order, at - state.sent_at
    if elapsed >= order.ladder.length:
        if order.ladder.then is Then.LEAVE:
            return None
        return CancelRequested(
            at=at, key=order.key, why=f"not filled within {order.ladder.length} of market time"
        )
    price = _price_after(order, elapsed)
    return ReplaceRequested(at=at, key=order.key, limit=price) if _goes_to(state, price, at) else None


def _price_after(order: Order, elapsed: timedelta) -> Price:
    """The price that an order should have after so much market time."""
    if elapsed >= order.ladder.walk and order.last is not None:
        return order.last
    return price_at(order, int(elapsed / order.ladder.every))


def _goes_to(state: OrderState, price: Price, at: datetime) -> bool:
    """Whether a change to a price is to be asked for now; one that was refused waits, and is given up."""
    retry = _retry_at(state)
    return price < state.limit and state.refusals < REFUSALS_MAX and (retry is None or at >= retry)


def _retry_at(state: OrderState) -> datetime | None:
    if not state.refusals or state.refused_at is None:
        return None
    return state.refused_at + state.order.ladder.every * 2 ** (state.refusals - 1)


def _next_step(state: OrderState, at: datetime) -> datetime | None:
    """When an order next asks for something; None where it only rests."""
    order = state.order
    ladder, sent = order.ladder, at if state.sent_at is None else state.sent_at
    times = [sent + ladder.every * step for step in range(1, ladder.steps + 1)]
    if ladder.then is Then.NATURAL:
        times.append(sent + ladder.walk)
    retry = _retry_at(state)
    if retry is not None and state.refusals < REFUSALS_MAX:
        times.append(retry)
    coming = [time for time in times if time > at]
    if ladder.then is not Then.LEAVE:
        coming.append(sent + ladder.length)
    return min(coming, default=None)
