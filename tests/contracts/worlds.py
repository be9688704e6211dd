"""One simulated market behind the broker's and the market's ports: in process, and over TCP.

A contract test runs on both, and looks only at what the ports show.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, timedelta
from decimal import Decimal

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib.assemble import STEPPED, IbParts, IbSettings, ib_parts
from premia.adapters.ib.connection import Address, TimeLimits
from premia.adapters.ib.lines import LINE_BUDGET
from premia.adapters.ib.market import MarketSettings
from premia.adapters.simulated import SimulatedBroker, SimulatedMarketData
from premia.domain.combo import Combo
from premia.domain.events import AnyEvent
from premia.domain.intent import Purpose
from premia.domain.money import Price, price, usd
from premia.domain.order import Ladder, Order
from premia.exchange.exchange import Exchange
from premia.gateway.faults import parse_fault
from premia.gateway.server import GatewayServer
from premia.gateway.settings import GatewaySettings
from premia.ports import Broker, MarketData
from tests.permits import a_permit

QUICK = TimeLimits(connect_s=5, request_s=1, what_if_s=1, fence_s=1)
AT_ONCE = Ladder(1, timedelta(minutes=1), timedelta(minutes=1))


class World(ABC):
    """A broker, its market, and the power over time.

    `events` holds what the broker has reported so far, in order.
    """

    def __init__(self, exchange: Exchange, broker: Broker, market_data: MarketData) -> None:
        self.exchange = exchange
        self.broker = broker
        self.market_data = market_data
        self.events: list[AnyEvent] = []
        self._heard = asyncio.Event()
        self._listener = asyncio.create_task(self._listen())

    async def advance(self, minutes: float) -> None:
        """Let market time pass and read what happened."""
        await self.advance_to(self.exchange.now + timedelta(minutes=minutes))

    @abstractmethod
    async def advance_to(self, to: datetime) -> None:
        """Let market time pass until an instant and read what happened."""

    async def settle(self) -> None:
        """Return when everything that was said has been read."""
        for _ in range(3):
            await asyncio.sleep(0)

    async def until(self, kind: type) -> AnyEvent:
        """Wait until an event of this kind has come; the first one."""
        async with asyncio.timeout(5):
            while not self.told(kind):
                self._heard.clear()
                await self._heard.wait()
        return self.told(kind)[0]

    async def send(self, order: Order, broker_id: int | None = None, limit: Price | None = None) -> int:
        """Submit an order at its first price, and read the first answers; its broker id."""
        number = self.broker.allocate_id(0) if broker_id is None else broker_id
        await self.broker.submit(a_permit(order, number, limit))
        await self.settle()
        return number

    def told(self, kind: type) -> list:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    async def end(self) -> None:
        """Close the session."""
        self._listener.cancel()
        with suppress(asyncio.CancelledError):
            await self._listener
        await self.broker.close()

    async def _listen(self) -> None:
        async for event in self.broker.reports():
            self.events.append(event)
            self._heard.set()


class InProcess(World):
    """Without a wire."""

    def __init__(self, exchange: Exchange) -> None:
        self._simulated = SimulatedBroker(exchange)
        super().__init__(exchange, self._simulated, SimulatedMarketData(exchange))

    async def advance_to(self, to: datetime) -> None:
        self._simulated.advance(to)
        await self.settle()


class OverTcp(World):
    """Through a gateway on the loopback interface, with the real client library."""

    def __init__(self, server: GatewayServer, parts: IbParts, clock: SteppedClock) -> None:
        super().__init__(server.floor.exchange, parts.broker, parts.market_data)
        self.server = server
        self.parts = parts
        self.clock = clock

    async def advance_to(self, to: datetime) -> None:
        await self.server.advance(to)
        self.clock.move(self.server.floor.now)
        await self.settle()

    async def strike(self, fault: str) -> None:
        """Put a fault in force at the gateway."""
        await self.server.strike(parse_fault(fault))
        await World.settle(self)

    async def settle(self) -> None:
        if self.parts.connection.is_open:
            await self.parts.connection.barrier()
        await super().settle()


@asynccontextmanager
async def in_process(exchange: Exchange) -> AsyncIterator[InProcess]:
    """A world without a wire, connected."""
    world = InProcess(exchange)
    await world.broker.connect()
    yield world
    await world.end()


@asynccontextmanager
async def over_tcp(
    exchange: Exchange,
    faults: tuple[str, ...] = (),
    market: MarketSettings | None = None,
    client_id: int = 1,
    lines: int = LINE_BUDGET,
) -> AsyncIterator[OverTcp]:
    """A gateway on a free port with one connected client."""
    server = GatewayServer(
        exchange, GatewaySettings(port=0, clock="stepped", messages_per_s=0, faults=faults)
    )
    await server.start()
    world = a_client(server, market, client_id, lines)
    try:
        await world.broker.connect()
        yield world
    finally:
        await world.end()
        await server.stop()


def a_client(
    server: GatewayServer,
    market: MarketSettings | None = None,
    client_id: int = 1,
    lines: int = LINE_BUDGET,
) -> OverTcp:
    """One more client of a running gateway, not connected yet."""
    clock = SteppedClock(server.floor.now)
    settings = IbSettings(
        Address(port=server.port, client_id=client_id),
        limits=QUICK,
        market=market or MarketSettings(),
        lines=lines,
    )
    return OverTcp(server, ib_parts(settings, clock, STEPPED), clock)


def an_order(combo: Combo, credit: str, units: int = 1, key: str = "wheel/ABC/put/2024-03-11/1") -> Order:
    """An order of a combo at a net credit a share (negative: a debit)."""
    return Order(
        key=key,
        strategy="wheel",
        symbol="ABC",
        slot="ABC/put",
        purpose=Purpose.OPEN,
        combo=combo,
        quantity=units,
        limit=price(credit),
        worst=price(credit),
        tick=Decimal("0.01"),
        ladder=AT_ONCE,
        reserved=usd(0),
        trade="t1",
        session=date(2024, 3, 11),
        reason="a test",
    )
