"""The wire to the broker fails: faults 9 to 15 and 40 to 42, through the real adapter over TCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib.assemble import REAL_TIME, STEPPED, IbSettings, ib_parts
from premia.adapters.ib.connection import Address, Heartbeat
from premia.domain import events as ev
from premia.domain.errors import NotConnected
from premia.domain.known import Known, Unknown
from premia.domain.market import Seen
from premia.domain.order import Stage
from premia.engine.link import DATA, LINK
from tests.contracts.test_broker import SHORT_95
from tests.contracts.worlds import QUICK, OverTcp, an_order
from tests.faults.stories import EAGER, a_story, at_work, heard, later, live
from tests.integration.daemon.days import Days, days
from tests.integration.gateway.conftest import an_exchange
from tests.integration.ib.conftest import looking, opened  # noqa: F401 - fixtures
from tests.integration.ib.test_market_faults import asking
from tests.mutation import assert_mutant_fails
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
    await week.live("2024-03-11 09:58")
    week.plan = [("2024-03-11 10:00", "restart:seconds=180")]

    book = await week.live("2024-03-11 12:00")

    due = [one.due for one in week.facts(ev.CycleStarted) if one.due]
    assert len({str(one) for one in due}) == 1
    assert any(kind == "connection" for kind, _ in week.told)
    assert len([one for one in week.facts(ev.CycleEnded) if not one.again]) >= 1
    assert len(references(week)) == len(set(references(week))) == 1
    assert (book.connected, book.ready) == (True, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/engine/run.py",
            "        elif isinstance(event, ev.LinkRestored):",
            "        elif isinstance(event, ev.LinkLost):",
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
