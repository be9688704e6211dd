"""A run's returns in figures: over the whole time, and apart for what no choice of parameters has seen.

Definitions are those of `premia.metrics`; here stands only which of them a result keeps, with days where
the metrics count places. The first return leads from the capital to the end of the first session.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec
import numpy as np

from premia.metrics.drawdown import Drawdown
from premia.metrics.returns import by_month, moments
from premia.metrics.series import Days, Floats
from premia.metrics.sharpe import deflated_sharpe, independent_trials, sharpe_per_period
from premia.metrics.summary import summarise
from premia.metrics.trades import trade_figures
from premia.reporting.backtest.ran import Day, Flow, Tried

PERIODS = 252.0
"""Sessions of a year, by which annual figures count."""


class Fall(msgspec.Struct, frozen=True):
    """A fall below an earlier high.

    Attributes:
        depth: A negative fraction of the high.
        recovered: First day at the high again; None where it was not reached before the end.
        days: Calendar days from the high to the recovery, or to the end.
    """

    depth: float
    peak: date
    trough: date
    recovered: date | None
    days: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Daily returns in figures; fractions, None where undefined. Losses are negative.

    Attributes:
        first, last: Day before the first return, and of the last.
        count: Returns.
        growth: Compound growth a year, by counting 252 sessions; `growth_by_calendar` by 365.25 days.
        short: Whether less than 90 days are annualised: annual figures say little then.
        sharpe, sortino: Annual, above Treasury bills where the run has them.
        sharpe_error: Standard error of `sharpe`, skew and kurtosis counted.
        sharpe_probability: Probability that the true Sharpe ratio is above zero: the headline.
        value_at_risk, expected_shortfall: Loss a day at 95 %, historical, not negative by name.
        winning: Share of days above zero among those that are not zero.
        underwater: Share of the days that ended below an earlier high.
    """

    first: date
    last: date
    count: int
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
    skew: float | None
    kurtosis: float | None
    value_at_risk: float | None
    expected_shortfall: float | None
    best: float | None
    worst: float | None
    winning: float | None
    max_drawdown: float
    deepest: Fall | None
    longest: Fall | None
    underwater: float | None


class TradeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Ended trades in figures, premium less fees in USD; None where undefined.

    Attributes:
        win_rate: Wins by wins and losses; a trade at exactly zero is neither.
        profit_factor: Gains by losses.
        average_win, average_loss: Neither is negative.
        expectancy: Mean result of a trade.
        losing_streak: The most losses in a row.
    """

    count: int
    wins: int
    losses: int
    win_rate: float | None
    profit_factor: float | None
    average_win: float | None
    average_loss: float | None
    payoff: float | None
    expectancy: float | None
    best: float | None
    worst: float | None
    losing_streak: int


class MonthRow(msgspec.Struct, frozen=True):
    """A year's returns by month, January first; None where no session fell into the month."""

    year: int
    months: tuple[float | None, ...]
    total: float


class Wealth(msgspec.Struct, frozen=True):
    """An account's worth over time as arrays.

    Attributes:
        days: The eve of the first session and every session, datetime64[D], shape (n + 1,).
        values: Worth in USD on these, shape (n + 1,).
        flows: Money that came in between them, on the morning of the later one, USD, shape (n,).
        returns: Simple returns between them, time-weighted, shape (n,); zero once nothing is left.
    """

    days: Days
    values: Floats
    flows: Floats
    returns: Floats

    def between(self, first: int, last: int) -> Wealth:
        """The part from one place of the values to another, both included."""
        return Wealth(
            self.days[first : last + 1],
            self.values[first : last + 1],
            self.flows[first:last],
            self.returns[first:last],
        )


def wealth_of(days: Sequence[Day], capital: Decimal, deposits: Sequence[Flow] = ()) -> Wealth:
    """Worth at the middle, the capital before the first session.

    Args:
        days: Valued sessions, ascending.
        capital: USD.
        deposits: Money from outside; on a day without a session it counts for the next one.
    """
    eve = [days[0].day - timedelta(days=1)] if days else []
    when = np.array([*eve, *(one.day for one in days)], dtype="datetime64[D]")
    values = np.array([float(capital), *(float(one.at_mid) for one in days)])[: when.size]
    flows = np.zeros(max(when.size - 1, 0))
    for one in deposits:
        place = int(np.searchsorted(when[1:], np.datetime64(one.day, "D")))
        if place < flows.size:
            flows[place] += float(one.amount)
    return Wealth(when, values, flows, growths(values, flows))


def growths(values: Floats, flows: Floats) -> Floats:
    """Simple returns of a worth, time-weighted; after a worth of zero or less they are zero.

    Args:
        values: Shape (n + 1,).
        flows: Money that came in at the start of each period, shape (n,).
    """
    base = values[:-1] + flows
    alive = np.minimum.accumulate(base) > 0.0 if base.size else base.astype(np.bool_)
    return np.where(alive, values[1:] / np.where(alive, base, 1.0) - 1.0, 0.0)


def figures(wealth: Wealth, rate: Floats) -> Figures | None:
    """The figures of a worth above a riskless rate a session; None without a return.

    Args:
        wealth: With n returns.
        rate: Shape (n,).
    """
    if not wealth.returns.size:
        return None
    told = summarise(wealth.returns, wealth.days, PERIODS, rate)
    same = {name: getattr(told, name) for name in Figures.__struct_fields__ if name not in _OWN}
    return Figures(**same, deepest=_fall(told.deepest, wealth), longest=_fall(told.longest, wealth))


_OWN = frozenset({"deepest", "longest"})


def deflated(wealth: Wealth, rate: Floats, tried: Tried) -> float | None:
    """Probability that the true Sharpe ratio is above what luck alone shows in the best of the trials.

    Args:
        wealth: With n returns.
        rate: Riskless rate a session, shape (n,).
        tried: What the run was chosen from.

    Returns:
        None where the returns do not vary.
    """
    excess = wealth.returns - rate
    ratio, shape = sharpe_per_period(excess), moments(excess)
    if ratio is None or shape is None:
        return None
    trials = independent_trials(tried.trials, tried.mean_correlation)
    return deflated_sharpe(ratio, excess.size, shape, trials, tried.variance)


def months(wealth: Wealth) -> tuple[MonthRow, ...]:
    """Returns by month and year."""
    table = by_month(wealth.returns, wealth.days[1:])
    rows = zip(table.years, table.months.tolist(), table.totals.tolist(), strict=True)
    return tuple(
        MonthRow(year, tuple(None if np.isnan(one) else one for one in row), total)
        for year, row, total in rows
    )


def trades_in_figures(results: Sequence[Decimal]) -> TradeFigures:
    """Figures of ended trades by their results in USD, in order of ending."""
    told = trade_figures([float(one) for one in results])
    return TradeFigures(**{name: getattr(told, name) for name in TradeFigures.__struct_fields__})


def _fall(fall: Drawdown | None, wealth: Wealth) -> Fall | None:
    if fall is None:
        return None
    peak, trough, last = (wealth.days[place].item() for place in (fall.peak, fall.trough, fall.last))
    recovered = None if fall.recovery is None else last
    return Fall(fall.depth, peak, trough, recovered, (last - peak).days)
