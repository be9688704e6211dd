"""When a replay is the published index, and in which words it is not."""

import numpy as np
import pytest

from premia.metrics.series import UnusableSeries
from premia.research.likeness import likeness, month_ends

DAY = np.arange("2010-01-01", "2020-01-01", dtype="datetime64[D]")
LEVEL = 100.0 * np.cumprod(1.0 + np.random.default_rng(4).normal(0.0003, 0.007, DAY.size))


def drifting(a_year, since=0):
    """The index with so much more return a year, from a place on."""
    more = np.where(np.arange(DAY.size) < since, 0.0, a_year / 365.25)
    return LEVEL * np.cumprod(1.0 + more)


def test_the_index_is_like_itself():
    found = likeness(DAY, LEVEL, DAY, 7.0 * LEVEL)

    assert found.months == 119
    assert found.differences == ()


def test_a_point_too_much_is_allowed_and_three_are_not():
    assert likeness(DAY, drifting(0.01), DAY, LEVEL).differences == ()
    assert any(
        "return a year off by 0.0" in one for one in likeness(DAY, drifting(0.03), DAY, LEVEL).differences
    )


def test_too_little_return_is_told_like_too_much():
    told = likeness(DAY, drifting(-0.04), DAY, LEVEL).differences

    assert any("return a year off by -0.0" in one for one in told)
    assert any("return of third 1 off by -0.0" in one for one in told)


def test_a_third_that_is_off_is_told_by_itself():
    """Four points a year in the last third alone are 1.3 over the whole."""
    found = likeness(DAY, drifting(0.04, since=2 * DAY.size // 3), DAY, LEVEL)

    (told,) = found.differences
    assert told.startswith("return of third 3 off by 0.0")


def test_noise_and_another_market_are_told():
    noise = LEVEL * np.exp(np.random.default_rng(5).normal(0.0, 0.02, DAY.size))
    told = " ".join(likeness(DAY, noise, DAY, LEVEL).differences)

    assert "correlation 0." in told
    assert "tracking error 0." in told
    assert (
        likeness(DAY, np.full(DAY.size, 100.0), DAY, LEVEL).differences[0].startswith("correlation undefined")
    )


def test_months_end_at_their_last_session():
    assert DAY[month_ends(DAY)][:2].astype(str).tolist() == ["2010-01-31", "2010-02-28"]


def test_a_published_index_without_that_day_is_refused():
    with pytest.raises(UnusableSeries, match="no level on 2010-01-31"):
        likeness(DAY, LEVEL, DAY[40:], LEVEL[40:])
