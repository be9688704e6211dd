"""Hours and clocks compared with the broker's: what is told, what stops openings, and what ends that."""

from datetime import date, time, timedelta

import pytest

from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.dates import new_york
from premia.domain.intent import Purpose
from premia.domain.sessions import Session, Sessions
from premia.engine.morning import BrokerHours, compared_clock, compared_hours
from tests.builders import NOW, SESSIONS, TODAY, a_book

TOMORROW = TODAY + timedelta(days=1)


def hours(day: date, opens: str = "09:30", closes: str = "16:00"):
    return new_york(day, time.fromisoformat(opens)), new_york(day, time.fromisoformat(closes))


def told(today=None, **days):
    known = {TODAY: today, TOMORROW: hours(TOMORROW)}
    return BrokerHours("SPY", {**known, **days}, "...")


def after(book, day, said, sessions=SESSIONS):
    return fold(compared_hours(book, NOW, day, sessions, said), book)


def test_hours_that_agree_are_one_fact_and_no_halt():
    found = compared_hours(a_book(), NOW, TODAY, SESSIONS, told(hours(TODAY)))

    (fact,) = found
    assert isinstance(fact, ev.HoursCompared)
    assert (fact.differs, fact.ahead) == ("", ())


@pytest.mark.parametrize(
    ("theirs", "words", "trading"),
    [
        (None, "2026-01-13 is closed at the broker and open in our calendar", None),
        (
            hours(TODAY, "09:30", "13:00"),
            "2026-01-13 trades 09:30-13:00 at the broker and 09:30-16:00 in our calendar",
            hours(TODAY, "09:30", "13:00"),
        ),
        (
            hours(TODAY, "10:00", "17:00"),
            "2026-01-13 trades 10:00-17:00 at the broker and 09:30-16:00 in our calendar",
            hours(TODAY, "10:00", "16:00"),
        ),
        (hours(TODAY, "17:00", "20:00"), "2026-01-13 trades 17:00-20:00 at the broker", None),
    ],
)
def test_hours_that_differ_stop_openings_and_leave_closing_the_hours_of_both(theirs, words, trading):
    book = after(a_book(), TODAY, told(theirs))

    assert words in book.halts["calendar"].why
    assert book.halted(Purpose.OPEN) is not None
    assert book.halted(Purpose.CLOSE) is None
    session = book.trading(SESSIONS.get(TODAY))
    assert (session and (session.opens, session.closes)) == trading


def test_hours_that_the_broker_does_not_tell_stop_openings_and_shorten_nothing():
    book = after(a_book(), TODAY, BrokerHours("SPY", {}, "20260113:garbage"))

    assert "the broker tells no hours of SPY on 2026-01-13" in book.halts["calendar"].why
    assert book.trading(SESSIONS.get(TODAY)) == SESSIONS.get(TODAY)


def test_the_same_finding_is_told_once():
    book = after(a_book(), TODAY, told(None))

    assert compared_hours(book, NOW, TODAY, SESSIONS, told(None)) == []


def test_a_later_comparison_that_is_well_ends_the_halt():
    book = after(a_book(), TODAY, told(None))
    corrected = after(book, TODAY, told(hours(TODAY)))
    next_day = after(book, TOMORROW, told(hours(TODAY)))

    assert corrected.halts == next_day.halts == {}
    assert next_day.trading(SESSIONS.get(TODAY)) == SESSIONS.get(TODAY)


def test_a_difference_to_come_is_told_ahead_and_stops_nothing_yet():
    said = BrokerHours("SPY", {TODAY: hours(TODAY), TOMORROW: None}, "...")

    book = after(a_book(), TODAY, said)

    assert book.halts == {}
    assert book.hours is not None
    assert book.hours.ahead == ("2026-01-14 is closed at the broker and open in our calendar",)


def test_a_session_that_only_the_broker_has_is_told_ahead():
    other = Sessions(one for one in SESSIONS if one.day != TOMORROW)

    book = after(a_book(), TODAY, told(hours(TODAY)), other)

    assert book.hours is not None
    assert book.hours.ahead == ("2026-01-14 is open at the broker and closed in our calendar",)


@pytest.mark.parametrize(
    ("seconds", "kinds", "text"),
    [
        (0.4, [], ""),
        (-2.0, [], ""),
        (2.5, [ev.ClockCompared], "the broker's clock is 2 seconds ahead of this machine's"),
        (-30.0, [ev.ClockCompared], "the broker's clock is 30 seconds behind this machine's"),
        (
            31.0,
            [ev.ClockCompared, ev.TradingHalted],
            "the broker's clock is 31 seconds ahead of this machine's",
        ),
        (-3600.0, [ev.ClockCompared, ev.TradingHalted], "the broker's clock is 60 minutes behind this"),
    ],
)
def test_a_clock_two_seconds_off_is_told_and_one_thirty_off_stops_openings(seconds, kinds, text):
    found = compared_clock(a_book(), NOW, timedelta(seconds=seconds))

    assert [type(one) for one in found] == kinds
    assert all(text in getattr(one, "text", getattr(one, "why", "")) for one in found)


def test_a_clock_that_stays_off_is_told_once_and_halts_once():
    book = a_book()
    found = []
    for seconds in (3, 4, 40, 41, 300, 20, 21):
        said = compared_clock(book, NOW, timedelta(seconds=seconds))
        found.append([type(one).__name__ for one in said])
        book = fold(said, book)

    assert found == [["ClockCompared"], [], ["ClockCompared", "TradingHalted"], [], [], [], []]


def test_a_clock_that_is_right_again_is_told_and_ends_the_halt():
    book = fold(compared_clock(a_book(), NOW, timedelta(minutes=5)), a_book())
    still_off = fold(compared_clock(book, NOW, timedelta(seconds=20)), book)
    again = fold(compared_clock(still_off, NOW, timedelta(seconds=1)), still_off)

    assert list(still_off.halts) == ["clock"]
    assert again.halts == {}
    assert again.drift == 0
    assert compared_clock(again, NOW, timedelta(0)) == []


def test_a_session_of_the_calendar_is_not_touched_by_the_hours_of_another_day():
    session = Session(TOMORROW, *hours(TOMORROW))

    assert after(a_book(), TODAY, told(None)).trading(session) == session
