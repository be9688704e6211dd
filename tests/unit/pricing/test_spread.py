"""How wide quotes are, and on which prices."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.pricing.spread import BookClass, SpreadInputs, half_spread, quotes
from premia.pricing.ticks import TickClass, tick_sizes

books = st.sampled_from(list(BookClass))
ticks = st.sampled_from(list(TickClass))
prices = st.floats(0.001, 300.0)
deltas = st.floats(-1.0, 1.0)
days = st.floats(0.0, 800.0)


def test_index_puts_of_a_month_are_as_wide_as_recorded():
    """Recorded medians of 15 to 60 days: 0.075 for prices of 1 to 3, 0.10 for 3 to 10, 0.20 for 10 to 30."""
    inputs = SpreadInputs([1.8, 6.0, 18.0], [-0.03, -0.10, -0.25], 35.0)

    half = half_spread(inputs, BookClass.INDEX, TickClass.INDEX, vix=0.16)

    assert half == pytest.approx([0.075, 0.12, 0.20], rel=0.2)


def test_a_liquid_fund_quotes_a_tick():
    """SPY options below 3.00: a median half-spread of half a cent."""
    half = half_spread(SpreadInputs([0.3, 1.0, 2.5], 0.2, 35.0), BookClass.ETF, TickClass.FINE)

    assert half.tolist() == [0.005, 0.005, 0.005]


def test_fear_widens_quotes():
    calm, wild = (
        half_spread(SpreadInputs(20.0, 0.3, 35.0), BookClass.INDEX, TickClass.INDEX, vix)[0]
        for vix in (0.15, 0.40)
    )

    # (40 / 15) to the fitted power 0.465
    assert wild / calm == pytest.approx(1.578, abs=1e-3)


def test_liquidity_multiplies_what_is_not_held_by_the_tick():
    inputs = SpreadInputs(10.0, 0.3, 35.0)

    usual, thin = (half_spread(inputs, BookClass.STOCK, TickClass.PENNY, liquidity=x)[0] for x in (1.0, 3.0))

    assert thin == pytest.approx(3.0 * usual)


def test_options_deep_in_the_money_are_wider():
    out, deep = half_spread(SpreadInputs(30.0, [0.4, 0.9], 35.0), BookClass.INDEX, TickClass.INDEX)

    assert deep > 2.0 * out


@given(st.builds(SpreadInputs, prices, deltas, days), books, ticks, st.floats(0.08, 0.9), st.floats(0.2, 5.0))
def test_quotes_are_on_the_grid_and_enclose_the_value(inputs, book, tick_class, vix, liquidity):
    bid, ask = quotes(inputs, book, tick_class, vix, liquidity)

    assert 0.0 <= bid[0] <= inputs.price <= ask[0]
    assert bid[0] < ask[0]
    for side in (bid[0], ask[0]):
        exact = Decimal(repr(round(float(side), 4)))
        below, above = tick_class.steps
        assert exact % below == 0
        assert exact < 3 or exact % above == 0


@given(prices, deltas, days, books, ticks)
def test_a_half_spread_is_at_least_half_a_tick(price, delta, life, book, tick_class):
    half = half_spread(SpreadInputs(price, delta, life), book, tick_class)

    assert half[0] >= 0.5 * tick_sizes(price, tick_class)[0]


def test_an_option_worth_less_than_half_a_tick_has_no_bid():
    bid, ask = quotes(SpreadInputs([0.004, 0.01], 0.01, 5.0), BookClass.INDEX, TickClass.INDEX)

    assert bid.tolist() == [0.0, 0.0]
    assert ask.tolist() == [0.05, 0.05]


@pytest.mark.parametrize(
    ("tick_class", "below", "above"),
    [
        (TickClass.FINE, "0.01", "0.01"),
        (TickClass.PENNY, "0.01", "0.05"),
        (TickClass.INDEX, "0.05", "0.10"),
        (TickClass.OTHER, "0.05", "0.10"),
    ],
)
def test_steps_change_at_three_dollars(tick_class, below, above):
    assert tick_class.step(Decimal("2.99")) == Decimal(below)
    assert tick_class.step(Decimal("3.00")) == Decimal(above)
    assert tick_sizes([2.99, 3.0], tick_class).tolist() == [float(below), float(above)]


def test_scalars_give_one_quote_and_arrays_their_shape():
    inputs = SpreadInputs(np.ones((2, 3)), 0.3, 30.0)

    assert half_spread(inputs, BookClass.STOCK, TickClass.PENNY).shape == (2, 3)
