"""Times of a session: early closes, both changes of the clocks, and what becomes of a missed run."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.domain.dates import new_york
from premia.domain.schedule import Every, Missed, Owed, RunTime, Schedule, left_out, next_time, owed, times_of
from premia.domain.sessions import Session, Sessions

FRIDAY, MONDAY, TUESDAY = date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 10)
"""The clocks of New York go forward on the Sunday between."""
TWICE = Schedule(after_open=(30,), times=(time(15, 30),))


def a_session(day: date, closes: time = time(16, 0)) -> Session:
    return Session(day, new_york(day, time(9, 30)), new_york(day, closes))


def weekdays(first: date, count: int) -> Sessions:
    days = (first + timedelta(days=n) for n in range(count))
    return Sessions(a_session(day) for day in days if day.weekday() < 5)


SESSIONS = weekdays(date(2026, 2, 2), 90)


def names(found: tuple[RunTime, ...]) -> list[str]:
    return [moment.name for moment in found]


def walls(found: tuple[RunTime, ...], zone: str = "America/New_York") -> list[str]:
    return [f"{moment.at.astimezone(ZoneInfo(zone)):%H:%M}" for moment in found]


def test_times_are_counted_from_the_opening_from_the_close_and_read_off_the_clock():
    plan = Schedule(after_open=(15,), before_close=(45,), times=(time(12, 0),))

    found = times_of(plan, a_session(MONDAY))

    assert list(zip(names(found), walls(found), strict=True)) == [
        ("open+15", "09:45"),
        ("12:00", "12:00"),
        ("close-45", "15:15"),
    ]


def test_an_early_close_moves_what_is_counted_from_it_and_drops_what_lies_after_it():
    plan = Schedule(before_close=(30,), times=(time(12, 0), time(13, 0), time(15, 30)))
    short = a_session(date(2026, 11, 27), time(13, 0))

    assert walls(times_of(plan, short)) == ["12:00", "12:30"]
    assert names(left_out(plan, short)) == ["13:00", "15:30"]


def test_repeated_times_run_from_the_opening_or_between_two_times():
    all_day = Schedule(every=Every(120))
    between = Schedule(every=Every(90, time(10, 0), time(14, 30)))

    assert names(times_of(all_day, a_session(MONDAY))) == ["open+120", "open+240", "open+360"]
    assert names(times_of(between, a_session(MONDAY))) == ["10:00", "11:30", "13:00", "14:30"]


def test_times_that_fall_together_are_one():
    plan = Schedule(after_open=(30,), times=(time(10, 0),), every=Every(30, time(10, 0), time(10, 30)))

    assert names(times_of(plan, a_session(MONDAY))) == ["10:00/open+30", "10:30"]


def test_only_the_days_of_the_week_that_count_have_times():
    plan = TWICE._replace(weekdays=(0,))

    assert names(times_of(plan, a_session(MONDAY))) == ["open+30", "15:30"]
    assert times_of(plan, a_session(TUESDAY)) == ()
    assert next_time(plan, SESSIONS, new_york(MONDAY, time(15, 30))) == RunTime(
        "open+30", new_york(date(2026, 3, 16), time(10, 0))
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [(FRIDAY, MONDAY), (date(2026, 10, 30), date(2026, 11, 2))],
    ids=["forward", "back"],
)
def test_a_change_of_the_clocks_keeps_the_hour_in_new_york(before, after):
    first, second = (times_of(TWICE, a_session(day)) for day in (before, after))

    assert walls(first) == walls(second) == ["10:00", "15:30"]
    assert (second[0].at - first[0].at) % timedelta(days=1) in (timedelta(hours=23), timedelta(hours=1))


def test_times_of_another_zone_follow_its_own_clock_in_the_weeks_between_the_changes():
    """Berlin changes three weeks after New York: 16:00 there is 10:00 in New York, but 11:00 on 9 March."""
    plan = Schedule(times=(time(16, 0),), zone=ZoneInfo("Europe/Berlin"))

    assert walls(times_of(plan, a_session(FRIDAY))) == ["10:00"]
    assert walls(times_of(plan, a_session(MONDAY))) == ["11:00"]


def test_a_zone_whose_date_differs_keeps_its_time_within_the_session():
    """00:30 in Tokyo on Tuesday is 11:30 of Monday's session in New York."""
    plan = Schedule(times=(time(0, 30),), zone=ZoneInfo("Asia/Tokyo"))

    (moment,) = times_of(plan, a_session(MONDAY))

    assert moment.at == new_york(MONDAY, time(11, 30))


def test_the_next_time_passes_over_the_weekend():
    found = next_time(TWICE, SESSIONS, new_york(FRIDAY, time(15, 30)))

    assert found == RunTime("open+30", new_york(MONDAY, time(10, 0)))


def test_beyond_the_calendar_there_is_no_next_time():
    assert next_time(TWICE, SESSIONS, SESSIONS.last.closes) is None


def at(wall: str, day: date = MONDAY) -> datetime:
    return new_york(day, time.fromisoformat(wall))


def test_a_time_is_owed_from_its_instant_until_it_is_answered():
    answered = at("15:30", FRIDAY)

    assert owed(TWICE, SESSIONS, answered, at("09:59")) == Owed()
    assert owed(TWICE, SESSIONS, answered, at("10:00")).run == RunTime("open+30", at("10:00"))
    assert owed(TWICE, SESSIONS, at("10:00"), at("10:00")) == Owed()


def test_a_clock_that_is_set_back_makes_no_run_twice():
    assert owed(TWICE, SESSIONS, at("10:00"), at("09:01")) == Owed()
    assert owed(TWICE, SESSIONS, at("10:00"), at("10:00")) == Owed()


def test_a_late_run_is_made_once_and_says_how_late():
    found = owed(TWICE, SESSIONS, at("15:30", FRIDAY), at("10:40"))

    assert found == Owed(RunTime("open+30", at("10:00")), timedelta(minutes=40))


def test_after_a_long_sleep_only_the_newest_run_is_made_up_for():
    plan = Schedule(every=Every(60, time(10, 0), time(15, 0)))

    found = owed(plan, SESSIONS, at("10:00"), at("14:20"))

    assert found.run == RunTime("14:00", at("14:00"))
    assert [moment.name for moment, _why in found.skipped] == ["11:00", "12:00", "13:00"]
    assert found.skipped[0][1] == "missed by 3.3 hours; only the newest is made up for"


def test_a_missed_run_is_left_out_where_so_configured():
    plan = TWICE._replace(missed=Missed.SKIP)

    found = owed(plan, SESSIONS, at("15:30", FRIDAY), at("10:06"))
    in_time = owed(plan, SESSIONS, at("15:30", FRIDAY), at("10:05"))

    assert found.run is None
    assert found.skipped[0][1] == 'missed by 6 minutes, and missed runs are skipped (missed = "skip")'
    assert in_time.run is not None


def test_a_run_that_is_too_late_or_whose_session_is_over_is_skipped_with_the_reason():
    late = owed(TWICE, SESSIONS, at("15:30", FRIDAY), at("11:01"))
    over = owed(TWICE, SESSIONS, at("10:00"), at("16:00"))

    assert [why for _slot, why in late.skipped] == [
        "missed by 61 minutes; a run may begin 60 minutes late (late_max)"
    ]
    assert [why for _slot, why in over.skipped] == [
        "missed: the exchange closed at 20:00 UTC before it could begin"
    ]
    assert late.run is over.run is None


def test_the_schedule_of_a_new_strategy_begins_with_the_next_time():
    found = owed(TWICE, SESSIONS, None, at("11:00"))

    assert found.run is None
    assert [(moment.at, why) for moment, why in found.skipped] == [
        (at("10:00"), "the schedule of this strategy begins after it")
    ]
    assert owed(TWICE, SESSIONS, None, at("10:02")).run == RunTime("open+30", at("10:00"))


def test_very_many_missed_runs_become_few_records_that_reach_up_to_the_newest():
    plan = Schedule(every=Every(30))
    found = owed(plan, SESSIONS, at("10:00", FRIDAY), at("12:10", date(2026, 3, 20)))

    assert len(found.skipped) == 61
    assert found.skipped[0][1].startswith("missed, as were 6")
    times = [moment.at for moment, _why in found.skipped]
    assert times == sorted(times)


@given(st.lists(st.integers(0, 60 * 24 * 20), min_size=1, max_size=12), st.sampled_from(Missed))
def test_whatever_the_clock_does_no_time_is_answered_twice_and_none_up_to_now_stays_open(minutes, missed):
    """The process looks at any instants, forward and back; each time is made or skipped, never both."""
    plan = Schedule(after_open=(30,), before_close=(30,), every=Every(60, time(11, 0), time(14, 0)))._replace(
        missed=missed
    )
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    answered, told = begin, []
    for minute in minutes:
        now = begin + timedelta(minutes=minute)
        found = owed(plan, SESSIONS, answered, now)
        told += [moment.at for moment, _why in found.skipped]
        told += [] if found.run is None else [found.run.at]
        answered = max([answered, *told])

    end = begin + timedelta(minutes=max(minutes))
    days = SESSIONS.between(date(2026, 3, 2), end.date())
    every = [moment.at for day in days for moment in times_of(plan, day) if moment.at <= end]
    assert told == sorted(set(told))
    assert set(told) <= set(every)
    assert told[-1:] == every[-1:]
    assert len(every) > 60 or told == every
