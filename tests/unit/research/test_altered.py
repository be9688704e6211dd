"""Quotes as they would be if one thing were otherwise."""

from datetime import date

import numpy as np
import pytest

from premia.pricing import black_scholes
from premia.pricing.terms import Carry, OptionTerms
from premia.research.altered import another_future, shifted, widened
from premia.store.panel import exact
from tests.recorded import FIRST, RATE, Story, calendar, panel_of, walk


@pytest.fixture(scope="module")
def panel():
    return panel_of(Story("ABC", walk(12, seed=2)), calendar())[0]


def test_a_spread_twice_as_wide_keeps_its_middle(panel):
    wide = widened(panel, 2.0)
    both = (panel.quotes["bid"] > 0) & (wide.quotes["bid"] > 0)

    before = panel.quotes["ask"][both].astype(int) - panel.quotes["bid"][both]
    after = wide.quotes["ask"][both].astype(int) - wide.quotes["bid"][both]
    middles = [
        quotes["bid"][both].astype(int) + quotes["ask"][both] for quotes in (panel.quotes, wide.quotes)
    ]
    assert both.sum() > 1_000
    assert np.abs(after - 2 * before).max() <= 1
    assert np.abs(middles[0] - middles[1]).max() <= 1


def test_a_bid_that_falls_to_zero_is_none(panel):
    wide = widened(panel, 50.0)

    assert (wide.quotes["bid"][panel.quotes["bid"] > 0] == -1).any()
    assert not (wide.quotes["bid"] == 0).any()


def test_spreads_of_factor_one_and_no_points_change_nothing(panel):
    assert (widened(panel, 1.0).quotes == panel.quotes).all()
    assert (shifted(panel, 0.0).quotes["bid"] == panel.quotes["bid"]).all()


def test_a_point_of_volatility_moves_both_sides_by_the_change_in_value(panel):
    higher = shifted(panel, 1.0, RATE)
    number = 3
    rows = panel.rows_of(number)
    spot = panel.days.spot[number] / 10_000
    checked = 0
    for expiry, _root, right, start, stop in panel.groups[
        panel.day_groups[number] : panel.day_groups[number + 1]
    ].tolist():
        left = (expiry - int(panel.days.day[number])) / 365
        if left <= 0:
            continue
        strike = panel.quotes["strike"][start:stop] / 10_000
        terms = OptionTerms(strike, np.full(strike.size, left), np.full(strike.size, right))
        change = black_scholes.value(terms, Carry(spot, RATE), 0.26) - black_scholes.value(
            terms, Carry(spot, RATE), 0.25
        )
        moved = (higher.quotes["ask"][start:stop] - panel.quotes["ask"][start:stop]) / 10_000
        assert np.abs(moved - change).max() <= 0.005 + 1e-9
        checked += strike.size
    assert checked > 100
    assert exact(higher.iv[rows]).max() == 0.26


def test_an_altered_future_leaves_the_past_alone_and_nothing_else(panel):
    after = date(2022, 1, 7)
    other = another_future(panel, after, seed=1)
    last = panel.day_number(after)
    rows = panel.rows_of(last).stop

    assert (other.quotes[:rows] == panel.quotes[:rows]).all()
    assert (other.days.spot[: last + 1] == panel.days.spot[: last + 1]).all()
    assert (other.quotes["ask"][rows:] != panel.quotes["ask"][rows:]).mean() > 0.5
    assert (other.days.spot[last + 1 :] != panel.days.spot[last + 1 :]).all()
    assert (other.quotes["strike"] == panel.quotes["strike"]).all()


def test_the_panel_that_was_given_stays_as_it_is():
    story = Story("ABC", walk(5, seed=2))
    panel, untouched = panel_of(story, calendar())[0], panel_of(story, calendar())[0]

    widened(panel, 3.0)
    shifted(panel, 2.0)
    another_future(panel, FIRST, seed=3)

    assert (panel.quotes["bid"] == untouched.quotes["bid"]).all()
    assert (panel.days.close == untouched.days.close).all()
    assert (exact(panel.iv) == exact(untouched.iv)).all()
