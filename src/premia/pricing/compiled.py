"""Prices, greeks and implied volatilities as machine code: of one option in a compiled loop, and of millions.

This is the only module of the room that loads numba. It states the formulas of `black_scholes`,
`implied_vol` and `early_exercise` once more, for one option, in the plain arithmetic that a compiler turns
into vector instructions; tests hold the two equal. `bulk` calls the kernels at the end on arrays of any
shape; the functions of one `OneOption` are for other compiled functions.

What surprises: exponential, logarithm and error function are written out here, because a call of the C
library keeps a loop from being vectorised, and every multiply-add is asked for by name. So the same option
has the same bits alone, in an array of millions, and on any number of threads.
"""

# ruff: noqa: FURB136 - a comparison lets NaN pass where max and min may lose it
# ruff: noqa: FBT003 - a flag here is a constant of the call, which the compiler removes

from __future__ import annotations

import math
from collections.abc import Callable
from hashlib import blake2b
from pkgutil import get_data
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numba.core import config
from numba.extending import intrinsic

from premia.pricing.implied_vol import UNTOLD, Reason, Reasons
from premia.pricing.normal import COEFFICIENTS, SQRT_HALF, SQRT_TWO_PI
from premia.pricing.terms import YEAR_DAYS, Floats, GreekArrays, OneGreeks, OneOption

PROCESSORS = int(vars(config)["NUMBA_NUM_THREADS"])
"""How many threads are worth starting; numba's own, which nothing here uses, are not started by asking."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


_INLINED = ("terms", "normal", "implied_vol", "early_exercise", "american", "tree", "compiled")
_CALLERS = ("compiled_boundary", "compiled_american", "compiled_inverse")
_TEXTS = (get_data("premia.pricing", f"{name}.py") or b"" for name in (*_INLINED, *_CALLERS))
_STAMP = blake2b(b"".join(_TEXTS), digest_size=16).hexdigest()
"""Of all texts that compiled code is made of, constants included; kept code is renewed when one changes."""


def jit(function: _Function) -> _Function:
    """Compile at the first call, without the interpreter's lock, and keep the code for later processes.

    Where no folder can be written that would keep it, every process compiles for itself.
    """
    try:
        kept: Any = numba.njit(error_model="numpy", nogil=True, cache=True)(function)
        kept._cache._cache_file._source_stamp = _STAMP  # noqa: SLF001 - numba looks at one file only
    except RuntimeError:
        kept = numba.njit(error_model="numpy", nogil=True)(function)
    return cast(_Function, kept)


def inlined(function: _Function) -> _Function:
    """Compile into each caller, so that a caller's loop can be vectorised."""
    return cast(_Function, numba.njit(error_model="numpy", nogil=True, forceinline=True)(function))


def _fma_of(_context: object, _a: object, _b: object, _c: object) -> object:
    """Tell numba the instruction behind `_fma`."""

    def generate(_context: object, builder: Any, _signature: object, arguments: Any) -> object:  # noqa: ANN401 - llvmlite has no types
        return builder.fma(*arguments)

    return numba.float64(numba.float64, numba.float64, numba.float64), generate


_fma = cast(Callable[[float, float, float], float], intrinsic(_fma_of))
"""a * b + c with one rounding."""

_SHIFT = 6755399441055744.0
"""1.5 * 2^52: adding it leaves the nearest whole number in the lowest bits."""
_SHIFT_BITS = np.int64(0x4338000000000000)
_ONE_BITS = np.int64(0x3FF0000000000000)
_ROOT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
_MANTISSA = np.int64(52)
_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
_LEAST_EXPONENT, _MOST_EXPONENT = -708.0, 709.0
_LEAST_NORMAL, _MOST_NORMAL = 2.2250738585072014e-308, 1.7976931348623157e308
_E = tuple(1.0 / math.factorial(i) for i in range(14))
_L = tuple(2.0 / (2 * i + 1) for i in range(1, 11))
_C = COEFFICIENTS
_CENTRE = 3.75


@inlined
def exp(x: float) -> float:
    """Exponential to one unit in the last place; zero below -708, infinite above 709."""
    kept = _LEAST_EXPONENT if x < _LEAST_EXPONENT else (_MOST_EXPONENT if x > _MOST_EXPONENT else x)
    shifted = _fma(kept, _LOG2_E, _SHIFT)
    whole = shifted - _SHIFT
    r = _fma(-_LN2_LOW, whole, _fma(-_LN2_HIGH, whole, kept))
    p = _fma(_fma(_fma(_E[13], r, _E[12]), r, _E[11]), r, _E[10])
    p = _fma(_fma(_fma(p, r, _E[9]), r, _E[8]), r, _E[7])
    p = _fma(_fma(_fma(p, r, _E[6]), r, _E[5]), r, _E[4])
    p = _fma(_fma(_fma(_fma(p, r, _E[3]), r, _E[2]), r, 1.0), r, 1.0)
    scale = np.int64((np.float64(shifted).view(np.int64) << _MANTISSA) + _ONE_BITS).view(np.float64)
    return 0.0 if x < _LEAST_EXPONENT else (np.inf if x > _MOST_EXPONENT else p * scale)


@inlined
def log(x: float) -> float:
    """Natural logarithm to two units in the last place; NaN of what is not a positive normal number."""
    bits = np.float64(x).view(np.int64)
    power = (bits - _ROOT_HALF_BITS) >> _MANTISSA
    m = np.int64(bits - (power << _MANTISSA)).view(np.float64)
    e = np.int64(power + _SHIFT_BITS).view(np.float64) - _SHIFT
    f = (m - 1.0) / (m + 1.0)
    z = f * f
    p = _fma(_fma(_fma(_L[9], z, _L[8]), z, _L[7]), z, _L[6])
    p = _fma(_fma(_fma(p, z, _L[5]), z, _L[4]), z, _L[3])
    p = _fma(_fma(_fma(p, z, _L[2]), z, _L[1]), z, _L[0])
    answer = _fma(e, _LN2_HIGH, _fma(f, 2.0, _fma(f * z, p, e * _LN2_LOW)))
    return answer if _LEAST_NORMAL <= x <= _MOST_NORMAL else np.nan


@inlined
def erfcx(x: float) -> float:
    """exp(x^2) erfc(x) for x >= 0, as `normal.erfcx`."""
    t = 1.0 - (2.0 * _CENTRE) / (x + _CENTRE)
    p = _fma(_fma(_fma(_C[23], t, _C[22]), t, _C[21]), t, _C[20])
    p = _fma(_fma(_fma(_fma(p, t, _C[19]), t, _C[18]), t, _C[17]), t, _C[16])
    p = _fma(_fma(_fma(_fma(p, t, _C[15]), t, _C[14]), t, _C[13]), t, _C[12])
    p = _fma(_fma(_fma(_fma(p, t, _C[11]), t, _C[10]), t, _C[9]), t, _C[8])
    p = _fma(_fma(_fma(_fma(p, t, _C[7]), t, _C[6]), t, _C[5]), t, _C[4])
    p = _fma(_fma(_fma(_fma(p, t, _C[3]), t, _C[2]), t, _C[1]), t, _C[0])
    return p / (1.0 + 2.0 * x)


@inlined
def cdf(x: float) -> float:
    """Probability of a standard normal variable to be at most x, as `normal.cdf`."""
    distance = abs(x)
    tail = 0.5 * exp(-0.5 * distance * distance) * erfcx(distance * SQRT_HALF)
    return 1.0 - tail if x > 0.0 else tail


@inlined
def greeks_inline(one: OneOption) -> OneGreeks:
    """`black_scholes.greeks` of one option, without a branch."""
    years = 0.0 if one.years < 0.0 else one.years
    root = math.sqrt(years)
    yielded = exp(-one.dividend_yield * years)
    stock = one.spot * yielded
    cash = one.strike * exp(-one.rate * years)
    width = one.vol * root
    dead = width <= 0.0
    ratio = log(one.spot / one.strike) + (one.rate - one.dividend_yield) * years
    certain = np.inf if ratio > 0.0 else (-np.inf if ratio < 0.0 else ratio)
    moneyness = certain if dead else ratio / width
    d1 = moneyness + 0.5 * width
    d2 = moneyness - 0.5 * width
    bell = exp(-0.5 * d1 * d1)
    tail = 0.5 * bell * erfcx(abs(d1) * SQRT_HALF)
    n1 = 1.0 - tail if one.sign * d1 > 0.0 else tail
    n2 = cdf(one.sign * d2)
    density = 0.0 if dead else bell / SQRT_TWO_PI
    raw = one.sign * (stock * n1 - cash * n2)
    ahead = one.sign * (stock - cash)
    floor = 0.0 if ahead < 0.0 else ahead
    decay = -stock * density * one.vol / (2.0 * (root if root > 0.0 else 1.0))
    carried = one.sign * (one.dividend_yield * stock * n1 - one.rate * cash * n2)
    return OneGreeks(
        value=floor if raw < floor else raw,
        delta=one.sign * yielded * n1,
        gamma=stock * density / (one.spot * one.spot * (1.0 if dead else width)),
        vega=stock * density * root * 0.01,
        theta=(decay + carried if root > 0.0 else 0.0) / YEAR_DAYS,
        rho=one.sign * years * cash * n2 * 0.01,
        itm=n2,
    )


@jit
def greeks_one(one: OneOption) -> OneGreeks:
    """Value and greeks of one European option, as `black_scholes.greeks`; for compiled callers."""
    return greeks_inline(one)


@jit
def value_one(one: OneOption) -> float:
    """Value of one European option per share, as `black_scholes.value`; for compiled callers."""
    return greeks_inline(one).value


SOLVED, NOT_A_NUMBER, NO_TIME = int(Reason.SOLVED), int(Reason.NOT_A_NUMBER), int(Reason.NO_TIME)
AT_OR_BELOW_LEAST, AT_OR_ABOVE_MOST = int(Reason.AT_OR_BELOW_LEAST), int(Reason.AT_OR_ABOVE_MOST)
NOT_FOUND = int(Reason.NOT_FOUND)
_TINY, _SMALLEST = 1e-30, 1e-300
_NARROW, _CENTRAL = 0.1, 3.0
"""Where the series replaces a difference of two nearly equal numbers: half-width and distance below these."""
_ORDER = 13
_LEAST, _MOST = 0.4, 2.5
"""Corrections of Newton's step that are trusted."""
_SETTLED, _ROUNDING, _ROUNDS = 1e-5, 1e-14, 60
_SQRT_HALF_PI, _LOG_SQRT_TWO_PI = 1.2533141373155001, 0.9189385332046727


class Normalised(NamedTuple):
    """A price without units: what the implied volatility depends on.

    Attributes:
        size: Absolute log-moneyness of the forward.
        beta: Time value, undiscounted, over the geometric mean of forward and strike.
        top: The most that beta can be.
    """

    size: float
    beta: float
    top: float


@inlined
def _normalised(price: float, one: OneOption) -> Normalised:
    drift = (one.rate - one.dividend_yield) * one.years
    forward = one.spot * exp(drift)
    x = log(one.spot / one.strike) + drift
    ahead = one.sign * (forward - one.strike)
    outside = price * exp(one.rate * one.years) - (0.0 if ahead < 0.0 else ahead)
    outside = 0.0 if ahead > 0.0 and outside <= UNTOLD * (forward + one.strike) else outside
    return Normalised(abs(x), outside / math.sqrt(forward * one.strike), exp(-0.5 * abs(x)))


@inlined
def _first_total(given: Normalised) -> float:
    """A first volatility times root of time: by the exponent of the tail or the slope at the inflection."""
    size = _TINY if given.size < _TINY else given.size
    centre = math.sqrt(2.0 * size)
    at_centre = 0.5 * given.top * (1.0 - erfcx(math.sqrt(size)))
    at_centre = _SMALLEST if at_centre < _SMALLEST else at_centre
    short = log(at_centre / given.beta)
    tail = size / math.sqrt(0.5 * size + 2.0 * (0.0 if short < 0.0 else short))
    linear = centre + (given.beta - at_centre) * SQRT_TWO_PI / given.top
    return tail if given.beta < at_centre else linear


@inlined
def _difference(near: float, far: float) -> float:
    """erfcx(near) - erfcx(far), where `near` may be negative."""
    lesser = erfcx(abs(near))
    return (2.0 * exp(near * near) - lesser if near < 0.0 else lesser) - erfcx(far)


@inlined
def _series(a: float, half: float) -> float:
    """erfcx(a - half) - erfcx(a + half) by its odd derivatives, for a small half."""
    before = erfcx(a)
    now = 2.0 * a * before - 1.1283791670955126
    power = half
    total = -2.0 * now * power
    for order in range(1, _ORDER):
        before, now = now, 2.0 * a * now + 2.0 * order * before
        power = power * half / (order + 1)
        total = total - 2.0 * now * power if order % 2 == 0 else total
    return total


@inlined
def _householder(size: float, s: float, miss: float, slope: float, side: float) -> tuple[float, float]:
    """Where a step of fourth order leads from s, and Newton's step."""
    inverse = 1.0 / s
    h = size * inverse
    bend = h * h * inverse - 0.25 * s
    twist = -3.0 * (h * inverse) * (h * inverse) - 0.25
    second = bend + side * slope
    third = second * second + twist + side * bend * slope + slope * slope
    newton = miss / slope
    correction = (1.0 + 0.5 * second * newton) / (1.0 + newton * (second + third * newton / 6.0))
    trusted = _LEAST < correction < _MOST
    return s + newton * (correction if trusted else 1.0), newton


@inlined
def _lower_point(h: float, t: float, fine: bool) -> tuple[float, float]:  # noqa: FBT001 - see above
    """Logarithm of the normalised price, and its slope."""
    a, half = h * SQRT_HALF, t * SQRT_HALF
    difference = _difference(a - half, a + half)
    if fine:
        close = _series(a, half)
        difference = close if half < _NARROW and a < _CENTRAL else difference
    ratio = difference * _SQRT_HALF_PI
    return log(ratio) - 0.5 * (h * h + t * t) - _LOG_SQRT_TWO_PI, 1.0 / ratio


@inlined
def _lower_step(size: float, target: float, s: float, fine: bool) -> tuple[float, float]:  # noqa: FBT001 - as above
    """A step for a price nearer to nothing than to its top, and Newton's step."""
    value, slope = _lower_point(size / s, 0.5 * s, fine)
    return _householder(size, s, target - value, slope, -1.0)


@inlined
def _quick(size: float, target: float, first: float) -> tuple[float, float]:
    """Four steps for a price nearer to nothing than to its top, and the last of Newton's; enough for most."""
    s = _lower_step(size, target, first, False)[0]
    s = _lower_step(size, target, s, False)[0]
    s = _lower_step(size, target, s, False)[0]
    return _lower_step(size, target, s, True)


@jit
def _upper_point(h: float, t: float) -> tuple[float, float]:
    """Logarithm of the distance to the top, and its slope without the sign."""
    distance = exp(-h * t) * cdf(h - t) + exp(h * t) * cdf(-h - t)
    log_vega = -0.5 * (h * h + t * t) - _LOG_SQRT_TWO_PI
    return log(distance), exp(log_vega) / distance


@jit
def _patient(given: Normalised, s: float) -> float:
    """Steps inside a bracket, for the prices that four steps did not settle; NaN where nothing does."""
    upper = given.beta > 0.5 * given.top
    side = 1.0 if upper else -1.0
    target = log(given.top - given.beta if upper else given.beta)
    if upper:
        far = math.sqrt(-2.0 * log((given.top - given.beta) / (given.top + 1.0 / given.top)))
        far -= (2.30753 + 0.27061 * far) / (1.0 + far * (0.99229 + 0.04481 * far))
        s = max(2.0 * far, math.sqrt(2.0 * given.size), _TINY)
    low, high = 0.0, np.inf
    for _ in range(_ROUNDS):
        h, t = given.size / s, 0.5 * s
        if upper:
            value, slope = _upper_point(h, t)
        else:
            value, slope = _lower_point(h, t, True)
        miss = side * (value - target)
        moved, newton = _householder(given.size, s, miss, slope, side)
        if miss > 0.0:
            low = s
        elif miss < 0.0:
            high = s
        inside = low < moved < high
        if abs(newton) <= _SETTLED * s and (inside or abs(moved - s) <= _ROUNDING * s):
            return moved
        middle = 2.0 * s if high == np.inf else 0.5 * (low + high)
        s = moved if inside else middle
    return np.nan


@inlined
def _reason(given: Normalised, years: float) -> int:
    if math.isnan(given.beta) or math.isnan(given.top) or math.isnan(years):
        return NOT_A_NUMBER
    if years <= 0.0:
        return NO_TIME
    if given.beta < _LEAST_NORMAL:
        return AT_OR_BELOW_LEAST
    return AT_OR_ABOVE_MOST if given.beta >= given.top else SOLVED


@inlined
def _settle(given: Normalised, years: float, s: float, newton: float) -> tuple[float, int]:
    """The volatility where four steps found it, else by patience, and why there is none."""
    reason = _reason(given, years)
    if reason != SOLVED:
        return np.nan, reason
    if not (given.beta <= 0.5 * given.top and abs(newton) <= _SETTLED * s):
        s = _patient(given, _first_total(given))
    return (s / math.sqrt(years), SOLVED) if s > 0.0 else (np.nan, NOT_FOUND)


@jit
def implied_one(price: float, one: OneOption) -> tuple[float, int]:
    """Implied volatility of one European price and its `Reason`, for compiled callers; ignores `one.vol`."""
    given = _normalised(price, one)
    s, newton = _quick(given.size, log(given.beta), _first_total(given))
    return _settle(given, one.years, s, newton)


TILE = 256
"""Options computed at a time: what is between input and answer stays in the fastest cache."""


@inlined
def load(columns: Floats, work: Floats, start: int) -> int:
    """Copy the next options to the workspace, filled up with ones; how many they are."""
    m = min(TILE, columns.shape[1] - start)
    for row in range(7):
        for i in range(m):
            work[row, i] = columns[row, start + i]
        for i in range(m, TILE):
            work[row, i] = 1.0
    return m


@inlined
def row_of(work: Floats, i: int) -> OneOption:
    """The option in a column of a table of seven rows."""
    return OneOption(work[0, i], work[1, i], work[2, i], work[3, i], work[4, i], work[5, i], work[6, i])


@jit
def greeks_rows(columns: Floats, answers: GreekArrays) -> None:
    """Value, delta, gamma, vega, theta, rho and chance to end in the money of European options.

    Args:
        columns: Spot, strike, years, volatility, rate, yield and sign, shape (7, n).
        answers: Where the seven go, each of shape (n,).
    """
    work = np.empty((14, TILE))
    for start in range(0, columns.shape[1], TILE):
        m = load(columns, work, start)
        for i in range(TILE):
            answer = greeks_inline(row_of(work, i))
            work[7, i] = answer.value
            work[8, i] = answer.delta
            work[9, i] = answer.gamma
            work[10, i] = answer.vega
            work[11, i] = answer.theta
            work[12, i] = answer.rho
            work[13, i] = answer.itm
        for row in range(7):
            for i in range(m):
                answers[row][start + i] = work[7 + row, i]


@jit
def implied_rows(columns: Floats, answers: Floats, reasons: Reasons) -> None:
    """Implied volatilities of European prices, and why there is none.

    Args:
        columns: Spot, strike, years, price, rate, yield and sign, shape (7, n).
        answers: Where the volatilities go, shape (n,).
        reasons: Where each `Reason` goes, shape (n,).
    """
    work = np.empty((12, TILE))
    for start in range(0, answers.size, TILE):
        m = load(columns, work, start)
        for i in range(TILE):
            one = row_of(work, i)
            given = _normalised(one.vol, one)
            work[7, i] = given.size
            work[8, i] = given.beta
            work[9, i] = given.top
            work[10, i] = _first_total(given)
        for i in range(TILE):
            work[10, i], work[11, i] = _quick(work[7, i], log(work[8, i]), work[10, i])
        for i in range(m):
            given = Normalised(work[7, i], work[8, i], work[9, i])
            answers[start + i], reasons[start + i] = _settle(given, work[2, i], work[10, i], work[11, i])
