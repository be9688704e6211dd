"""The process as those see it who ask whether it is well: signs of life, its book, its troubles."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from premia.adapters.health_server import Answer
from premia.adapters.metrics import CONTENT_TYPE, Metrics
from premia.bootstrap.hearer import Hearer
from premia.domain import events as ev
from premia.domain.book import Book
from premia.reporting.health import Health, Seen, health

_JSON = "application/json"
_LASTING = frozenset({"connection", "journal"})  # until something shows that they are over


class _Turn(NamedTuple):
    book: Book
    at: datetime


class Vitals:
    """Takes what the process tells of itself; others read it from their own threads at any time.

    Each attribute is replaced as a whole, so that a reader never sees half of a change.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with a sign of life: the process is starting."""
        self._monotonic = monotonic
        self._sign = monotonic()
        self._turn: _Turn | None = None
        self._troubles: Mapping[str, str] = {}

    @property
    def hearer(self) -> Hearer:
        """What hears of the process; whatever is told is a sign of life, a trouble too."""
        return Hearer(
            state=self._alive,
            trouble=self._trouble,
            turned=self._turned,
            facts=self._facts,
        )

    @property
    def seen(self) -> Seen:
        """What is known now."""
        turn = self._turn
        silent = self._monotonic() - self._sign
        return Seen(turn and turn.book, turn and turn.at, silent, dict(self._troubles))

    def _alive(self, _told: object = None) -> None:
        self._sign = self._monotonic()

    def _trouble(self, kind: str, text: str) -> None:
        self._alive()
        if kind in _LASTING:
            self._troubles = {**self._troubles, kind: text}

    def _turned(self, book: Book, at: datetime) -> None:
        self._alive()
        self._turn = _Turn(book, at)
        if book.connected:
            self._end("connection")

    def _facts(self, batch: Sequence[ev.AnyEvent]) -> None:
        self._alive()
        if batch:  # they were written down
            self._end("journal")

    def _end(self, kind: str) -> None:
        if kind in self._troubles:
            self._troubles = {one: text for one, text in self._troubles.items() if one != kind}


def answers(
    vitals: Vitals, metrics: Metrics, silent_max_s: float, redact: Callable[[object], object]
) -> dict[str, Callable[[], Answer]]:
    """What the paths of the health server answer.

    Args:
        vitals: How the process stands.
        metrics: What was counted of it.
        silent_max_s: Wall seconds without a sign of life before it counts as hung.
        redact: Makes a value fit to be read by others.
    """

    def told(found: Health, *, well: bool) -> Answer:
        body = msgspec.json.encode(redact(msgspec.to_builtins(found)))
        return Answer(200 if well else 503, _JSON, body + b"\n")

    def healthz() -> Answer:
        found = health(vitals.seen, silent_max_s)
        return told(found, well=found.live and found.ready)

    def livez() -> Answer:
        found = health(vitals.seen, silent_max_s)
        return told(found, well=found.live)

    def page() -> Answer:
        return Answer(200, CONTENT_TYPE, metrics.page())

    return {"/healthz": healthz, "/livez": livez, "/metrics": page}
