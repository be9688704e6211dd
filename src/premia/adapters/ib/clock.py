"""Market time as an IB gateway has it.

On a real gateway it is this machine's time corrected by what the gateway's differs; IB tells whole
seconds, so a difference of less than a second and a half is noise and not applied. The difference is what
`doctor` shows: orders placed on a clock that is minutes off land in the wrong session. A simulated gateway
may live on another day; then only what changes from the first difference on counts as astray.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from premia.adapters.ib.connection import Connection
from premia.ports import Clock

NOISE = timedelta(seconds=1.5)
_ANOTHER_DAY = timedelta(hours=12)
_HALF_A_SECOND = timedelta(seconds=0.5)
_QUICK = timedelta(seconds=1)  # an answer whose delay spoils nothing
_TRIES = 3


class _Try(NamedTuple):
    """A difference of the clocks, and how long the answer took."""

    drift: timedelta
    took: timedelta


class IbClock:
    """This machine's clock, set right by the gateway's."""

    def __init__(self, wall: Clock) -> None:
        """Run with `wall` until the first measurement."""
        self._wall = wall
        self._drift = timedelta(0)
        self._lives: timedelta | None = None
        self._astray = timedelta(0)

    def now(self) -> datetime:
        """The gateway's present, in UTC."""
        return self._wall.now() + self._drift

    @property
    def drift(self) -> timedelta:
        """How far the gateway is ahead of this machine; zero where it is within the noise."""
        return self._drift

    @property
    def astray(self) -> timedelta:
        """How far the gateway was ahead of this machine at the last measurement, another day apart."""
        return self._astray

    async def measure(self, connection: Connection) -> timedelta:
        """Ask the gateway for its time and correct this clock; the difference as measured.

        Raises:
            RequestTimedOut: If the gateway does not answer; the clock stays as it was.
        """
        measured = await drift_of(self._wall, connection)
        self._drift = measured if abs(measured) > NOISE else timedelta(0)
        if self._lives is None:
            self._lives = measured if abs(measured) > _ANOTHER_DAY else timedelta(0)
        self._astray = measured - self._lives
        return measured


async def drift_of(clock: Clock, connection: Connection) -> timedelta:
    """How far the gateway's clock is ahead of `clock`, good to about half a second.

    An answer that took long, or one during which `clock` was set, tells little: the quickest of a few counts.

    Raises:
        RequestTimedOut: If the gateway does not answer.
    """
    tries = [await _drift(clock, connection)]
    while tries[-1].took > _QUICK and len(tries) < _TRIES:
        tries.append(await _drift(clock, connection))
    return min(tries, key=lambda one: one.took).drift


async def _drift(clock: Clock, connection: Connection) -> _Try:
    before = clock.now()
    seconds = await connection.barrier()
    took = clock.now() - before
    drift = datetime.fromtimestamp(seconds, UTC) + _HALF_A_SECOND - (before + took / 2)
    return _Try(drift, took if took >= timedelta(0) else timedelta.max)


async def gateway_time(connection: Connection) -> datetime:
    """The gateway's present in whole seconds; on a stepped gateway it is exactly that."""
    return datetime.fromtimestamp(await connection.barrier(), UTC)
