"""A journal that tells how long each writing took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from premia.domain.events import AnyEvent
from premia.ports import Journal


class TimedJournal:
    """Another journal, with a stopwatch at its door."""

    def __init__(self, inner: Journal, took: Callable[[float], None]) -> None:
        """Write through `inner`; `took` is told the wall seconds of each writing that succeeded."""
        self._inner = inner
        self._took = took

    def append(self, events: Sequence[AnyEvent], recorded_at: datetime) -> None:
        """Make events durable, all or none, before returning."""
        began = time.perf_counter()
        self._inner.append(events, recorded_at)
        self._took(time.perf_counter() - began)

    def read(self, after: int = 0) -> Iterable[tuple[int, AnyEvent]]:
        """Events in order with their sequence numbers, those after `after`."""
        return self._inner.read(after)

    def last_sequence(self) -> int:
        """Number of the newest event; 0 for an empty journal."""
        return self._inner.last_sequence()

    def close(self) -> None:
        """Let go of the journal."""
        self._inner.close()
