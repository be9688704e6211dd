"""Falls from a high: how deep, how long, and those that are not over."""

import pytest

from premia.metrics import drawdown
from premia.metrics.returns import wealth
from premia.metrics.series import UnusableSeries

WORTH = [100, 102, 101, 99, 103, 104, 100, 98, 101, 104, 105]


def test_the_deepest_fall_with_its_peak_trough_and_recovery():
    fall = drawdown.deepest(WORTH)

    assert fall.depth == pytest.approx(-0.05769231, abs=5e-9)
    assert (fall.peak, fall.trough, fall.recovery) == (5, 7, 9)
    assert (fall.to_trough, fall.length, fall.underwater) == (2, 4, 3)
    assert not fall.censored


def test_every_fall_is_found_in_order():
    falls = drawdown.drawdowns(WORTH)

    assert [(one.peak, one.trough, one.recovery) for one in falls] == [(1, 3, 4), (5, 7, 9)]
    assert falls[0].depth == pytest.approx(99 / 102 - 1)
    assert drawdown.longest(WORTH) == falls[1]
    assert drawdown.underwater_share(WORTH) == pytest.approx(5 / 10)


def test_depths_of_the_pinned_series():
    series = [0.01, -0.02, 0.015, 0.005, -0.01, 0.02, -0.005, 0.0, 0.01, -0.015]

    below = drawdown.depths(wealth(series))

    expected = [0, 0, -0.02, -0.0053, -0.0003265, -0.01032324, 0, -0.005, -0.005, 0, -0.015]
    assert below == pytest.approx(expected, abs=5e-8)


def test_a_loss_in_the_first_period_counts():
    assert drawdown.max_drawdown([-0.05, 0.02, 0.01, -0.01, 0.03]) == pytest.approx(-0.05)
    assert drawdown.max_drawdown([-0.05, 0.02]) == pytest.approx(-0.05)


def test_a_fall_that_is_not_over_is_censored():
    fall = drawdown.deepest([100, 110, 99, 105])

    assert fall.censored
    assert fall.recovery is None
    assert (fall.peak, fall.trough, fall.last) == (1, 2, 3)
    assert (fall.length, fall.underwater) == (2, 2)


def test_a_high_that_is_held_begins_the_fall_at_its_end():
    assert drawdown.deepest([100, 100, 100, 90, 100]).peak == 2


def test_what_never_falls_has_no_drawdown():
    assert drawdown.drawdowns([1, 1, 2]) == ()
    assert drawdown.deepest([1, 2]) is None
    assert drawdown.longest([]) is None
    assert drawdown.max_drawdown([]) == 0.0
    assert drawdown.underwater_share([1.0]) is None


def test_losing_everything_is_a_fall_of_one_and_more():
    assert drawdown.max_drawdown([0.0, -1.0, 0.5]) == -1.0
    assert drawdown.max_drawdown([-1.5]) == pytest.approx(-1.5)
    with pytest.raises(UnusableSeries, match="begins at 0"):
        drawdown.depths([0.0, 1.0])
