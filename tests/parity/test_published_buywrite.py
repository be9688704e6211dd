"""The Cboe S&P 500 BuyWrite Index, replayed from prices and the VIX against its published levels.

The bounds mean something because two near misses fail them: options at the VIX itself, and no options.
"""

import numpy as np
import pytest

from premia.metrics.returns import annual_growth, volatility
from premia.research.buywrite import buywrite
from premia.research.index_days import VIX_TO_AT_THE_MONEY, roll_days, total_return
from premia.research.likeness import likeness, month_ends
from tests import published_data
from tests.real_data import real_data

FROM = np.datetime64("2005-12-30")


@pytest.fixture(scope="module")
def bxm():
    """Published days and levels from the end of 2005 to that of 2022."""
    day, level = published_data.published(real_data)
    chosen = (day >= FROM) & (day <= np.datetime64("2022-12-30"))
    return day[chosen], level[chosen]


def compared(day, level, bxm):
    return likeness(day[day >= FROM], level[day >= FROM], *bxm)


def test_the_published_index_itself_has_its_known_figures(bxm):
    day, level = bxm
    ends = level[month_ends(day)]
    months = ends[1:] / ends[:-1] - 1.0

    assert months.size == 204
    assert annual_growth(months, 12) == pytest.approx(0.0482, abs=5e-5)
    assert volatility(months, 12) == pytest.approx(0.1145, abs=5e-5)


def test_replayed_by_its_rules_it_is_the_published_index(bxm):
    replay = buywrite(published_data.index_days(real_data, VIX_TO_AT_THE_MONEY))

    found = compared(replay.day, replay.level, bxm)

    assert found.differences == ()
    assert found.months == 204
    assert found.whole.correlation >= 0.98
    assert found.whole.tracking_error <= 0.023
    assert abs(found.whole.excess_growth) <= 0.02
    assert len(found.thirds) == 3
    assert all(abs(third.excess_growth) <= 0.03 for third in found.thirds)


def test_with_options_at_the_vix_itself_it_is_not(bxm):
    replay = buywrite(published_data.index_days(real_data, 1.0))

    found = compared(replay.day, replay.level, bxm)

    assert 0.103 <= found.whole.ours.growth <= 0.109
    assert any(one.startswith("return a year") for one in found.differences)


def test_without_options_it_is_not(bxm):
    index = published_data.index_days(real_data, VIX_TO_AT_THE_MONEY)

    found = compared(index.day, total_return(index), bxm)

    assert found.whole.correlation == pytest.approx(0.89, abs=0.005)
    told = " ".join(found.differences)
    assert "correlation" in told
    assert "tracking error" in told
    assert "return a year" in told


def test_one_point_of_volatility_is_worth_a_point_and_a_half_a_year(bxm):
    def growth(ratio):
        replay = buywrite(published_data.index_days(real_data, ratio))
        return compared(replay.day, replay.level, bxm).whole.ours.growth

    mean_vix = np.mean(published_data.index_days(real_data, 1.0).vol_at_close)
    points = (growth(0.88) - growth(0.78)) / (0.10 * mean_vix)

    assert points == pytest.approx(1.5, abs=0.1)


def test_the_volatility_is_what_quoted_chains_say_and_not_what_fits():
    """Each year of chains counts once; the constant is their mean, to two decimals."""
    found = published_data.ratios(real_data)

    assert [one.days for one in found] == [41, 110, 1, 37]
    assert [round(one.median, 3) for one in found] == [0.879, 0.770, 0.838, 0.839]
    assert round(float(np.mean([one.median for one in found])), 2) == VIX_TO_AT_THE_MONEY


def test_the_fund_opens_without_its_dividend_and_the_index_does_not(bxm):
    """Every third roll is an ex-date of the fund; settled at its bare opening, the index gains a point."""
    index = published_data.index_days(real_data, VIX_TO_AT_THE_MONEY)
    rolls = roll_days(index.day)[:-1]
    ex_date = np.isin(index.day, np.intersect1d(rolls, published_data.fund_ex_dates(real_data)))
    bare = index.opening - np.where(ex_date, 0.25 * index.dividend_yield * index.close, 0.0)

    right, wrong = (
        compared(replay.day, replay.level, bxm).whole.ours.growth
        for replay in (buywrite(index), buywrite(index._replace(opening=bare)))
    )

    assert rolls.size == 205
    assert np.sum(ex_date) == 69
    assert wrong - right > 0.01
