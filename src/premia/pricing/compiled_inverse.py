"""American implied volatilities as machine code.

The European implied volatility is the most that the American one can be, because the right to exercise
early is worth something. From there Newton's and secant steps go down, sixteen options in step, each kept
inside its bracket. Where the right is worth nothing to speak of, the European answer stands.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.pricing import american
from premia.pricing.compiled import (
    AT_OR_ABOVE_MOST,
    AT_OR_BELOW_LEAST,
    NOT_FOUND,
    SOLVED,
    greeks_one,
    jit,
    row_of,
)
from premia.pricing.compiled_american import (
    BOUNDARY,
    EUROPEAN,
    TREE,
    OneAmerican,
    by_tree,
    floored,
    put_of,
    set_lane,
    way_of,
    with_premium,
)
from premia.pricing.compiled_boundary import premiums
from premia.pricing.implied_vol import UNTOLD, Reasons
from premia.pricing.terms import Floats, OneOption

_LEAST_VOL, _MOST_VOL = american.LEAST_VOL, american.MOST_VOL
_LANES = 16
"""Prices inverted in step."""
_PRECISION, _SMALL, _TURNS, _HALVED = 1e-12, 3e-6, 40, 6
"""Every sixth step halves the bracket, whatever the secant says."""


class _Search(NamedTuple):
    """Sixteen searches, all of shape (_LANES,); `options` and `worths` with a row for each field."""

    options: Floats  # the fields of `OneOption`; the volatility is the guess
    worths: Floats  # value and European vega at the guess, shape (2, _LANES)
    price: Floats
    low: Floats
    high: Floats
    last: Floats  # the guess before
    missed: Floats  # by how much it missed the price
    done: NDArray[np.bool_]


@jit
def _value(search: _Search, work: Floats) -> None:
    """Fill value and European vega at the guesses, each by its way."""
    puts, extra = work[:7], work[7:]
    boundary = False
    for lane in range(_LANES):
        one = row_of(search.options, lane)
        plain, way = greeks_one(one), way_of(one)
        value = plain.value
        if way == TREE:
            value = by_tree(one, OneAmerican(plain.value, plain.delta, plain.gamma)).value
        boundary |= way == BOUNDARY
        search.worths[0, lane] = value
        search.worths[1, lane] = 100.0 * plain.vega
        set_lane(puts, lane, put_of(one))
    if boundary:
        premiums(puts, extra)
    for lane in range(_LANES):
        one = row_of(search.options, lane)
        plain = OneAmerican(search.worths[0, lane], 0.0, 0.0)
        whole = with_premium(one, plain, extra, lane) if way_of(one) == BOUNDARY else floored(one, plain)
        search.worths[0, lane] = whole.value


@jit
def _step(search: _Search, lane: int, turn: int) -> None:
    """Narrow a bracket by what the guess was worth, and guess again unless that is enough."""
    guess, miss = search.options[3, lane], search.worths[0, lane] - search.price[lane]
    if miss >= 0.0:
        search.high[lane] = guess
    else:
        search.low[lane] = guess
    low, high = search.low[lane], search.high[lane]
    slope = (miss - search.missed[lane]) / (guess - search.last[lane]) if turn else search.worths[1, lane]
    step = guess - miss / slope
    inside = low < step < high
    # What is left after a secant step falls with the power 1.6 of it, so such a small one is the last.
    small = turn > 0 and abs(step - guess) <= _SMALL * guess
    if small or abs(miss) <= _PRECISION * search.options[1, lane] or high - low <= _PRECISION:
        search.options[3, lane] = step if small and inside else guess
        search.done[lane] = True
        return
    search.last[lane] = guess
    search.missed[lane] = miss
    free = inside and (turn + 1) % _HALVED != 0
    search.options[3, lane] = step if free else 0.5 * (low + high)


@jit
def _reason(search: _Search, lane: int) -> int:
    if search.options[3, lane] <= 2.0 * _LEAST_VOL:
        return AT_OR_BELOW_LEAST
    if search.options[3, lane] >= _MOST_VOL:
        return AT_OR_ABOVE_MOST
    return SOLVED if search.done[lane] else NOT_FOUND


@jit
def _invert(columns: Floats, vols: Floats, reasons: Reasons, rows: NDArray[np.int64]) -> None:
    """Find up to sixteen American implied volatilities, at most the European ones that are in `vols`."""
    search = _Search(
        np.empty((7, _LANES)),
        np.empty((2, _LANES)),
        np.empty(_LANES),
        np.full(_LANES, _LEAST_VOL),
        np.empty(_LANES),
        np.empty(_LANES),
        np.empty(_LANES),
        np.zeros(_LANES, dtype=np.bool_),
    )
    work = np.empty((11, _LANES))
    for lane in range(_LANES):
        row = rows[min(lane, rows.size - 1)]
        set_lane(search.options, lane, row_of(columns, row))
        search.price[lane] = columns[3, row]
        search.high[lane] = min(vols[row], _MOST_VOL) if reasons[row] == SOLVED else _MOST_VOL
        search.options[3, lane] = search.high[lane]
    for turn in range(_TURNS):
        _value(search, work)
        for lane in range(_LANES):
            if not search.done[lane]:
                _step(search, lane, turn)
        if search.done.all():
            break
    for lane in range(rows.size):
        reason = _reason(search, lane)
        reasons[rows[lane]] = reason
        vols[rows[lane]] = search.options[3, lane] if reason == SOLVED else np.nan


@jit
def _is_searched(given: OneOption, vol: float, reason: int) -> bool:
    """Whether the American answer may differ from the European one, if there is one."""
    start = min(vol, _MOST_VOL) if reason == SOLVED else _MOST_VOL
    at_start = OneOption(
        given.spot, given.strike, given.years, start, given.rate, given.dividend_yield, given.sign
    )
    return way_of(at_start) != EUROPEAN


@jit
def american_implied_rows(columns: Floats, vols: Floats, reasons: Reasons) -> None:
    """Replace European implied volatilities by American ones where the right to exercise early matters.

    Args:
        columns: As of `compiled.implied_rows`.
        vols: The answers of `compiled.implied_rows`, shape (n,), replaced in place.
        reasons: Its reasons, shape (n,), replaced in place.
    """
    rows = np.empty(_LANES, dtype=np.int64)
    waiting = 0
    for row in range(vols.size):
        given = row_of(columns, row)
        if reasons[row] not in (SOLVED, AT_OR_ABOVE_MOST):
            continue
        ahead = given.sign * (given.spot - given.strike)
        if ahead > 0.0 and given.vol <= ahead + UNTOLD * (given.spot + given.strike):
            vols[row] = np.nan
            reasons[row] = AT_OR_BELOW_LEAST
        elif _is_searched(given, vols[row], reasons[row]):
            rows[waiting] = row
            waiting += 1
        elif vols[row] > _MOST_VOL:
            vols[row] = np.nan
            reasons[row] = AT_OR_ABOVE_MOST
        if waiting == _LANES:
            _invert(columns, vols, reasons, rows[:waiting])
            waiting = 0
    if waiting:
        _invert(columns, vols, reasons, rows[:waiting])
