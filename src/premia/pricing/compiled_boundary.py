"""The boundary integral of early exercise as machine code, for any number of puts in step.

Each loop over them becomes a few vector instructions; arithmetic and constants are those of
`early_exercise`, to which tests hold it. The inputs are puts with a positive rate and a yield that is not
negative; calls come here as their mirror images.
"""

# ruff: noqa: FURB136 - a comparison lets NaN pass where max and min may lose it

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from premia.pricing.compiled import cdf, erfcx, exp, inlined, jit, log, row_of
from premia.pricing.early_exercise import QUICK, points_of
from premia.pricing.normal import SQRT_HALF, SQRT_TWO_PI
from premia.pricing.terms import Floats, OneOption

_P = points_of(QUICK)
_NODES, _INNER, _OUTER, _ITERATIONS = QUICK
_ROOTS, _WAITS, _WEIGHTS = _P.roots.copy(), _P.waits.copy(), _P.weights.copy()
_READ_INNER = np.ascontiguousarray(_P.inner.T)
_READ_OUTER = np.ascontiguousarray(_P.outer.T)
_SINES = np.sin(_P.angles) ** 2
_OUTER_WEIGHTS = _P.outer_weights.copy()
_DEEPEST, _VANISHED = 1e-6, 1e-280


@inlined
def _read(depth: Floats, lane: int, weights: Floats, at: int) -> float:
    """Root of the interpolated depth: the log-distance of the boundary below its top."""
    total = depth[0, lane] * weights[at, 0] + depth[1, lane] * weights[at, 1]
    total += depth[2, lane] * weights[at, 2] + depth[3, lane] * weights[at, 3]
    total += depth[4, lane] * weights[at, 4] + depth[5, lane] * weights[at, 5]
    return math.sqrt(0.0 if total < 0.0 else total)


@inlined
def _first_level(put: OneOption, left: float, top: float) -> float:
    """Barone-Adesi and Whaley's start, as `early_exercise`."""
    variance = put.vol * put.vol
    tilt = (put.rate - put.dividend_yield) / variance - 0.5
    power = -tilt - math.sqrt(tilt * tilt + 2.0 * put.rate / variance)
    endless = put.strike * power / (power - 1.0)
    endless = 0.999 * top if endless > 0.999 * top else endless
    carried = (put.rate - put.dividend_yield) * left - 2.0 * put.vol * math.sqrt(left)
    speed = carried * top / (top - endless)
    return endless + (top - endless) * exp(0.0 if speed > 0.0 else speed)


class _Inner(NamedTuple):
    """What the inner integral needs at each of its points, all of shape (nodes * inner, lanes)."""

    spread: Floats  # standard deviation of the log price over the time waited
    inverse: Floats  # one over it
    carried: Floats  # drift over it, and half of it
    cash: Floats
    stock: Floats
    holding: Floats


@jit
def _begin(puts: Floats, top: Floats, depth: Floats, level: Floats) -> None:
    """Fill the boundary at the end of life and a first guess of it at the nodes."""
    lanes = puts.shape[1]
    for i in range(_NODES):
        for lane in range(lanes):
            put = row_of(puts, lane)
            share = put.rate / put.dividend_yield if put.dividend_yield > put.rate else 1.0
            top[lane] = put.strike * share
            level[i, lane] = _first_level(put, put.years * _ROOTS[i] * _ROOTS[i], top[lane])
            distance = log(level[i, lane] / top[lane])
            depth[i, lane] = distance * distance


@jit
def _points_within(puts: Floats, inner: _Inner) -> None:
    """Fill what stays the same in each iteration."""
    lanes = puts.shape[1]
    for i in range(_NODES):
        for j in range(_INNER):
            at = i * _INNER + j
            for lane in range(lanes):
                put = row_of(puts, lane)
                left = put.years * _ROOTS[i] * _ROOTS[i]
                waited = left * _WAITS[j] * _WAITS[j]
                root = math.sqrt(left) / put.vol * _WEIGHTS[j] / SQRT_TWO_PI
                growth = exp(put.dividend_yield * (left - waited))
                spread = put.vol * math.sqrt(waited)
                inner.spread[at, lane] = spread
                inner.inverse[at, lane] = 1.0 / spread
                inner.carried[at, lane] = (put.rate - put.dividend_yield) * waited / spread + 0.5 * spread
                inner.cash[at, lane] = put.rate * root * exp(put.rate * (left - waited))
                inner.stock[at, lane] = put.dividend_yield * root * growth
                inner.holding[at, lane] = put.dividend_yield * left * _WAITS[j] * _WEIGHTS[j] * growth


@jit
def _integrate(i: int, depth: Floats, inner: _Inner, sums: Floats) -> None:
    """Both inner integrals of a node, and its log-distance below the top, shape (3, lanes)."""
    lanes = depth.shape[1]
    for lane in range(lanes):
        sums[0, lane] = 0.0
        sums[1, lane] = 0.0
        sums[2, lane] = math.sqrt(depth[i, lane])
    for at in range(i * _INNER, (i + 1) * _INNER):
        for lane in range(lanes):
            below = _read(depth, lane, _READ_INNER, at) - sums[2, lane]
            d1 = below * inner.inverse[at, lane] + inner.carried[at, lane]
            d2 = d1 - inner.spread[at, lane]
            bell = exp(-0.5 * d1 * d1)
            tail = 0.5 * bell * erfcx(abs(d1) * SQRT_HALF)
            held = inner.holding[at, lane] * (1.0 - tail if d1 > 0.0 else tail)
            sums[0, lane] += inner.cash[at, lane] * exp(-0.5 * d2 * d2)
            sums[1, lane] += inner.stock[at, lane] * bell + held


@jit
def _integrate_cash(i: int, depth: Floats, inner: _Inner, sums: Floats) -> None:
    """The same where no yield makes the second integral other than nothing, in half the time."""
    lanes = depth.shape[1]
    for lane in range(lanes):
        sums[0, lane] = 0.0
        sums[1, lane] = 0.0
        sums[2, lane] = math.sqrt(depth[i, lane])
    for at in range(i * _INNER, (i + 1) * _INNER):
        for lane in range(lanes):
            below = _read(depth, lane, _READ_INNER, at) - sums[2, lane]
            d2 = below * inner.inverse[at, lane] + inner.carried[at, lane] - inner.spread[at, lane]
            sums[0, lane] += inner.cash[at, lane] * exp(-0.5 * d2 * d2)


@inlined
def _moved(put: OneOption, left: float, level: float, cash: float, stock: float) -> float:
    """The boundary that the fixed point gives at a node for the one before."""
    width = put.vol * math.sqrt(left)
    drift = (put.rate - put.dividend_yield) * left
    d1 = (log(level / put.strike) + drift) / width + 0.5 * width
    d2 = d1 - width
    bell1, bell2 = exp(-0.5 * d1 * d1) / SQRT_TWO_PI, exp(-0.5 * d2 * d2) / SQRT_TWO_PI
    below = bell1 / width + cdf(d1) + stock
    below = _VANISHED if below < _VANISHED else below
    return put.strike * exp(-drift) * (bell2 / width + cash) / below


@jit
def _boundary(puts: Floats, top: Floats, depth: Floats) -> None:
    """Fill the boundary's top, shape (lanes,), and squared log-distance below it, shape (nodes, lanes)."""
    lanes = puts.shape[1]
    shape = (_NODES * _INNER, lanes)
    inner = _Inner(
        np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape)
    )
    new, level, sums = np.empty((_NODES, lanes)), np.empty((_NODES, lanes)), np.empty((3, lanes))
    _begin(puts, top, depth, level)
    _points_within(puts, inner)
    yields = np.any(puts[5] > 0.0)
    for _ in range(_ITERATIONS):
        for i in range(_NODES):
            if yields:
                _integrate(i, depth, inner, sums)
            else:
                _integrate_cash(i, depth, inner, sums)
            for lane in range(lanes):
                put = row_of(puts, lane)
                left = put.years * _ROOTS[i] * _ROOTS[i]
                moved = _moved(put, left, level[i, lane], sums[0, lane], sums[1, lane])
                moved = _DEEPEST * top[lane] if moved < _DEEPEST * top[lane] else moved
                moved = top[lane] if moved > top[lane] else moved
                level[i, lane] = moved
                distance = log(moved / top[lane])
                new[i, lane] = distance * distance
        for i in range(_NODES):
            for lane in range(lanes):
                depth[i, lane] = new[i, lane]


@jit
def premiums(puts: Floats, extra: Floats) -> None:
    """Fill worth of early exercise, its two derivatives and the critical price, shape (4, lanes)."""
    lanes = puts.shape[1]
    depth, top = np.empty((_NODES, lanes)), np.empty(lanes)
    _boundary(puts, top, depth)
    for lane in range(lanes):
        extra[0, lane] = 0.0
        extra[1, lane] = 0.0
        extra[2, lane] = 0.0
        extra[3, lane] = top[lane] * exp(-math.sqrt(depth[0, lane]))
    for k in range(_OUTER):
        for lane in range(lanes):
            put = row_of(puts, lane)
            time = put.years * _SINES[k]
            weight = put.years * _OUTER_WEIGHTS[k]
            width = put.vol * math.sqrt(time)
            ahead = log(put.spot / top[lane]) + _read(depth, lane, _READ_OUTER, k)
            d1 = (ahead + (put.rate - put.dividend_yield) * time) / width + 0.5 * width
            d2 = d1 - width
            bell1, bell2 = exp(-0.5 * d1 * d1), exp(-0.5 * d2 * d2)
            tail1 = 0.5 * bell1 * erfcx(abs(d1) * SQRT_HALF)
            tail2 = 0.5 * bell2 * erfcx(abs(d2) * SQRT_HALF)
            n1 = tail1 if d1 > 0.0 else 1.0 - tail1
            n2 = tail2 if d2 > 0.0 else 1.0 - tail2
            b1, b2 = bell1 / (SQRT_TWO_PI * width), bell2 / (SQRT_TWO_PI * width)
            interest = weight * put.rate * put.strike * exp(-put.rate * time)
            yielded = weight * put.dividend_yield * exp(-put.dividend_yield * time)
            extra[0, lane] += interest * n2 - yielded * put.spot * n1
            extra[1, lane] += -interest * b2 / put.spot - yielded * (n1 - b1)
            slope = interest * b2 * (1.0 + d2 / width) / put.spot - yielded * b1 * (d1 / width - 1.0)
            extra[2, lane] += slope / put.spot
