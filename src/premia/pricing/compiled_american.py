"""American values as machine code: of one option inside a compiled loop, and of millions.

What is known of early exercise decides the way of each option, as in `american.value`, to which tests hold
this: the European value where the right is worth nothing to speak of, the boundary integral for most of
the rest, a binomial tree where rates dwarf volatility or are negative. Cash dividends are not known here:
whoever has them hands in a spot net of them, or asks `american`.
"""

# ruff: noqa: FURB136 - a comparison lets NaN pass where max and min may lose it

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.pricing import american
from premia.pricing.compiled import (
    TILE,
    cdf,
    exp,
    greeks_inline,
    inlined,
    jit,
    load,
    log,
    row_of,
    value_one,
)
from premia.pricing.compiled_boundary import premiums
from premia.pricing.terms import AmericanArrays, Floats, OneOption

EUROPEAN, BOUNDARY, TREE = 0, 1, 2
"""The ways to a value."""
_LANES = 64
"""Options whose premiums are computed in step."""
_STEPS = american.DEFAULT_STEPS
_NEGLIGIBLE, _CALM, _STEEP = american.NEGLIGIBLE, american.CALM, american.STEEP
_MOST_POWER = 700.0
_STILL, _LEAST_SPOT, _PRECISION = 1e-9, 1e-12, 1e-12


class OneAmerican(NamedTuple):
    """Value per share of one American option and its first two derivatives by the spot."""

    value: float
    delta: float
    gamma: float


@inlined
def _touch(one: OneOption, drift: float) -> float:
    """Chance that the strike is touched within the life, as `probability.touch_probability`."""
    vol = _STILL if one.vol < _STILL else one.vol
    root = vol * math.sqrt(one.years)
    nu = drift - 0.5 * vol * vol
    b = log(one.strike / one.spot)
    side = 1.0 if b < 0.0 else -1.0
    power = 2.0 * nu * b / (vol * vol)
    reflected = exp(power if power < _MOST_POWER else _MOST_POWER) * cdf(side * (b + nu * one.years) / root)
    chance = cdf(side * (b - nu * one.years) / root) + reflected
    return 1.0 if chance > 1.0 else chance


@inlined
def way_of(one: OneOption) -> int:
    """By which way an American option is valued, as in `american`: `EUROPEAN`, `BOUNDARY` or `TREE`."""
    put = one.sign < 0.0
    rate, income = one.rate, one.dividend_yield
    charge = one.spot * (exp((0.0 if income > 0.0 else -income) * one.years) - 1.0)
    negative = one.strike * (exp((0.0 if rate > 0.0 else -rate) * one.years) - 1.0)
    interest = one.strike * (1.0 - exp(-(0.0 if rate < 0.0 else rate) * one.years))
    dividend = one.spot * (1.0 - exp(-(0.0 if income < 0.0 else income) * one.years))
    gain = interest + charge if put else dividend + negative
    net = rate - income
    drift = (0.0 if net > 0.0 else net) if put else (0.0 if rate < 0.0 else rate)
    out = one.sign * (one.spot - one.strike) < 0.0
    worth = (_touch(one, drift) if out else 1.0) * gain
    if not (one.years > 0.0 and one.vol > 0.0 and worth > _NEGLIGIBLE * one.strike):
        return EUROPEAN
    sure = one.vol >= _CALM and -one.sign * net * math.sqrt(one.years) <= _STEEP * one.vol
    earns, costs = (rate, income) if put else (income, rate)
    return BOUNDARY if sure and earns > 0.0 and costs >= 0.0 else TREE


@inlined
def put_of(one: OneOption) -> OneOption:
    """The put that a call is, with spot and strike, and rate and yield, exchanged; a put is itself."""
    call = one.sign > 0.0
    return OneOption(
        one.strike if call else one.spot,
        one.spot if call else one.strike,
        one.years,
        one.vol,
        one.dividend_yield if call else one.rate,
        one.rate if call else one.dividend_yield,
        -1.0,
    )


@inlined
def _european(one: OneOption) -> OneAmerican:
    plain = greeks_inline(one)
    return OneAmerican(plain.value, plain.delta, plain.gamma)


@inlined
def floored(one: OneOption, plain: OneAmerican) -> OneAmerican:
    """The same, worth no less than exercising now brings."""
    ahead = one.sign * (one.spot - one.strike)
    return OneAmerican(ahead if plain.value < ahead else plain.value, plain.delta, plain.gamma)


@inlined
def with_premium(one: OneOption, plain: OneAmerican, extra: Floats, lane: int) -> OneAmerican:
    """European figures and the premium together; intrinsic where exercising now is optimal.

    A call's derivatives by the spot follow from those by the strike of its put, because values are
    proportional to both together.
    """
    put = put_of(one)
    worth, slope, curve = extra[0, lane], extra[1, lane], extra[2, lane]
    ahead = one.sign * (one.spot - one.strike)
    if put.spot <= extra[3, lane]:
        return OneAmerican(ahead, one.sign, 0.0)
    if one.sign > 0.0:
        slope = (worth - put.spot * slope) / put.strike
        curve = curve * (put.spot / put.strike) * (put.spot / put.strike)
    return floored(one, OneAmerican(plain.value + worth, plain.delta + slope, plain.gamma + curve))


@jit
def _tree(one: OneOption, steps: int) -> OneAmerican:
    """`tree.tree_value` of one size without cash dividends, begun two steps before now."""
    step = one.years / steps
    width = one.vol * math.sqrt(step)
    discount = math.exp(-one.rate * step)
    chance = 1.0 / (1.0 + math.exp(width))
    up, down = discount * chance, discount * (1.0 - chance)
    growth = math.exp((one.rate - one.dividend_yield) * step)
    values = np.empty(steps + 2)
    m = steps + 1
    for k in range(m + 1):
        node = one.spot * math.exp((2 * k - m) * width) * growth ** (steps - 1)
        last = OneOption(node, one.strike, step, one.vol, one.rate, one.dividend_yield, one.sign)
        values[k] = max(value_one(last), one.sign * (node - one.strike))
    for i in range(steps - 2, -1, -1):
        m = i + 2
        level = one.spot * growth**i
        for k in range(m + 1):
            held = up * values[k + 1] + down * values[k]
            node = level * math.exp((2 * k - m) * width)
            values[k] = max(held, one.sign * (node - one.strike))
    low, mid, high = one.spot * math.exp(-2.0 * width), one.spot, one.spot * math.exp(2.0 * width)
    below, above = (values[1] - values[0]) / (mid - low), (values[2] - values[1]) / (high - mid)
    delta = (below * (high - mid) + above * (mid - low)) / (high - low)
    return OneAmerican(values[1], delta, 2.0 * (above - below) / (high - low))


@jit
def by_tree(one: OneOption, plain: OneAmerican) -> OneAmerican:
    """Two trees extrapolated, as `tree.tree_value`; not below the European value."""
    fine, coarse = _tree(one, _STEPS), _tree(one, _STEPS // 2)
    weight = _STEPS / (_STEPS - _STEPS // 2)
    rest = 1.0 - weight
    value = weight * fine.value + rest * coarse.value
    return OneAmerican(
        max(value, plain.value),
        weight * fine.delta + rest * coarse.delta,
        weight * fine.gamma + rest * coarse.gamma,
    )


@inlined
def set_lane(table: Floats, lane: int, one: OneOption) -> None:
    """Write one option into a column of a table of seven rows."""
    table[0, lane] = one.spot
    table[1, lane] = one.strike
    table[2, lane] = one.years
    table[3, lane] = one.vol
    table[4, lane] = one.rate
    table[5, lane] = one.dividend_yield
    table[6, lane] = one.sign


@jit
def american_one(one: OneOption) -> OneAmerican:
    """Value, delta and gamma of one American option, as `american.value`; for compiled callers."""
    plain, way = _european(one), way_of(one)
    if way != BOUNDARY:
        return floored(one, by_tree(one, plain) if way == TREE else plain)
    puts, extra = np.empty((7, 1)), np.empty((4, 1))
    set_lane(puts, 0, put_of(one))
    premiums(puts, extra)
    return with_premium(one, plain, extra, 0)


@jit
def put_exercise_pays_one(one: OneOption) -> bool:
    """Whether the holder of a put should exercise now, as `american.put_exercise_pays`; calls answer False.

    Costs a European value for most puts: one that is worth more alive than exercised is not exercised.
    """
    ahead = one.strike - one.spot
    if one.sign > 0.0 or not (ahead > 0.0 and one.years > 0.0 and one.rate > 0.0):
        return False
    if not (one.vol > 0.0 and one.dividend_yield >= 0.0) or greeks_inline(one).value > ahead:
        return False
    return american_one(one).value <= ahead * (1.0 + _PRECISION)


@jit
def call_exercise_pays_one(one: OneOption, dividend: float) -> bool:
    """Whether the holder of a call should exercise before the ex-date, as `american.early_exercise_pays`.

    Args:
        one: Spot at that close, with the dividend still in it.
        dividend: Currency per share that goes ex next.
    """
    ahead = one.spot - one.strike
    if not (one.sign > 0.0 and ahead > 0.0):
        return False
    left = one.spot - dividend
    after = OneOption(
        _LEAST_SPOT if left < _LEAST_SPOT else left,
        one.strike,
        one.years,
        one.vol,
        one.rate,
        one.dividend_yield,
        one.sign,
    )
    return greeks_inline(after).value < ahead and american_one(after).value < ahead


@jit
def _begin(columns: Floats, answers: AmericanArrays, ways: NDArray[np.int8]) -> None:
    """Fill the European figures, each of shape (n,), and the way of each option, shape (n,)."""
    work = np.empty((11, TILE))
    for start in range(0, ways.size, TILE):
        m = load(columns, work, start)
        for i in range(TILE):
            one = row_of(work, i)
            plain = _european(one)
            work[7, i] = plain.value
            work[8, i] = plain.delta
            work[9, i] = plain.gamma
            work[10, i] = way_of(one)
        for i in range(m):
            answers.value[start + i] = work[7, i]
            answers.delta[start + i] = work[8, i]
            answers.gamma[start + i] = work[9, i]
            ways[start + i] = np.int8(work[10, i])


@jit
def _finish(
    columns: Floats, answers: AmericanArrays, puts: Floats, extra: Floats, rows: NDArray[np.int64]
) -> None:
    """Add the premiums of the gathered options to their European figures."""
    premiums(puts, extra)
    for lane in range(rows.size):
        row = int(rows[lane])
        plain = OneAmerican(answers.value[row], answers.delta[row], answers.gamma[row])
        answer = with_premium(row_of(columns, row), plain, extra, lane)
        answers.value[row], answers.delta[row], answers.gamma[row] = answer


@jit
def american_rows(columns: Floats, answers: AmericanArrays) -> None:
    """Value, delta and gamma of American options under a continuous yield.

    Args:
        columns: Spot, strike, years, volatility, rate, yield and sign, shape (7, n).
        answers: Where the three go, each of shape (n,).
    """
    ways = np.empty(columns.shape[1], dtype=np.int8)
    _begin(columns, answers, ways)
    puts, extra = np.ones((7, _LANES)), np.empty((4, _LANES))
    waiting, rows = 0, np.empty(_LANES, dtype=np.int64)
    for row in range(ways.size):
        one = row_of(columns, row)
        if ways[row] == BOUNDARY:
            set_lane(puts, waiting, put_of(one))
            rows[waiting] = row
            waiting += 1
        else:
            plain = OneAmerican(answers.value[row], answers.delta[row], answers.gamma[row])
            whole = floored(one, by_tree(one, plain) if ways[row] == TREE else plain)
            answers.value[row], answers.delta[row], answers.gamma[row] = whole
        if waiting == _LANES or (waiting and row == ways.size - 1):
            _finish(columns, answers, puts, extra, rows[:waiting])
            waiting = 0
