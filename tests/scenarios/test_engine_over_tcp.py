"""Short stories of the engine on a gateway over TCP: what is missing, what is lost, what is already there.

Everything is real but the market: journal, engine, IB adapter, sockets, protocol. The clock is stepped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal

import pytest

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib.assemble import STEPPED, IbParts
from premia.adapters.journals.places import open_journal
from premia.bootstrap.compose import admission, broker_parts, engine_of
from premia.bootstrap.settings import Settings, load
from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.campaign import break_even
from premia.domain.combo import single
from premia.domain.errors import BrokerError
from premia.domain.instrument import Option, Right, Stock
from premia.domain.order import Stage
from premia.engine.run import Parts, Runner
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Opening, Policy
from premia.gateway.faults import parse_fault
from premia.gateway.server import GatewayServer
from premia.gateway.settings import GatewaySettings
from tests.contracts.worlds import a_client, an_order
from tests.integration.ib.markets import ACCOUNT, a_market
from tests.unit.exchange.fixed_market import at

MONDAY = "2024-03-11 10:30"
SYMBOLS = ("FND", "ABC", "XYZ")
CONFIG = """
[account]
number = "{account}"

[broker]
port = {port}
request_timeout_s = 2.0

[journal]
path = "story.db"

[strategies.wheel]
adopt = {adopt}
earnings = "ignore"
yield_min_stock = 0.06
open_interest_min = 0
spread_max = 0.3

[strategies.wheel.symbols]
FND = {{ weight = 0.3 }}
ABC = {{ weight = 0.2 }}
XYZ = {{ weight = 0.1 }}

[limits.concentration]
fund = 0.4
stock = 0.3

[limits.daily_limit]
contracts_a_day = 10

[limits.liquidity]
open_interest_min = 0
spread_max = 0.3
"""


class Story:
    """One gateway, one account, and engines that come and go on one journal."""

    def __init__(self, server: GatewayServer, settings: Settings) -> None:
        self.server = server
        self.config = settings.config
        self.journal = settings.journal
        self.clock = SteppedClock(server.floor.now)

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Runner]:
        """A process's life: from the journal, until it is closed or its connection is."""
        parts = broker_parts(self.config, self.clock, STEPPED)
        journal = open_journal(self.journal, ACCOUNT)
        runner = Runner(
            engine_of(self.config, self.server.floor.exchange.market.sessions),
            Parts(parts.broker, parts.market_data, journal, self.clock, self.clock.now, answer_timeout_s=1.0),
            fold(event for _, event in journal.read()),
        )
        self.parts: IbParts = parts

        async def already_right() -> None:
            """The clock is the gateway's own."""

        try:
            await runner.connect(admission(already_right, self.clock))
            yield runner
        finally:
            await runner.close()
            journal.close()

    async def go(self, to: str) -> None:
        """Step the market's clock, and ours."""
        self.clock.move(at(to))
        await self.server.advance(at(to))

    async def strike(self, fault: str) -> None:
        await self.server.strike(parse_fault(fault))

    def orders(self, symbol: str = "") -> list:
        """Orders of any state at the market that carry a reference of ours."""
        exchange = self.server.floor.exchange
        views = [*exchange.open_orders(), *exchange.completed_orders()]
        mine = [view for view in views if view.ticket.order_ref]
        return [view for view in mine if symbol in ("", view.ticket.order_ref.split("/")[1])]

    def facts(self, *kinds: type) -> list:
        reading = open_journal(self.journal, ACCOUNT, read_only=True)
        try:
            return [event for _, event in reading.read() if isinstance(event, kinds)]
        finally:
            reading.close()


@pytest.fixture
async def begin(tmp_path) -> AsyncIterator[Callable]:
    """A function that begins a story; its gateway is stopped afterwards."""
    servers: list[GatewayServer] = []

    async def begun(*openings: Opening, adopt: bool = False, when: str = MONDAY) -> Story:
        setup = AccountSetup(ACCOUNT, cash=Decimal(100_000), openings=openings)
        exchange = Exchange(a_market(*SYMBOLS), [setup], Policy(seed=7, shy=0.0), at(when))
        server = GatewayServer(exchange, GatewaySettings(port=0, clock="stepped", messages_per_s=0))
        await server.start()
        servers.append(server)
        path = tmp_path / "premia.toml"
        text = CONFIG.format(account=ACCOUNT, port=server.port, adopt=str(adopt).lower())
        path.write_text(text, encoding="utf-8")
        return Story(server, load(path))

    yield begun
    for server in servers:
        await server.stop()


def reasons(story: Story, symbol: str) -> str:
    passed = [e.passed for e in story.facts(ev.CandidatePassed) if e.passed.symbol == symbol]
    return " | ".join(f"{one.rule}: {one.reason}" for one in passed)


async def test_each_symbol_sells_its_put(begin):
    story = await begin()

    async with story.engine() as engine:
        await engine.cycle()

    assert {view.ticket.order_ref.split("/")[1] for view in story.orders()} == set(SYMBOLS)


async def test_without_greeks_nothing_is_sold_and_the_reason_is_recorded(begin):
    story = await begin()
    await story.strike("missing_greeks")

    async with story.engine() as engine:
        await engine.cycle()

    assert story.orders() == []
    for symbol in SYMBOLS:
        assert "greeks" in reasons(story, symbol)


async def test_a_symbol_without_data_leaves_the_others_trading(begin):
    story = await begin()
    await story.strike("no_data:symbol=ABC")

    async with story.engine() as engine:
        await engine.cycle()

    assert {view.ticket.order_ref.split("/")[1] for view in story.orders()} == {"FND", "XYZ"}
    assert "ABC" in reasons(story, "ABC")


async def trade_into_the_fault(story: Story) -> None:
    """A pass in which the connection goes; what the adapter raises is the end of that process."""
    try:
        async with story.engine() as engine:
            await engine.cycle()
    except BrokerError:
        return


@pytest.mark.parametrize("fault", ["drop_before_ack", "drop_after_ack"])
async def test_an_order_whose_answer_was_lost_is_found_again_and_never_resent(begin, fault):
    story = await begin()
    await story.strike(f"{fault}:count=1")
    await trade_into_the_fault(story)
    lost = story.orders()
    assert len(lost) == 1
    ref = lost[0].ticket.order_ref

    async with story.engine() as engine:
        await engine.cycle()
        state = engine.book.orders.get(ref) or engine.book.ended[ref]

    assert state.stage in {Stage.WORKING, Stage.FILLED}
    assert [view.ticket.order_ref for view in story.orders()].count(ref) == 1
    symbol = ref.split("/")[1]
    assert len(story.orders(symbol)) == 1


async def test_a_fill_behind_a_lost_connection_is_booked_once(begin):
    """The market fills an order and the connection goes before we hear of it."""
    story = await begin()
    await story.strike("drop_after_fill:count=1")
    async with story.engine() as engine:
        await engine.cycle()
        while engine.book.connected and (wake := engine.next_wake) is not None:
            story.clock.move(wake)
            await story.server.advance(wake)
            await engine.settled()
            if engine.book.connected:
                await engine.tick()
    exchange = story.server.floor.exchange
    filled = [line for line in exchange.executions() if line.contract is not None]

    async with story.engine() as engine:
        book = engine.book

    assert filled
    assert {fill.exec_id for fill in book.fills.values()} == {line.exec_id for line in filled}
    assert {key: held.quantity for key, held in book.holdings.items()} == {
        held.contract.key: held.quantity for held in exchange.holdings(ACCOUNT) if held.quantity
    }
    assert abs(book.cash - exchange.values(ACCOUNT).total_cash) < Decimal("0.005")


async def test_an_order_that_never_arrived_is_decided_afresh_under_the_same_id(begin):
    story = await begin()
    await story.strike("drop_before_receive:nth=2")
    await trade_into_the_fault(story)
    assert story.orders() == []
    first = story.facts(ev.OrderIdAssigned)[0]

    async with story.engine() as engine:
        await engine.cycle()

    assert [event.key for event in story.facts(ev.OrderNeverSent)] == [first.key]
    again = story.facts(ev.OrderIdAssigned)[1]
    assert again.key.rsplit("/", 1)[0] == first.key.rsplit("/", 1)[0]
    assert len(story.orders()) == len(SYMBOLS)
    assert len({view.ticket.order_ref for view in story.orders()}) == len(SYMBOLS)


async def somebody_else_sells(story: Story, number: int) -> None:
    """An order of another client under a number of its own."""
    other = a_client(story.server, client_id=2)
    await other.broker.connect()
    put = story.facts(ev.MarginRequested)[0].order.combo.options[0]
    await other.send(an_order(single(put, -1), "9.00", key="hand/OTHER/put/2024-03-11/1"), number)
    await other.end()


async def test_an_order_without_evidence_whose_id_has_passed_is_unknown_and_blocks_its_symbol(begin):
    """Somebody else's order took the next number meanwhile, so nothing proves that ours never lived."""
    story = await begin()
    await story.strike("drop_before_receive:nth=2")
    await trade_into_the_fault(story)
    lost = story.facts(ev.OrderIdAssigned)[0]
    await somebody_else_sells(story, lost.broker_id)

    async with story.engine() as engine:
        await engine.cycle()
        stage = engine.book.orders[lost.key].stage

    symbol = lost.key.split("/")[1]
    assert stage is Stage.UNKNOWN
    assert story.orders(symbol) == []
    assert "unknown" in reasons(story, symbol)
    assert {view.ticket.order_ref.split("/")[1] for view in story.orders()} == {*SYMBOLS, "OTHER"} - {symbol}


FRIDAY = Option("FND", datetime(2024, 3, 15).date(), Decimal(210), Right.PUT)  # noqa: DTZ001 - only its date


async def test_a_put_in_the_money_on_friday_trades_nothing_until_mondays_shares(begin):
    """It vanishes on Friday evening, its shares come on Monday at 08:00; a pass between sells nothing."""
    story = await begin(Opening(FRIDAY, -1, Decimal(-500)), adopt=True, when="2024-03-15 12:00")

    async with story.engine() as engine:
        for moment in ("2024-03-15 20:30", "2024-03-18 07:45"):
            await story.go(moment)
            await engine.cycle()
            assert story.orders("FND") == []
            assert "FND" in engine.book.blocks
        between = reasons(story, "FND")
        await story.go("2024-03-18 10:30")
        await engine.cycle()
        shares = engine.book.shares("FND")
        blocks = engine.book.blocks

    assert "standstill" in between
    assert shares == 100
    assert blocks == {}
    assert all(event.contract == FRIDAY for event in story.facts(ev.AssignmentInferred))
    assert story.facts(ev.CashUnexplained) == []


async def test_adopted_shares_are_sold_calls_at_or_above_the_brokers_cost(begin):
    """Their cost of 195.00 already nets a premium: break-even starts there, and no call goes below it."""
    story = await begin(Opening(Stock("FND"), 100, Decimal(195)), adopt=True)

    async with story.engine() as engine:
        campaign = engine.book.campaign_of("wheel", "FND")
        floor = break_even(campaign, engine.book.campaign_trades(campaign.id))
        await engine.cycle()

    calls = [v for v in story.orders("FND") if "/call/" in v.ticket.order_ref]
    assert floor == 195
    assert len(calls) == 1
    assert calls[0].ticket.legs[0].contract.strike >= 195


async def test_shares_that_are_not_adopted_are_left_alone(begin):
    story = await begin(Opening(Stock("FND"), 100, Decimal(195)), adopt=False)

    async with story.engine() as engine:
        await engine.cycle()

    assert [v for v in story.orders("FND") if "/call/" in v.ticket.order_ref] == []
    assert [event.position.contract for event in story.facts(ev.PositionLeft)] == [Stock("FND")]


async def test_a_live_account_is_refused_before_anything_is_asked(begin):
    """Real money waits for the last gate and the kill switch."""
    story = await begin()
    await asyncio.sleep(0)
    admit = admission(lambda: asyncio.sleep(0), story.clock)

    with pytest.raises(Exception, match="not a paper or simulated account"):
        await admit(
            ev.Connected(
                at=story.clock.now(), account="U1234567", client_id=1, paper=False, server_version=178
            )
        )
