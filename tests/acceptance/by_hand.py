"""What trades of options cost and bring, reckoned by plain arithmetic from raw rows.

Nothing here is the project's: no reader, no price rule, no fee table and no calendar of it, so that an error
there cannot hide here. A trade is a sum in signed contracts: what is bought counts positive, and against us
is always upwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from math import sqrt
from typing import Any, NamedTuple

FINE = Decimal("0.0001")
CENT = Decimal("0.01")


class Leg(NamedTuple):
    """One contract of a trade: signed ratio, bid and ask."""

    ratio: int
    bid: Decimal
    ask: Decimal


def fill_price(legs: Sequence[Leg], alpha: Decimal, low: str, high: str) -> Decimal:
    """What one unit of a trade pays a share: mid and alpha half-spreads, rounded up to the step.

    `low` is the step of a single option below 3 USD, `high` the one from there on; several legs are priced
    together and in `low` steps. Their half-spread lies midway between the root of the summed squares of the
    legs' and the sum of them, in 1/10,000 USD.
    """
    middle = sum((leg.ratio * (leg.bid + leg.ask) / 2 for leg in legs), Decimal(0))
    halves = [abs(leg.ratio) * (leg.ask - leg.bid) / 2 for leg in legs]
    half = halves[0]
    if len(legs) > 1:
        netted = sqrt(sum(float(one) ** 2 for one in halves))
        half = Decimal(repr((netted + float(sum(halves))) / 2)).quantize(FINE, rounding=ROUND_CEILING)
    exact = middle + alpha * half
    tick = Decimal(low if len(legs) > 1 or abs(exact) < 3 else high)
    return (exact / tick).to_integral_value(rounding=ROUND_CEILING) * tick


class Rates(NamedTuple):
    """What one contract costs on some day, USD; `sec` is per USD of sales.

    Attributes:
        tiers: Own commission below 0.05 USD, below 0.10 USD, and from there on.
        share_taf, share_cap: The trading activity fee of a share sold, and its most.
    """

    tiers: tuple[str, str, str]
    orf: str
    occ: str
    sec: str
    taf: str
    index: str = "0"
    share_taf: str = "0"
    share_cap: str = "0"


class Execution(NamedTuple):
    """Signed contracts at a price a share."""

    quantity: int
    price: Decimal


def order_cost(executions: Iterable[Execution], rates: Rates) -> Decimal:
    """Commission of one order, at least a dollar, and what others charge on top."""
    own, passed = Decimal(0), Decimal(0)
    for one in executions:
        count = abs(one.quantity)
        tier = 0 if one.price < Decimal("0.05") else 1 if one.price < Decimal("0.10") else 2
        own += Decimal(rates.tiers[tier]) * count
        passed += (Decimal(rates.orf) * count).quantize(FINE, rounding=ROUND_HALF_DOWN)
        passed += (Decimal(rates.occ) + Decimal(rates.index)) * count
        if one.quantity < 0:
            passed += Decimal(rates.sec) * one.price * 100 * count + Decimal(rates.taf) * count
    return max(own, Decimal(1)) + passed


def share_sale(shares: int, price: Decimal, rates: Rates) -> Decimal:
    """What the sale of shares by exercise costs: no commission, the fees of a sale."""
    return Decimal(rates.sec) * price * shares + min(
        Decimal(rates.share_taf) * shares, Decimal(rates.share_cap)
    )


class Till:
    """Cash by the day on which it moved and by the day from which it earns interest."""

    def __init__(self, start: Decimal) -> None:
        self.total = start
        self.moves: dict[date, Decimal] = defaultdict(Decimal)
        self.settling: dict[date, Decimal] = defaultdict(Decimal)
        self.start = start

    def book(self, amount: Decimal, day: date, settles: date) -> None:
        """Move cash."""
        self.total += amount
        self.moves[day] += amount
        self.settling[settles] += amount

    def until(self, day: date) -> Decimal:
        """Cash at the end of a day."""
        return self.start + sum((amount for on, amount in self.moves.items() if on <= day), Decimal(0))

    def interest(self, first: date, last: date, rate: Decimal) -> Decimal:
        """Interest of days, both included, on settled cash above 10,000 USD; of net worth above 100,000."""
        earned, day = Decimal(0), first
        while day <= last:
            settled = self.start + sum(
                (amount for on, amount in self.settling.items() if on <= day), Decimal(0)
            )
            earned += max(settled - 10_000, Decimal(0)) * rate / 360
            day += timedelta(days=1)
        return earned


def cents(amount: Decimal) -> Decimal:
    """In whole cents."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def exact(number: Any) -> Decimal:
    """A price of a table as a decimal number."""
    return Decimal(repr(round(float(number), 4)))


def by_order(facts: Iterable[Any]) -> Mapping[str, list[Any]]:
    """Fills by the name of their order, and in their order; executions of several orders never share one."""
    found: dict[str, list[Any]] = defaultdict(list)
    for fact in facts:
        if type(fact).__name__ == "OrderFilled":
            found[fact.key].append(fact.fill)
    return found
