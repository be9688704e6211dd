"""Trading sessions of one exchange, as plain values.

Adapters build a `Sessions` from a market calendar once; the core then asks it which days trade and
when, without any calendar library. Days outside its range are an error, never "closed".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, tzinfo

import msgspec

from premia.domain.dates import NEW_YORK
from premia.domain.errors import InvariantViolated


class Session(msgspec.Struct, frozen=True):
    """One trading day: its date, and the UTC instants at which the exchange opens and closes.

    Attributes:
        early: Whether it closes before the hour that is usual at the exchange.
    """

    day: date
    opens: datetime
    closes: datetime
    early: bool = False


class Sessions:
    """The sessions of a range of days, in order.

    Attributes:
        zone: Where the exchange is, for its dates and wall-clock times.
    """

    def __init__(self, sessions: Iterable[Session], zone: tzinfo = NEW_YORK) -> None:
        """Keep the sessions; they must be in ascending order and not empty."""
        self.zone = zone
        self._all = tuple(sessions)
        self._days = [session.day for session in self._all]
        if not self._all or self._days != sorted(set(self._days)):
            raise InvariantViolated("Sessions need at least one day, ascending and without repeats.")

    def __iter__(self) -> Iterator[Session]:
        """Every session in order."""
        return iter(self._all)

    def __len__(self) -> int:
        """How many sessions there are."""
        return len(self._all)

    @property
    def first(self) -> Session:
        """The earliest session."""
        return self._all[0]

    @property
    def last(self) -> Session:
        """The latest session."""
        return self._all[-1]

    def get(self, day: date) -> Session | None:
        """The session of a day; None where the exchange is closed on it."""
        self._within(day)
        i = bisect_left(self._days, day)
        return self._all[i] if i < len(self._days) and self._days[i] == day else None

    def on_or_after(self, day: date) -> Session:
        """The first session that is not before `day`."""
        self._within(day)
        return self._all[bisect_left(self._days, day)]

    def on_or_before(self, day: date) -> Session:
        """The last session that is not after `day`."""
        self._within(day)
        return self._all[bisect_right(self._days, day) - 1]

    def after(self, day: date) -> Session:
        """The first session later than `day`."""
        i = bisect_right(self._days, day)
        if i >= len(self._all):
            raise InvariantViolated(f"No session after {day} is known; the calendar ends {self._days[-1]}.")
        return self._all[i]

    def before(self, day: date) -> Session:
        """The last session earlier than `day`."""
        i = bisect_left(self._days, day)
        if i == 0:
            raise InvariantViolated(f"No session before {day} is known; the calendar starts {self._days[0]}.")
        return self._all[i - 1]

    def between(self, start: date, end: date) -> tuple[Session, ...]:
        """All sessions from `start` to `end`, both included."""
        return self._all[bisect_left(self._days, start) : bisect_right(self._days, end)]

    def replaced(self, day: date, session: Session | None) -> Sessions:
        """The same sessions with that of a day altered, or without it."""
        others = [one for one in self._all if one.day != day]
        if session is not None:
            others.append(session)
        return Sessions(sorted(others, key=lambda one: one.day), self.zone)

    def of(self, at: datetime) -> Session | None:
        """The session of the exchange's own date at an instant, open or not; None where there is none."""
        return self.get(at.astimezone(self.zone).date())

    def open_at(self, at: datetime) -> Session | None:
        """The session in whose hours `at` lies (opening included, closing not); None where closed."""
        session = self.of(at)
        return session if session is not None and session.opens <= at < session.closes else None

    def _within(self, day: date) -> None:
        if not self._days[0] <= day <= self._days[-1]:
            raise InvariantViolated(
                f"{day} lies outside the known sessions, {self._days[0]} to {self._days[-1]}; load more."
            )
