"""What the last gate reads off the book: what was sent, what is at risk, what the day has cost.

All of it is counted from facts of the journal, so a restart forgets nothing: not how many orders were sent
today, nor with how much the day began.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from premia.domain.book import Book, Sent, sides_of
from premia.domain.instrument import Option, Right, Stock
from premia.domain.intent import Number
from premia.domain.known import Known
from premia.domain.order import Order

_NOTHING = Decimal(0)


class Weight(Enum):
    """What a breach leads to besides the order's not being sent."""

    DROP = "drop"  # nothing: what forbids it is known and ends by itself
    PAUSE = "pause"  # openings stand
    LATCH = "latch"  # everything stands until a person resets the gate
    KILL = "kill"  # the kill switch was thrown: everything stands until a person releases it


class Breach(NamedTuple):
    """A no of the gate: the check's name, the sentence a person reads, how grave it is, and the numbers."""

    rule: str
    reason: str
    weight: Weight
    facts: Mapping[str, Number | Decimal] = {}


class Lost(NamedTuple):
    """Net liquidation at the day's start and now, USD."""

    before: Decimal
    now: Decimal

    @property
    def part(self) -> Decimal:
        """What was lost, as a part of the start; negative where the day has earned."""
        return (self.before - self.now) / self.before


def at_risk(order: Order, units: Decimal | int) -> Decimal:
    """Cash that so many units may take, USD: strikes of the puts they sell, and what they may pay.

    What a roll sets free does not count: the gate asks what is new.
    """
    strikes = sum(
        (
            -leg.ratio * leg.contract.strike_value.amount
            for leg in order.combo.legs
            if isinstance(leg.contract, Option) and leg.contract.right is Right.PUT and leg.ratio < 0
        ),
        _NOTHING,
    )
    paid = max(-order.combo.premium_of(min(order.limit, order.worst), 1).amount, _NOTHING)
    return (strikes + paid) * units


def working_at_risk(book: Book, but: str) -> Decimal:
    """Cash that all orders at the broker but one may still take, USD; unknown ones count as living."""
    return sum(
        (
            at_risk(state.order, state.remaining)
            for state in book.orders.values()
            if state.broker_id is not None and state.key != but
        ),
        _NOTHING,
    )


def sends_since(book: Book, after: datetime) -> int:
    """Orders of this session sent after an instant."""
    return sum(sent.at > after for sent in book.sends)


def same_again(book: Book, order: Order, within: timedelta) -> Sent | None:
    """An order of another key that traded the same contracts on the same sides a moment ago."""
    sides = sides_of(order)
    return next(
        (
            sent
            for sent in reversed(book.sends)
            if sent.key != order.key and sent.sides == sides and book.at - sent.at < within
        ),
        None,
    )


def spot_of(book: Book, symbol: str) -> Decimal | None:
    """The broker's mark of an underlying whose shares are held; None where it told none."""
    positions = book.observed.positions
    for position in positions.value if isinstance(positions, Known) else ():
        if isinstance(position.contract, Stock) and position.contract.symbol == symbol:
            return position.market_price
    return None


def worth_lost(book: Book) -> Lost | None:
    """What the day has cost so far; None where a figure is missing."""
    account = book.observed.account
    now = account.value.net_liquidation if isinstance(account, Known) else None
    if book.day is None or now is None or book.day.session != book.session or book.day.worth <= 0:
        return None
    return Lost(book.day.worth, now)
