"""The BuyWrite index day by day in 2019, its call marked by real quotes instead of a model.

Which strike Cboe sold stands in no file of ours: of those that the index passed on the day of the roll, the
one that fits best is taken. What then remains is the quotes' own error, a few hundredths of a percent a day.
"""

import numpy as np
import pytest

from premia.research.buywrite import buywrite
from premia.research.index_days import VIX_TO_AT_THE_MONEY
from tests import published_data
from tests.published_quotes import marked
from tests.real_data import real_data

BP = 1e-4
# The strikes between the lowest and the highest value of the index on the day of the roll, by SPY's.
PASSED = {"2019-04-18": (2895, 2910), "2019-05-17": (2855, 2890), "2019-06-21": (2950, 2970)}


@pytest.fixture(scope="module")
def index():
    return published_data.index_days(real_data, VIX_TO_AT_THE_MONEY)


@pytest.mark.parametrize(
    ("day", "days", "error", "drift"),
    [("2019-04-18", 14, 6.5, 5), ("2019-05-17", 19, 2.0, 5), ("2019-06-21", 5, 1.5, 8)],
)
def test_a_call_marked_by_quotes_gives_the_published_index_day_by_day(index, day, days, error, drift):
    """Within a few basis points a day, where the S&P 500 alone is off by twenty and more."""
    (roll,) = [one for one in buywrite(index).rolls if str(one.day) == day]
    low, high = PASSED[day]

    months = marked(real_data, roll, index, [float(one) for one in range(low, high + 1, 5)])
    best = min(months, key=lambda one: one.error)

    assert best.ours.size == days
    assert best.error <= error * BP
    assert abs(best.drift) <= drift * BP
    assert np.corrcoef(best.ours, best.theirs)[0, 1] >= 0.995
    assert np.std(best.bare - best.theirs, ddof=1) >= 20 * BP
