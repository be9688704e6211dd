"""The fold of what the last gate counts: sendings, changes of prices, how the day began; a part of `apply`.

A day begins with the last net liquidation of the session before, so that what a night costs belongs to it;
where none is known it begins with the first that the broker tells. Money that a person moved is no loss.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from premia.domain.book import Book, DayStart, Observed, Sent, sides_of
from premia.domain.known import Known
from premia.domain.order import Order

_COUNTED = timedelta(minutes=5)  # longer than any span in which changes are counted


def noted_send(book: Book, order: Order, at: datetime) -> Book:
    """The book with a sending noted."""
    first = book.last_trading_day < book.session
    return replace(
        book,
        sends=(*book.sends, Sent(at, order.key, sides_of(order))),
        trading_days=book.trading_days + first,
        last_trading_day=max(book.last_trading_day, book.session),
    )


def unsent(book: Book, key: str) -> Book:
    """The book after proof that an order never reached the broker: it counts as not sent."""
    return replace(book, sends=tuple(one for one in book.sends if one.key != key))


def noted_change(book: Book, at: datetime) -> Book:
    """The book with a change of a price noted."""
    return replace(book, changes=(*(one for one in book.changes if at - one < _COUNTED), at))


def valued(book: Book, before: Observed) -> Book:
    """The book after an observation; `before` is the one that it replaced."""
    if book.day is not None and book.day.session == book.session:
        return book
    worth = _worth(before)
    if worth is None:
        worth = _worth(book.observed)
    return book if worth is None else replace(book, day=DayStart(book.session, worth))


def moved_by_hand(book: Book, amount: Decimal) -> Book:
    """The book after cash came or went that nothing of ours explains."""
    if book.day is None:
        return book
    return replace(book, day=replace(book.day, worth=book.day.worth + amount))


def _worth(seen: Observed) -> Decimal | None:
    return seen.account.value.net_liquidation if isinstance(seen.account, Known) else None
