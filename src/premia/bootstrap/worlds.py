"""Where a daemon lives: on the wall's time at a real-time gateway, or on a stepped one that somebody moves.

What differs is how time is told, how it is waited for, how the broker's clock is compared with ours, and how
the journal's file is opened.
Nothing above this knows which it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from premia.adapters.clocks import SteppedClock, WallClock
from premia.adapters.ib.assemble import REAL_TIME, STEPPED, IbParts, Timing
from premia.adapters.ib.clock import IbClock
from premia.adapters.journals.journal import SqlJournal
from premia.adapters.journals.places import Place, open_to_trade
from premia.bootstrap.daemon import Pace
from premia.bootstrap.pace import RealPace, SteppedPace
from premia.engine.run import Runner
from premia.ports import Clock


class World(NamedTuple):
    """How one daemon tells the time and waits.

    Attributes:
        clock: Market time.
        wall: The machine's time, by which rows are stamped and a person's commands age.
        timing: How the gateway is waited for.
        pace: Makes what waits for a market time.
        measure: Sets the clock right by the gateway's; how far this machine's had gone astray.
        opened: Opens the journal of an account, to write it.
    """

    clock: Clock
    wall: Callable[[], datetime]
    timing: Timing
    pace: Callable[[Runner, IbParts], Pace]
    measure: Callable[[IbParts], Awaitable[timedelta]]
    opened: Callable[[Place, str], SqlJournal] = open_to_trade


def real_world(machine: Clock | None = None) -> World:
    """The machine's time, set right by the gateway's.

    Args:
        machine: Its clock; the wall's where none is given.
    """
    wall = machine or WallClock()
    clock = IbClock(wall)

    async def measure(parts: IbParts) -> timedelta:
        await clock.measure(parts.connection)
        return clock.astray

    def pace(runner: Runner, _parts: IbParts) -> Pace:
        return RealPace(runner)

    return World(clock, wall.now, REAL_TIME, pace, measure)


def stepped_world(start: datetime, advance: Callable[[datetime], Awaitable[object]]) -> World:
    """A gateway that stands still until `advance` moves it; its time is the only one.

    Args:
        start: The gateway's present.
        advance: Moves the gateway to a market time and returns when everything of the way has been sent.
    """
    clock = SteppedClock(start)

    def pace(runner: Runner, parts: IbParts) -> Pace:
        return SteppedPace(runner, clock, advance, parts)

    async def measure(_parts: IbParts) -> timedelta:
        return timedelta(0)

    return World(clock, clock.now, STEPPED, pace, measure)
