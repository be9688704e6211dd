"""Alerts of a running process: what it tells becomes messages, and messages are handed to the courier."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from premia.adapters.apprise_channel import apprise_channel
from premia.adapters.courier import Channel
from premia.bootstrap.compose import sessions_around
from premia.bootstrap.hearer import Hearer
from premia.bootstrap.settings import Config
from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.errors import PremiaError
from premia.domain.sessions import Sessions
from premia.reporting.alerts import Desk, Message
from premia.reporting.causes import CONNECTION, CRITICAL, INFO, JOURNAL, WARNING, Cause, happened, standing

_FACTS_MOST = 2000  # between two looks; what is beyond is in the journal


class Alerting:
    """Looks at each turn and at each trouble, and posts what the desk wants told.

    Attributes:
        desk: Decides what is told.
    """

    def __init__(self, desk: Desk, post: Callable[[Message], None], wall: Callable[[], datetime]) -> None:
        """Begin; `wall` stands in for market time until the first turn tells it."""
        self.desk = desk
        self._post = post
        self._wall = wall
        self._turn: tuple[Book, datetime, float] | None = None
        self._troubles: dict[str, str] = {}
        self._facts: list[ev.AnyEvent] = []
        self._once: list[Cause] = []

    @property
    def hearer(self) -> Hearer:
        """What hears of the process."""
        return Hearer(trouble=self._trouble, turned=self._turned, facts=self._heard, ending=self._ending)

    def crashed(self, error: BaseException) -> None:
        """The process ends by an error, which nobody is left to mend."""
        why = f"{type(error).__name__}: {error}"
        text = f"{why}. Nothing is traded until it runs again; what went on follows from the journal."
        self._look([Cause("daemon/crash", CRITICAL, "Premia ends by an error", text)])

    def _heard(self, batch: Sequence[ev.AnyEvent]) -> None:
        if batch:  # they were written down
            self._troubles.pop(JOURNAL, None)
        room = _FACTS_MOST - len(self._facts)
        self._facts.extend(batch[: max(room, 0)])

    def _turned(self, book: Book, at: datetime) -> None:
        if self._turn is None:
            self._once.append(Cause("daemon/start", INFO, "Premia runs", "It trades on its schedule."))
        self._turn = (book, at, time.monotonic())
        if book.connected:
            self._troubles.pop(CONNECTION, None)
        self._look([])

    def _trouble(self, kind: str, text: str) -> None:
        if kind in (JOURNAL, CONNECTION):
            self._troubles[kind] = text
        else:
            self._once.append(Cause(kind, WARNING, f"trouble with the {kind}", text))
        self._look([])

    def _ending(self) -> None:
        text = "It was told to end. Nothing is traded until it runs again."
        self._look([Cause("daemon/end", INFO, "Premia ends", text)])

    def _look(self, more: Sequence[Cause]) -> None:
        book, at = (Book(), self._wall()) if self._turn is None else (self._turn[0], self._now())
        stands = list(standing(book, self._troubles, at))
        if self._turn is None:  # an empty book is not a lost connection
            stands = [cause for cause in stands if cause.key == JOURNAL]
        found, self._facts = list(happened(self._facts)), []
        once, self._once = [*found, *self._once, *more], []
        for message in self.desk.look(at, stands, once):
            self._post(message)

    def _now(self) -> datetime:
        """Market time: that of the last turn, and what has passed since."""
        if self._turn is None:
            return self._wall()
        _, at, told = self._turn
        return at + timedelta(seconds=time.monotonic() - told)


def opening(config: Config) -> Callable[[datetime], datetime | None]:
    """When the exchange opens on the day of an instant; None where it does not, or nobody knows."""
    loaded: list[Sessions] = []

    def opens(at: datetime) -> datetime | None:
        day = session_of(at)
        try:
            if not loaded or not loaded[0].first.day <= day <= loaded[0].last.day:
                loaded[:] = [sessions_around(config, day, day)]
        except PremiaError:  # the calendar ends; what is told then follows from other times
            return None
        session = loaded[0].get(day)
        return None if session is None else session.opens

    return opens


def senders(addresses: Mapping[str, str]) -> dict[str, Channel]:
    """Channels by name that send through Apprise."""
    return {name: apprise_channel(address) for name, address in addresses.items()}
