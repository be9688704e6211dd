"""Clocks that live in this process: the wall's, and one that only moves when it is told to.

A stepped gateway stands still between two steps; whoever steps it moves this clock along with the
gateway's answer. The broker's own time on a real gateway is the IB adapter's business.
"""

from __future__ import annotations

from datetime import UTC, datetime

from premia.domain.dates import as_utc
from premia.domain.errors import InvariantViolated


class WallClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """The machine's present, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the one clock that fetches the time


class SteppedClock:
    """Market time that stands still until it is moved, and never runs backwards."""

    def __init__(self, start: datetime) -> None:
        """Stand at `start`."""
        self._now = as_utc(start)

    def now(self) -> datetime:
        """The instant it was moved to last, in UTC."""
        return self._now

    def move(self, to: datetime) -> None:
        """Go to a later instant, or stay.

        Raises:
            InvariantViolated: If `to` lies in the past: time would have run backwards.
        """
        at = as_utc(to)
        if at < self._now:
            raise InvariantViolated(f"A stepped clock stands at {self._now} and was moved back to {at}.")
        self._now = at
