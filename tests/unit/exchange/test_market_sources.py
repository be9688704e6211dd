"""Noise, rates and the intraday bridge: what everything in the simulated market is made of."""

from datetime import date
from decimal import Decimal
from math import isclose, log

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from premia.exchange.bridge import Ohlc, intraday_path
from premia.exchange.noise import normals, uniform, uniforms
from premia.exchange.rates import short_rate, target

CENTS = st.integers(100, 1_000_000)


@st.composite
def days(draw: st.DrawFn) -> Ohlc:
    prices = sorted(draw(st.lists(CENTS, min_size=4, max_size=4)))
    low, first, second, high = (price / 100 for price in prices)
    opens, closes = (first, second) if draw(st.booleans()) else (second, first)
    return Ohlc(opens, high, low, closes)


@given(days(), st.sampled_from([4, 210, 390]), st.integers(0, 2**31))
def test_a_bridge_touches_the_four_prices_of_its_day_exactly(day, minutes, seed):
    path = intraday_path(day, minutes, seed, "ABC", 735_000)

    assert path.shape == (minutes + 1,)
    assert (path[0], path[-1]) == (day.open, day.close)
    assert (path.max(), path.min()) == (day.high, day.low)


def test_a_bridge_depends_on_its_seed_symbol_and_day_only():
    day = Ohlc(100.0, 102.0, 99.0, 101.0)

    path = intraday_path(day, 390, 7, "ABC", 735_000)

    assert np.array_equal(path, intraday_path(day, 390, 7, "ABC", 735_000))
    for other in ((8, "ABC", 735_000), (7, "ABD", 735_000), (7, "ABC", 735_001)):
        assert not np.array_equal(path, intraday_path(day, 390, *other))


def test_a_day_without_a_range_stands_still():
    assert set(intraday_path(Ohlc(50.0, 50.0, 50.0, 50.0), 390, 1, "ABC", 1).tolist()) == {50.0}


@given(st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40), st.integers(1, 50))
def test_noise_is_the_same_alone_and_in_an_array(seed, first, size):
    numbers = first + np.arange(size)

    together = uniforms(seed, "word", 3, numbers, -5)

    assert together.tolist() == [uniform(seed, "word", 3, int(one), -5) for one in numbers]
    assert ((together > 0.0) & (together < 1.0)).all()


def test_normal_noise_has_mean_zero_and_variance_one():
    """100,000 values: the mean is within four standard errors of 0, the variance within four of 1."""
    values = normals(1, "moments", np.arange(100_000))

    assert abs(values.mean()) < 4 / 100_000**0.5
    assert abs(values.var() - 1.0) < 4 * (2 / 100_000) ** 0.5


def test_noise_of_neighbours_is_not_correlated():
    numbers = np.arange(50_000)
    values = [
        normals(1, "a", numbers),
        normals(1, "b", numbers),
        normals(2, "a", numbers),
        normals(1, "a", numbers + 1),
    ]

    correlations = np.corrcoef(values)

    assert np.abs(correlations - np.eye(4)).max() < 4 / 50_000**0.5


def test_the_target_changes_on_the_day_after_its_decision():
    """The decision of 2015-12-16 raised the range from 0-0.25 to 0.25-0.50; of 2018-12-19 to 2.25-2.50."""
    assert target(date(2015, 12, 16)) == Decimal("0.00125")
    assert target(date(2015, 12, 17)) == Decimal("0.00375")
    assert target(date(2018, 12, 31)) == Decimal("0.02375")
    assert target(date(2007, 9, 18)) == Decimal("0.0525")


def test_the_short_rate_is_the_target_compounded_continuously():
    """2.375 % a year of 360 days, rolled overnight for 365 days, is 365 ln(1 + 0.02375 / 360) = 2.40791 %."""
    assert isclose(short_rate(date(2019, 1, 2)), 365 * log(1 + 0.02375 / 360), rel_tol=1e-12)
    assert round(short_rate(date(2019, 1, 2)), 7) == 0.0240791
