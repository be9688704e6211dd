"""A strategy beside the market: what of its return any holder of the index had for nothing.

Premium income looks like skill until it is held against the mix of index and Treasury bills that moved with
the market just as much. That mix, and not the index alone, is what an option seller could have held instead.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from premia.metrics.drawdown import max_drawdown
from premia.metrics.returns import annual_growth, sharpe, volatility
from premia.metrics.series import Floats, beside, deviation, floats, ratio


class Regression(msgspec.Struct, frozen=True):
    """Least squares of excess returns on the market's excess returns.

    Attributes:
        alpha: What was earned a year without the market, by sums: the intercept times the periods.
        beta: Move with each unit of the market's move.
        correlation: Between -1 and 1.
        alpha_error: Standard error of `alpha`; None for fewer than three returns.
        residual: Annualised deviation of what the market does not explain; None likewise.
    """

    alpha: float
    beta: float
    correlation: float
    alpha_error: float | None
    residual: float | None

    @property
    def alpha_t(self) -> float | None:
        """Alpha in standard errors; below 2 it is not told from luck."""
        return None if self.alpha_error is None else ratio(self.alpha, self.alpha_error)


class Side(msgspec.Struct, frozen=True):
    """One series in figures; see `premia.metrics.returns` for each."""

    growth: float | None
    volatility: float | None
    sharpe: float | None
    max_drawdown: float


class Comparison(msgspec.Struct, frozen=True):
    """A strategy beside a benchmark, over the same periods.

    Attributes:
        ours, theirs: The two in figures.
        excess_growth: Growth a year above the benchmark's, in fractions of one.
        correlation: Of the returns; None where either does not vary.
        tracking_error: Annualised deviation of the differences; None for fewer than two.
        information_ratio: Mean difference a year by tracking error; None where they never differ.
        up_capture, down_capture: Mean compound growth by that of the benchmark in its gaining (losing)
            periods; None without such a period.
    """

    ours: Side
    theirs: Side
    excess_growth: float | None
    correlation: float | None
    tracking_error: float | None
    information_ratio: float | None
    up_capture: float | None
    down_capture: float | None


class Mix(NamedTuple):
    """A strategy beside the index and Treasury bills in the parts that move as much with the market.

    Attributes:
        regression: Of the strategy on the index; its beta is the index's part of the mix.
        comparison: The strategy beside the mix, which is put back to its parts every period.
        returns: The mix's returns, shape (n,).
    """

    regression: Regression
    comparison: Comparison
    returns: Floats


def regress(
    returns: ArrayLike, market: ArrayLike, periods: float, rate: ArrayLike = 0.0
) -> Regression | None:
    """Alpha and beta of returns against a market's, both above the riskless rate.

    Args:
        returns: Shape (n,).
        market: The market's over the same periods, shape (n,).
        periods: Returns a year.
        rate: Riskless rate a period, one or one for each.

    Returns:
        None for fewer than two returns, or a market that does not vary. A strategy that does not vary has
        the beta 0 and the correlation 0.

    Raises:
        UnusableSeries: If the lengths differ.
    """
    series = floats(returns)
    riskless = beside(rate, series, "rates")
    ours = series - riskless
    theirs = beside(market, series, "returns of the market") - riskless
    if deviation(theirs) == 0.0:
        return None
    moves = theirs - float(np.mean(theirs))
    square = float(np.sum(moves**2))
    beta = float(np.sum(moves * (ours - float(np.mean(ours))))) / square
    alpha = float(np.mean(ours)) - beta * float(np.mean(theirs))
    error, residual = None, None
    degrees = series.size - 2
    if degrees > 0:
        unexplained = float(np.sum((ours - alpha - beta * theirs) ** 2)) / degrees
        error = periods * math.sqrt(unexplained * (1.0 / series.size + float(np.mean(theirs)) ** 2 / square))
        residual = math.sqrt(unexplained * periods)
    return Regression(alpha * periods, beta, _correlation(ours, theirs) or 0.0, error, residual)


def compare(returns: ArrayLike, benchmark: ArrayLike, periods: float, rate: ArrayLike = 0.0) -> Comparison:
    """A strategy beside a benchmark such as buy-and-hold; arguments as for `regress`.

    Raises:
        UnusableSeries: If the lengths differ.
    """
    ours = floats(returns)
    theirs = beside(benchmark, ours, "returns of the benchmark")
    left, right = side(ours, periods, rate), side(theirs, periods, rate)
    gap = ours - theirs
    error = volatility(gap, periods)
    mean_gap = float(np.mean(gap)) * periods if gap.size else 0.0
    return Comparison(
        ours=left,
        theirs=right,
        excess_growth=None if left.growth is None or right.growth is None else left.growth - right.growth,
        correlation=_correlation(ours, theirs),
        tracking_error=error,
        information_ratio=None if error is None else ratio(mean_gap, error),
        up_capture=_capture(ours, theirs, theirs > 0.0),
        down_capture=_capture(ours, theirs, theirs < 0.0),
    )


def compare_with_mix(returns: ArrayLike, market: ArrayLike, periods: float, rate: ArrayLike) -> Mix | None:
    """A strategy beside the index and Treasury bills of equal beta; arguments as for `regress`.

    None where there is no beta: for fewer than two returns, or a market that does not vary.
    """
    line = regress(returns, market, periods, rate)
    if line is None:
        return None
    index = floats(market, "returns of the market")
    bills = beside(rate, index, "rates")
    mixed = line.beta * index + (1.0 - line.beta) * bills
    return Mix(line, compare(returns, mixed, periods, rate), mixed)


def side(returns: ArrayLike, periods: float, rate: ArrayLike = 0.0) -> Side:
    """One series in the four figures that a comparison opens with."""
    series = floats(returns)
    return Side(
        growth=annual_growth(series, periods),
        volatility=volatility(series, periods),
        sharpe=sharpe(series, periods, rate),
        max_drawdown=max_drawdown(series),
    )


def _correlation(ours: Floats, theirs: Floats) -> float | None:
    if deviation(ours) == 0.0 or deviation(theirs) == 0.0:
        return None
    return float(np.clip(np.corrcoef(ours, theirs)[0, 1], -1.0, 1.0))


def _capture(ours: Floats, theirs: Floats, chosen: np.ndarray) -> float | None:
    """Compound growth a period in the chosen periods, ours by theirs."""
    left, right = annual_growth(ours[chosen], 1.0), annual_growth(theirs[chosen], 1.0)
    return None if left is None or right is None else ratio(left, right)
