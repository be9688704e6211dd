"""The fold of rolls in two orders: what has been bought back and not sold anew; a part of `apply`.

Between the two orders the trade is flat on purpose. The book says so for as long as it lasts, so that a
restart, a pass and a person see one roll that is half done, and not a trade that has ended.
"""

from __future__ import annotations

from msgspec.structs import replace

from premia.domain.book import Book, HalfRoll
from premia.domain.events import RollAbandoned
from premia.domain.intent import Purpose
from premia.domain.money import Price
from premia.domain.order import Fill, OrderState


def with_halves(book: Book, before: OrderState, fill: Fill) -> Book:
    """The book after a fill, with what it did to a roll in two orders.

    Args:
        book: The book with the fill folded.
        before: The order before it.
        fill: The execution.
    """
    order = before.order
    after = book.orders.get(order.key) or book.ended.get(order.key)
    units = 0 if after is None else after.filled - before.filled
    if units == 0:
        return book
    if order.follow is not None:
        return _bought_back(book, before, units, fill.price)
    half = book.half_rolls.get(order.trade)
    if half is None or order.purpose is not Purpose.ROLL:
        return book
    return _kept(book, replace(half, units=half.units - units))


def abandoned(book: Book, event: RollAbandoned) -> Book:
    """The book without a roll whose second half is not made any more."""
    return replace(book, half_rolls={key: one for key, one in book.half_rolls.items() if key != event.trade})


def _bought_back(book: Book, state: OrderState, units: int, paid: Price) -> Book:
    order = state.order
    if order.follow is None:
        return book
    half = book.half_rolls.get(order.trade) or HalfRoll(
        trade=order.trade,
        strategy=order.strategy,
        symbol=order.symbol,
        slot=order.slot,
        contract=order.follow.contract,
        units=0,
        least=order.follow.least,
        since=book.at,
    )
    least = Price(max(half.least, order.follow.least + paid))
    changed = _kept(book, replace(half, units=half.units + units, least=least))
    return replace(changed, afresh={**changed.afresh, order.strategy: book.at})


def _kept(book: Book, half: HalfRoll) -> Book:
    rest = {key: one for key, one in book.half_rolls.items() if key != half.trade}
    return replace(book, half_rolls={**rest, half.trade: half} if half.units > 0 else rest)
