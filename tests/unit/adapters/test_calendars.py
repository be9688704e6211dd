"""Calendars of exchanges: holidays by name, early closes, other zones, and the end of what is known."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import exchange_calendars
import pandas as pd
import pytest
from exchange_calendars.exchange_calendar_xnys import XNYSExchangeCalendar

from premia.adapters.calendars import day_names, known_until, sessions
from premia.domain.errors import SourceUnavailable

YEAR = date(2026, 1, 1), date(2026, 12, 31)
SHORT = "PREMIA-SHORT"


class KnownUntil2026(XNYSExchangeCalendar):
    """New York, as a package knows it that nobody has updated for years."""

    @classmethod
    def bound_max(cls) -> pd.Timestamp:
        """The last day of which it knows anything."""
        return pd.Timestamp("2026-06-30")


@pytest.fixture(scope="module", autouse=True)
def outdated():
    exchange_calendars.register_calendar_type(SHORT, KnownUntil2026)
    yield
    exchange_calendars.deregister_calendar(SHORT)


def walls(exchange: str, day: date) -> tuple[str, str]:
    found = sessions(exchange, *YEAR)
    session = found.get(day)
    assert session is not None
    return tuple(f"{at.astimezone(found.zone):%H:%M}" for at in (session.opens, session.closes))


@pytest.mark.parametrize(
    ("exchange", "zone", "ordinary", "early"),
    [
        ("XNYS", "America/New_York", ("09:30", "16:00"), (date(2026, 11, 27), "13:00")),
        ("XCBF", "America/Chicago", ("08:30", "15:15"), (date(2026, 11, 27), "12:15")),
        ("XLON", "Europe/London", ("08:00", "16:30"), (date(2026, 12, 24), "12:30")),
        ("XETR", "Europe/Berlin", ("09:00", "17:30"), (date(2026, 12, 30), "14:00")),
    ],
)
def test_each_exchange_has_its_own_zone_hours_and_early_closes(exchange, zone, ordinary, early):
    found = sessions(exchange, *YEAR)
    short = found.get(early[0])

    assert found.zone == ZoneInfo(zone)
    assert walls(exchange, date(2026, 6, 10)) == ordinary
    assert walls(exchange, early[0]) == (ordinary[0], early[1])
    assert short is not None
    assert short.early
    assert not found.on_or_after(date(2026, 6, 10)).early


def test_an_instant_belongs_to_the_session_of_the_exchanges_own_date():
    """09:15 in Tokyo on Tuesday is Monday evening in New York."""
    found = sessions("XTKS", *YEAR)
    at = datetime.combine(date(2026, 6, 9), time(9, 15), tzinfo=ZoneInfo("Asia/Tokyo"))

    assert found.open_at(at) == found.get(date(2026, 6, 9))


def test_days_without_a_session_bear_the_holidays_name():
    names = day_names("XNYS", *YEAR)

    assert names.closed[date(2026, 4, 3)] == "Good Friday"
    assert names.closed[date(2026, 11, 26)] == "Thanksgiving"
    assert names.early == {date(2026, 11, 27): "Black Friday", date(2026, 12, 24): "Christmas Eve"}
    assert date(2026, 11, 28) not in names.closed  # a Saturday


def test_closures_that_no_rule_foretold_have_names_too():
    """NYSE: Hurricane Sandy in 2012, days of mourning in 2007, 2018 and 2025."""
    names = day_names("XNYS", date(2007, 1, 1), date(2025, 12, 31)).closed

    assert names[date(2012, 10, 29)] == names[date(2012, 10, 30)] == "Hurricane Sandy"
    assert [names[day].split()[-1] for day in (date(2007, 1, 2), date(2018, 12, 5), date(2025, 1, 9))] == [
        "Ford",
        "Bush",
        "Carter",
    ]
    assert "an unscheduled closing" not in names.values()


def test_sessions_end_where_the_holidays_are_no_longer_known():
    found = sessions(SHORT, date(2026, 6, 1), date(2028, 1, 1))

    assert known_until(SHORT) == found.last.day == date(2026, 6, 30)
    assert known_until("XNYS") is None


def test_beyond_the_end_of_what_is_known_there_is_one_clear_error():
    with pytest.raises(SourceUnavailable, match=r"known until 2026-06-30.*Update the package") as error:
        sessions(SHORT, date(2026, 7, 1), date(2028, 1, 1))

    assert "2026-07-01 lies beyond" in str(error.value)
