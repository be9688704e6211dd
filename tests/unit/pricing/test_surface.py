"""The volatility surface: its level, its shape, and no arbitrage in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.pricing import black_scholes
from premia.pricing.surface import INDEX_SHAPE, STOCK_SHAPE, Surface, forward, index_surface
from premia.pricing.terms import Carry, OptionTerms

MONTH = 30 / 365

levels = st.floats(0.07, 0.90)
lives = st.floats(1 / 365, 2.0)
shapes = st.sampled_from([INDEX_SHAPE, STOCK_SHAPE])


@pytest.mark.parametrize("level", [0.05, 0.10, 0.139, 0.25, 0.70])
def test_the_level_is_the_at_the_money_volatility_of_thirty_days(level):
    assert Surface(level).vols(0.0, MONTH)[0] == pytest.approx(level, rel=1e-12)


def test_at_the_money_volatility_is_seven_eighths_of_the_vix():
    """The mean ratio of 41 days of 2019 is 0.867."""
    assert index_surface(0.16).vols(0.0, MONTH)[0] == pytest.approx(0.16 * 0.867)


def test_calm_markets_slope_up_and_wild_ones_down():
    calm, wild = (Surface(level).atm_vols([7 / 365, MONTH, 0.25, 1.0]) for level in (0.10, 0.40))

    assert (np.diff(calm) > 0.0).all()
    assert (np.diff(wild) < 0.0).all()


def test_puts_cost_more_volatility_than_calls_of_the_same_distance():
    low, high = index_surface(0.16).vols(np.log([0.95, 1.05]), MONTH)

    assert low > high + 0.05


def test_short_expiries_are_steeper():
    def slope(years):
        left, right = index_surface(0.16).vols([-0.01, 0.01], years)
        return (right - left) / 0.02

    assert slope(7 / 365) < slope(MONTH) < slope(1.0) < 0.0


def test_a_quarter_of_a_day_is_the_shortest_life():
    surface = index_surface(0.16)

    assert surface.vols(0.001, 0.0) == surface.vols(0.001, 0.25 / 365)


@given(levels, lives, shapes)
def test_no_butterfly_can_be_bought_for_nothing(level, life, shape):
    """Prices are convex in the strike over six standard deviations on each side."""
    surface = Surface(level, shape)
    width = level * np.sqrt(life)
    strikes = 100.0 * np.exp(np.linspace(-6.0, 6.0, 241) * width)
    vols = surface.vols(np.log(strikes / 100.0), life)

    calls = black_scholes.value(OptionTerms(strikes, life, 1.0), Carry(100.0, 0.0), vols)

    slopes = np.diff(calls) / np.diff(strikes)
    assert (slopes >= -1.0 - 1e-9).all()
    assert (slopes <= 1e-9).all()
    assert (np.diff(slopes) >= -1e-9).all()


@given(levels, shapes, st.floats(-0.6, 0.4))
def test_no_calendar_can_be_bought_for_nothing(level, shape, moneyness):
    """At one log-moneyness total variance grows with time."""
    years = np.array([1, 2, 5, 10, 30, 60, 120, 250, 500, 730]) / 365

    total = Surface(level, shape).vols(moneyness, years) ** 2 * years

    assert (np.diff(total) > 0.0).all()


def test_the_forward_grows_by_rate_less_yield():
    assert forward(Carry(100.0, 0.05, 0.02), [0.0, 1.0]) == pytest.approx([100.0, 100.0 * np.exp(0.03)])
