"""Calls that are worth exercising just before one ex-date.

Without a continuous yield a call is exercised early only at the close before the share goes ex, and only if
the dividend exceeds the interest on the strike until the next chance and the put that is given up. With one
such date the right is worth the expectation of what exercise brings beyond holding, over the prices above
the critical one: one Gauss-Legendre sum. Dates at which the dividend cannot even pay that interest fall
away, which is all but one in most lives; a call with two or more that can matter needs a tree.

Source: the decomposition of R. Roll (1977), R. Geske (1979) and R. Whaley (1981), by quadrature.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from premia.pricing import black_scholes
from premia.pricing.dividends import CashDividends
from premia.pricing.normal import cdf, density
from premia.pricing.terms import Flags, Flat, Floats

_POINTS = 24
_REACH = 7.0
"""Standard deviations beyond which the normal density is nothing."""
_STEPS = 7
"""Newton steps to the critical price; the put is convex, so they approach it from one side."""


class Chances(NamedTuple):
    """The ex-dates at which each call may be worth exercising.

    Attributes:
        number: How many matter, shape (n,).
        when: ACT/365 years to the last of them, shape (n,); 0.0 where none matters.
        brought: Value at that date of the dividend and of later ones within the life.
    """

    number: Floats
    when: Floats
    brought: Floats


def chances(flat: Flat, dividends: CashDividends | None) -> Chances:
    """At which ex-dates each call might be exercised: where the dividend beats the interest on the strike."""
    count, when, brought = (np.zeros_like(flat.spot) for _ in range(3))
    if dividends is None:
        return Chances(count, when, brought)
    later_date, later_worth = flat.years, np.zeros_like(flat.spot)
    for day, cash in reversed(list(zip(*dividends.columns(), strict=True))):
        inside = (day > 0.0) & (day <= flat.years)
        worth = cash + later_worth * np.exp(-flat.rate * np.where(inside, later_date - day, 0.0))
        matters = inside & (cash > flat.strike * -np.expm1(-flat.rate * (later_date - day)))
        first = matters & (count == 0.0)
        when, brought = np.where(first, day, when), np.where(first, worth, brought)
        count = count + matters
        later_date, later_worth = np.where(inside, day, later_date), np.where(inside, worth, later_worth)
    return Chances(count, when, brought)


def premium(flat: Flat, chance: Chances) -> tuple[Floats, Floats, Floats]:
    """Worth of exercising at one ex-date, with its first and second derivative by the spot.

    Args:
        flat: One-dimensional calls; the spot is net of cash dividends, the yield is zero.
        chance: One ex-date for each of them.
    """
    left = flat._replace(years=flat.years - chance.when)
    given_up = chance.brought + flat.strike * np.expm1(-flat.rate * left.years)
    critical, exists = _critical(left, given_up)
    width = flat.vol * np.sqrt(chance.when)
    mean = np.log(flat.spot) + (flat.rate - 0.5 * flat.vol**2) * chance.when
    lowest = (np.log(critical) - mean) / width
    nodes, weights = _legendre()
    start = np.maximum(lowest, -_REACH)
    span = 0.5 * (np.maximum(start, 0.0) + _REACH - start)
    z = start + span * (1.0 + nodes)
    price = np.exp(mean + width * z)
    wide = Flat(price, *(np.broadcast_to(column, price.shape) for column in left[1:]))
    gain = np.maximum(price + chance.brought - flat.strike - black_scholes.value_of(wide), 0.0)
    mass = weights * span * density(z) * np.exp(-flat.rate * chance.when) * exists
    value = np.sum(mass * gain, axis=0)
    # The spot only shifts the mean of z, so derivatives fall on the density: z and z^2 - 1.
    first = np.sum(mass * gain * z, axis=0) / width
    second = np.sum(mass * gain * (z * z - 1.0), axis=0) / width**2
    return value, first / flat.spot, (second - first) / flat.spot**2


def _critical(left: Flat, given_up: Floats) -> tuple[Floats, Flags]:
    """Net price above which exercise pays: where the put given up is worth less than what it brings."""
    exists = given_up > 0.0
    wanted = np.where(exists, given_up, left.strike)
    strike = left.strike * np.exp(-left.rate * left.years)
    width = np.maximum(left.vol * np.sqrt(left.years), 1e-9)
    # A put is worth at least strike less price, and at the strike what the next line says; from a price at
    # which it is worth more than wanted, Newton's steps approach from below.
    at_strike = strike * (1.0 - 2.0 * cdf(-0.5 * width))
    price = np.where(at_strike >= wanted, strike, np.maximum(strike - wanted, 1e-8 * strike))
    for _ in range(_STEPS):
        d1 = np.log(price / strike) / width + 0.5 * width
        n1, n2 = cdf(-np.stack((d1, d1 - width)))
        price = price + (strike * n2 - price * n1 - wanted) / np.maximum(n1, 1e-9)
        price = np.clip(price, 1e-8 * strike, 100.0 * strike)
    return price, exists


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
    return nodes[:, None], weights[:, None]
