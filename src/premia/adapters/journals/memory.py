"""A journal that lives as long as the process: for backtests and tests.

It refuses what the durable one refuses, and a batch is kept whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from premia.adapters.journals.codec import Row, decode, encode
from premia.domain.errors import JournalError
from premia.domain.events import AnyEvent


class MemoryJournal:
    """Events as rows in a list; reading decodes them, as a durable journal does."""

    def __init__(self, account: str) -> None:
        """An empty journal of an account."""
        self.account = account
        self._rows: list[Row] = []
        self._recorded: list[datetime] = []
        self._open = True

    def append(self, events: Sequence[AnyEvent], recorded_at: datetime) -> None:
        """Keep events, all or none."""
        self._check_open()
        rows = [encode(event) for event in events]
        self._rows.extend(rows)
        self._recorded.extend([recorded_at] * len(rows))

    def read(self, after: int = 0) -> Iterable[tuple[int, AnyEvent]]:
        """Events in order with their sequence numbers, those after `after`."""
        self._check_open()
        for sequence in range(after + 1, len(self._rows) + 1):
            yield sequence, decode(self._rows[sequence - 1])

    def last_sequence(self) -> int:
        """Number of the newest event; 0 while empty."""
        self._check_open()
        return len(self._rows)

    def close(self) -> None:
        """Let go; what was kept is gone with it."""
        self._open = False

    def _check_open(self) -> None:
        if not self._open:
            raise JournalError(f"The journal of {self.account} is closed; open a new one.")
