"""IB's texts about trading hours, as versions and exchanges write them."""

from datetime import UTC, date, datetime

import pytest

from premia.adapters.ib.hours import read_hours, zone_of

MONDAY, TUESDAY = date(2026, 3, 9), date(2026, 3, 10)


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "hours"),
    [
        ("20260309:0930-20260309:1600", "US/Eastern", (utc(MONDAY, 13, 30), utc(MONDAY, 20))),
        ("20260309:0930-1600", "EST (Eastern Standard Time)", (utc(MONDAY, 13, 30), utc(MONDAY, 20))),
        ("20260309:0930-1200,1300-1600", "America/New_York", (utc(MONDAY, 13, 30), utc(MONDAY, 20))),
        (
            "20260309:0900-20260309:1130;20260309:1230-20260309:1530",
            "Japan",
            (utc(MONDAY, 0), utc(MONDAY, 6, 30)),
        ),
        ("20260309:0800-20260309:1630", "GB-Eire", (utc(MONDAY, 8), utc(MONDAY, 16, 30))),
        ("20260309:0900-20260309:1730", "MET", (utc(MONDAY, 8), utc(MONDAY, 16, 30))),
        ("20260308:1700-20260309:1600", "US/Central", (utc(date(2026, 3, 8), 22), utc(MONDAY, 21))),
        ("20260309:CLOSED", "US/Eastern", None),
        ("20260309:closed;", "US/Eastern", None),
    ],
)
def test_hours_are_read_in_the_zone_of_the_exchange(text, zone, hours):
    assert read_hours("SPY", text, zone).days == {MONDAY: hours}


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("", "US/Eastern"),
        ("20260309:0930-20260309:1600", ""),
        ("20260309:0930-20260309:1600", "Nowhere/Land"),
        ("20260309:0930", "US/Eastern"),
        ("20260309:1600-20260309:0930", "US/Eastern"),
        ("20260309:0930-20260309:1600,1700-x", "US/Eastern"),
        ("20269999:0930-20269999:1600;;:;garbage", "US/Eastern"),
    ],
)
def test_what_cannot_be_read_is_unknown_and_never_closed(text, zone):
    assert read_hours("SPY", text, zone).days == {}


def test_a_broken_day_takes_no_other_day_with_it():
    found = read_hours("SPY", "20260309:09x0-20260309:1600;20260310:0930-20260310:1600", "US/Eastern")

    assert found.days == {TUESDAY: (utc(TUESDAY, 13, 30), utc(TUESDAY, 20))}


def test_names_that_mean_summer_time_have_it():
    """IB's EST is New York's time in July too."""
    at = datetime(2026, 7, 1, 12, tzinfo=zone_of("EST"))

    assert at.utcoffset() == datetime(2026, 7, 1, 12, tzinfo=zone_of("America/New_York")).utcoffset()
