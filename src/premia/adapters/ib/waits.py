"""How long a look at the market waits for what has not come.

On real time nobody says that a tick will not come, so silence has to do. On a stepped clock the
gateway's answer to a question about the time proves that it had nothing more to say at this instant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from premia.adapters.ib.connection import Connection

_POLL_S = 0.01


class Awaited(Protocol):
    """What a wait looks at of a market data line."""

    @property
    def complete(self) -> bool:
        """Whether nothing more needs to be waited for."""
        ...

    @property
    def silent(self) -> bool:
        """Whether not one price has come."""
        ...

    @property
    def changed_at(self) -> float:
        """Transport seconds at which something new came."""
        ...


class DataWait(Protocol):
    """How long a look waits for what has not come."""

    async def until_settled(self, lines: Sequence[Awaited]) -> None:
        """Return when each line is complete, or nothing more is to be expected."""
        ...


class FrozenWait:
    """For a gateway on a stepped clock: its time, once answered, proves that all earlier frames were read."""

    def __init__(self, connection: Connection) -> None:
        """Ask the time through this connection."""
        self._connection = connection

    async def until_settled(self, lines: Sequence[Awaited]) -> None:
        """Return once the gateway has answered behind all that it had to say at this instant."""
        if lines:
            await self._connection.barrier()


class QuietWait:
    """For a gateway on real time: wait for completeness, else until it falls silent, never beyond a limit."""

    def __init__(self, connection: Connection, quiet_s: float = 0.8, longest_s: float = 4.0) -> None:
        """Wall seconds of silence after which nothing is expected, and the limit once requests are out."""
        self._connection = connection
        self._quiet_s = quiet_s
        self._longest_s = longest_s

    async def until_settled(self, lines: Sequence[Awaited]) -> None:
        """Return when all lines are complete, silent for long enough, or the limit is reached."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        open_lines = [line for line in lines if not line.complete]
        while open_lines and loop.time() - started < self._longest_s:
            self._connection.require()
            if self._connection.is_held_back:
                started = loop.time()
            latest = max(started, *(line.changed_at for line in lines))
            # Prices come first and model values later, so silence counts only once something has come.
            patience = self._quiet_s if not all(line.silent for line in lines) else self._longest_s
            if loop.time() - latest >= patience:
                return
            await asyncio.sleep(_POLL_S)
            open_lines = [line for line in open_lines if not line.complete]
