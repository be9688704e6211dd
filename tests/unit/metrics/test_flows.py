"""Accounts with deposits: what the strategy did, and what the owner got."""

import pytest

from premia.metrics.flows import modified_dietz, money_weighted, period_returns, time_weighted
from premia.metrics.series import UnusableSeries


def test_a_deposit_before_a_bad_period_parts_strategy_and_owner():
    """100 grow to 110, 50 come in, 160 shrink to 155."""
    owner = money_weighted(100, 155, flows=[50], times=[1], span=2)

    assert time_weighted([100, 110, 155], [0, 50]) == pytest.approx(0.065625, abs=1e-12)
    assert owner.rate == pytest.approx(0.0198425, abs=5e-8)
    assert owner.total == pytest.approx(0.0400787, abs=5e-8)
    assert owner.method == "irr"
    assert modified_dietz(100, 155, [50], [1], 2) == pytest.approx(0.04, abs=1e-12)


def test_a_deposit_alone_is_no_return():
    assert time_weighted([100, 100, 300], [0, 200]) == 0.0
    assert money_weighted(100, 300, [200], [1], 2).rate == pytest.approx(0.0, abs=1e-12)
    assert period_returns([100, 100, 300], [0, 200]).tolist() == [0.0, 0.0]


def test_a_rate_a_year_of_a_span_in_years():
    assert money_weighted(100, 121, [], [], 2).rate == pytest.approx(0.10)
    assert money_weighted(100, 110, [], [], 0.5).rate == pytest.approx(0.21)


def test_extreme_growth_is_found_or_said_to_be_beyond_numbers():
    assert money_weighted(1e6, 1e-6, [], [], 1).total == pytest.approx(1e-12 - 1.0, abs=1e-13)
    week = money_weighted(1.0, 1e9, [], [], 1 / 52)
    assert week.total == pytest.approx(1e9 - 1)
    assert week.rate is None


def test_flows_with_several_rates_fall_back_to_modified_dietz():
    """-100, +230, -132 are worth nothing at 10 % and at 20 %: neither is *the* rate."""
    assert money_weighted(100, -132, flows=[-230], times=[1], span=2) is None  # -15 on average at work
    several = money_weighted(100, 20, flows=[-230, 132], times=[1, 1.5], span=2)
    assert several.method == "modified_dietz"
    assert several.total == pytest.approx((20 - 100 + 98) / (100 - 115 + 33))


def test_where_nothing_was_at_work_there_is_no_rate():
    assert money_weighted(0, 0, [], [], 1) is None
    assert money_weighted(100, -50, [], [], 1) is None
    assert modified_dietz(0, 10, [], [], 1) is None


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: period_returns([], []), "there is no value"),
        (lambda: period_returns([100, 0, 5], [0, 0]), "period 1 began with 0.00"),
        (lambda: period_returns([100, 110], [0, 0]), "2 flows"),
        (lambda: money_weighted(100, 110, [5], [3], 2), "outside the span"),
        (lambda: money_weighted(100, 110, [], [], 0), "outside the span"),
    ],
)
def test_what_cannot_be_a_return_is_refused(ask, words):
    with pytest.raises(UnusableSeries, match=words):
        ask()
