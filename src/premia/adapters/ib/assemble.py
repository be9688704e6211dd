"""Joins the parts of the IB adapter for one client of one gateway.

What differs between a gateway on real time and a stepped one is only how waiting is done, and that is
a `Timing`: `REAL_TIME` paces messages by wall seconds and waits a moment for ticks; `STEPPED` never waits,
because an answer to a question about the time proves that nothing more will come at this instant.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from premia.adapters.ib.broker import IbBroker
from premia.adapters.ib.connection import Address, Connection, Heartbeat, TimeLimits
from premia.adapters.ib.contracts import ContractBook
from premia.adapters.ib.lines import LINE_BUDGET, LINGER_S, Lines
from premia.adapters.ib.market import Earnings, IbMarketData, MarketSettings
from premia.adapters.ib.pacing import Pacer, unpaced
from premia.adapters.ib.waits import DataWait, FrozenWait, QuietWait
from premia.domain.errors import BrokerError
from premia.ports import Clock


class Timing(NamedTuple):
    """How one kind of gateway is waited for.

    Attributes:
        pacer: Makes the bucket that messages draw from.
        data_wait: Makes the wait for ticks.
        linger_s: Wall seconds for which market data lines outlive a look.
        heartbeat: How a dead connection is found; None where the gateway answers at once or not at all.
        settled: Makes what is awaited after an order was sent, so that its first answers have been read.
    """

    pacer: Callable[[], Pacer]
    data_wait: Callable[[Connection], DataWait]
    linger_s: float
    settled: Callable[[Connection], Callable[[], Awaitable[None]]]
    heartbeat: Heartbeat | None = None


class IbSettings(NamedTuple):
    """One client of one gateway.

    Attributes:
        account: The account to trade for; empty where the gateway manages only one.
        lines: Market data lines that may be open at once, of the hundred that all clients share.
    """

    address: Address = Address()
    account: str = ""
    limits: TimeLimits = TimeLimits()
    market: MarketSettings = MarketSettings()
    lines: int = LINE_BUDGET


class IbParts(NamedTuple):
    """The joined parts; `broker.connect()` opens the session for all of them."""

    connection: Connection
    book: ContractBook
    lines: Lines
    broker: IbBroker
    market_data: IbMarketData


def ib_parts(settings: IbSettings, clock: Clock, timing: Timing, earnings: Earnings | None = None) -> IbParts:
    """The parts of one client; nothing is sent before `broker.connect()`.

    Args:
        settings: Which gateway, client and account.
        clock: Market time, by which data are stamped.
        timing: `REAL_TIME` or `STEPPED`.
        earnings: Next earnings date of a single stock; unknown for all where absent.
    """
    connection = Connection(settings.address, timing.pacer(), settings.limits, timing.heartbeat)
    book = ContractBook(connection)
    lines = Lines(connection, clock, timing.data_wait(connection), settings.lines, timing.linger_s)
    broker = IbBroker(connection, book, clock, settings.account, timing.settled(connection))
    market_data = IbMarketData(connection, book, lines, clock, settings.market, earnings)
    return IbParts(connection, book, lines, broker, market_data)


def _not_waiting(connection: Connection) -> Callable[[], Awaitable[None]]:
    del connection

    async def settled() -> None:
        """Answers come when they come."""

    return settled


def _until_read(connection: Connection) -> Callable[[], Awaitable[None]]:
    async def settled() -> None:
        """Return once the gateway has answered behind all that it said; a lost session is told elsewhere."""
        try:
            await connection.barrier()
        except BrokerError:
            return

    return settled


REAL_TIME = Timing(lambda: Pacer(time.monotonic), QuietWait, LINGER_S, _not_waiting, Heartbeat())
STEPPED = Timing(unpaced, FrozenWait, 0.0, _until_read)
