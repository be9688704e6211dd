"""The Cboe S&P 500 PutWrite Index, replayed, against the figures that Bondarenko printed for 2006 to 2015.

Its levels are in no file of ours, so figures are compared and not months. Growth, deviation and falls
are of month-ends, as in the paper; the premium is the mean of twelve sales a year.
"""

from typing import NamedTuple

import numpy as np
import pytest

from premia.metrics.drawdown import deepest
from premia.metrics.returns import annual_growth, volatility
from premia.research.index_days import VIX_TO_AT_THE_MONEY, total_return
from premia.research.likeness import month_ends
from premia.research.putwrite import putwrite
from tests import published_data
from tests.real_data import real_data

FIRST, LAST = np.datetime64("2005-12-30"), np.datetime64("2015-12-31")


class Printed(NamedTuple):
    """Percent a year, and the deepest fall in percent."""

    growth: float
    volatility: float
    fall: float


PUT = Printed(6.59, 11.51, -32.7)
SP500 = Printed(7.09, 15.11, -50.9)
PUT_PREMIUM = 24.1
BOUNDS = Printed(2.0, 0.5, 4.0)


def figures(day, level):
    decade = (day >= FIRST) & (day <= LAST)
    ends = level[decade][month_ends(day[decade])]
    months = ends[1:] / ends[:-1] - 1.0
    assert months.size == 120
    return Printed(100 * annual_growth(months, 12), 100 * volatility(months, 12), 100 * deepest(ends).depth)


def off(found, printed):
    """Names of the figures that lie further from the printed ones than allowed."""
    return {
        name
        for name, here, there, bound in zip(Printed._fields, found, printed, BOUNDS, strict=True)
        if abs(here - there) > bound
    }


def replayed(ratio):
    return putwrite(published_data.index_days(real_data, ratio))


def test_the_market_underneath_is_the_one_of_the_paper():
    index = published_data.index_days(real_data, 1.0)

    found = figures(index.day, total_return(index))

    assert found.growth == pytest.approx(SP500.growth, abs=0.2)
    assert found.volatility == pytest.approx(SP500.volatility, abs=0.05)
    assert found.fall == pytest.approx(SP500.fall, abs=0.3)


def test_replayed_by_its_rules_it_has_the_printed_figures():
    replay = replayed(VIX_TO_AT_THE_MONEY)

    assert off(figures(replay.day, replay.level), PUT) == set()


def test_the_premium_is_the_printed_one_within_two_points():
    sold = [
        roll.premium / roll.strike
        for roll in replayed(VIX_TO_AT_THE_MONEY).rolls
        if np.datetime64("2006") <= roll.day <= LAST
    ]

    assert len(sold) == 120
    assert 1200 * np.mean(sold) == pytest.approx(PUT_PREMIUM, abs=2.0)


def test_puts_at_the_vix_itself_and_the_market_alone_are_told_apart():
    dear = replayed(1.0)
    index = published_data.index_days(real_data, 1.0)

    assert "growth" in off(figures(dear.day, dear.level), PUT)
    assert {"volatility", "fall"} <= off(figures(index.day, total_return(index)), PUT)
