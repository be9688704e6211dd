"""One call gives a report all its figures, and each of them is the one that its own function gives."""

from datetime import date

import msgspec
import numpy as np
import pytest

from premia.metrics import drawdown, sharpe
from premia.metrics import returns as of
from premia.metrics.series import UnusableSeries
from premia.metrics.summary import summarise

DAYS = np.arange("2023-12-31", "2025-12-31", dtype="datetime64[D]")
RETURNS = np.random.default_rng(11).normal(0.0004, 0.01, DAYS.size - 1)
RATE = 0.0001


def test_figures_are_those_of_their_functions():
    found = summarise(RETURNS, DAYS, 365, RATE)

    assert (found.first, found.last) == (date(2023, 12, 31), date(2025, 12, 30))
    assert found.total == of.total(RETURNS)
    assert found.growth == of.annual_growth(RETURNS, 365)
    assert found.growth_by_calendar == of.annual_growth_by_calendar(found.total, 730)
    assert found.sharpe == pytest.approx(of.sharpe(RETURNS, 365, RATE))
    assert found.sortino == pytest.approx(of.sortino(RETURNS, 365, RATE))
    assert found.max_drawdown == drawdown.max_drawdown(RETURNS)
    assert found.calmar == found.growth / -found.max_drawdown
    assert found.expected_shortfall == of.expected_shortfall(RETURNS)
    assert found.deepest.depth == found.max_drawdown
    assert not found.short


def test_trust_in_the_ratio_counts_what_is_above_the_riskless_rate():
    found = summarise(RETURNS, DAYS, 365, RATE)

    ratio, shape = sharpe.sharpe_per_period(RETURNS - RATE), of.moments(RETURNS)
    assert found.sharpe_probability == pytest.approx(sharpe.probabilistic_sharpe(ratio, RETURNS.size, shape))
    assert found.sharpe_error == pytest.approx(sharpe.standard_error(ratio, RETURNS.size, shape) * 365**0.5)


def test_a_month_is_annualised_with_a_warning():
    assert summarise(RETURNS[:30], DAYS[:31]).short
    assert summarise(RETURNS[:30], DAYS[:31]).tail_count == pytest.approx(1.5)
    # Sixty returns over a hundred and twenty calendar days are long enough.
    assert not summarise(RETURNS[:60], DAYS[:121:2]).short


def test_without_returns_every_figure_is_absent_and_none_is_a_nan():
    found = summarise([], DAYS[:1])

    assert (found.count, found.total, found.max_drawdown) == (0, 0.0, 0.0)
    absent = {"growth", "volatility", "sharpe", "sortino", "calmar", "omega", "skew", "best", "winning"}
    assert all(getattr(found, one) is None for one in absent)


def test_a_summary_is_written_as_json_and_read_again():
    found = summarise(RETURNS, DAYS)

    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found


def test_the_day_before_the_first_return_is_asked_for():
    with pytest.raises(UnusableSeries, match="give the day before the first return"):
        summarise(RETURNS, DAYS[1:])
