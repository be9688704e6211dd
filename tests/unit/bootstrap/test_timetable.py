"""Which runs are due, of several strategies, by what the journal has answered."""

from datetime import date, time

import pytest

from premia.adapters.calendars import sessions
from premia.bootstrap.schedule_tables import ScheduleTable, schedules_of
from premia.bootstrap.settings import load
from premia.bootstrap.timetable import Timetable, timetable_of
from premia.domain import events as ev
from premia.domain.apply import apply, fold
from premia.domain.book import Book
from premia.domain.dates import NEW_YORK, new_york
from premia.domain.errors import ConfigError
from premia.domain.schedule import ORDINARY, Schedule, times_of

MONDAY = date(2026, 11, 23)
"""Of the week of Thanksgiving: Thursday closed, Friday until 13:00."""
SESSIONS = sessions("XNYS", date(2026, 10, 1), date(2027, 3, 1))
TABLE = Timetable({"cash": Schedule(after_open=(30,)), "wheel": Schedule(after_open=(30, 60))}, SESSIONS)
FILE = """
[account]
number = "DU0000000"
[strategies.wheel.symbols]
SPY = {{ weight = 0.3 }}
{more}
"""


def at(wall: str, day: date = MONDAY):
    return new_york(day, time.fromisoformat(wall))


def a_book(last: str = "09:00", *, ready: bool = True) -> Book:
    return Book(last_due={"cash": at(last), "wheel": at(last)}, ready=ready)


def config(tmp_path, more: str):
    path = tmp_path / "premia.toml"
    path.write_text(FILE.format(more=more), encoding="utf-8")
    return load(path).config


def test_what_is_due_at_one_instant_is_one_pass():
    due = TABLE(at("10:00"), a_book())

    (run,) = due.runs
    assert run.strategies == ("cash", "wheel")
    assert run.due == {"cash": at("10:00"), "wheel": at("10:00")}
    assert run.why == "on schedule: cash open+30; wheel open+30"
    assert due.skipped == []
    assert due.wake == at("10:30")


def test_a_strategy_whose_time_it_is_not_takes_no_part():
    (run,) = TABLE(at("10:31"), a_book("10:00")).runs

    assert dict(run.due) == {"wheel": at("10:30")}


def test_a_made_or_skipped_time_is_answered_in_the_book():
    book = a_book()
    made = ev.CycleStarted(
        at=at("10:00"), cycle="c", session=MONDAY, strategies=("wheel",), due={"wheel": at("10:00")}
    )
    missed = ev.RunSkipped(at=at("10:01"), strategy="cash", name="open+30", due=at("10:00"), why="closed")

    due = TABLE(at("10:02"), fold([made, missed], book))

    assert (due.runs, due.skipped) == ([], [])


def test_a_run_waits_until_broker_and_ledger_agree_and_then_says_how_late_it_is():
    waiting = TABLE(at("10:20"), a_book(ready=False))
    (run,) = TABLE(at("10:20"), a_book()).runs

    assert (waiting.runs, waiting.skipped) == ([], [])
    assert run.why == "on schedule: cash open+30, 20 minutes late; wheel open+30, 20 minutes late"


def test_a_run_that_waited_too_long_is_skipped_once():
    book = a_book(ready=False)
    first = TABLE(at("11:40"), book)
    for skipped in first.skipped:
        book = apply(book, skipped)

    assert [(one.strategy, one.name) for one in first.skipped] == [
        ("cash", "open+30"),
        ("wheel", "open+30"),
        ("wheel", "open+60"),
    ]
    assert TABLE(at("11:41"), book).skipped == []


def test_a_clock_that_went_back_does_not_wake_for_what_is_answered():
    assert TABLE(at("09:10"), a_book("10:00")).wake == at("10:30")


def test_a_table_of_a_strategy_changes_part_of_the_general_one(tmp_path):
    found = timetable_of(
        config(tmp_path, '[schedule]\nat = ["11:00"]\nmissed = "skip"\n[schedules.wheel]\nlate_max = 10'),
        SESSIONS,
    ).schedules["wheel"]
    own = timetable_of(
        config(tmp_path, '[schedule]\nat = ["11:00"]\nlate_max = 10\n[schedules.wheel]\nafter_open = [5]'),
        SESSIONS,
    ).schedules["wheel"]

    assert (found.times, found.missed.value, found.late_max.seconds) == ((time(11),), "skip", 600)
    assert (own.times, own.after_open, own.late_max.seconds) == ((), (5,), 600)


def test_a_file_without_times_runs_half_an_hour_from_the_bells_also_on_a_short_day(tmp_path):
    plan = timetable_of(config(tmp_path, ""), SESSIONS).schedules["wheel"]

    assert plan == ORDINARY
    short = SESSIONS.get(date(2026, 11, 27))
    assert short is not None
    assert [moment.at for moment in times_of(plan, short)] == [at("10:00", short.day), at("12:30", short.day)]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('[schedule]\nzone = "Europe/Brlin"', 'schedule.zone is "Europe/Brlin", expected "exchange"'),
        ("[schedules.whel]\nafter_open = [30]", "schedules.whel is of no strategy in this file"),
        ("[schedule]\nafter_open = [0]", "schedule.after_open holds 0, expected whole minutes from 1"),
        ('[schedule]\nbetween = ["10:00", "11:00"]', "schedule.between has no interval beside it"),
        ('[schedule]\nevery = 30\nbetween = ["11:00", "10:00"]', "schedule.between is not two ascending"),
        ('[schedules.wheel]\nat = ["10:00+02:00"]', "schedules.wheel.at holds a time with an offset"),
        ("[schedule]\nweekdays = []", "schedule.weekdays is []"),
        (
            "[schedule]\nafter_open = [5]\n[limits.hours]\nafter_open = 15",
            "schedule.after_open holds 5, but limits.hours.after_open lets no order out within 15 minutes",
        ),
    ],
)
def test_a_schedule_that_cannot_be_is_one_error_at_its_line(tmp_path, more, words):
    with pytest.raises(ConfigError, match=r"premia\.toml:\d+: ") as error:
        config(tmp_path, more)

    assert words in str(error.value)


def test_every_strategy_has_a_schedule():
    found = schedules_of({"wheel": None, "cash": None}, ScheduleTable(at=[time(12)]), {}, NEW_YORK)

    assert {name: one.times for name, one in found.items()} == {"wheel": (time(12),), "cash": (time(12),)}


def test_on_a_day_that_the_broker_ends_early_times_follow_the_earlier_close():
    """The calendar says 16:00, the broker 13:00: `close-30` is at 12:30, and 15:00 is no time."""
    table = Timetable({"wheel": Schedule(before_close=(30,), times=(time(15),))}, SESSIONS)
    told = ev.HoursCompared(
        at=at("09:00"),
        session=MONDAY,
        symbol="SPY",
        opens=at("09:30"),
        closes=at("13:00"),
        differs="ends early",
    )
    book = apply(Book(last_due={"wheel": at("09:00")}, ready=True), told)

    assert table(at("12:00"), book).wake == at("12:30")
    assert [dict(run.due) for run in table(at("12:31"), book).runs] == [{"wheel": at("12:30")}]
    answered = apply(book, ev.RunSkipped(at=at("12:31"), strategy="wheel", name="", due=at("12:30"), why=""))
    assert table(at("12:32"), answered).wake > at("15:30")


def test_on_a_day_that_the_broker_is_closed_nothing_runs():
    told = ev.HoursCompared(
        at=at("09:00"), session=MONDAY, symbol="SPY", opens=None, closes=None, differs="closed"
    )

    due = TABLE(at("10:00"), apply(a_book(), told))

    assert (due.runs, due.skipped) == ([], [])
    assert due.wake == at("10:00", date(2026, 11, 24))
