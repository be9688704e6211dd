"""Implied volatility of European prices, for whole chains at once and to machine precision.

The price is turned into an out-of-the-money one by parity, undiscounted, and divided by the geometric mean
of forward and strike: what is left depends on log-moneyness x and on s, the volatility times the root of
time, alone. The equation is solved for s in the logarithm of that price (of its distance to the highest
possible price, where that is nearer), by Householder steps of fourth order inside a bracket. The logarithm
makes prices of 1e-300 as easy as those of at-the-money options; the price itself is evaluated without the
cancellation of the textbook formula.

American prices need `american.implied_volatility`.

Source of the normalisation, the guess and the steps: P. Jaeckel, "By implication" (2006) and "Let's be
rational", Wilmott (2015); the evaluation is our own.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premia.pricing.normal import SQRT_HALF, SQRT_TWO_PI, cdf, erfcx
from premia.pricing.terms import Carry, Flags, Floats, OptionTerms, broadcast

_ROUNDS = 14
_SETTLED = 1e-5
_ROUNDING = 1e-14
_LEAST, _MOST = 0.4, 2.5
"""Corrections of Newton's step that are trusted."""
_CHUNK = 8192
_NARROW, _CENTRAL = 0.1, 3.0
"""Where the series replaces a difference of two nearly equal numbers: half-width and distance below these."""
_ORDER = 13
_SQRT_HALF_PI = 1.2533141373155001
UNTOLD = 8.9e-16
"""Share of forward and strike together up to which the time value of an option in the money is rounding."""

Reasons = NDArray[np.int8]
"""A `Reason` for each price."""


class Reason(IntEnum):
    """Why a price has no implied volatility; `SOLVED` where it has one."""

    SOLVED = 0
    NOT_A_NUMBER = 1
    """The price or another input is NaN, or spot or strike are not positive."""
    NO_TIME = 2
    """Expired, or expiring now."""
    AT_OR_BELOW_LEAST = 3
    """Not above what exercise brings, but for rounding: no time value is left, no volatility is so low."""
    AT_OR_ABOVE_MOST = 4
    """Not below the most that an option can be worth: no volatility is so high."""
    NOT_FOUND = 5
    """Between those bounds, yet the search did not settle."""


def implied_volatility(price: ArrayLike, terms: OptionTerms, carry: Carry) -> Floats:
    """Volatility at which the Black-Scholes-Merton value equals each price.

    Args:
        price: Option prices, currency per share. NaN stays NaN.
        terms: Strike, years to expiry, sign of the right.
        carry: Spot, rate and dividend yield.

    Returns:
        Annualised volatility as a fraction, in the broadcast shape. NaN where the price is at or
        outside the no-arbitrage bounds, above the lower one by rounding alone, or no time is left, because
        no volatility explains it.

    Raises:
        ShapeMismatch: If the inputs do not broadcast to one shape.
    """
    flat = broadcast(terms, carry, price)
    paid = flat.vol  # the price took the volatility's place in the broadcast
    forward = flat.spot * np.exp((flat.rate - flat.dividend_yield) * flat.years)
    x = np.log(flat.spot / flat.strike) + (flat.rate - flat.dividend_yield) * flat.years
    intrinsic = np.maximum(flat.sign * (forward - flat.strike), 0.0)
    outside = paid * np.exp(flat.rate * flat.years) - intrinsic
    outside = np.where((intrinsic > 0.0) & (outside <= UNTOLD * (forward + flat.strike)), 0.0, outside)
    beta = outside / np.sqrt(forward * flat.strike)
    x = -np.abs(x)
    solvable = (beta > 0.0) & (beta < np.exp(0.5 * x)) & (flat.years > 0.0)
    answer = np.full(x.shape, np.nan)
    if solvable.any():
        total = _total_vols(x[solvable], beta[solvable])
        answer[solvable] = total / np.sqrt(flat.years[solvable])
    return answer


def _total_vols(x: Floats, beta: Floats) -> Floats:
    parts = [
        _solve(x[i : i + _CHUNK], beta[i : i + _CHUNK], _guess(x[i : i + _CHUNK], beta[i : i + _CHUNK]))
        for i in range(0, x.size, _CHUNK)
    ]
    return np.concatenate(parts)


def _solve(x: Floats, beta: Floats, s: Floats) -> Floats:
    """Householder steps from a guess; a step that leaves the bracket is replaced by its middle."""
    top = np.exp(0.5 * x)
    upper = beta > 0.5 * top
    target = np.log(np.where(upper, top - beta, beta))
    low, high = np.zeros_like(s), np.full_like(s, np.inf)
    open_rows = np.arange(s.size)
    answer = s.copy()
    for _ in range(_ROUNDS):
        # A miss above zero means that s is too small.
        moved, newton, miss = _step(x, s, upper, target)
        low, high = np.where(miss > 0.0, s, low), np.where(miss < 0.0, s, high)
        middle = np.where(np.isinf(high), 2.0 * s, 0.5 * (low + high))
        inside = (moved > low) & (moved < high)
        # The error falls with the fourth power, so after a step this small nothing is left to gain.
        settled = (np.abs(newton) <= _SETTLED * s) & (inside | (np.abs(moved - s) <= _ROUNDING * s))
        s = np.where(inside | settled, moved, middle)
        answer[open_rows] = s
        if settled.all():
            break
        left = ~settled
        open_rows, upper = open_rows[left], upper[left]
        x, s, target, low, high = (column[left] for column in (x, s, target, low, high))
    return answer


def _step(x: Floats, s: Floats, upper: Flags, target: Floats) -> tuple[Floats, Floats, Floats]:
    """Where one Householder step of fourth order leads, the Newton step, and by how much s misses."""
    side = np.where(upper, 1.0, -1.0)
    at = _normalised(x, s, upper)
    miss = side * (at.log_value - target)
    bend = x * x / (s * s * s) - 0.25 * s
    twist = -3.0 * (x / (s * s)) ** 2 - 0.25
    second = bend + side * at.slope
    third = second * second + twist + side * bend * at.slope + at.slope * at.slope
    newton = miss / at.slope
    # Far from the answer the correction of Newton's step means nothing and may overflow; both logarithms are
    # concave, so that his step alone is safe there.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        correction = (1.0 + 0.5 * second * newton) / (1.0 + newton * (second + third * newton / 6.0))
    trusted = (correction > _LEAST) & (correction < _MOST)
    return s + newton * np.where(trusted, correction, 1.0), newton, miss


class _Point(NamedTuple):
    """The logarithm of the price or of its distance to the top, and the slope of that, without its sign."""

    log_value: Floats
    slope: Floats


def _normalised(x: Floats, s: Floats, upper: Flags) -> _Point:
    """Normalised price at negative log-moneyness x, or its distance to the highest possible one."""
    h, t = x / s, 0.5 * s
    log_vega = -0.5 * (h * h + t * t) - np.log(SQRT_TWO_PI)
    ratio = np.empty_like(s)
    lower = ~upper
    if lower.any():
        ratio[lower] = _price_to_vega(-h[lower], t[lower])
    if upper.any():
        a, b = h[upper], t[upper]
        distance = np.exp(a * b) * cdf(-a - b) + np.exp(-a * b) * cdf(a - b)
        ratio[upper] = distance * np.exp(-log_vega[upper])
    return _Point(log_vega + np.log(ratio), 1.0 / ratio)


def _price_to_vega(distance: Floats, t: Floats) -> Floats:
    """Normalised price over its derivative by s; `distance` is the absolute log-moneyness over s.

    It is a difference of two scaled error functions; where they nearly agree, its Taylor series.
    """
    a, half = distance * SQRT_HALF, t * SQRT_HALF
    near, far = a - half, a + half
    # Of a negative argument: erfcx(-y) = 2 exp(y^2) - erfcx(y).
    both = erfcx(np.concatenate((np.abs(near), far)))
    lesser, greater = both[: a.size], both[a.size :]
    mirrored = 2.0 * np.exp(np.minimum(near * near, 700.0)) - lesser
    answer = np.where(near < 0.0, mirrored, lesser) - greater
    close = (half < _NARROW) & (a < _CENTRAL)
    if close.any():
        answer[close] = _series(a[close], half[close])
    return answer * _SQRT_HALF_PI


def _series(a: Floats, half: Floats) -> Floats:
    """erfcx(a - half) - erfcx(a + half) by its odd derivatives."""
    before = erfcx(a)
    now = 2.0 * a * before - 1.1283791670955126
    power = half
    total = -2.0 * now * power
    for order in range(1, _ORDER):
        before, now = now, 2.0 * a * now + 2.0 * order * before
        power = power * half / (order + 1)
        if order % 2 == 0:
            total = total - 2.0 * now * power
    return total


def _guess(x: Floats, beta: Floats) -> Floats:
    """A first s: by the exponent of the tail, the slope at the inflection, or the distance to the top."""
    size = np.maximum(-x, 1e-30)
    centre = np.sqrt(2.0 * size)
    root = np.sqrt(0.5 * size)
    at_centre = 0.5 * np.exp(0.5 * x) - np.exp(-0.5 * x) * cdf(-2.0 * root)
    at_centre = np.maximum(at_centre, 1e-300)
    short = np.maximum(np.log(at_centre) - np.log(beta), 0.0)
    tail = 1.0 / np.sqrt(0.5 / size + 2.0 * short / (size * size))
    linear = centre + np.maximum(beta - at_centre, 0.0) * SQRT_TWO_PI * np.exp(0.5 * size)
    top = np.exp(0.5 * x)
    share = np.clip((top - beta) / (top + 1.0 / top), 1e-300, 0.5)
    far = np.sqrt(-2.0 * np.log(share))
    far = far - (2.30753 + 0.27061 * far) / (1.0 + far * (0.99229 + 0.04481 * far))
    return np.where(beta < at_centre, tail, np.where(beta > 0.5 * top, np.maximum(2.0 * far, centre), linear))
