"""What returns came to, how they varied, and how bad the bad ones were.

The surprising one is Sortino's ratio: its denominator divides by *all* periods, not by the losing ones.
Dividing by the losing ones, or taking the deviation of the negatives, rewards losses that are alike.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from premia.metrics.series import Days, Floats, UnusableSeries, beside, deviation, floats, growth, ratio

YEAR = 365.25
"""Calendar days of a year in growth by the calendar."""
ANNUALISE_FROM_DAYS = 90
"""A shorter time is annualised only with a warning beside it."""
TAIL_FROM = 5
"""Fewer observations in a tail than this do not carry a value at risk."""

_SAMPLE_FROM = 4
"""Observations that a sample's kurtosis needs."""

Quantile = Literal["linear", "order", "normal"]
"""How a value at risk is read: between observations, at one of them, or off a normal distribution."""


class Moments(NamedTuple):
    """Shape of a distribution.

    Attributes:
        skew: Negative where the long tail is that of losses, as for whoever sells options.
        kurtosis: Raw, 3 for the normal distribution.
    """

    skew: float
    kurtosis: float


class MonthTable(NamedTuple):
    """Returns by calendar month.

    Attributes:
        years: Shape (k,), ascending, without a gap.
        months: Shape (k, 12), January first; NaN where no return falls into the month.
        totals: Shape (k,): the months of each year compounded.
    """

    years: tuple[int, ...]
    months: Floats
    totals: Floats


def wealth(returns: ArrayLike) -> Floats:
    """What one unit becomes, shape (n + 1,), the unit itself first.

    Who has lost everything stays there: from the first wealth of zero or less on nothing changes.
    """
    grown = np.cumprod(1.0 + floats(returns))
    ruined = np.flatnonzero(grown <= 0.0)
    if ruined.size:
        grown[ruined[0] :] = grown[ruined[0]]
    return np.concatenate([[1.0], grown])


def total(returns: ArrayLike) -> float:
    """Growth over all periods; below -1 where more than everything was lost."""
    return float(wealth(returns)[-1]) - 1.0


def annual_growth(returns: ArrayLike, periods: float) -> float | None:
    """Compound growth a year by counting periods; None without returns, -1 after ruin."""
    grown = wealth(returns)
    return None if grown.size == 1 else growth(float(grown[-1]), periods / (grown.size - 1))


def annual_growth_by_calendar(total_growth: float, days: int) -> float | None:
    """Compound growth a year of a growth over calendar days; None for no day, -1 after ruin.

    It differs from `annual_growth` wherever a year has not exactly `periods` returns: name which one is
    shown.
    """
    return None if days <= 0 else growth(1.0 + total_growth, YEAR / days)


def rate_per_period(annual: ArrayLike, periods: float) -> Floats:
    """Annual rates as rates a period, compounded; same shape, at least one dimension."""
    return np.power(1.0 + np.atleast_1d(np.asarray(annual, dtype=np.float64)), 1.0 / periods) - 1.0


def volatility(returns: ArrayLike, periods: float) -> float | None:
    """Annualised sample standard deviation; None for fewer than two returns."""
    series = floats(returns)
    return None if series.size <= 1 else deviation(series) * math.sqrt(periods)


def sharpe(returns: ArrayLike, periods: float, rate: ArrayLike = 0.0) -> float | None:
    """Annualised mean over deviation of what was earned above the riskless rate.

    Args:
        returns: Shape (n,).
        periods: Returns a year.
        rate: Riskless rate *a period*, one for all or one for each.

    Returns:
        None for fewer than two returns, or returns that do not vary. Returns that lean on the ones
        before make it too high: `sharpe.autocorrelation_factor` says by how much.
    """
    series = floats(returns)
    excess = series - beside(rate, series, "rates")
    spread = deviation(excess)
    return None if spread == 0.0 else float(np.mean(excess)) / spread * math.sqrt(periods)


def sortino(returns: ArrayLike, periods: float, target: ArrayLike = 0.0) -> float | None:
    """Annualised mean over a target, by the root mean square of all shortfalls below it.

    The mean square is over every period, those without a shortfall included. None where none fell short.
    """
    series = floats(returns)
    excess = series - beside(target, series, "targets")
    if not excess.size:
        return None
    shortfall = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)))
    return None if shortfall == 0.0 else float(np.mean(excess)) / shortfall * math.sqrt(periods)


def calmar(annual: float | None, max_drawdown: float) -> float | None:
    """Growth a year by the deepest fall; None where nothing fell.

    The classic ratio is over 36 months. Longer spans hold deeper falls, so only equal spans compare.
    """
    return None if annual is None else ratio(annual, abs(max_drawdown))


def omega(returns: ArrayLike, threshold: float = 0.0) -> float | None:
    """All gains above a threshold by all shortfalls below it; at zero the profit factor. None without one."""
    excess = floats(returns) - threshold
    return ratio(float(np.sum(np.maximum(excess, 0.0))), float(np.sum(np.maximum(-excess, 0.0))))


def tail_ratio(returns: ArrayLike, share: float = 0.05) -> float | None:
    """Size of the upper quantile by size of the lower; None without returns or a lower one of zero."""
    series = floats(returns)
    if not series.size:
        return None
    low, high = np.quantile(series, [share, 1.0 - share])
    return ratio(abs(float(high)), abs(float(low)))


def value_at_risk(returns: ArrayLike, level: float = 0.95, by: Quantile = "linear") -> float | None:
    """Loss a period that is not exceeded with the given probability, as a positive fraction.

    Args:
        returns: Shape (n,).
        level: Probability, between 0 and 1.
        by: "linear" interpolates between observations; "order" takes the observation that bounds the
            tail, the one that `expected_shortfall` begins at; "normal" fits mean and deviation, which
            understates the tail of whoever sells options.

    Returns:
        None without returns. Below `TAIL_FROM` observations in the tail (`tail_count`) it is a guess.
    """
    series = floats(returns)
    if not series.size:
        return None
    if by == "normal":
        if series.size <= 1:
            return None
        return -(float(np.mean(series)) + NormalDist().inv_cdf(1.0 - level) * float(np.std(series, ddof=1)))
    if by == "order":
        place = math.ceil(round(tail_count(series.size, level), 9)) - 1
        return -float(np.sort(series)[max(place, 0)])
    return -float(np.quantile(series, 1.0 - level))


def expected_shortfall(returns: ArrayLike, level: float = 0.95) -> float | None:
    """Mean loss a period in the worst (1 - level) of cases, as a positive fraction; None without returns.

    Where the tail does not hold a whole number of observations, the last one counts for its part.

    Source: R. T. Rockafellar, S. Uryasev, "Conditional value-at-risk for general loss distributions" (2002).
    """
    worst = np.sort(floats(returns))
    if not worst.size:
        return None
    weights = np.clip(tail_count(worst.size, level) - np.arange(worst.size), 0.0, 1.0)
    return -float(np.average(worst, weights=weights))


def tail_count(count: int, level: float) -> float:
    """Observations beyond a level, a fraction where they are no whole number."""
    return count * (1.0 - level)


def moments(returns: ArrayLike, *, sample: bool = False) -> Moments | None:
    """Skew and raw kurtosis.

    Args:
        returns: Shape (n,).
        sample: Without the bias of small samples; otherwise of the observations as they are.

    Returns:
        None where the returns do not vary, or there are fewer than four for the sample's.
    """
    series = floats(returns)
    count = series.size
    if deviation(series) == 0.0 or (sample and count < _SAMPLE_FROM):
        return None
    centred = series - float(np.mean(series))
    variance = float(np.mean(centred**2))
    skew = float(np.mean(centred**3)) / variance**1.5
    kurtosis = float(np.mean(centred**4)) / variance**2
    if not sample:
        return Moments(skew, kurtosis)
    skew *= math.sqrt(count * (count - 1.0)) / (count - 2.0)
    excess = (count - 1.0) / ((count - 2.0) * (count - 3.0)) * ((count + 1.0) * (kurtosis - 3.0) + 6.0)
    return Moments(skew, excess + 3.0)


def by_month(returns: ArrayLike, days: Days) -> MonthTable:
    """Returns compounded by calendar month and year.

    Args:
        returns: Shape (n,), ascending in time.
        days: Day on which each return was earned (its end), shape (n,).

    Raises:
        UnusableSeries: If there is not one day for each return.
    """
    series = floats(returns)
    if days.shape != series.shape:
        raise UnusableSeries(f"there are {days.size} days for {series.size} returns; give one for each.")
    if not series.size:
        return MonthTable((), np.empty((0, 12)), np.empty(0))
    month = days.astype("datetime64[M]").astype(np.int64)
    first, last = int(month[0]) // 12, int(month[-1]) // 12
    count = last - first + 1
    grown, seen = np.ones(count * 12), np.zeros(count * 12, dtype=np.bool_)
    place = month - first * 12
    np.multiply.at(grown, place, 1.0 + series)
    seen[place] = True
    table = np.where(seen, grown - 1.0, np.nan).reshape(count, 12)
    totals = np.prod(grown.reshape(count, 12), axis=1) - 1.0
    return MonthTable(tuple(range(1970 + first, 1970 + last + 1)), table, totals)
