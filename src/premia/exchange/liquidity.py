"""What stands in the book for an order, and how likely somebody takes it.

A combo has a book of its own, tighter than the sum of its legs, because whoever takes it nets their
risk. A patient order finds a counterparty with a chance that falls with its distance from the
price that fills now; the draw against that chance is made by `matching`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import exp, sqrt

import msgspec

from premia.domain.money import Price, Toward, to_tick
from premia.domain.quote import Quote
from premia.exchange.policy import Policy

_MIN_HALF = 1e-9
_LOOK_EVERY = 15
"""Market minutes after which an order is looked at in any case."""


class Book(msgspec.Struct, frozen=True):
    """The two sides for one unit of an order, net price per share; None where a side cannot be traded.

    Attributes:
        mid: Half-way, exact and not on a tick.
        half: Distance from mid to the natural price before rounding to ticks; never below zero.
        bid_size: Units that the bid takes at once.
    """

    mid: Decimal
    half: Decimal
    bid: Price | None
    ask: Price | None
    bid_size: int
    ask_size: int

    def natural(self, quantity: int) -> Price | None:
        """The price that fills now: the ask for a purchase (positive), the bid for a sale."""
        return self.ask if quantity > 0 else self.bid

    def size(self, quantity: int) -> int:
        """Units displayed against an order of this direction."""
        return self.ask_size if quantity > 0 else self.bid_size


class BookLeg(msgspec.Struct, frozen=True):
    """A leg as pricing sees it: signed weight per unit and share, and its quote."""

    weight: int
    ratio: int
    quote: Quote


def single_book(quote: Quote) -> Book | None:
    """The book of one contract as its quote shows it; None without an offer: nothing has a middle then."""
    if quote.ask is None:
        return None
    bid = quote.bid if quote.bid is not None else Price(Decimal(0))
    mid = (bid + quote.ask) / 2
    return Book(mid, quote.ask - mid, quote.bid, quote.ask, quote.bid_size, quote.ask_size)


def combo_book(legs: Sequence[BookLeg], tick: Decimal, width: float) -> Book | None:
    """The book of a combo: mid of the legs, half-width between netted and summed half-spreads.

    Args:
        legs: Every leg with its quote.
        tick: Price step of the net.
        width: 0 gives the root of the summed squares of the legs' half-spreads, 1 their sum.

    Returns:
        None where a leg has no offer. A side is None where a leg that it needs has no bid.
    """
    mid, summed, squares = Decimal(0), Decimal(0), 0.0
    can_buy = can_sell = True
    for leg in legs:
        quote = leg.quote
        if quote.ask is None:
            return None
        bid = quote.bid if quote.bid is not None else Decimal(0)
        half = (quote.ask - bid) / 2 * abs(leg.weight)
        mid += (bid + quote.ask) / 2 * leg.weight
        summed += half
        squares += float(half) ** 2
        if quote.bid is None:
            can_buy = can_buy and leg.weight > 0
            can_sell = can_sell and leg.weight < 0
    netted = sqrt(squares)
    half = to_tick(netted + width * (float(summed) - netted), Decimal("0.0001"), toward=Toward.UP)
    return Book(
        mid,
        half,
        to_tick(mid - half, tick, toward=Toward.DOWN) if can_sell else None,
        to_tick(mid + half, tick, toward=Toward.UP) if can_buy else None,
        min((_offered(leg, buys=leg.weight < 0) for leg in legs), default=0),
        min((_offered(leg, buys=leg.weight > 0) for leg in legs), default=0),
    )


def chance(book: Book, quantity: int, limit: Price, policy: Policy) -> float:
    """Probability that somebody takes a patient order in one look at it.

    It falls exponentially with the distance from the natural price, in half-spreads, and is zero
    beyond `policy.farthest`. One look spans `policy.match_minutes` market minutes.
    """
    return _chance_at(away(book, quantity, limit), float(book.half), policy)


def away(book: Book, quantity: int, limit: Price) -> float:
    """How far a limit is from the price that fills now, per share; below zero where it is marketable."""
    natural = book.mid + book.half if quantity > 0 else book.mid - book.half
    return float(natural - limit if quantity > 0 else limit - natural)


class Glance(msgspec.Struct, frozen=True):
    """What the last look at an order's book showed.

    Attributes:
        minute: Market minute, counted from 1970.
        spots: Prices of the legs' underlyings.
        away: Distance of the limit from the price that fills now; None where the order has to be looked at
            every minute, because it is marketable or the market shows no book.
        half: Half-width of the book.
        resting: Whether the order has stood in the book, not marketable, since it was last changed.
    """

    minute: int
    spots: tuple[float, ...]
    away: float | None
    half: float
    resting: bool = False


def worth_a_look(glance: Glance, now: Glance, luck: float, policy: Policy) -> bool:
    """Whether an order could trade in this minute, judged without asking for quotes.

    Pricing options is the dearest thing that the market does, and most minutes change nothing for an
    order. A price per share moves by no more than its underlying, so the order cannot have come nearer
    than its distance at the last look less the underlyings' moves since: if that neither makes it
    marketable nor gives this minute's draw a chance, nobody looks. Volatility is allowed for by a look
    every quarter of an hour.

    Args:
        glance: The last look.
        now: This minute and its prices of the underlyings; its other fields are not read.
        luck: This minute's draw for a patient fill; 1 for an order that nobody meets.
        policy: Of the market.
    """
    if glance.away is None or now.minute - glance.minute >= _LOOK_EVERY:
        return True
    moved = sum(abs(a - b) for a, b in zip(glance.spots, now.spots, strict=True))
    nearest = glance.away - moved
    return nearest <= 0 or luck < _chance_at(nearest, glance.half, policy)


def _chance_at(distance: float, half: float, policy: Policy) -> float:
    halves = distance / max(half, _MIN_HALF)
    if halves > policy.farthest:
        return 0.0
    a_minute = policy.base_hazard * exp(-policy.kappa * max(halves, 0.0))
    return 1.0 - (1.0 - min(a_minute, 1.0)) ** policy.match_minutes


def _offered(leg: BookLeg, *, buys: bool) -> int:
    size = leg.quote.ask_size if buys else leg.quote.bid_size
    return size // abs(leg.ratio)
