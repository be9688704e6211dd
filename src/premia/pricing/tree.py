"""American options by a binomial tree: for what the faster ways cannot do.

The last step of the tree is the European formula (which removes the kink of the pay-off); it is taken at
`steps` and at half as many, and extrapolated to none (Broadie and Detemple's BBSR). It grows around the
forward, so its probabilities are valid for every rate and volatility. The price in the tree is net of cash
dividends; what exercise brings at a node counts those still to come.

Source: M. Broadie, J. Detemple, "American option valuation: new bounds, approximations, and a comparison of
existing methods", Review of Financial Studies (1996).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from premia.pricing import black_scholes
from premia.pricing.dividends import CashDividends
from premia.pricing.normal import cdf, density
from premia.pricing.terms import Flat, Floats

_CHUNK = 96
"""Contracts per tree: as many as keep the arrays of one step inside the processor's cache."""


class TreeValue(NamedTuple):
    """Value per share and its first and second derivative by the spot, each (n,)."""

    value: Floats
    delta: Floats
    gamma: Floats


def tree_value(flat: Flat, dividends: CashDividends | None, steps: int) -> TreeValue:
    """American values of one-dimensional options; the spot is net of the cash dividends within the life."""
    parts: list[TreeValue] = []
    weight = steps / (steps - steps // 2)
    for start in range(0, flat.spot.size, _CHUNK):
        rows = Flat(*(column[start : start + _CHUNK] for column in flat))
        fine, coarse = _tree(rows, dividends, steps), _tree(rows, dividends, steps // 2)
        parts.append(TreeValue(*(weight * a + (1.0 - weight) * b for a, b in zip(fine, coarse, strict=True))))
    return TreeValue(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


class _Grid(NamedTuple):
    """One tree, written so that a step costs little; columns are contracts."""

    prices: Floats  # net prices at every half-level around the spot, times the sign, shape (2 levels + 1, n)
    growth: Floats  # of the forward in one step
    gains: Floats  # what exercise brings beside the signed net price, at each step, shape (steps, n)
    blurs: Floats  # standard deviation of the log price until the ex-date within each step, shape (steps, n)
    up: Floats  # discounted probabilities
    down: Floats
    levels: int

    def exercise(self, i: int) -> Floats:
        """What exercising brings at each node `i` steps from now, lowest price first, shape (i + 3, n)."""
        m = i + 2
        answer = self.prices[self.levels - m : self.levels + m + 1 : 2] * self.growth**i
        answer += self.gains[i]
        return answer

    def back(self, values: Floats) -> Floats:
        """Values of holding on, from those one step later."""
        held = values[1:] * self.up
        held += values[:-1] * self.down
        return held

    def better(self, held: Floats, exercised: Floats, i: int) -> Floats:
        """The worth of choosing between holding and exercising, at each node.

        Where an ex-date lies within the step the choice is made on that day: what separates the two is
        normal then, so the choice is worth Bachelier's formula and not the greater of the two.
        """
        if not self.blurs[i].any():
            return np.maximum(held, exercised, out=held)
        m = i + 2
        nodes = np.abs(self.prices[self.levels - m : self.levels + m + 1 : 2])
        gap = exercised - held
        slope = np.gradient(gap, axis=0) / np.gradient(np.log(nodes), axis=0)
        blur = np.maximum(np.abs(slope) * self.blurs[i], 1e-12)
        z = gap / blur
        return held + np.maximum(gap, blur * (density(z) + z * cdf(z)))


def _grid(flat: Flat, dividends: CashDividends | None, steps: int) -> _Grid:
    """A tree begun two steps before now, so that three nodes of the present give delta and gamma."""
    levels = steps + 2
    step = flat.years / steps
    width = flat.vol * np.sqrt(step)
    discount = np.exp(-flat.rate * step)
    chance = 1.0 / (1.0 + np.exp(width))
    return _Grid(
        prices=np.exp(np.arange(-levels, levels + 1)[:, None] * width) * (flat.sign * flat.spot),
        growth=np.exp((flat.rate - flat.dividend_yield) * step),
        gains=_gains(flat, dividends, step, steps),
        blurs=_blurs(flat, dividends, step, steps),
        up=discount * chance,
        down=discount * (1.0 - chance),
        levels=levels,
    )


def _gains(flat: Flat, dividends: CashDividends | None, step: Floats, steps: int) -> Floats:
    """What exercise brings at each step beside the signed net price: dividends to come, less the strike.

    A node may also commit itself to exercise at an ex-date within the step that follows it: calls are
    exercised just before the share goes ex and puts just after, which seldom falls on a node.
    """
    if dividends is None:
        return np.broadcast_to(-flat.sign * flat.strike, (steps, *flat.strike.shape))
    now = np.arange(steps)[:, None] * step
    best = flat.sign * (_coming(flat, dividends, now, now) - flat.strike)
    for day in dividends.columns()[0]:
        within = (day >= now) & (day < now + step)
        instant = np.where(within, day, now)
        strike = flat.strike * np.exp(-flat.rate * (instant - now))
        best = np.maximum(best, flat.sign * (_coming(flat, dividends, now, instant) - strike))
    return best


def _blurs(flat: Flat, dividends: CashDividends | None, step: Floats, steps: int) -> Floats:
    """How far the log price may move from each step to an ex-date before the next step; 0.0 without one."""
    wait = np.zeros((steps, flat.spot.size))
    if dividends is not None:
        now = np.arange(steps)[:, None] * step
        for day in dividends.columns()[0]:
            within = (day > now) & (day < now + step) & (day <= flat.years)
            wait = np.where(within, day - now, wait)
    return flat.vol * np.sqrt(wait)


def _coming(flat: Flat, dividends: CashDividends, now: Floats, instant: Floats) -> Floats:
    """Value at `now` of the dividends that a share still brings when the option is exercised at `instant`.

    A share that goes ex at that very instant still pays the caller, and no longer costs the owner of a put.
    """
    total = np.zeros_like(now)
    for day, cash in zip(*dividends.columns(), strict=True):
        left = (day > 0.0) & (day <= flat.years)
        counts = left & ((day > instant) | ((day == instant) & (flat.sign > 0.0)))
        total += np.where(counts, cash * np.exp(-flat.rate * (day - now)), 0.0)
    return total


def _tree(flat: Flat, dividends: CashDividends | None, steps: int) -> TreeValue:
    """Value, delta and gamma of trees of one size."""
    grid = _grid(flat, dividends, steps)
    values = _last_step(flat, grid, steps)
    for i in range(steps - 2, -1, -1):
        held = grid.back(values)
        values = grid.better(held, grid.exercise(i), i)
    low, mid, high = (flat.sign * grid.prices[grid.levels + k] for k in (-2, 0, 2))
    below, above = (values[1] - values[0]) / (mid - low), (values[2] - values[1]) / (high - mid)
    # Quadratic through the three nodes: its slope and curvature at the middle one.
    delta = (below * (high - mid) + above * (mid - low)) / (high - low)
    gamma = 2.0 * (above - below) / (high - low)
    return TreeValue(values[1], delta, gamma)


def _last_step(flat: Flat, grid: _Grid, steps: int) -> Floats:
    """Values one step before expiry: exercise, or the European formula for what is left."""
    m = steps + 1
    nodes = flat.sign * grid.prices[grid.levels - m : grid.levels + m + 1 : 2] * grid.growth ** (steps - 1)
    left = np.broadcast_to(flat.years / steps, nodes.shape)
    european = black_scholes.value_of(flat._replace(spot=nodes, years=left))
    return np.maximum(european, grid.exercise(steps - 1))
