"""Trades in figures, and what premium earns on capital."""

import pytest

from premia.metrics.series import UnusableSeries
from premia.metrics.trades import premium_capture, premium_yield, premium_yield_compounded, trade_figures

SERIES = [0.01, -0.02, 0.015, 0.005, -0.01, 0.02, -0.005, 0.0, 0.01, -0.015]


def test_the_pinned_series_read_as_trades():
    figures = trade_figures(SERIES)

    assert (figures.count, figures.wins, figures.losses) == (10, 5, 4)
    assert figures.win_rate == pytest.approx(5 / 9)
    assert figures.wins / figures.count == 0.5
    assert figures.profit_factor == pytest.approx(1.2)
    assert figures.payoff == pytest.approx(0.96)
    assert figures.expectancy == pytest.approx(0.001)


def test_expectancy_in_multiples_of_what_was_at_stake():
    figures = trade_figures([50.0, -100.0, 30.0, 0.0], risks=[100.0, 100.0, 300.0, 200.0])

    assert figures.expectancy == pytest.approx(-20 / 4)
    assert figures.expectancy_r == pytest.approx((0.5 - 1.0 + 0.1) / 4)
    assert (figures.best, figures.worst) == (50.0, -100.0)


def test_expectancy_is_what_wins_bring_less_what_losses_take():
    figures = trade_figures([40.0, 60.0, -90.0, 0.0])

    assert figures.expectancy == pytest.approx(
        figures.wins / 4 * figures.average_win - figures.losses / 4 * figures.average_loss
    )


def test_without_losses_there_is_no_profit_factor():
    figures = trade_figures([10.0, 20.0])

    assert figures.win_rate == 1.0
    assert (figures.profit_factor, figures.payoff, figures.average_loss) == (None, None, None)
    assert figures.losing_streak == 0


def test_without_trades_there_is_nothing():
    figures = trade_figures([], risks=[])

    assert figures.count == 0
    assert (figures.win_rate, figures.expectancy, figures.expectancy_r, figures.best) == (None,) * 4


def test_the_longest_run_of_losses_and_a_trade_at_zero_ends_it():
    assert trade_figures([-1, -1, 1, -1, -1, -1]).losing_streak == 3
    assert trade_figures([-1, -1, 0, -1]).losing_streak == 2


def test_a_trade_without_risk_has_no_multiple_of_it():
    with pytest.raises(UnusableSeries, match=r"the risk of a trade is 0\.0 USD"):
        trade_figures([1.0, 2.0], risks=[1.0, 0.0])


def test_premium_yield_says_on_what_capital():
    """A 95 put sold at 1.37 for 45 days: on the strike, on strike less premium, on 1,500 USD of margin."""
    assert premium_yield(1.37, 95.0, 45) == pytest.approx(0.11697076, abs=5e-9)
    assert premium_yield(1.37, 95.0 - 1.37, 45) == pytest.approx(0.11868228, abs=5e-9)
    assert premium_yield(137.0, 1500.0, 45) == pytest.approx(0.74081480, abs=2e-8)
    assert premium_yield_compounded(1.37, 95.0, 45) == pytest.approx(0.12314789, abs=5e-9)
    assert premium_yield(1.37, 0.0, 45) is None
    assert premium_yield(1.37, 95.0, 0) is None
    assert premium_yield_compounded(1.37, 95.0, 0) is None


def test_premium_capture_is_what_was_kept_of_what_was_sold():
    assert premium_capture(68.0, 136.0) == 0.5
    assert premium_capture(-136.0, 136.0) == -1.0
    assert premium_capture(0.0, 0.0) is None
