"""The long-lived process: each scheduled run once, whatever is lost or ended in between."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import pytest

from premia.bootstrap.daemon import Rhythm
from premia.domain import events as ev
from premia.domain.dates import new_york
from premia.domain.order import Stage
from tests.integration.daemon.days import TIMES, Days, days
from tests.integration.ib.markets import ACCOUNT
from tests.unit.exchange.fixed_market import at

WEEK = [f"2024-03-{day}" for day in (11, 12, 13, 14, 15)]


@pytest.fixture
async def week(tmp_path) -> AsyncIterator[Days]:
    async with AsyncExitStack() as stack:
        yield await days(stack, tmp_path)


def due_times(*dates: str) -> list[datetime]:
    return [new_york(datetime.fromisoformat(day).date(), hour) for day in dates for hour in TIMES]


def made(world: Days) -> list[datetime]:
    return [one.due["wheel"] for one in world.facts(ev.CycleStarted) if one.due]


async def test_each_scheduled_run_of_a_week_is_made_once(week):
    book = await week.live("2024-03-15 17:00")

    assert made(week) == due_times(*WEEK)
    assert [one.cycle for one in week.facts(ev.CycleStarted)] == [
        one.cycle for one in week.facts(ev.CycleEnded)
    ]
    assert book.running is None
    assert week.told == []


async def test_a_new_life_makes_only_the_runs_that_the_last_one_did_not(week):
    await week.live("2024-03-11 12:00")
    await week.live("2024-03-12 17:00")

    assert made(week) == due_times("2024-03-11", "2024-03-12")


@pytest.mark.parametrize("fault", ["drop_before_receive", "drop_before_ack", "drop_after_ack"])
async def test_a_connection_that_breaks_at_an_order_leaves_one_order(week, fault):
    await week.live("2024-03-11 09:59")
    await week.strike(f"{fault}:count=1")
    book = await week.live("2024-03-11 15:00")

    references = [view.ticket.order_ref for view in week.orders()]
    assert len(references) == len(set(references))
    assert week.facts(ev.Disconnected)
    assert book.ready
    held = sum(holding.quantity for holding in book.holdings.values())
    assert held == sum(h.quantity for h in week.server.floor.exchange.holdings(ACCOUNT)) < 0


async def test_a_pass_that_a_crash_cut_off_is_made_up_for_under_its_own_due_time(week):
    """The process dies while the market is being read: the next one makes the pass again, and once."""

    class DiedError(Exception):
        pass

    async def dying(*_asked: object) -> tuple[()]:
        raise DiedError

    await week.live("2024-03-11 09:59")
    with pytest.raises(DiedError):
        await week.live("2024-03-11 12:00", reading=dying)
    await week.live("2024-03-11 12:00")

    first, again = (one for one in week.facts(ev.CycleStarted) if one.due)
    assert first.due == again.due == {"wheel": due_times("2024-03-11")[0]}
    assert "cut off" in again.why
    assert [one.cycle for one in week.facts(ev.CycleEnded)] == [again.cycle]


async def test_a_pass_that_was_cut_off_long_ago_is_ended_with_the_reason(week):
    class DiedError(Exception):
        pass

    async def dying(*_asked: object) -> tuple[()]:
        raise DiedError

    await week.live("2024-03-11 09:59")
    with pytest.raises(DiedError):
        await week.live("2024-03-11 12:00", reading=dying)
    await week.go("2024-03-11 12:00")
    book = await week.live("2024-03-11 13:00")

    (ended,) = week.facts(ev.CycleEnded)
    assert ended.note.startswith("cut off and not made up for")
    assert book.running is None


async def test_a_pause_from_another_process_stops_entries_until_it_is_resumed(week):
    await week.live("2024-03-11 09:30")
    week.send("pause")
    await week.live("2024-03-11 12:00")
    refused = {one.rule for one in week.facts(ev.IntentRefused)}
    orders = week.orders()
    week.send("resume")
    await week.live("2024-03-11 16:30")

    assert refused == {"halted"}
    assert orders == []
    assert week.orders()
    assert [one.ok for one in week.facts(ev.CommandAnswered)] == [True, True]


async def test_a_command_sent_twice_is_done_once(week):
    await week.live("2024-03-11 09:30")
    first, again = week.send("run"), week.send("run")
    await week.live("2024-03-11 10:30")

    assert (first, again) == (True, False)
    assert len(week.facts(ev.OperatorCommand)) == 1
    assert len(week.facts(ev.CommandAnswered)) == 1


async def test_what_is_held_is_closed_by_a_command_with_its_own_limit(week):
    await week.live("2024-03-11 15:00")
    (trade,) = {one.fill.order_ref for one in week.facts(ev.OrderFilled)}
    week.send("close", trade, limit="9.99")
    book = await week.live("2024-03-11 15:20")

    (answer,) = week.facts(ev.CommandAnswered)
    assert answer.ok, answer.text
    assert book.trades == {}


async def test_orders_are_taken_back_at_the_end_where_so_wished_and_the_next_start_trades_again(week):
    def order_at_work(now):
        if now >= at("2024-03-11 10:00"):
            week.stopped = True

    week.at_turn = order_at_work
    leaving = Rhythm(cancel_on_stop=True)
    book = await week.live("2024-03-11 10:01", leaving)
    halted = dict(book.halts)
    after = await week.live("2024-03-11 15:00")

    assert [state.stage for state in book.orders.values() if state.stage is Stage.WORKING] == []
    assert list(halted) == ["shutdown"]
    assert after.halts == {}
    assert after.trades


async def test_a_gateway_that_is_gone_is_asked_for_seldom_although_waits_are_short(week):
    """On a real clock a wait ends after half a second; attempts keep their own, growing distance."""
    week.slices = timedelta(milliseconds=500)
    week.plan = [("2024-03-11 09:05", "restart:seconds=600")]

    book = await week.live("2024-03-11 09:17")

    attempts = [text for kind, text in week.told if kind == "connection"]
    assert 8 <= len(attempts) <= 18  # 2, 5, 10, 20, 30 s, then every minute
    assert (book.connected, book.ready) == (True, True)
