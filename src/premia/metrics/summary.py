"""All figures of one series of returns, as a report shows them.

One call, one set of definitions: whatever shows a figure takes it from here, so that two pages never show two
Sharpe ratios of the same run.
"""

from __future__ import annotations

from datetime import date

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from premia.metrics import drawdown, sharpe
from premia.metrics import returns as of_returns
from premia.metrics.drawdown import Drawdown
from premia.metrics.series import Days, Floats, UnusableSeries, beside, floats


class Summary(msgspec.Struct, frozen=True):
    """A series of returns in figures; fractions, None where undefined.

    Attributes:
        first, last: Day before the first return (of the wealth that it grew from), and of the last.
        count: Returns.
        periods: Returns a year that annual figures count by.
        total: Growth over the whole time.
        growth: Compound growth a year, by counting periods.
        growth_by_calendar: The same by calendar days (365.25).
        short: Whether less than 90 days are annualised: annual figures say little then.
        volatility, sharpe, sortino, calmar: Annual; see `premia.metrics.returns`.
        sharpe_error: Standard error of `sharpe`, with skew and kurtosis.
        sharpe_probability: Probability that the true Sharpe ratio is above zero.
        omega, tail_ratio: At zero; 95 % by 5 %.
        skew, kurtosis: Of the observations; kurtosis 3 is normal.
        value_at_risk, expected_shortfall: Loss a period, 95 %, historical.
        tail_count: Observations beyond the 95 %; below 5 the two figures above are guesses.
        best, worst: The extreme returns a period.
        winning: Share of periods above zero among those that are not zero.
        max_drawdown: Deepest fall, not above zero.
        deepest, longest: The deepest and the longest fall in places of the wealth; None without a fall.
        underwater: Share of the periods that ended below an earlier high.
    """

    first: date
    last: date
    count: int
    periods: float
    total: float
    growth: float | None
    growth_by_calendar: float | None
    short: bool
    volatility: float | None
    sharpe: float | None
    sharpe_error: float | None
    sharpe_probability: float | None
    sortino: float | None
    calmar: float | None
    omega: float | None
    tail_ratio: float | None
    skew: float | None
    kurtosis: float | None
    value_at_risk: float | None
    expected_shortfall: float | None
    tail_count: float
    best: float | None
    worst: float | None
    winning: float | None
    max_drawdown: float
    deepest: Drawdown | None
    longest: Drawdown | None
    underwater: float | None


def summarise(returns: ArrayLike, days: Days, periods: float = 252.0, rate: ArrayLike = 0.0) -> Summary:
    """Figures of a series of returns.

    Args:
        returns: Shape (n,).
        days: Days of the wealth that the returns lead through, datetime64[D], shape (n + 1,): the day
            before the first return comes first.
        periods: Returns a year.
        rate: Riskless rate a period, one or one for each (`returns.rate_per_period`).

    Raises:
        UnusableSeries: If there is not one day more than returns.
    """
    series = floats(returns)
    if days.shape != (series.size + 1,):
        raise UnusableSeries(
            f"there are {days.size} days for {series.size} returns; give the day before the first return "
            "and then one for each."
        )
    whole = days.astype("datetime64[D]")
    span = int((whole[-1] - whole[0]).astype(np.int64))
    grown = of_returns.wealth(series)
    annual = of_returns.annual_growth(series, periods)
    deep = drawdown.deepest(grown)
    max_drawdown = 0.0 if deep is None else deep.depth
    excess = series - beside(rate, series, "rates")
    shape = of_returns.moments(series)
    error, probability = _trust(excess, periods)
    return Summary(
        first=whole[0].item(),
        last=whole[-1].item(),
        count=series.size,
        periods=periods,
        total=float(grown[-1]) - 1.0,
        growth=annual,
        growth_by_calendar=of_returns.annual_growth_by_calendar(float(grown[-1]) - 1.0, span),
        short=span < of_returns.ANNUALISE_FROM_DAYS,
        volatility=of_returns.volatility(series, periods),
        sharpe=of_returns.sharpe(excess, periods),
        sharpe_error=error,
        sharpe_probability=probability,
        sortino=of_returns.sortino(excess, periods),
        calmar=of_returns.calmar(annual, max_drawdown),
        omega=of_returns.omega(series),
        tail_ratio=of_returns.tail_ratio(series),
        skew=None if shape is None else shape.skew,
        kurtosis=None if shape is None else shape.kurtosis,
        value_at_risk=of_returns.value_at_risk(series),
        expected_shortfall=of_returns.expected_shortfall(series),
        tail_count=of_returns.tail_count(series.size, 0.95),
        best=float(np.max(series)) if series.size else None,
        worst=float(np.min(series)) if series.size else None,
        winning=_winning(series),
        max_drawdown=max_drawdown,
        deepest=deep,
        longest=drawdown.longest(grown),
        underwater=drawdown.underwater_share(grown),
    )


def _trust(excess: Floats, periods: float) -> tuple[float | None, float | None]:
    """Standard error of the annual Sharpe ratio, and the probability that the true one is above zero."""
    ratio, shape = sharpe.sharpe_per_period(excess), of_returns.moments(excess)
    if ratio is None or shape is None:
        return None, None
    error = sharpe.standard_error(ratio, excess.size, shape)
    probability = sharpe.probabilistic_sharpe(ratio, excess.size, shape)
    return None if error is None else error * float(np.sqrt(periods)), probability


def _winning(series: Floats) -> float | None:
    decided = series[series != 0.0]
    return float(np.mean(decided > 0.0)) if decided.size else None
