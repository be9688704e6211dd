"""Which runs are due now, of all strategies, by the exchange's sessions and what the journal has answered.

The times themselves are `domain.schedule`; here they meet strategies, the book and the daemon. What is due
at one instant is one pass, however many strategies take part. While broker and ledger do not agree a run
waits: it would decide nothing, and it is made when they agree, or skipped when it has grown too old.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from premia.bootstrap.daemon import Due
from premia.bootstrap.schedule_tables import schedules_of
from premia.bootstrap.settings import Config
from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.schedule import Owed, Schedule, next_time, owed
from premia.domain.sessions import Sessions
from premia.engine.cycle import Run

_FAR = timedelta(days=1)  # to the next look where the calendar ends


class Timetable:
    """The schedules of all strategies on the sessions of one exchange.

    Attributes:
        schedules: By name of the strategy.
        sessions: Of the exchange; they must reach beyond today.
    """

    def __init__(self, schedules: Mapping[str, Schedule], sessions: Sessions) -> None:
        self.schedules = dict(sorted(schedules.items()))
        self.sessions = sessions
        self._told: tuple[ev.HoursCompared, Sessions] | None = None

    def __call__(self, now: datetime, book: Book) -> Due:
        """What is due at `now`, by the newest answered times of the book."""
        sessions = self._agreed(book)
        found = {
            name: owed(schedule, sessions, book.last_due.get(name), now)
            for name, schedule in self.schedules.items()
        }
        skipped = [
            ev.RunSkipped(at=now, strategy=name, name=moment.name, due=moment.at, why=why)
            for name, one in found.items()
            for moment, why in one.skipped
        ]
        due = {name: one for name, one in found.items() if one.run is not None}
        return Due([_run(due)] if due and book.ready else [], skipped, self._wake(now, book))

    def _agreed(self, book: Book) -> Sessions:
        """The sessions, that of today as far as the broker trades on it too."""
        told = book.hours
        session = None if told is None or not told.differs else self.sessions.get(told.session)
        if told is None or session is None:
            return self.sessions
        if self._told is None or self._told[0] != told:
            self._told = told, self.sessions.replaced(session.day, book.trading(session))
        return self._told[1]

    def _wake(self, now: datetime, book: Book) -> datetime:
        """The next time of any strategy that is not answered already, as after a clock that was set back."""
        times, sessions = [now + _FAR], self._agreed(book)
        for name, schedule in self.schedules.items():
            moment = next_time(schedule, sessions, max(now, book.last_due.get(name, now)))
            if moment is not None:
                times.append(moment.at)
        return min(times)


def timetable_of(config: Config, sessions: Sessions) -> Timetable:
    """The timetable that a configuration describes."""
    found = schedules_of(config.strategy_params(), config.schedule, config.schedules, sessions.zone)
    return Timetable(found, sessions)


def _run(due: Mapping[str, Owed]) -> Run:
    """One pass for everything that is due."""
    times = {name: one.run.at for name, one in due.items() if one.run is not None}
    why = "; ".join(_why(name, one) for name, one in due.items())
    return Run(tuple(times), times, f"on schedule: {why}")


def _why(name: str, one: Owed) -> str:
    moment = "" if one.run is None else one.run.name
    late = f", {one.late / timedelta(minutes=1):.0f} minutes late" if one.late else ""
    return f"{name} {moment}{late}"
