"""Prices, money and ticks: the ledger's numbers.

Ledger values are exact decimals. A `Price` is account-currency units per share and carries no
multiplier; `Money` is an amount with its currency. Only `Contract.value_of` turns the one into
the other. Arrays of floats stay outside: `to_tick` is the one door from a float to a `Price`.

Signs, written once: a quantity is signed contracts or shares (short is negative), a combo's ratio
is signed legs per unit, and a premium is positive when it is a credit, negative when a debit.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import Enum
from typing import NewType

import msgspec

from premia.domain.errors import InvariantViolated

Price = NewType("Price", Decimal)
"""Account-currency units per share; may be negative for the net price of a combo."""

CENT = Decimal("0.01")
TEN_THOUSANDTHS = 10_000
"""Prices inside rules and the store are whole numbers of 1/10,000 USD."""


class Toward(Enum):
    """Where a price goes that lies between two ticks."""

    DOWN = ROUND_FLOOR
    UP = ROUND_CEILING
    NEAREST = ROUND_HALF_EVEN


class Money(msgspec.Struct, frozen=True, order=False):
    """An exact amount in one currency; amounts of two currencies never meet."""

    amount: Decimal
    currency: str = "USD"

    def __add__(self, other: Money) -> Money:
        """Sum of two amounts of one currency."""
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Difference of two amounts of one currency."""
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        """The opposite amount."""
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        """The amount times a whole number or an exact fraction."""
        return Money(self.amount * factor, self.currency)

    def __lt__(self, other: Money) -> bool:
        """Whether this amount is below the other."""
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        """Whether this amount is at most the other."""
        return self.amount <= self._same(other)

    def rounded(self) -> Money:
        """The amount in whole cents, halves away from zero, as statements print it."""
        return Money(to_cents(self.amount), self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise InvariantViolated(
                f"{self.amount} {self.currency} met {other.amount} {other.currency}; convert one first."
            )
        return other.amount

    def __str__(self) -> str:
        """The amount as a person reads it: `1,234.50 USD`."""
        return f"{self.amount:,.2f} {self.currency}"


def usd(amount: str | int | Decimal) -> Money:
    """An amount of US dollars, from exact text, a whole number or a decimal."""
    return Money(Decimal(amount), "USD")


def to_cents(amount: Decimal) -> Decimal:
    """The amount rounded to whole cents, halves away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def price(value: str | int | Decimal) -> Price:
    """A price from exact text, a whole number or a decimal (never from a float)."""
    return Price(Decimal(value))


def to_tick(value: float | Decimal, tick: Decimal, *, toward: Toward) -> Price:
    """The tradable price nearest to `value` in the wanted direction.

    A float is read through ten decimal places, so that 1.1 means 1.10 and not
    1.100000000000000088; this is the only way by which a float becomes a ledger price.

    Args:
        value: Price per share; may be negative for a combo.
        tick: The smallest price step, above zero.
        toward: `DOWN` is toward minus infinity, also for negative prices.
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(round(value, 10)))
    steps = (exact / tick).to_integral_value(rounding=toward.value)
    return Price(steps * tick)


def ten_thousandths(value: Decimal | float) -> int:
    """A price as whole 1/10,000 USD, the unit of rules, chains and the store."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(round(value, 10)))
    return int((exact * TEN_THOUSANDTHS).to_integral_value(rounding=ROUND_HALF_EVEN))


def from_ten_thousandths(units: int) -> Price:
    """The price of whole 1/10,000 USD."""
    return Price(Decimal(int(units)) / TEN_THOUSANDTHS)
