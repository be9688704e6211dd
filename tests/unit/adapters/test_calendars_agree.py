"""Two packages that know calendars independently agree on all sessions of 21 years, or a fact decides.

The second one is used by this test alone. Where the two differ, what the exchange did is stated here with
its source, and our sessions are held to that.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas_market_calendars
import pytest

from premia.adapters.calendars import sessions
from premia.domain.dates import NEW_YORK, new_york
from premia.domain.instrument import Option, Right
from premia.domain.money import price
from premia.domain.option_hours import closes
from premia.domain.schedule import Every, Schedule, times_of
from premia.domain.sessions import Session

# Each package asks pandas for something that a later pandas will answer otherwise.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

FIRST, LAST = date(2007, 1, 1), date(2027, 12, 31)
CHRISTMAS_EVES = frozenset(
    date(year, 12, 24)
    for year in (2007, 2008, 2009, 2012, 2013, 2014, 2015, 2018, 2019, 2020, 2024, 2025, 2026)
)
"""Days on which US options closed early with the stocks, which the second package leaves out for Cboe.

Sources: NYSE, "Holidays and Trading Hours" of those years: 13:00 on 24 December; Cboe, "Holiday Calendar".
"""


def other(name: str) -> dict[date, tuple[datetime, datetime]]:
    """Sessions as the second package has them, in UTC."""
    table = pandas_market_calendars.get_calendar(name).schedule(start_date=str(FIRST), end_date=str(LAST))
    return {
        day.date(): (opens.to_pydatetime(), ends.to_pydatetime())
        for day, opens, ends in zip(table.index, table["market_open"], table["market_close"], strict=True)
    }


def ours(exchange: str) -> dict[date, tuple[datetime, datetime]]:
    return {one.day: (one.opens, one.closes) for one in sessions(exchange, FIRST, LAST)}


def test_new_york_trades_5282_sessions_from_2007_to_2027_on_which_both_agree():
    mine = ours("XNYS")

    assert len(mine) == 5282
    assert mine == other("NYSE")


@pytest.mark.parametrize(("exchange", "theirs"), [("XLON", "LSE"), ("XETR", "XETR")])
def test_other_exchanges_agree_too(exchange, theirs):
    assert ours(exchange) == other(theirs)


def test_early_closes_of_new_york_are_those_that_both_know():
    early = {one.day for one in sessions("XNYS", FIRST, LAST) if one.early}
    theirs = {day for day, (_, ends) in other("NYSE").items() if ends.astimezone(NEW_YORK).time() < time(16)}

    assert early == theirs
    assert len(early) == 45
    assert early >= CHRISTMAS_EVES


@pytest.mark.parametrize("exchange", ["XCBF", "XNYS"], ids=["the exchange", "an index option of our table"])
def test_index_options_end_a_quarter_of_an_hour_later_on_every_session(exchange):
    option = Option("SPX", date(2030, 1, 18), price("4000"), Right.PUT)
    mine = {
        one.day: one.closes if exchange == "XCBF" else closes(option, one)
        for one in sessions(exchange, FIRST, LAST)
    }
    theirs = {day: ends for day, (_opens, ends) in other("CBOE_Index_Options").items()}

    assert mine.keys() == theirs.keys()
    assert {day for day in mine if mine[day] != theirs[day]} == CHRISTMAS_EVES
    assert all(mine[day] == new_york(day, time(13, 15)) for day in CHRISTMAS_EVES)


@pytest.mark.parametrize(
    "plan",
    [
        Schedule(after_open=(1, 30), before_close=(1, 30)),
        Schedule(times=(time(10, 0), time(12, 59), time(13, 0), time(15, 30))),
        Schedule(every=Every(60)),
        Schedule(every=Every(45, time(9, 45), time(15, 45))),
        Schedule(times=(time(16, 0), time(21, 30)), zone=ZoneInfo("Europe/Berlin")),
    ],
    ids=["from the bells", "of day", "every hour", "between", "Berlin"],
)
def test_run_times_are_the_same_on_either_calendar(plan):
    mine = [moment for one in sessions("XNYS", FIRST, LAST) for moment in times_of(plan, one)]
    theirs = [
        moment for day, hours in other("NYSE").items() for moment in times_of(plan, Session(day, *hours))
    ]

    assert len(mine) > 5282
    assert mine == theirs


def test_a_time_of_day_is_that_time_in_new_york_on_all_sessions_and_never_at_an_early_close():
    """The plain definition, written once more by hand: local time, on days that do not end before it."""
    found = [
        moment.at
        for one in sessions("XNYS", FIRST, LAST)
        for moment in times_of(Schedule(times=(time(13),)), one)
    ]

    expected = [
        new_york(day, time(13)) for day, (_, ends) in other("NYSE").items() if ends > new_york(day, time(13))
    ]
    assert found == expected
    assert len(found) == 5282 - 45
    assert {at.utcoffset() for at in found} == {timedelta(0)}
