"""The synthetic set: the same from the same seed, and followable as a recorded one."""

from datetime import date, timedelta

import numpy as np
import pytest

from premia.adapters.synthetic_chains import course_of, events_of, write_parquet
from premia.bootstrap.data_import import Wanted, import_chains
from premia.bootstrap.data_synthetic import settings_of, synthetic_store
from premia.domain.instrument import Right
from premia.store.open import open_store

SMALL = settings_of(seed=7, underlyings=2, sessions=120, strikes=12)
EPOCH = date(1970, 1, 1)


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    path = tmp_path_factory.mktemp("synthetic") / "store"
    synthetic_store(SMALL, path)
    return open_store(path).panel("SYN1")


def test_the_whole_set_has_its_size():
    assert settings_of().rows == 18_792_000


def test_a_seed_gives_one_set_and_another_seed_another(tmp_path):
    stores = [
        synthetic_store(SMALL._replace(seed=seed), tmp_path / str(at)) for at, seed in enumerate((7, 7, 8))
    ]

    assert stores[0].digest == stores[1].digest != stores[2].digest
    assert stores[0].rows == SMALL.rows


def test_the_set_as_files_is_the_set_as_a_store(tmp_path):
    """The same quotes and events, whether they come through Parquet or not."""
    files = write_parquet(SMALL, tmp_path / "files")

    found = import_chains(
        Wanted("premia", files, events=[tmp_path / "files" / "events.csv"]), tmp_path / "imported"
    )
    direct = synthetic_store(SMALL, tmp_path / "direct")

    assert found.manifest.digest == direct.digest


def test_a_contract_is_listed_from_day_to_day_until_it_expires(panel):
    last_day = int(panel.days.day[-1])
    for number in range(panel.days.day.size - 1):
        groups = panel.groups[panel.day_groups[number] : panel.day_groups[number + 1]]
        assert groups.size == 24
        for group in groups:
            follows = panel.next[group["start"] : group["stop"]] >= 0
            assert follows.all() == (int(group["expiry"]) > int(panel.days.day[number])), group
    assert last_day == (date(2019, 6, 24) - EPOCH).days


def test_expiries_are_fridays_or_the_session_before_a_closed_one(panel):
    """Good Friday of 2019 is 19 April: the options of that week end on Thursday."""
    found = {EPOCH + timedelta(days=day) for day in np.unique(panel.groups["expiry"]).tolist()}

    assert date(2019, 4, 18) in found
    assert {day for day in found if day.weekday() != 4} == {date(2019, 4, 18)}
    assert panel.days.day.tolist() == list(SMALL.trading[:120])


def test_low_strikes_have_the_higher_volatility_and_quotes_are_sound(panel):
    number = 40
    row = panel.rows_of(number)
    puts = [
        one
        for one in panel.groups[panel.day_groups[number] : panel.day_groups[number + 1]]
        if one["right"] < 0
    ]
    iv = panel.iv[puts[8]["start"] : puts[8]["stop"]]
    quotes = panel.quotes[row]

    assert iv[0] > iv[iv.size // 2]
    assert (quotes["ask"] > quotes["bid"]).all()
    assert (quotes["bid"] > 0).mean() > 0.5


def test_dividends_and_the_split_are_events_and_in_the_prices():
    course = course_of(SMALL, "SYN0")
    events = events_of(SMALL)
    split = events.splits[0]
    at = int(np.flatnonzero(course.days == (split.day - EPOCH).days)[0])

    assert (split.symbol, split.numerator, split.denominator) == ("SYN0", 4, 1)
    assert course.close[at] / course.close[at - 1] == pytest.approx(0.25, rel=0.15)
    assert all(one.declared < one.day < one.pay for one in events.dividends)
    assert {one.symbol for one in events.dividends} <= set(SMALL.symbols)


def test_a_put_leads_to_its_end_along_the_links(panel):
    """From the first day on, a third-Friday put is found every day and ends on its expiry."""
    expiry = (date(2019, 3, 15) - EPOCH).days
    group = next(one for one in panel.groups[:24] if one["expiry"] == expiry and one["right"] < 0)
    strike = int(panel.quotes["strike"][group["start"] + 5])
    row = panel.row(0, expiry, 0, Right.PUT, strike)

    steps = 0
    while panel.next[row] >= 0:
        row = int(panel.next[row])
        steps += 1

    sessions_until = int(np.searchsorted(panel.days.day, expiry))
    assert steps == sessions_until
    assert panel.quotes["strike"][row] == strike
