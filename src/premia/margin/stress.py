"""Two figures that say how bad it can get: the loss of a crash tomorrow, and the cash if all is assigned.

The crash moves every underlying at once and lifts every implied volatility by the same points; time stands
still. Options are revalued as European, which understates the value of deep puts by a little interest and
is fast enough for thousands of positions.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from premia.domain.instrument import Option, Right
from premia.domain.money import Money
from premia.margin.holdings import Position
from premia.pricing import black_scholes
from premia.pricing.terms import Carry, Floats, OptionTerms


class Shock(NamedTuple):
    """A move of the whole market at once.

    Attributes:
        spot: Relative move of every underlying, a fraction (-0.20 is 20 % down).
        vol: Points added to every implied volatility, a fraction (0.40 is 40 points).
    """

    spot: float = -0.20
    vol: float = 0.40


CRASH = Shock()


class StressBook(NamedTuple):
    """Positions as columns, each scalar or (n,).

    Attributes:
        spot: Price of each position's underlying per share.
        strike: Per share; any positive number for shares.
        years: ACT/365 years to expiry.
        sign: +1 call, -1 put, 0 shares.
        vol: Implied volatility now, annualised fraction.
        rate: Continuously compounded annualised fraction.
        dividend_yield: Likewise.
        shares: Signed quantity times multiplier.
    """

    spot: ArrayLike
    strike: ArrayLike
    years: ArrayLike
    sign: ArrayLike
    vol: ArrayLike
    rate: ArrayLike
    dividend_yield: ArrayLike
    shares: ArrayLike


def losses(book: StressBook, shock: Shock = CRASH) -> Floats:
    """Loss of each position, currency; positive is a loss, shape (n,)."""
    columns = [np.atleast_1d(np.asarray(column, dtype=np.float64)) for column in book]
    spot, strike, years, sign, vol, rate, income, shares = columns
    moved = spot * (1.0 + shock.spot)
    terms = OptionTerms(strike, years, np.where(sign == 0.0, 1.0, sign))
    now = black_scholes.value(terms, Carry(spot, rate, income), vol)
    then = black_scholes.value(terms, Carry(moved, rate, income), vol + shock.vol)
    return -shares * np.where(sign == 0.0, moved - spot, then - now)


def loss(book: StressBook, shock: Shock = CRASH) -> float:
    """Loss of all positions together, in currency; negative where the shock earns."""
    return float(np.sum(losses(book, shock)))


def cash_if_assigned(positions: Iterable[Position], currency: str = "USD") -> Money:
    """What all short puts cost if every one is assigned: strike times multiplier, premiums not deducted."""
    total = Decimal(0)
    for position in positions:
        contract = position.contract
        if isinstance(contract, Option) and contract.right is Right.PUT and position.quantity < 0:
            total += contract.strike_value.amount * -position.quantity
    return Money(total, currency)
