"""How a working order walks its ladder, on market time alone.

Level-triggered: the price that an order should have now follows from when it was sent, so a step
missed in a crash is taken at the next look. An order that has reached the end of its ladder and of
its patience is taken back; what the broker then says decides how it ended. An order that another client
number sent is left to its end: under ours its id means another order, or a new one.
"""

from __future__ import annotations

from datetime import datetime

from premia.domain.book import Book
from premia.domain.events import CancelRequested, ReplaceRequested
from premia.domain.money import Price, Toward, to_tick
from premia.domain.order import Order, OrderState, Stage


def work(book: Book) -> list[ReplaceRequested | CancelRequested]:
    """What the ladders ask for at the book's time."""
    wanted = (_wish(state, book.at) for state in book.orders.values() if walks(book, state))
    return [event for event in wanted if event is not None]


def next_wake(book: Book) -> datetime | None:
    """When a ladder next asks for something; None where nothing works."""
    times = [
        _next_step(state, book.at)
        for state in book.orders.values()
        if walks(book, state) and state.sent_at is not None
    ]
    return min(times, default=None)


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
        return CancelRequested(
            at=at, key=order.key, why=f"not filled within {order.ladder.length} of market time"
        )
    price = price_at(order, int(elapsed / order.ladder.every))
    return ReplaceRequested(at=at, key=order.key, limit=price) if price < state.limit else None


def _next_step(state: OrderState, at: datetime) -> datetime:
    order = state.order
    sent = at if state.sent_at is None else state.sent_at
    done = int((at - sent) / order.ladder.every) + 1
    return sent + (order.ladder.every * done if done <= order.ladder.steps else order.ladder.length)
