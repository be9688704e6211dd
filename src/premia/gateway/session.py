"""One connected client: its version and id, what it subscribed to, and the frames on their way to it.

Handlers write fields into the session; `flush` hands them to the socket in that order. A delay
holds everything back, never one message alone, because a TCP connection cannot reorder.
"""

from __future__ import annotations

import asyncio
from asyncio import StreamWriter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from premia.exchange.types import Terms
from premia.gateway import messages
from premia.gateway.codes import text_for
from premia.gateway.pacing import MessageBucket
from premia.gateway.requests import WireContract
from premia.gateway.wire import Field, frame

BACKLOG_LIMIT = 64 * 1024 * 1024
PATIENCE_S = 10.0
"""Wall seconds that a client may leave its socket unread before it is dropped."""


class DataLine(msgspec.Struct):
    """A market data request that stays open.

    Attributes:
        generic: Numbers of the generic ticks asked for.
        mode: 1 live, 2 frozen, 3 delayed, 4 delayed-frozen, as in force when it was asked.
        sent: Last value of each tick that went out, so that only changes follow.
        ends_at: When a snapshot without data gives up; None for a stream.
        legs: Legs of a combo, with signed ratios; empty for one contract.
    """

    req_id: int
    terms: Terms
    wire: WireContract
    generic: frozenset[int]
    mode: int
    snapshot: bool = False
    delayed: bool = False
    silent: bool = False
    sent: dict[tuple[int, int], tuple[Field, ...]] = msgspec.field(default_factory=dict)
    ends_at: datetime | None = None
    legs: tuple[tuple[Terms, int], ...] = ()


class Subscriptions(msgspec.Struct):
    """What a client hears of without asking again.

    Attributes:
        opening: Market data lines that were asked for and not answered yet.
        told: Account figures as the client knows them, by subscription and name: only changes follow.
    """

    positions: bool = False
    account: str = ""
    summaries: dict[int, tuple[str, tuple[str, ...]]] = msgspec.field(default_factory=dict)
    account_multi: dict[int, str] = msgspec.field(default_factory=dict)
    positions_multi: dict[int, str] = msgspec.field(default_factory=dict)
    pnl: dict[int, str] = msgspec.field(default_factory=dict)
    pnl_single: dict[int, tuple[str, int]] = msgspec.field(default_factory=dict)
    data: dict[int, DataLine] = msgspec.field(default_factory=dict)
    opening: list[DataLine] = msgspec.field(default_factory=list)
    told: dict[tuple[object, ...], str] = msgspec.field(default_factory=dict)
    ticks: dict[int, tuple[Terms, str]] = msgspec.field(default_factory=dict)
    bars: dict[int, Terms] = msgspec.field(default_factory=dict)
    auto_open: bool = False
    all_orders: bool = False


class Session:
    """A client's connection, from its greeting to its end."""

    def __init__(self, writer: StreamWriter, version: int, bucket: MessageBucket) -> None:
        """A greeted client that has not named its id yet."""
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=0)  # drained means that nothing is left to write
        self._out: list[bytes] = []
        self.version = version
        self.bucket = bucket
        self.client_id = -1
        self.started = False
        self.market_data_type = 1
        self.open = True
        self.stalled = False
        self.held_until: datetime | None = None
        self.asks = Subscriptions()
        self.pacing_violations = 0
        self.opened_s = asyncio.get_running_loop().time()
        self.closed_s: float | None = None
        self.received = 0
        self.sent = 0

    def send(self, fields: Sequence[Field]) -> None:
        """Put one message on its way."""
        if self.open:
            self._out.append(frame(*fields))
            self.sent += 1

    def error(self, req_id: int, code: int, text: str = "") -> None:
        """Put an error on its way; the usual words of its number unless others are given."""
        self.send(messages.error(req_id, code, text or text_for(code), self.version))

    def flush(self, at: datetime) -> None:
        """Hand everything that may leave at this market time to the socket."""
        if self.stalled:
            self._out.clear()
        if self.held_until is not None:
            if at < self.held_until:
                return
            self.held_until = None
        if self._out and self.open:
            self._writer.write(b"".join(self._out))
            self._out.clear()
            if self._writer.transport.get_write_buffer_size() > BACKLOG_LIMIT:
                self.close()

    def flush_all(self) -> None:
        """Hand everything to the socket, whatever delay is in force."""
        self.held_until = None
        if self._out and self.open:
            self._writer.write(b"".join(self._out))
            self._out.clear()

    async def drain(self) -> None:
        """Wait until the socket took what was flushed; a client that does not read is let go.

        A client that vanished is no error here: its orders work on.
        """
        if not self.open or not self._writer.transport.get_write_buffer_size():
            return
        try:
            await asyncio.wait_for(self._writer.drain(), PATIENCE_S)
        except (ConnectionError, TimeoutError):
            self.close()

    def close(self) -> None:
        """End the connection; what was not flushed is lost."""
        self._out.clear()
        if self.closed_s is None:
            self.closed_s = asyncio.get_running_loop().time()
        if self.open:
            self.open = False
            self._writer.close()

    @property
    def seconds(self) -> float:
        """Wall seconds from the greeting to the end of the connection, or to now."""
        end = asyncio.get_running_loop().time() if self.closed_s is None else self.closed_s
        return end - self.opened_s
