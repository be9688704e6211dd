"""On a gateway whose clock follows the wall: few messages, within the rate, orders first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib.assemble import REAL_TIME, IbParts, IbSettings, Timing, ib_parts
from premia.adapters.ib.connection import Address
from premia.adapters.ib.lines import LINGER_S
from premia.adapters.ib.pacing import Pacer
from premia.adapters.ib.waits import QuietWait
from premia.domain.events import OrderAccepted
from premia.domain.market import MarketRequest, Seen, SymbolRequest
from premia.gateway.faults import parse_fault
from premia.gateway.serve import follow_the_wall
from premia.gateway.server import GatewayServer
from premia.gateway.settings import GatewaySettings
from tests.contracts.test_broker import SHORT_95
from tests.contracts.worlds import an_order
from tests.integration.gateway.conftest import an_exchange as quoted_exchange
from tests.integration.ib.markets import an_exchange
from tests.integration.ib.test_market_faults import PUTS, SYMBOLS
from tests.permits import a_permit


class GatewayClock(SteppedClock):
    """The market's present, read off the gateway in this process."""

    def __init__(self, server: GatewayServer) -> None:
        super().__init__(server.floor.now)
        self._server = server

    def now(self):
        return self._server.floor.now


@asynccontextmanager
async def a_gateway(exchange, *faults: str) -> AsyncIterator[GatewayServer]:
    """A gateway that lives at the pace of the wall."""
    server = GatewayServer(exchange, GatewaySettings(port=0, clock="real", tick_s=0.05, faults=faults))
    await server.start()
    stopped = asyncio.Event()
    ticking = asyncio.create_task(follow_the_wall(server, stopped))
    yield server
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking
    await server.stop()


@asynccontextmanager
async def a_session(server: GatewayServer, timing: Timing = REAL_TIME) -> AsyncIterator[IbParts]:
    """One connected client."""
    parts = ib_parts(IbSettings(Address(port=server.port)), GatewayClock(server), timing)
    await parts.broker.connect()
    yield parts
    await parts.broker.close()


@pytest.fixture
def session() -> Callable:
    return a_session


def asking(*symbols: str) -> MarketRequest:
    return MarketRequest(tuple(SymbolRequest(symbol, (PUTS,)) for symbol in symbols))


async def test_a_whole_look_at_three_symbols_costs_under_sixty_messages_and_breaks_no_limit():
    async with a_gateway(an_exchange()) as server:
        async with a_session(server) as parts:
            await parts.broker.observe()
            view = await parts.market_data.observe(asking(*SYMBOLS))
        (client,) = server.floor.met

    assert all(len(view.seen(symbol).chain) >= 4 for symbol in SYMBOLS)
    # Session 2, account 7, three details, option classes and lines of underlyings, 24 options.
    assert parts.connection.counts.sent <= 45
    assert client.received <= 60
    assert client.pacing_violations == 0


async def test_lines_are_given_back_a_moment_after_a_look():
    quick = REAL_TIME._replace(linger_s=0.05)
    async with a_gateway(an_exchange()) as server, a_session(server, quick) as parts:
        await parts.market_data.observe(asking("ABC"))
        assert server.floor.lines_in_use() > 0
        async with asyncio.timeout(5):
            while server.floor.lines_in_use():
                await parts.connection.barrier()


async def test_one_symbol_without_quotes_delays_a_look_by_a_moment_only():
    loop = asyncio.get_running_loop()
    async with a_gateway(an_exchange(), "unquoted:symbol=ABC") as server, a_session(server) as parts:
        started = loop.time()
        view = await parts.market_data.observe(asking(*SYMBOLS))

    assert loop.time() - started < QuietWait(parts.connection)._longest_s
    assert view.seen("ABC").chain.quote(0).fault() == "no quote"
    assert view.seen("XYZ").chain.quote(0).fault() is None


async def test_a_session_that_ends_during_a_look_ends_the_look():
    async with a_gateway(an_exchange(), "no_data") as server, a_session(server) as parts:
        looking = asyncio.create_task(parts.market_data.observe(asking("ABC")))
        async with asyncio.timeout(5):
            while not server.floor.lines_in_use():
                await parts.connection.barrier()

        await server.strike(parse_fault("drop"))
        async with asyncio.timeout(QuietWait(parts.connection)._longest_s / 2):
            view = await looking

    assert "session" in view.seen("ABC").why


async def test_lines_that_a_gap_has_ended_are_opened_again_without_waiting_for_them():
    async with a_gateway(an_exchange(), "no_data:count=1") as server, a_session(server) as parts:
        looking = asyncio.create_task(parts.market_data.observe(asking("ABC")))
        async with asyncio.timeout(5):
            while not server.floor.lines_in_use():
                await parts.connection.barrier()

        await server.strike(parse_fault("connectivity_lost"))
        await server.strike(parse_fault("restored_without_data"))
        view = await looking

    assert isinstance(view.seen("ABC"), Seen)


async def test_an_order_overtakes_a_scan_that_waits_for_its_turn():
    """At ten messages a second the scan needs many seconds; the order goes with the next token."""
    slow = Timing(
        lambda: Pacer(asyncio.get_running_loop().time, rate_per_s=10, burst_s=1),
        QuietWait,
        LINGER_S,
        REAL_TIME.settled,
    )
    order = an_order(SHORT_95, "1.50")
    async with a_gateway(quoted_exchange()) as server, a_session(server, slow) as parts:
        scan = asyncio.create_task(parts.market_data.observe(asking(*SYMBOLS[1:], *(["NONE"] * 40))))
        for _ in range(10):
            await asyncio.sleep(0)
        assert parts.connection.is_held_back

        await parts.broker.submit(a_permit(order, parts.broker.allocate_id(0)))
        async with asyncio.timeout(3):
            async for event in parts.broker.reports():
                if isinstance(event, OrderAccepted):
                    break

        assert not scan.done()
        assert parts.connection.is_held_back
        scan.cancel()
        with suppress(asyncio.CancelledError):
            await scan
