"""Gateways on markets whose every price is written down by the test, and clients of them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable

import ib_async
import pytest

from premia.domain.account import AccountKind
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Policy
from premia.gateway.server import GatewayServer
from premia.gateway.settings import GatewaySettings
from tests.integration.gateway.raw_client import RawClient
from tests.unit.exchange.fixed_market import FixedMarket, a_call, a_put, at

ACCOUNT = "DU1000001"
MONDAY = "2024-03-11 10:00"
EXPIRY = "2024-04-19"


def a_market() -> FixedMarket:
    """ABC at 100 with options of one expiry, quoted all along; XYZ at 50 with one put."""
    market = FixedMarket("2024-01-02", "2024-12-31", holidays=["2024-03-29"])
    market.stock("ABC", {"2024-01-02 09:30": "100.00"})
    market.stock("XYZ", {"2024-01-02 09:30": "50.00"})
    for strike, bid, ask in (("95", "1.00", "1.10"), ("90", "0.40", "0.45"), ("100", "2.50", "2.60")):
        market.quote(a_put(EXPIRY, strike), "2024-01-02 09:30", bid, ask)
    for strike, bid, ask in (("105", "1.20", "1.30"), ("110", "0.50", "0.55")):
        market.quote(a_call(EXPIRY, strike), "2024-01-02 09:30", bid, ask)
    market.quote(a_put(EXPIRY, "85"), "2024-01-02 09:30", None, "0.05")
    market.quote(a_put(EXPIRY, "45", "XYZ"), "2024-01-02 09:30", "0.50", "0.60")
    return market


def an_exchange(
    market: FixedMarket | None = None, when: str = MONDAY, policy: Policy | None = None
) -> Exchange:
    """The market with one margin account of 100,000 USD."""
    accounts = [AccountSetup(ACCOUNT, AccountKind.MARGIN)]
    return Exchange(market or a_market(), accounts, policy or Policy(seed=7), at(when))


@pytest.fixture
async def start() -> AsyncIterator[Callable]:
    """A function that starts a gateway on an exchange; all are stopped afterwards."""
    running: list[GatewayServer] = []

    async def started(exchange: Exchange | None = None, **settings) -> GatewayServer:
        server = GatewayServer(
            exchange or an_exchange(), GatewaySettings(port=0, clock="stepped", **settings)
        )
        await server.start()
        running.append(server)
        return server

    yield started
    for server in running:
        await server.stop()


@pytest.fixture
async def raw() -> AsyncIterator[Callable]:
    """A function that connects a raw client to a gateway; all are closed afterwards."""
    clients: list[RawClient] = []

    async def connected(
        server: GatewayServer, client_id: int | None = 1, versions: str = "v157..178"
    ) -> RawClient:
        client = await RawClient.connect(server.port, client_id, versions)
        clients.append(client)
        return client

    yield connected
    for client in clients:
        await client.close()


class Complaints(logging.Handler):
    """Keeps what the client library logs about messages that it could not read."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
async def ib() -> AsyncIterator[Callable]:
    """A function that connects ib_async to a gateway; its decoder must have no complaint in the end."""
    complaints = Complaints()
    watched = [logging.getLogger(name) for name in ("ib_async.Decoder", "ib_async.client")]
    for logger in watched:
        logger.addHandler(complaints)
    clients: list[ib_async.IB] = []

    async def connected(server: GatewayServer, client_id: int = 1, **options) -> ib_async.IB:
        client = ib_async.IB()
        clients.append(client)
        await client.connectAsync("127.0.0.1", server.port, clientId=client_id, timeout=10, **options)
        return client

    yield connected
    for client in clients:
        client.disconnect()
    for logger in watched:
        logger.removeHandler(complaints)
    assert complaints.lines == []
