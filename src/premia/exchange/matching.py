"""When an order trades, how much of it, and at which price for each leg.

A marketable order trades at once up to what is displayed; the rest works on. A patient order waits
for a counterparty: one look a market minute, decided by a counted draw. With recorded snapshots
(`FillRule.ALPHA`) an order trades whole at mid less alpha half-spreads, rounded against the client,
if its limit allows that. A fill is never worse than the limit, nor better than the rule says.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from math import gcd
from typing import NamedTuple

import msgspec

from premia.domain.errors import InvariantViolated
from premia.domain.money import CENT, Price, Toward, to_tick
from premia.domain.quote import Quote
from premia.exchange.liquidity import Book, BookLeg, chance, combo_book, single_book
from premia.exchange.noise import uniform
from premia.exchange.policy import FillRule, Policy
from premia.exchange.types import TicketLeg

_REACH = 6
"""Cents by which a leg may leave its natural share of a combo's price, when ratios make it necessary."""


_TICK_BREAK = Decimal(3)


class Ticks(NamedTuple):
    """Price steps: `low` below 3 USD, `high` from there on."""

    low: Decimal
    high: Decimal

    def at(self, price: Decimal) -> Decimal:
        """The step at a price."""
        return self.low if abs(price) < _TICK_BREAK else self.high


class Match(msgspec.Struct, frozen=True):
    """A fill to be made: unsigned units and the price per unit and share."""

    units: int
    price: Price


class Turn(msgspec.Struct, frozen=True):
    """An order's turn at the book.

    Attributes:
        remaining: Signed units still to trade.
        limit: None for a market order.
        name: Words of the counted draws: client, sequence of the order, market minute.
        shy: Whether no counterparty is interested until it is marketable.
        displayed: Units still displayed at the touch in this minute.
        patient: Whether this look may also find a counterparty away from the touch.
        rested: Whether the order has stood in the book: then whoever comes to it pays its limit, however
            far the quote has moved since.
    """

    remaining: int
    limit: Price | None
    ticks: Ticks
    name: tuple[str | int, ...]
    shy: bool
    displayed: int
    patient: bool
    rested: bool = False


def match(book: Book, turn: Turn, policy: Policy) -> Match | None:
    """The fill of this look at the book; None where nobody trades."""
    if policy.fills is FillRule.ALPHA:
        return _at_alpha(book, turn, policy)
    natural = book.natural(turn.remaining)
    wanted = abs(turn.remaining)
    if natural is not None and (turn.limit is None or _within(natural, turn.limit, turn.remaining)):
        if turn.rested and turn.limit is not None:
            return _come_to(natural, turn.limit, turn, policy)
        units = min(wanted, turn.displayed)
        return Match(units, natural) if units > 0 else None
    if turn.limit is None or not turn.patient or turn.shy or natural is None:
        return None
    if luck(turn.name, policy) >= chance(book, turn.remaining, turn.limit, policy):
        return None
    return Match(_part(turn, policy), turn.limit)


def _come_to(natural: Price, limit: Price, turn: Turn, policy: Policy) -> Match | None:
    """A quote that came to a waiting order: sure where it went through the limit, else the queue decides."""
    if natural == limit and (turn.shy or luck(turn.name, policy) >= policy.at_touch):
        return None
    return Match(_part(turn, policy), limit)


def _part(turn: Turn, policy: Policy) -> int:
    """Units that a counterparty of a waiting order takes."""
    units = min(abs(turn.remaining), max(turn.displayed, 1))
    if units > 1 and uniform(policy.seed, "whole", *turn.name) >= policy.whole:
        units = 1 + int(uniform(policy.seed, "part", *turn.name) * (units - 1))
    return units


def luck(name: tuple[str | int, ...], policy: Policy) -> float:
    """The draw that a patient fill of this order in this minute depends on; small is lucky."""
    return uniform(policy.seed, "fill", *name)


def unit_weights(legs: Sequence[TicketLeg]) -> tuple[int, tuple[int, ...]] | None:
    """Shares per unit, and the signed weight of each leg's price in the net price per share.

    One contract has weight 1. A buy-write of 100 shares and one call has weights 1 and 1, because the
    net is stated per share. None where the ratios cannot be stated so, or share a common divisor.
    """
    shares = max(leg.contract.multiplier for leg in legs)
    exact = [Decimal(leg.ratio * leg.contract.multiplier) / shares for leg in legs]
    if any(weight != weight.to_integral_value() or weight == 0 for weight in exact):
        return None
    weights = tuple(int(weight) for weight in exact)
    if gcd(*weights) != 1:
        return None
    return shares, weights


def book_of(legs: Sequence[TicketLeg], quotes: Sequence[Quote], ticks: Ticks, policy: Policy) -> Book | None:
    """The book that an order trades against: the contract's own, or the combo's."""
    if len(legs) == 1 and legs[0].ratio == 1:
        return single_book(quotes[0])
    weighed = unit_weights(legs)
    if weighed is None:
        return None
    parts = [
        BookLeg(weight, leg.ratio, quote) for weight, leg, quote in zip(weighed[1], legs, quotes, strict=True)
    ]
    return combo_book(parts, ticks.low, policy.combo_width)


def leg_prices(weights: Sequence[int], quotes: Sequence[Quote], net: Price) -> tuple[Price, ...]:
    """A price per share for each leg, in whole cents where `net` is, adding up to `net` exactly.

    Each leg starts at its middle and moves by its share of the distance between the net price and the
    combo's middle, in proportion to its half-spread; what rounding leaves over is laid on the legs by
    the smallest correction that fits.
    """
    mids: list[Decimal] = []
    halves: list[Decimal] = []
    for quote in quotes:
        ask = quote.ask if quote.ask is not None else Price(Decimal(0))
        bid = quote.bid if quote.bid is not None else Price(Decimal(0))
        mids.append((bid + ask) / 2)
        halves.append((ask - bid) / 2)
    middle = sum((w * m for w, m in zip(weights, mids, strict=True)), Decimal(0))
    reach = sum((abs(w) * h for w, h in zip(weights, halves, strict=True)), Decimal(0))
    # Divided last, so that what lies half-way between two cents lies there exactly.
    moves = [(net - middle) * h / reach if reach else Decimal(0) for h in halves]
    prices = [
        max(to_tick(m + move * (1 if w > 0 else -1), CENT, toward=Toward.NEAREST), Decimal(0))
        for w, m, move in zip(weights, mids, moves, strict=True)
    ]
    left = net - sum((w * p for w, p in zip(weights, prices, strict=True)), Decimal(0))
    return tuple(Price(p + c) for p, c in zip(prices, _correction(weights, prices, left), strict=True))


def _correction(weights: Sequence[int], prices: Sequence[Decimal], left: Decimal) -> Sequence[Decimal]:
    none = [Decimal(0)] * len(weights)
    if left == 0:
        return none
    ones = [i for i, w in enumerate(weights) if abs(w) == 1]
    for i in sorted(ones, key=lambda i: -prices[i]):
        step = left * weights[i]
        if prices[i] + step >= 0:
            return [step if j == i else Decimal(0) for j in range(len(weights))]
    best: tuple[Decimal, ...] | None = None
    cents = [CENT * n for n in range(-_REACH, _REACH + 1)]
    for steps in product(cents, repeat=len(weights)):
        fits = sum((w * s for w, s in zip(weights, steps, strict=True)), Decimal(0)) == left
        legal = all(p + s >= 0 for p, s in zip(prices, steps, strict=True))
        if fits and legal and (best is None or sum(map(abs, steps)) < sum(map(abs, best))):
            best = steps
    if best is None:
        raise InvariantViolated(
            f"No leg prices near {list(prices)} with weights {list(weights)} add {left} more."
        )
    return best


def _within(price: Decimal, limit: Price, quantity: int) -> bool:
    return price <= limit if quantity > 0 else price >= limit


def _at_alpha(book: Book, turn: Turn, policy: Policy) -> Match | None:
    buys = turn.remaining > 0
    if book.natural(turn.remaining) is None:
        return None
    exact = book.mid + policy.alpha * book.half if buys else book.mid - policy.alpha * book.half
    price = to_tick(exact, turn.ticks.at(exact), toward=Toward.UP if buys else Toward.DOWN)
    if turn.limit is not None and not _within(price, turn.limit, turn.remaining):
        return None
    return Match(abs(turn.remaining), price)
