"""A strategy beside an index, and beside the mix of index and bills that moves as much."""

import math

import numpy as np
import pytest

from premia.metrics.compare import compare, compare_with_mix, regress
from premia.metrics.series import UnusableSeries

MARKET = np.array([0.04, -0.03, 0.02, 0.01, -0.05, 0.03])
RATE = 0.001


def test_a_line_is_found_again():
    """Half of the market's excess and 0.002 a month above it."""
    ours = RATE + 0.002 + 0.5 * (MARKET - RATE)

    line = regress(ours, MARKET, 12, RATE)

    assert line.beta == pytest.approx(0.5)
    assert line.alpha == pytest.approx(0.024)
    assert line.correlation == pytest.approx(1.0)
    assert line.residual == pytest.approx(0.0, abs=1e-12)


def test_the_error_of_alpha_by_the_normal_equations():
    rng = np.random.default_rng(3)
    market = rng.normal(0.005, 0.04, 120)
    ours = 0.001 + 0.6 * market + rng.normal(0.0, 0.01, 120)

    line = regress(ours, market, 12)

    design = np.column_stack([np.ones(120), market])
    found, squares, _, _ = np.linalg.lstsq(design, ours, rcond=None)
    error = math.sqrt(squares[0] / 118 * np.linalg.inv(design.T @ design)[0, 0])
    assert (line.alpha, line.beta) == pytest.approx((found[0] * 12, found[1]))
    assert line.alpha_error == pytest.approx(error * 12)
    assert line.alpha_t == pytest.approx(found[0] / error)
    assert line.residual == pytest.approx(math.sqrt(squares[0] / 118 * 12))


def test_cash_has_no_beta_and_a_flat_market_gives_no_line():
    cash = regress([RATE] * 6, MARKET, 12, RATE)

    assert (cash.beta, cash.correlation) == (0.0, 0.0)
    assert cash.alpha == pytest.approx(0.0, abs=1e-15)
    assert regress(MARKET, [0.01] * 6, 12) is None
    assert regress([], [], 12) is None
    assert regress([0.01, 0.02], [0.02, 0.01], 12).alpha_t is None


def test_beside_an_index():
    ours = 0.5 * MARKET

    beside = compare(ours, MARKET, 12)

    gap = -0.5 * MARKET
    assert beside.correlation == pytest.approx(1.0)
    assert beside.tracking_error == pytest.approx(np.std(gap, ddof=1) * math.sqrt(12))
    assert beside.information_ratio == pytest.approx(np.mean(gap) * 12 / beside.tracking_error)
    assert beside.excess_growth == pytest.approx(beside.ours.growth - beside.theirs.growth)
    # 1.5 % down, 1.5 % up in two steps, 2.5 % down.
    assert beside.ours.max_drawdown == pytest.approx(0.985 * 1.01 * 1.005 * 0.975 - 1.0)


def test_capture_compares_gaining_and_losing_periods_apart():
    """Every gain halved, every loss taken whole."""
    ours = np.where(MARKET > 0, 0.5 * MARKET, MARKET)

    beside = compare(ours, MARKET, 12)

    up = (1.02 * 1.01 * 1.005 * 1.015) ** 0.25 - 1, (1.04 * 1.02 * 1.01 * 1.03) ** 0.25 - 1
    assert beside.up_capture == pytest.approx(up[0] / up[1])
    assert beside.down_capture == pytest.approx(1.0)
    assert compare([0.01], [0.02], 12).down_capture is None


def test_periods_in_which_the_benchmark_stood_still_are_neither_gains_nor_losses():
    beside = compare([0.5, 0.01, -0.03], [0.0, 0.02, -0.03], 12)

    assert beside.up_capture == pytest.approx(0.5)
    assert beside.down_capture == pytest.approx(1.0)


def test_the_index_itself_has_no_difference_to_tell():
    beside = compare(MARKET, MARKET, 12)

    assert beside.tracking_error == 0.0
    assert beside.information_ratio is None
    assert beside.excess_growth == 0.0


def test_the_mix_moves_as_much_and_alpha_is_what_is_above_it():
    rng = np.random.default_rng(5)
    market, bills = rng.normal(0.006, 0.04, 240), np.full(240, 0.0015)
    ours = bills + 0.55 * (market - bills) + 0.002 + rng.normal(0.0, 0.004, 240)

    mix = compare_with_mix(ours, market, 12, bills)

    again = regress(mix.returns, market, 12, bills)
    assert again.beta == pytest.approx(mix.regression.beta)
    assert again.alpha == pytest.approx(0.0, abs=1e-12)
    assert np.mean(ours - mix.returns) * 12 == pytest.approx(mix.regression.alpha)
    assert mix.comparison.theirs.volatility == pytest.approx(
        again.beta * np.std(market, ddof=1) * math.sqrt(12)
    )
    assert compare_with_mix(ours, bills, 12, bills) is None


def test_a_benchmark_of_another_length_is_refused():
    with pytest.raises(UnusableSeries, match="5 returns of the benchmark for 6 returns"):
        compare(MARKET, MARKET[1:], 12)
    with pytest.raises(UnusableSeries, match="5 returns of the market"):
        regress(MARKET, MARKET[1:], 12)
