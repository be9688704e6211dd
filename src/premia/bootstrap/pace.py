"""How a long-lived process waits for a market time: by the wall, or by stepping a simulated market.

Both end when something has come in meanwhile, so that whoever waits decides anew. A stepped market stands
still between two waits; that is why a year of it takes minutes and gives the same result every time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib.assemble import IbParts
from premia.engine.run import Runner

_SLICE_S = 0.5  # how long a command in the inbox may lie before it is seen


class RealPace:
    """Waits by the wall, a slice at a time."""

    def __init__(self, runner: Runner) -> None:
        """Wait for the reports of `runner` too."""
        self._runner = runner

    async def __call__(self, until: datetime) -> None:
        """Wait until `until`, a report, or the end of a slice."""
        left = (until - self._runner.parts.clock.now()).total_seconds()
        await self._runner.wait(min(max(left, 0.0), _SLICE_S))


class SteppedPace:
    """Moves a stepped market and our clock along with it."""

    def __init__(
        self,
        runner: Runner,
        clock: SteppedClock,
        advance: Callable[[datetime], Awaitable[object]],
        parts: IbParts,
    ) -> None:
        """Step the market by `advance`, an answer of which proves that all messages of the step are sent."""
        self._runner = runner
        self._clock = clock
        self._advance = advance
        self._parts = parts

    async def __call__(self, until: datetime) -> None:
        """Go to `until`; what happened on the way is settled before this returns.

        The clock goes first, so that whatever is read meanwhile bears the instant that it leads to. Quotes of
        the instant that ends are given back before: nobody looks at them any more.
        """
        connection = self._parts.connection
        self._parts.lines.release()
        if connection.is_open:
            await connection.barrier()
        self._clock.move(max(until, self._clock.now()))
        await self._advance(self._clock.now())
        if connection.is_open:
            await connection.barrier()
        await self._runner.settled()
