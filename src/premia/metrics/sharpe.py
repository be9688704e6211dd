"""How much a Sharpe ratio can be trusted: its error, its chance, and the luck of having tried many.

Ratios are *a period* here, not a year (divide an annual one by the root of the periods of a year): every
formula counts observations. Whoever sells options has a long tail of losses, which widens the error of the
ratio; so the probabilistic ratio says more than the ratio itself.

Sources: A. Lo, "The statistics of Sharpe ratios" (2002); D. Bailey, M. Lopez de Prado, "The Sharpe ratio
efficient frontier" (2012) and "The deflated Sharpe ratio" (2014); D. Bailey, J. Borwein, M. Lopez de Prado,
Q. Zhu, "The probability of backtest overfitting" (2017).
"""

from __future__ import annotations

import math
from itertools import combinations
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from premia.metrics.returns import Moments
from premia.metrics.series import Floats, UnusableSeries, deviation, floats

EULER = 0.5772156649015329
NORMAL = Moments(skew=0.0, kurtosis=3.0)

_STANDARD = NormalDist()
_TABLE = 2
"""Dimensions of a table."""


class Overfit(NamedTuple):
    """What choosing the best of several trials in one half of time brought in the other.

    Attributes:
        probability: Share of the choices that came out at or below the middle of all trials.
        logits: Logit of the rank out of sample for each choice, shape (choices,); zero is the middle.
    """

    probability: float
    logits: Floats


def sharpe_per_period(returns: ArrayLike) -> float | None:
    """Mean by sample deviation of returns above the riskless rate; None where they do not vary."""
    series = floats(returns)
    spread = deviation(series)
    return None if spread == 0.0 else float(np.mean(series)) / spread


def probabilistic_sharpe(ratio: float, count: int, shape: Moments, benchmark: float = 0.0) -> float | None:
    """Probability that the true ratio lies above a benchmark.

    Args:
        ratio: Observed, a period.
        count: Returns that it was observed in.
        shape: Skew and raw kurtosis of the returns.
        benchmark: Ratio a period to be above.

    Returns:
        Between 0 and 1; None for fewer than two returns, or a shape that no series with this ratio has.
    """
    spread = _spread(ratio, shape)
    if count <= 1 or spread is None:
        return None
    return _STANDARD.cdf((ratio - benchmark) * math.sqrt(count - 1.0) / spread)


def expected_best(trials: float) -> float:
    """Expected largest of independent standard normal draws; zero for one draw or none."""
    if trials <= 1.0:
        return 0.0
    first = _STANDARD.inv_cdf(1.0 - 1.0 / trials)
    second = _STANDARD.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return (1.0 - EULER) * first + EULER * second


def luck(trials: float, variance: float) -> float:
    """Sharpe ratio a period that the best of several worthless trials is expected to show.

    Args:
        trials: How many were tried, independent of each other (`independent_trials`).
        variance: Variance of the ratios a period among them.
    """
    return math.sqrt(variance) * expected_best(trials)


def deflated_sharpe(ratio: float, count: int, shape: Moments, trials: float, variance: float) -> float | None:
    """Probability that the true ratio is above what luck alone shows in the best of the trials.

    Arguments as for `probabilistic_sharpe` and `luck`. None likewise.
    """
    return probabilistic_sharpe(ratio, count, shape, luck(trials, variance))


def independent_trials(trials: int, mean_correlation: float) -> float:
    """How many independent trials so many correlated ones amount to; at least 1."""
    return 1.0 + (trials - 1.0) * (1.0 - min(max(mean_correlation, 0.0), 1.0)) if trials > 1 else 1.0


def minimum_track_record(
    ratio: float, shape: Moments, benchmark: float = 0.0, confidence: float = 0.95
) -> float | None:
    """Returns that are needed before the ratio is above a benchmark with the given confidence.

    None where it is not above the benchmark at all: no number of them is enough.
    """
    spread = _spread(ratio, shape)
    if spread is None or ratio <= benchmark:
        return None
    return 1.0 + (spread * _STANDARD.inv_cdf(confidence) / (ratio - benchmark)) ** 2


def standard_error(ratio: float, count: int, shape: Moments = NORMAL) -> float | None:
    """Standard error of an observed ratio a period; times the root of a year's periods for an annual one."""
    spread = _spread(ratio, shape)
    return None if count < 1 or spread is None else spread / math.sqrt(count)


def autocorrelation_factor(returns: ArrayLike, periods: int) -> float | None:
    """What a ratio a period is multiplied by for a year, where returns lean on the ones before.

    It is the root of `periods` without autocorrelation, and less where gains follow gains: smooth returns
    are not as safe as they look. Autocorrelations up to `periods` - 1 lags are taken, as far as there are
    returns for them.

    Returns:
        None where the returns do not vary, or lean on each other so much that the variance of a year is
        not positive.
    """
    series = floats(returns)
    if deviation(series) == 0.0:
        return None
    centred = series - float(np.mean(series))
    lags = np.arange(1, min(periods, series.size))
    leaning = np.array([float(np.sum(centred[lag:] * centred[:-lag])) for lag in lags.tolist()])
    variance = periods + 2.0 * float(np.sum((periods - lags) * leaning)) / float(np.sum(centred**2))
    return None if variance <= 0.0 else periods / math.sqrt(variance)


def overfit(returns: ArrayLike, blocks: int = 16) -> Overfit:
    """Probability of backtest overfitting, by combinatorially symmetric cross-validation.

    Time is cut into blocks. For every choice of half of them the trial with the best Sharpe ratio in these
    is ranked among all trials in the others. A rank in the middle counts as overfit.

    Args:
        returns: Returns of each trial, shape (periods, trials); earliest periods that do not fill a block
            are left out.
        blocks: Even, at least 2; sixteen make 12,870 choices.

    Raises:
        UnusableSeries: If there are fewer than two trials, too few periods, or an odd number of blocks.
    """
    table = np.asarray(returns, dtype=np.float64)
    if table.ndim != _TABLE or table.shape[1] <= 1 or not np.all(np.isfinite(table)):
        raise UnusableSeries(
            f"returns of trials have the shape {table.shape}; give finite numbers, one column a trial, "
            "and two trials at least."
        )
    size = table.shape[0] // blocks if blocks else 0
    if blocks <= 1 or blocks % 2 or size < 1:
        raise UnusableSeries(
            f"{table.shape[0]} periods cannot be cut into {blocks} blocks; the number of blocks is even and "
            "not above that of the periods."
        )
    cut = table[table.shape[0] - size * blocks :].reshape(blocks, size, -1)
    sums, squares = np.sum(cut, axis=1), np.sum(cut**2, axis=1)
    chosen = np.zeros((math.comb(blocks, blocks // 2), blocks))
    for row, picked in enumerate(combinations(range(blocks), blocks // 2)):
        chosen[row, list(picked)] = 1.0
    half = size * blocks // 2
    inside = _ratios(chosen @ sums, chosen @ squares, half)
    outside = _ratios((1.0 - chosen) @ sums, (1.0 - chosen) @ squares, half)
    best = np.argmax(inside, axis=1)
    reached = np.take_along_axis(outside, best[:, None], axis=1)
    # Trials that tie with the chosen one stand above it; rounding does not part them.
    below = (outside < reached) & ~np.isclose(outside, reached, rtol=1e-12, atol=1e-12)
    share: Floats = (np.sum(below, axis=1) + 1.0) / (table.shape[1] + 1.0)
    logits: Floats = np.log(share / (1.0 - share))
    return Overfit(float(np.mean(logits <= 0.0)), logits)


def _spread(ratio: float, shape: Moments) -> float | None:
    """Standard error of a ratio times the root of the observations; None where the shape is impossible."""
    variance = 1.0 - shape.skew * ratio + 0.25 * (shape.kurtosis - 1.0) * ratio * ratio
    return None if variance <= 0.0 else math.sqrt(variance)


def _ratios(sums: Floats, squares: Floats, count: int) -> Floats:
    """Mean by deviation (n) from sums; a trial that does not vary has the ratio of its sign, or zero."""
    mean = sums / count
    variance = squares / count - mean * mean
    flat = variance <= 1e-14 * (squares / count)
    steady = np.where(mean == 0.0, 0.0, np.copysign(np.inf, mean))
    return np.where(flat, steady, mean / np.sqrt(np.where(flat, 1.0, variance)))
