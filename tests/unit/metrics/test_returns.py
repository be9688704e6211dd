"""Returns in figures: one pinned series of ten, and what has no figure."""

import math

import numpy as np
import pytest

from premia.metrics import returns as of
from premia.metrics.drawdown import max_drawdown
from premia.metrics.series import UnusableSeries

SERIES = [0.01, -0.02, 0.015, 0.005, -0.01, 0.02, -0.005, 0.0, 0.01, -0.015]
YEAR = 252


def near(value):
    return pytest.approx(value, abs=5e-9)


def test_growth_by_counting_periods_and_by_the_calendar():
    assert of.total(SERIES) == near(0.00924267)
    assert of.annual_growth(SERIES, YEAR) == near(0.26092496)
    # Ten sessions within fourteen days: the two annual figures differ.
    assert of.annual_growth_by_calendar(of.total(SERIES), 14) == pytest.approx(
        1.00924267 ** (365.25 / 14) - 1
    )
    assert of.annual_growth_by_calendar(0.21, 731) == pytest.approx(0.0999, abs=1e-3)


def test_deviation_and_ratios():
    assert of.volatility(SERIES, YEAR) == near(0.21099763)
    assert of.sharpe(SERIES, YEAR) == near(1.19432621)
    assert of.calmar(of.annual_growth(SERIES, YEAR), max_drawdown(SERIES)) == near(13.04624814)
    assert of.omega(SERIES) == pytest.approx(1.2)
    assert of.tail_ratio(SERIES) == pytest.approx(1.0)


def test_the_riskless_rate_is_a_rate_a_period():
    rate = of.rate_per_period(0.05, YEAR)

    assert rate == pytest.approx([0.000193631], abs=1e-9)
    assert of.sharpe(SERIES, YEAR, rate[0]) == near(0.96306822)
    assert of.sharpe(SERIES, YEAR, np.full(10, rate[0])) == near(0.96306822)


def test_sortino_divides_by_all_periods():
    losses = np.array([one for one in SERIES if one < 0.0])
    deviation_of_losses = np.mean(SERIES) / np.std(losses, ddof=1) * math.sqrt(YEAR)

    assert of.sortino(SERIES, YEAR) == near(1.83303028)
    assert deviation_of_losses == near(2.45926818)


def test_value_at_risk_in_its_three_readings():
    assert of.value_at_risk(SERIES) == near(0.01775)
    assert of.value_at_risk(SERIES, by="order") == near(0.02)
    assert of.value_at_risk(SERIES, by="normal") == near(0.02086274)
    assert of.tail_count(10, 0.95) == pytest.approx(0.5)
    # A tail without an observation begins at the worst.
    assert of.value_at_risk(SERIES, 1.0, by="order") == near(0.02)


def test_expected_shortfall_weighs_the_last_observation_of_the_tail():
    assert of.expected_shortfall(SERIES) == near(0.02)
    assert of.expected_shortfall(SERIES, 0.8) == near(0.0175)
    # The worst and half of the next: (0.02 + 0.015 / 2) / 1.5.
    assert of.expected_shortfall(SERIES, 0.85) == near(0.0275 / 1.5)


def test_skew_and_kurtosis_of_the_observations_and_of_a_sample():
    assert of.moments(SERIES) == (near(-0.18853679), near(1.81191409))
    assert of.moments(SERIES, sample=True) == (near(-0.22357713), near(3.0 - 1.13608046))


@pytest.mark.parametrize("steady", [[0.01] * 9, [0.1 + 0.2, 0.3], [0.0] * 4])
def test_returns_that_do_not_vary_have_no_ratio(steady):
    """Rounding alone is no deviation: 0.1 + 0.2 is 0.3 here."""
    assert of.volatility(steady, YEAR) == 0.0
    assert of.sharpe(steady, YEAR) is None
    assert of.sortino(steady, YEAR) is None
    assert of.omega(steady) is None
    assert of.moments(steady) is None


def test_without_returns_nothing_is_made_up():
    assert of.wealth([]).tolist() == [1.0]
    assert of.total([]) == 0.0
    for figure in (of.annual_growth([], YEAR), of.volatility([], YEAR), of.sharpe([], YEAR)):
        assert figure is None
    for figure in (of.sortino([], YEAR), of.tail_ratio([]), of.value_at_risk([]), of.expected_shortfall([])):
        assert figure is None
    assert of.value_at_risk([0.01], by="normal") is None
    assert of.annual_growth_by_calendar(0.1, 0) is None
    assert of.moments([0.1, 0.2, 0.4], sample=True) is None
    assert of.calmar(None, -0.1) is None
    assert of.calmar(0.1, 0.0) is None


def test_who_lost_everything_stays_there():
    """A later gain does not bring back what is gone; debts stay too."""
    assert of.wealth([0.5, -1.0, 0.5]).tolist() == [1.0, 1.5, 0.0, 0.0]
    assert of.total([0.5, -1.2, -3.0]) == pytest.approx(-1.3)
    assert of.annual_growth([0.5, -1.2, -3.0], YEAR) == -1.0
    assert of.annual_growth_by_calendar(-1.3, 30) == -1.0


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ([0.01, math.nan], r"1 of 2 returns are no numbers, the first \(nan\) at place 1"),
        ([math.inf], "Close the gaps"),
        ([[0.01], [0.02]], r"the shape \(2, 1\)"),
    ],
)
def test_a_gap_is_refused_and_not_skipped(broken, words):
    with pytest.raises(UnusableSeries, match=words):
        of.total(broken)


def test_a_rate_for_each_return_has_their_length():
    with pytest.raises(UnusableSeries, match="3 rates for 10 returns"):
        of.sharpe(SERIES, YEAR, [0.0, 0.0, 0.0])


def test_months_are_compounded_and_gaps_stay_empty():
    days = np.array(["2023-11-30", "2024-01-02", "2024-01-31", "2024-03-01"], dtype="datetime64[D]")

    table = of.by_month([0.10, 0.10, -0.10, 0.05], days)

    assert table.years == (2023, 2024)
    assert table.months[0, 10] == pytest.approx(0.10)
    assert table.months[1, 0] == pytest.approx(-0.01)
    assert math.isnan(table.months[1, 1])
    assert table.months[1, 2] == pytest.approx(0.05)
    assert table.totals == pytest.approx([0.10, 0.99 * 1.05 - 1])
    assert of.by_month([], days[:0]).years == ()
    with pytest.raises(UnusableSeries, match="4 days for 1 returns"):
        of.by_month([0.1], days)
