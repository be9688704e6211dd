"""The next days as the daemon will live them: sessions, runs, and why there is none.

The same functions answer here and in the timetable, so what is shown is what will happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from premia.adapters.calendars import DayNames, day_names, known_until
from premia.bootstrap.compose import sessions_around
from premia.bootstrap.settings import Config
from premia.bootstrap.timetable import Timetable, timetable_of
from premia.domain.book import Book
from premia.domain.schedule import EVERY_DAY, left_out, times_of
from premia.domain.sessions import Session

_DAY = timedelta(days=1)
_AHEAD = timedelta(days=10)  # an announcement older than that has come true or been corrected
_MARGIN = timedelta(days=30)  # time enough to update a package


class DayLine(msgspec.Struct, frozen=True):
    """A calendar day: its hours in UTC, or why there are none.

    Attributes:
        state: `open`, `early` (closes early), `closed`, or `conflict` where the broker's hours are others.
        why: Name of the holiday or occasion, `weekend`, the difference; empty on an ordinary session.
    """

    day: date
    state: str
    why: str
    opens: datetime | None = None
    closes: datetime | None = None


class RunLine(msgspec.Struct, frozen=True):
    """A run to come, or one that a day has no room for.

    Attributes:
        name: `open+30`, `close-30`, `10:00`.
        at: Its instant; None where it is left out.
        why: Why it is left out; empty where it is made.
    """

    day: date
    strategy: str
    name: str
    at: datetime | None
    why: str = ""


class Agenda(msgspec.Struct, frozen=True):
    """What the next days hold.

    Attributes:
        zone: Time zone of the exchange.
        warnings: What a person should know about the calendar itself.
    """

    exchange: str
    zone: str
    at: datetime
    days: tuple[DayLine, ...]
    runs: tuple[RunLine, ...]
    warnings: tuple[str, ...] = ()


def agenda(config: Config, now: datetime, count: int, book: Book | None = None) -> Agenda:
    """The agenda of `count` calendar days from that of `now` on.

    Args:
        config: The configuration.
        now: When to begin.
        count: Calendar days, at least one.
        book: What the journal tells, for what the broker has said of its hours.

    Raises:
        ConfigError: If the calendar of the exchange is not known now.
    """
    exchange, known_book = config.calendar.exchange, book or Book()
    sessions = sessions_around(config, now.date(), now.date())
    table = timetable_of(config, sessions)
    first = now.astimezone(sessions.zone).date()
    last = first + (count - 1) * _DAY
    bound = known_until(exchange)
    days = [first + n * _DAY for n in range(count)]
    names = day_names(exchange, first - 7 * _DAY, last + 7 * _DAY)
    known = [day for day in days if day <= sessions.last.day]
    lines = [_day(day, sessions.get(day), names, known_book) for day in known]
    runs = [line for day in known for line in _runs(table, known_book.trading(sessions.get(day)), now)]
    told = [*_outdated(exchange, last, bound), *_never(table), *_to_come(known_book, first)]
    return Agenda(exchange, str(sessions.zone), now, tuple(lines), tuple(runs), tuple(told))


def _day(day: date, session: Session | None, names: DayNames, book: Book) -> DayLine:
    if session is None:
        return DayLine(day, "closed", names.closed.get(day, "weekend"))
    told = book.hours
    if told is not None and told.session == day and told.differs:
        why = f"nothing is opened: {told.differs}"
        return DayLine(day, "conflict", why, told.opens, told.closes)
    state = "early" if session.early else "open"
    return DayLine(day, state, names.early.get(day, ""), session.opens, session.closes)


def _runs(table: Timetable, session: Session | None, now: datetime) -> Iterator[RunLine]:
    if session is None:
        return
    found = [
        line for name in table.schedules for line in _of_strategy(table, name, session) if _ahead(line, now)
    ]
    yield from sorted(found, key=lambda line: (line.at is None, line.at or now, line.strategy, line.name))


def _of_strategy(table: Timetable, name: str, session: Session) -> Iterator[RunLine]:
    schedule = table.schedules[name]
    if session.day.weekday() not in schedule.weekdays:
        yield RunLine(session.day, name, "", None, f"weekdays leaves out {session.day:%A}s")
        return
    for moment in times_of(schedule, session):
        yield RunLine(session.day, name, moment.name, moment.at)
    for moment in left_out(schedule, session):
        hours = (at.astimezone(table.sessions.zone) for at in (session.opens, session.closes))
        span = " to ".join(f"{at:%H:%M}" for at in hours)
        yield RunLine(session.day, name, moment.name, None, f"outside the session of {span}")


def _ahead(line: RunLine, now: datetime) -> bool:
    return line.at is None or line.at > now


def _outdated(exchange: str, last: date, bound: date | None) -> Iterator[str]:
    if bound is not None and bound < last + _MARGIN:
        yield (
            f"The holidays of {exchange} are known until {bound} only; nothing runs after it. "
            "Update the package exchange_calendars."
        )


def _to_come(book: Book, first: date) -> Iterator[str]:
    """Differences that the broker's hours announce, as of the last morning."""
    told = book.hours
    if told is not None and told.session + _AHEAD >= first:
        yield from (f"The broker's hours differ: {text}." for text in told.ahead)


def _never(table: Timetable) -> Iterator[str]:
    """Strategies that wait for ever, because no ordinary session holds a time of theirs."""
    ordinary = [session for session in table.sessions if not session.early][-30:]
    for name, schedule in table.schedules.items():
        every_day = schedule._replace(weekdays=EVERY_DAY)
        if not any(times_of(every_day, session) for session in ordinary):
            yield f"{name} never runs: no time of its schedule lies within an ordinary session."
