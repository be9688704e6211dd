"""Days and clocks that are not as expected: faults 31 to 33, a daemon with its own timetable over TCP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from premia.domain import events as ev
from premia.domain.dates import session_of
from premia.domain.order import Stage
from tests.faults.test_process import a_daemon
from tests.faults.timed import Timed, sessions_of, timed, utc
from tests.mutation import assert_mutant_fails
from tests.unit.exchange.fixed_market import at

HERE = "tests/faults/test_time.py"
RANGE = "2023-10-02", "2026-03-31"


@pytest.fixture
async def begin(tmp_path) -> AsyncIterator[Callable]:
    """A function that begins a market; its gateway is stopped afterwards."""
    async with AsyncExitStack() as stack:

        async def begun(when: str = "2024-03-11 09:00", *openings, **more) -> Timed:
            return await timed(stack, tmp_path, when, *openings, **more)

        yield begun


def entries_on(world: Timed, day: str) -> list[str]:
    """References of orders of ours that were decided on a day."""
    planned = [one.order for one in world.facts(ev.MarginRequested)]
    return [order.key for order in planned if order.session.isoformat() == day]


# 31: early close, unscheduled closure, a table of holidays that is outdated


@pytest.mark.fault(31, "On an early close times follow the close, and nothing is sent after it")
async def test_an_early_close_moves_the_runs_and_stops_orders(begin):
    days = sessions_of(*RANGE, early=["2024-03-12"])
    world = await begin(sessions=days, more='[schedule]\nat = ["10:00", "15:30"]\nbefore_close = [30]\n')

    await world.live("2024-03-12 17:00")

    tuesday = [wall for wall in world.walls() if wall.startswith("2024-03-12")]
    assert tuesday == ["2024-03-12 10:00", "2024-03-12 12:30"]
    assert [one.differs for one in world.facts(ev.HoursCompared)] == ["", ""]
    sent = [
        one.at for one in world.facts(ev.OrderIdAssigned) if session_of(one.at).isoformat() == "2024-03-12"
    ]
    assert all(one < at("2024-03-12 13:00") for one in sent)


@pytest.mark.fault(
    31, "An unscheduled closure that only the broker knows: no run, no entry, a person hears of it"
)
async def test_a_closure_that_our_table_does_not_know_stops_the_day_and_ends_with_it(begin):
    """A day of mourning was announced; nobody has updated the package."""
    world = await begin(sessions=sessions_of(*RANGE, closed=["2024-03-12"]))
    world.sessions = sessions_of(*RANGE)

    halts = (await world.live("2024-03-12 17:00")).halts
    book = await world.live("2024-03-13 12:00")

    assert world.walls() == ["2024-03-11 10:00", "2024-03-11 15:30", "2024-03-13 10:00"]
    assert "2024-03-12 is closed at the broker and open in our calendar" in halts["calendar"].why
    assert halts["calendar"].scope == "entries"
    assert entries_on(world, "2024-03-12") == []
    assert book.halts == {}
    (ahead,) = [one.ahead for one in world.facts(ev.HoursCompared) if one.session.day == 11]
    assert ahead == ("2024-03-12 is closed at the broker and open in our calendar",)


@pytest.mark.fault(
    31, "Broker and calendar disagree: no entries; closing keeps to the earlier close of the two"
)
@pytest.mark.parametrize("theirs", [True, False], ids=["broker ends early", "calendar ends early"])
async def test_where_hours_differ_nothing_is_opened_and_closing_has_the_hours_of_both(begin, theirs):
    """The market itself trades until 16:00, so that whatever were sent would be taken."""
    world = await begin()
    book = await world.live("2024-03-11 17:00")
    (trade,) = book.trades
    if theirs:
        await world.strike("other_hours:seconds=10800")
    else:
        world.sessions = sessions_of(*RANGE, early=["2024-03-12"])

    await world.live("2024-03-12 12:00")
    world.send("close", trade, number="in time", limit="0.01")  # far from any offer: it works only
    noon = await world.live("2024-03-12 12:03")
    await world.live("2024-03-12 14:00")
    world.send("close", trade, number="too late", limit="9.99")
    book = await world.live("2024-03-12 15:45")

    assert {state.stage for state in noon.orders.values()} == {Stage.WORKING}
    assert [one.ok for one in world.facts(ev.CommandAnswered)] == [True, False]
    assert "the exchange is closed at 2024-03-12 18:00 UTC" in world.facts(ev.CommandAnswered)[-1].text
    assert [one for one in entries_on(world, "2024-03-12") if "/close/" not in one] == []
    assert "calendar" in book.halts


@pytest.mark.fault(31, "Hours that the broker tells in no readable form are unknown: no entries that day")
async def test_hours_that_nobody_can_read_stop_entries(begin):
    world = await begin()
    await world.strike("other_hours:seconds=30000")  # the close would lie before the opening

    book = await world.live("2024-03-11 12:00")

    assert "tells no hours of FND on 2024-03-11" in book.halts["calendar"].why
    assert world.orders() == []
    assert world.walls() == ["2024-03-11 10:00"]


# 32: clocks that change, other zones, odd days


@pytest.mark.fault(32, "Each run once, at its hour in New York, whatever zone the machine is in")
@pytest.mark.parametrize(
    ("begins", "days", "zone"),
    [
        ("2024-03-08", ["2024-03-08", "2024-03-11"], "Asia/Kolkata"),
        ("2023-11-03", ["2023-11-03", "2023-11-06"], "America/Los_Angeles"),
        ("2024-02-28", ["2024-02-28", "2024-02-29", "2024-03-01"], "Australia/Sydney"),
        ("2023-12-29", ["2023-12-29", "2024-01-02"], "UTC"),
    ],
    ids=["clocks forward", "clocks back", "leap day", "year end"],
)
async def test_runs_are_made_at_their_hour_in_new_york(begin, monkeypatch, begins, days, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        world = await begin(f"{begins} 09:00", sessions=sessions_of(*RANGE, closed=["2024-01-01"]))
        await world.live(f"{days[-1]} 17:00")
    finally:
        monkeypatch.undo()
        time.tzset()

    expected = [f"{day} {hour}" for day in days for hour in ("10:00", "15:30")]
    assert world.walls() == expected
    assert world.made() == [utc(one) for one in expected]


# 33: clocks that are wrong, jump, or stand still


def drifts(world: Timed) -> list[float]:
    return [one.seconds for one in world.facts(ev.ClockCompared)]


@pytest.mark.fault(
    33, "A clock 5 minutes off: openings wait, runs keep the broker's time, and it ends when it is right"
)
@pytest.mark.parametrize("minutes", [5, -5])
async def test_a_clock_that_is_off_halts_and_runs_keep_their_time(begin, minutes):
    world = await begin()
    world.machine.off = timedelta(minutes=minutes)

    book = await world.live("2024-03-11 12:00")
    orders = world.orders()
    world.machine.off = timedelta(0)
    after = await world.live("2024-03-11 16:30")

    assert "clock" in book.halts
    assert orders == []
    assert world.walls() == ["2024-03-11 10:00", "2024-03-11 15:30"]
    assert drifts(world) == [pytest.approx(-60 * minutes, abs=0.6), 0.0]
    assert after.halts == {}


@pytest.mark.fault(33, "A clock more than 2 s off is told to a person and stops nothing")
async def test_a_clock_three_seconds_off_is_a_fact_and_no_halt(begin):
    world = await begin()
    await world.strike("clock_skew:seconds=3")

    book = await world.live("2024-03-11 12:00")

    assert drifts(world) == [pytest.approx(3, abs=0.6)]
    assert book.halts == {}
    assert world.orders()


@pytest.mark.fault(
    33, "A clock that jumps back an hour makes no run twice, one that is stepped ahead loses none"
)
@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1), timedelta(minutes=-5)])
async def test_a_clock_that_jumps_makes_each_run_once(begin, jump):
    world = await begin()

    def jumps(now):
        if now >= at("2024-03-11 10:20"):
            world.machine.off = jump

    world.at_turn = jumps
    book = await world.live("2024-03-12 12:00")

    assert world.made() == [utc(f"2024-03-11 {hour}") for hour in ("10:00", "15:30")] + [
        utc("2024-03-12 10:00")
    ]
    assert [wall[:15] for wall in world.walls()] == ["2024-03-11 10:0", "2024-03-11 15:3", "2024-03-12 10:0"]
    assert world.facts(ev.RunSkipped)[1:] == []  # the first closes the time before the schedule began
    assert "clock" in book.halts


@pytest.mark.fault(33, "After 8 h of sleep missed runs are made up for at most once")
@pytest.mark.parametrize(
    ("wakes", "made", "skipped"),
    [
        ("2024-03-11 14:20", ["10:00", "14:00", "15:00"], ["11:00", "12:00", "13:00"]),
        ("2024-03-11 18:30", ["10:00"], ["11:00", "12:00", "13:00", "14:00", "15:00"]),
    ],
    ids=["within the session", "eight hours"],
)
async def test_a_machine_that_slept_makes_up_once(begin, wakes, made, skipped):
    world = await begin(more='[schedule]\nevery = 60\nbetween = ["10:00", "15:00"]\n')
    world.leaps = [("2024-03-11 10:30", wakes)]

    await world.live("2024-03-11 20:00")

    assert world.made() == [utc(f"2024-03-11 {hour}") for hour in made]
    assert [one.name for one in world.facts(ev.RunSkipped)[1:]] == skipped
    assert len({one.due for one in world.facts(ev.RunSkipped)}) == len(skipped) + 1


@pytest.mark.fault(33, "Missed runs are left out where the configuration says so, each with the reason")
async def test_a_machine_that_slept_skips_where_so_configured(begin):
    world = await begin(more='[schedule]\nat = ["10:00", "12:00", "15:30"]\nmissed = "skip"\n')
    world.leaps = [("2024-03-11 11:30", "2024-03-11 12:30")]

    await world.live("2024-03-11 17:00")

    assert world.made() == [utc("2024-03-11 10:00"), utc("2024-03-11 15:30")]
    assert [one.why for one in world.facts(ev.RunSkipped)[1:]] == [
        'missed by 30 minutes, and missed runs are skipped (missed = "skip")'
    ]


def test_the_process_itself_compares_hours_and_is_at_ease_with_a_gateway_of_another_year(tmp_path):
    """`premia run` on a simulated gateway of 2024: what it is told agrees, and years are no drift."""
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        daemon.until(lambda: daemon.facts(ev.HoursCompared), "it never asked for hours")
        halts = daemon.facts(ev.TradingHalted, ev.ClockCompared)
        (hours,) = daemon.facts(ev.HoursCompared)

    assert (hours.session.isoformat(), hours.symbol, hours.differs) == ("2024-03-11", "FND", "")
    assert halts == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/engine/morning.py",
            "    if differs:\n",
            "    if differs and told.days.get(day) is not None:\n",
            "test_a_closure_that_our_table_does_not_know_stops_the_day_and_ends_with_it",
        ),
        (
            "premia/domain/book.py",
            "opens=told.opens, closes=told.closes)",
            "opens=told.opens)",
            "test_where_hours_differ_nothing_is_opened_and_closing_has_the_hours_of_both",
        ),
        (
            "premia/domain/schedule.py",
            "datetime.combine(day, wall, tzinfo=zone)",
            "datetime.combine(day, wall, tzinfo=session.opens.tzinfo)",
            "test_runs_are_made_at_their_hour_in_new_york",
        ),
        (
            "premia/domain/schedule.py",
            "            if answered < moment.at <= now:",
            "            if moment.at <= now:",
            "test_a_machine_that_slept_makes_up_once",
        ),
        (
            "premia/bootstrap/daemon.py",
            "                await self._compare_clocks()\n",
            "                pass\n",
            "test_a_clock_that_is_off_halts_and_runs_keep_their_time",
        ),
    ],
    ids=["closure", "hours of both", "zone", "answered", "clock"],
)
def test_an_altered_line_is_missed_by_the_scenario(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
