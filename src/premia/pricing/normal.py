"""The normal distribution, to machine precision and far into its tails.

numpy has no error function, and scipy costs more to import than a whole price list. Everything here
stands on one function, the scaled complementary error function erfcx(x) = exp(x^2) erfc(x), which
neither overflows nor vanishes for x >= 0: the tail probability keeps its relative precision down to
the smallest floats, and its logarithm beyond.

Source of the form: M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of (1 + 2x)
exp(x^2) erfc x in 0 <= x < infinity", Mathematics of Computation 36 (1981), 249-253. The
coefficients were computed for this module in 50-digit arithmetic (series below 3, continued fraction
above), Chebyshev nodes in t = (x - 3.75) / (x + 3.75), and are written as a polynomial in t; the
relative error is below 1.2e-15 on the whole half-line.
"""

from __future__ import annotations

import numpy as np

from premia.pricing.terms import Floats

SQRT_HALF = 0.7071067811865476
SQRT_TWO_PI = 2.5066282746310002
_CENTRE = 3.75
COEFFICIENTS = (
    1.2375126308378275,
    -0.14024059858554697,
    0.0035854154854790257,
    0.0822767384901452,
    -0.10880393014244462,
    0.09230432116037748,
    -0.05869339857664934,
    0.028362277418956406,
    -0.009746579683265262,
    0.0017556258528952954,
    0.000293714378044958,
    -0.0002901540805408417,
    5.164652974177416e-05,
    2.238423915508223e-05,
    -1.1438048033346894e-05,
    -9.73559896736775e-07,
    1.7419821586224816e-06,
    -5.7218230603224086e-08,
    -2.4857126248016745e-07,
    2.3263508708859124e-08,
    3.197926671666804e-08,
    -3.744210080962018e-09,
    -2.623107347133476e-09,
    3.1114333809799254e-10,
)
_HIGHER = np.array(COEFFICIENTS[1:])
_SMALL = 256
_BLOCK = 8192
"""Values computed at a time, so that they stay in the processor's cache."""


def erfcx(x: Floats) -> Floats:
    """exp(x^2) erfc(x) for x >= 0, relative error below 2e-15; NaN stays NaN."""
    flat = x.reshape(-1)
    answer = np.empty_like(flat)
    for start in range(0, flat.size, _BLOCK):
        part = flat[start : start + _BLOCK]
        # 1 - 2c / (x + c) equals (x - c) / (x + c), and is also right where x is infinite.
        t = 1.0 - (2.0 * _CENTRE) / (part + _CENTRE)
        total = _by_powers(t) if t.size <= _SMALL else _by_horner(t)
        total /= 1.0 + 2.0 * part
        answer[start : start + _BLOCK] = total
    return answer.reshape(x.shape)


def cdf(x: Floats) -> Floats:
    """Probability of a standard normal variable to be at most x; relative precision in the lower tail."""
    distance = np.abs(x)
    tail = np.exp(-0.5 * distance * distance)
    tail *= erfcx(distance * SQRT_HALF)
    tail *= 0.5
    return np.where(x > 0.0, 1.0 - tail, tail)


def log_cdf(x: Floats) -> Floats:
    """Logarithm of `cdf`, finite also where `cdf` vanishes (x below -38)."""
    distance = np.abs(x)
    log_tail = np.log(0.5 * erfcx(distance * SQRT_HALF)) - 0.5 * distance * distance
    return np.where(x > 0.0, np.log1p(-np.exp(np.minimum(log_tail, 0.0))), log_tail)


def density(x: Floats) -> Floats:
    """Density of the standard normal distribution; zero at infinity."""
    return np.exp(-0.5 * x * x) / SQRT_TWO_PI


def _by_powers(t: Floats) -> Floats:
    """The polynomial as one product; for few values, where each call of numpy counts."""
    powers = np.empty((_HIGHER.size, t.size))
    powers[:] = t
    return COEFFICIENTS[0] + _HIGHER @ np.multiply.accumulate(powers, axis=0)


def _by_horner(t: Floats) -> Floats:
    """The polynomial in place; for many values, as long as they fit the processor's cache."""
    total = np.full_like(t, COEFFICIENTS[-1])
    for coefficient in COEFFICIENTS[-2::-1]:
        total *= t
        total += coefficient
    return total
