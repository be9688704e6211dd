"""The chance to touch a price on the way."""

import pytest

from premia.pricing.probability import touch_probability


def test_a_put_strike_is_touched_twice_as_often_as_it_ends_in_the_money():
    """100 down to 95 in 45 days at 25 %: 0.558652 by hand, twice the 0.279144 of the end."""
    answer = touch_probability(100.0, 95.0, 45 / 365, 0.032, 0.25)

    assert answer[0] == pytest.approx(0.558652, abs=1e-6)


def test_where_one_stands_is_touched_and_without_time_nothing_else_is():
    assert touch_probability(100.0, [100.0, 99.0, 101.0], 0.0, 0.0, 0.2).tolist() == [1.0, 0.0, 0.0]
