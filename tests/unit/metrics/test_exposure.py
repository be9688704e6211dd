"""How much of the account was at stake, and what the capital at stake earned."""

import pytest

from premia.metrics.exposure import exposure, return_on_capital
from premia.metrics.series import UnusableSeries


def test_shares_of_time_and_of_capital():
    shares = exposure([0.0, 5_000.0, 10_000.0, 0.0], [10_000.0, 10_000.0, 12_500.0, 12_500.0])

    assert shares.in_market == 0.5
    assert shares.average == pytest.approx((0.5 + 0.8) / 4)
    assert shares.average_in_market == pytest.approx(0.65)
    assert (shares.lowest, shares.highest) == (0.0, 0.8)


def test_an_idle_account_and_an_empty_one():
    idle = exposure([0.0, 0.0], [1.0, 1.0])

    assert (idle.in_market, idle.average, idle.average_in_market) == (0.0, 0.0, None)
    assert exposure([], []).in_market is None


def test_a_short_exposure_is_negative():
    assert exposure([-500.0, 500.0], [1_000.0, 1_000.0]).lowest == -0.5


def test_a_share_of_nothing_is_refused():
    with pytest.raises(UnusableSeries, match=r"worth 0\.00 USD"):
        exposure([1.0], [0.0])


def test_capital_days_weigh_how_much_and_how_long():
    """136.50 on 10,000 for 30 days and 5,000 for 13: 365,000 capital-days."""
    assert return_on_capital(136.5, [10_000.0, 5_000.0], [30, 13]) == pytest.approx(136.5 / 365_000 * 365)
    assert return_on_capital(10.0, [], []) is None
