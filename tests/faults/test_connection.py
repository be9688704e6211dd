"""The wire to the broker fails: faults 9 to 15 and 40 to 42, through the real adapter over TCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal

import pytest

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib import requests
from premia.adapters.ib.assemble import REAL_TIME, STEPPED, IbSettings, ib_parts
from premia.adapters.ib.connection import Address, Heartbeat
from premia.adapters.ib.lines import LineAsk
from premia.adapters.ib.market import OPTION_TICKS
from premia.domain import events as ev
from premia.domain.errors import NotConnected
from premia.domain.known import Known, Unknown
from premia.domain.market import Seen
from premia.domain.order import Stage
from premia.engine.copies import COPIES
from premia.engine.link import DATA, LINK
from tests.contracts.test_broker import SHORT_95, standing
from tests.contracts.worlds import QUICK, OverTcp, a_client, an_order
from tests.faults.stories import EAGER, RESTING, a_story, at_work, heard, later, live
from tests.integration.daemon.days import Days, days
from tests.integration.gateway.conftest import an_exchange
from tests.integration.ib.conftest import looking, opened  # noqa: F401 - fixtures
from tests.integration.ib.test_market_faults import asking
from tests.integration.ib.test_real_clock import a_gateway, a_session
from tests.mutation import ROOT, assert_mutant_fails
from tests.permits import a_permit
from tests.scenarios.test_engine_over_tcp import ACCOUNT, SYMBOLS, Story

HERE = "tests/faults/test_connection.py"


@pytest.fixture
async def story(tmp_path) -> AsyncIterator[Story]:
    """Three symbols whose orders rest until they reach the other side."""
    async with a_story(tmp_path) as begun:
        yield begun


@pytest.fixture
async def week(tmp_path) -> AsyncIterator[Days]:
    async with AsyncExitStack() as stack:
        yield await days(stack, tmp_path)


def references(world: Days | Story) -> list[str]:
    return [view.ticket.order_ref for view in world.orders()]


@pytest.mark.fault(
    9, "The pass ends, everything is reconciled on the new session, and the pass is made again, once"
)
async def test_a_connection_that_breaks_in_the_middle_of_a_pass(week):
    await week.strike("cut:code=78,count=1")

    book = await week.live("2024-03-11 12:00")

    first, again = week.facts(ev.CycleStarted)
    assert first.due
    ended = [(one.cycle, one.again) for one in week.facts(ev.CycleEnded)]
    assert ended == [(first.cycle, True), (again.cycle, False)]
    looked_for = (ev.Disconnected, ev.Connected, ev.BrokerObserved, ev.OrderRequested)
    kinds = [type(one) for one in week.facts(*looked_for)]
    gone = kinds.index(ev.Disconnected)
    assert kinds[gone : gone + 3] == [ev.Disconnected, ev.Connected, ev.BrokerObserved]
    assert ev.OrderRequested not in kinds[: gone + 3]
    assert book.ready
    assert len(references(week)) == len(set(references(week))) == 1


@pytest.mark.fault(
    10, "A connection that carries nothing any more is found dead within 30 s and can be opened anew"
)
async def test_a_socket_that_stays_open_and_says_nothing(opened):  # noqa: F811 - the fixture
    world = await opened(an_exchange())
    quick = STEPPED._replace(heartbeat=Heartbeat(quiet_s=0.1, answer_s=0.1))
    settings = IbSettings(Address(port=world.server.port, client_id=2), limits=QUICK)
    dying = OverTcp(world.server, ib_parts(settings, SteppedClock(world.exchange.now), quick), world.clock)
    await dying.broker.connect()
    await asyncio.sleep(0.3)
    assert dying.parts.connection.is_open

    await world.strike("stall:client=2")
    gone = await dying.until(ev.Disconnected)

    assert "silent" in gone.why
    assert isinstance((await dying.broker.observe()).positions, Unknown)
    with pytest.raises(NotConnected):
        await dying.broker.submit(a_permit(an_order(SHORT_95, "1.00")))
    await dying.broker.connect()
    assert isinstance((await dying.broker.observe()).positions, Known)
    await dying.end()
    real = REAL_TIME.heartbeat
    assert 2 * real.quiet_s + real.answer_s <= 30


@pytest.mark.fault(
    11, "What filled while the gateway had lost IB is fetched at 1102 and booked once, with its cost"
)
async def test_fills_behind_a_lost_link_are_fetched(tmp_path):
    async with a_story(tmp_path, policy=EAGER) as story, story.engine() as runner:
        exchange = story.server.floor.exchange
        await runner.cycle()
        await heard(story, runner)
        waiting = [state.key for state in at_work(runner)]
        await story.strike("connectivity_lost")
        await heard(story, runner)
        known = set(runner.book.fills)
        await later(story, runner, "2024-03-11 12:30")
        assert set(runner.book.fills) == known
        halted = dict(runner.book.halts)

        await story.strike("restored_with_data")
        await heard(story, runner)

        book = runner.book
    filled = [line for line in exchange.executions() if line.contract is not None]
    assert list(halted) == [LINK]
    assert waiting
    assert len(filled) > len(known)
    assert sorted(one.fill.exec_id for one in story.facts(ev.OrderFilled)) == sorted(
        one.exec_id for one in filled
    )
    assert all(fill.commission is not None for fill in book.fills.values())
    assert abs(book.cash - exchange.values(ACCOUNT).total_cash) < Decimal("0.005")
    assert (book.halts, book.ready) == ({}, True)


@pytest.mark.fault(11, "Trading is resumed within 10 s of 1102, even where the first look is not answered")
async def test_trading_is_resumed_soon_after_the_link_is_back(week):
    week.plan = [
        ("2024-03-11 10:20", "connectivity_lost"),
        ("2024-03-11 10:30", "no_answer:code=61,count=1"),
        ("2024-03-11 10:30", "restored_with_data"),
    ]

    book = await week.live("2024-03-11 11:00")

    (back,) = week.facts(ev.LinkRestored)
    (resumed,) = [one for one in week.facts(ev.TradingReleased) if one.cause == LINK]
    assert resumed.at - back.at <= timedelta(seconds=10)
    looks = [one for one in week.facts(ev.BrokerObserved) if back.at <= one.at <= resumed.at]
    assert [type(one.positions) for one in looks] == [Unknown, Known]
    assert book.halts == {}


@pytest.mark.fault(12, "At 1101 every line is opened again, and nothing older than the gap is looked at")
async def test_a_look_that_a_gap_cuts_through_starts_anew(looking):  # noqa: F811 - the fixture
    look = asyncio.create_task(looking.market_data.observe(asking(*SYMBOLS)))
    async with asyncio.timeout(5):
        while looking.server.floor.lines_in_use() < len(SYMBOLS):
            await looking.parts.connection.barrier()
    before = looking.exchange.now
    await looking.strike("connectivity_lost")
    await looking.advance(30)
    await looking.strike("restored_without_data")
    view = await look

    assert looking.exchange.now > before
    for symbol in SYMBOLS:
        seen = view.seen(symbol)
        assert isinstance(seen, Seen)
        assert seen.underlying.quote.as_of == looking.exchange.now
        assert all(seen.chain.quote(row).as_of == looking.exchange.now for row in range(len(seen.chain)))


@pytest.mark.fault(12, "While the gateway has lost IB no symbol is known, so nothing is decided")
async def test_a_pass_while_the_link_is_lost_decides_nothing_and_is_made_again(week):
    week.plan = [("2024-03-11 09:59", "connectivity_lost"), ("2024-03-11 10:04", "restored_without_data")]

    await week.live("2024-03-11 12:00")

    blind, seeing = week.facts(ev.CycleEnded)[:2]
    assert blind.again
    assert blind.intents == 0
    assert not seeing.again
    (restored,) = week.facts(ev.LinkRestored)
    sent = [one.at for one in week.facts(ev.OrderRequested)]
    assert min(sent) >= restored.at
    assert len(references(week)) == len(set(references(week))) == 1


@pytest.mark.fault(
    13,
    "Changes and cancels stay here until the link is back; there is one permanent id, and the cancel is made",
)
async def test_changes_and_cancels_during_a_lost_link_are_refused_here(story):
    async with story.engine() as runner:
        await runner.cycle()
        await heard(story, runner)
        state = at_work(runner)[0]
        await story.strike("connectivity_lost")
        await heard(story, runner)
        traffic = story.server.floor.sessions[0].received
        asked = ev.OperatorCommand(
            at=story.clock.now(), id="c/1", verb="cancel", target=state.key, who="anna", why="a test"
        )
        await later(story, runner, "2024-03-11 10:32")  # a step of the ladder is due
        await runner.take(asked)
        with pytest.raises(NotConnected, match="1100"):
            await runner.parts.broker.submit(a_permit(state.order, state.broker_id, state.order.worst))
        (resting,) = live(story, state.key)
        assert resting.ticket.limit == state.limit
        assert story.server.floor.sessions[0].received - traffic <= 3  # signs of life, and no order's message
        assert story.facts(ev.ReplaceRequested) == []

        await story.strike("restored_with_data")
        await heard(story, runner)
        assert live(story, state.key) == []
        (only,) = [view for view in story.orders() if view.ticket.order_ref == state.key]
        assert only.perm_id == resting.perm_id
        assert runner.book.ended[state.key].stage is Stage.CANCELLED


async def a_copy(story: Story, key: str) -> OverTcp:
    """Another client whose order carries a reference of ours, as a change during a lost link leaves one."""
    other = a_client(story.server, client_id=2)
    await other.broker.connect()
    put = next(one.order for one in story.facts(ev.MarginRequested) if one.order.key == key).combo
    await other.send(an_order(put, "9.00", key=key))
    return other


@pytest.mark.fault(14, "Two permanent ids under one reference: alarm, openings halted, neither is touched")
async def test_one_reference_with_two_permanent_ids(story):
    async with story.engine() as runner:
        await runner.cycle()
        await heard(story, runner)
        key = at_work(runner)[0].key
        other = await a_copy(story, key)

        await runner.observe()
        halted = dict(runner.book.halts)
        await later(story, runner, "2024-03-11 10:45")  # ladders walk, and end
        both = live(story, key)
        (numbers,) = [one.perm_ids for one in story.facts(ev.CopiesSeen)]
        await runner.take(
            ev.OperatorCommand(
                at=story.clock.now(),
                id="c/1",
                verb="cancel",
                target=key,
                who="anna",
                why="a test",
                arguments={"perm_id": str(numbers[1])},
            )
        )
        (refused,) = story.facts(ev.CommandAnswered)
        await other.end()

    assert {one.perm_id for one in both} == set(numbers)
    assert len(both) == 2
    assert (list(halted), halted[COPIES].scope) == ([COPIES], "entries")
    assert "another client" in refused.text
    assert [one.key for one in story.facts(ev.ReplaceRequested, ev.CancelRequested) if one.key == key] == []


@pytest.mark.fault(14, "The copy is taken back where a person says so, and the order lives on")
async def test_a_copy_is_taken_back_alone(opened):  # noqa: F811 - the fixture
    world = await opened(an_exchange(policy=RESTING))
    order = an_order(SHORT_95, "1.50")
    first = await world.send(order)
    second = await world.send(order)

    await world.broker.cancel(standing(order, second))
    await world.settle()

    (left,) = world.exchange.open_orders()
    assert left.ticket.order_id == first
    assert world.told(ev.OrderCancelled) == []


@pytest.mark.fault(
    15, "A part that is not answered in time is unknown, not empty: nothing is opened until it is known"
)
@pytest.mark.parametrize("request_number", [16, 61])
async def test_orders_or_positions_that_are_not_answered_block_entries(story, request_number):
    await story.strike(f"no_answer:code={request_number}")
    async with story.engine() as runner:
        await runner.cycle()
        blind = (runner.book.ready, list(story.orders()))
        await story.server.lift("no_answer")
        await runner.cycle()

    assert blind == (False, [])
    assert any("within 2 s" in one.note for one in story.facts(ev.CycleEnded))
    assert len(references(story)) == len(SYMBOLS)


@pytest.mark.fault(40, "A burst of 200 messages leaves at our own pace; the gateway counts no violation")
async def test_a_burst_of_messages_is_held_back_here():
    async with a_gateway(an_exchange()) as server, a_session(server) as parts:
        (session,) = server.floor.sessions
        for _ in range(200):
            parts.connection.client.reqIds(1)
        held = parts.connection.client.pacer.held_back
        async with asyncio.timeout(10):
            await parts.connection.barrier()

        assert held > 0
        assert session.received >= 201
        assert session.pacing_violations == 0


@pytest.mark.fault(40, "More contracts than lines are looked at in turns, and no line is refused")
async def test_more_contracts_than_market_data_lines(opened):  # noqa: F811 - the fixture
    world = await opened(an_exchange())
    put = SHORT_95.options[0]
    asks = [LineAsk(put, world.parts.book.listed(put), OPTION_TICKS)] * 101

    lines = await world.parts.lines.look(asks)

    assert len(lines) == 101
    assert [line.refusal for line in lines if line.refusal] == []
    assert all(line.quote.bid is not None for line in lines)


@pytest.mark.fault(40, "The only history asked for is of daily bars, of which 61 in a row break no rule")
async def test_many_requests_for_history(opened):  # noqa: F811 - the fixture
    world = await opened(an_exchange())
    stock = (await world.parts.book.underlying("ABC")).listed

    answers = [await requests.daily_bars(world.parts.connection, stock, "30 D", "TRADES") for _ in range(61)]

    assert all(answers)
    source = (ROOT / "src/premia/adapters/ib").glob("*.py")
    assert [path.name for path in source if "reqHistoricalData" in path.read_text()] == ["requests.py"]


@pytest.mark.fault(
    41, "Data are flagged invalid, everything is paused, one fact tells it, and it ends by itself"
)
async def test_a_competing_session_takes_the_data(story):
    await story.strike("refuse_data:code=10197")
    async with story.engine() as runner:
        await runner.cycle()
        await runner.cycle()
        await heard(story, runner)
        halted, orders = dict(runner.book.halts), story.orders()
        await story.server.lift("refuse_data")
        await runner.cycle()
        released = dict(runner.book.halts)

    assert orders == []
    assert len(references(story)) == len(SYMBOLS)
    assert list(halted) == [DATA]
    assert "10197" in halted[DATA].why
    assert len(story.facts(ev.DataLost)) == len(story.facts(ev.DataRestored)) == 1
    assert released == {}


@pytest.mark.fault(42, "A daily restart in the middle of a pass is waited out; the pass is made once, alone")
async def test_the_daily_restart_in_the_middle_of_a_pass(week):
    async def restart_once() -> None:
        if not week.facts(ev.Disconnected):
            await week.strike("restart:seconds=180")

    week.before_look = restart_once
    book = await week.live("2024-03-11 12:00")

    cut, made = week.facts(ev.CycleStarted)
    (again,) = [one for one in week.facts(ev.CycleEnded) if one.cycle == made.cycle]
    assert made.at - cut.at >= timedelta(seconds=180)
    assert any(kind == "connection" for kind, _ in week.told)
    assert not again.again
    assert len(references(week)) == len(set(references(week))) == 1
    assert (book.connected, book.ready) == (True, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/adapters/ib/pacing.py",
            "        while (self._urgent or self._others) and self._tokens >= 1 - _ROUNDING:",
            "        while self._urgent or self._others:",
            "test_a_burst_of_messages_is_held_back_here",
        ),
        (
            "premia/engine/run.py",
            "        if isinstance(event, ev.LinkRestored):\n            await self.observe()",
            "        if isinstance(event, ev.LinkRestored):\n            pass",
            "test_fills_behind_a_lost_link_are_fetched",
        ),
        (
            "premia/adapters/ib/market.py",
            "            cut = receiver.lost or receiver.gaps != gaps",
            "            cut = False",
            "test_a_look_that_a_gap_cuts_through_starts_anew",
        ),
        (
            "premia/adapters/ib/connection.py",
            "            if self.is_open and self.counts.received == before:",
            "            if False:",
            "test_a_socket_that_stays_open_and_says_nothing",
        ),
    ],
)
def test_a_mutant_is_missed(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
