"""When strategies run: times of a session, and what becomes of a time that was missed.

A time is counted from the opening, from the close, or read off a wall clock, so an early close moves what
is counted from it and drops what would lie after it. A change of the clocks moves nothing: the session's
instants are UTC, and wall times are placed on each day anew. Whether a run was made follows from the newest
time that was answered, so a process that starts, wakes up or finds its clock set back repeats none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from enum import Enum
from itertools import groupby
from typing import NamedTuple

from premia.domain.dates import NEW_YORK
from premia.domain.sessions import Session, Sessions

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
"""All days of the week, Monday first, as `date.weekday` counts them."""

BEGINS = "the schedule of this strategy begins after it"
"""Why the runs before a strategy's first day are not made."""

ON_TIME = timedelta(minutes=5)
"""A run that begins within this of its time is on time: what came before it took so long."""

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_TOLD_MAX = 60  # missed runs of one strategy that get a record each after a long sleep


class Missed(Enum):
    """What becomes of a run that could not begin on time: it is made once while it is good, or never."""

    ONCE = "once"
    SKIP = "skip"


class Every(NamedTuple):
    """Repeated times: each `minutes` from `first` to `last` on the wall clock, both included.

    Without `first` they are counted from the opening and begin one interval after it.
    """

    minutes: int
    first: time | None = None
    last: time | None = None


class Schedule(NamedTuple):
    """The times of a session at which a strategy runs.

    Attributes:
        after_open: Minutes after the opening.
        before_close: Minutes before the close.
        times: Wall-clock times in `zone`.
        every: Repeated times.
        weekdays: Days of the week that count, Monday is 0.
        zone: Where wall-clock times are read.
        missed: What becomes of a missed run.
        late_max: How late a missed run may still begin.
    """

    after_open: tuple[int, ...] = ()
    before_close: tuple[int, ...] = ()
    times: tuple[time, ...] = ()
    every: Every | None = None
    weekdays: tuple[int, ...] = EVERY_DAY
    zone: tzinfo = NEW_YORK
    missed: Missed = Missed.ONCE
    late_max: timedelta = timedelta(minutes=60)


ORDINARY = Schedule(after_open=(30,), before_close=(30,))
"""Twice a session: when quotes have calmed down, and while there is time to work an order."""


class RunTime(NamedTuple):
    """A time at which a strategy runs: its name (`open+30`, `close-30`, `10:00`) and its instant."""

    name: str
    at: datetime


class Owed(NamedTuple):
    """What a strategy owes its schedule at an instant.

    Attributes:
        run: The time whose run is to be made now; None where there is none.
        late: By how much it is late; zero where it is on time.
        skipped: Times whose runs are not made, oldest first, with the reason.
    """

    run: RunTime | None = None
    late: timedelta = timedelta(0)
    skipped: tuple[tuple[RunTime, str], ...] = ()


def times_of(schedule: Schedule, session: Session) -> tuple[RunTime, ...]:
    """The times of a session, ascending; those that fall together are one time with both names."""
    if session.day.weekday() not in schedule.weekdays:
        return ()
    inside = {moment for moment in _wanted(schedule, session) if session.opens <= moment.at < session.closes}
    return _merged(inside)


def left_out(schedule: Schedule, session: Session) -> tuple[RunTime, ...]:
    """The times that a session is too short for: before its opening, or at its close and later."""
    if session.day.weekday() not in schedule.weekdays:
        return ()
    outside = {
        moment for moment in _wanted(schedule, session) if not session.opens <= moment.at < session.closes
    }
    wall = {moment for moment in outside if moment.at.astimezone(schedule.zone).date() == session.day}
    return _merged(wall)


def next_time(schedule: Schedule, sessions: Sessions, after: datetime) -> RunTime | None:
    """The first time later than `after`; None where the calendar ends before it."""
    begin = after.date() - _DAY
    for session in sessions.between(begin, sessions.last.day):
        for moment in times_of(schedule, session):
            if moment.at > after:
                return moment
    return None


def owed(schedule: Schedule, sessions: Sessions, answered: datetime | None, now: datetime) -> Owed:
    """What is due at `now`, of all times that are not answered yet.

    Only the newest missed time is made up for, and only while it is good and its session lasts: what a
    strategy would have done hours ago it decides afresh now, once.

    Args:
        schedule: Of the strategy.
        sessions: Of the exchange.
        answered: The newest time whose run was made or skipped; None for a strategy that is new: its
            schedule begins now, and what went before it is answered by one record.
        now: Market time.
    """
    open_times = list(_unanswered(schedule, sessions, answered, now))
    if not open_times:
        return Owed()
    (newest, session), older = open_times[-1], [moment for moment, _session in open_times[:-1]]
    late = now - newest.at
    if answered is None:
        if late <= ON_TIME and now < session.closes:
            return Owed(newest)
        return Owed(skipped=((newest, BEGINS),))
    why = _too_late(schedule, session, late, now)
    skipped = _told(older, now)
    if why:
        return Owed(skipped=(*skipped, (newest, why)))
    return Owed(newest, late if late > ON_TIME else timedelta(0), skipped)


def _unanswered(
    schedule: Schedule, sessions: Sessions, answered: datetime | None, now: datetime
) -> Iterator[tuple[RunTime, Session]]:
    """Times up to `now` that are later than the newest answered one; of a new strategy the newest alone."""
    today = now.date()
    if answered is None:
        for session in reversed(sessions.between(sessions.first.day, today + _DAY)):
            for moment in reversed(times_of(schedule, session)):
                if moment.at <= now:
                    yield moment, session
                    return
        return
    for session in sessions.between(answered.date() - _DAY, today + _DAY):
        for moment in times_of(schedule, session):
            if answered < moment.at <= now:
                yield moment, session


def _too_late(schedule: Schedule, session: Session, late: timedelta, now: datetime) -> str:
    """Why a time is not answered by a run any more; empty where it still is."""
    if now >= session.closes:
        return f"missed: the exchange closed at {session.closes:%H:%M} UTC before it could begin"
    if late <= ON_TIME:
        return ""
    if schedule.missed is Missed.SKIP:
        return f'missed by {_minutes(late)}, and missed runs are skipped (missed = "skip")'
    if late > schedule.late_max:
        return f"missed by {_minutes(late)}; a run may begin {_minutes(schedule.late_max)} late (late_max)"
    return ""


def _told(older: list[RunTime], now: datetime) -> tuple[tuple[RunTime, str], ...]:
    """A record for each older missed time; of very many, one for all but the newest."""
    surplus, rest = older[:-_TOLD_MAX], older[-_TOLD_MAX:]
    told = [
        (moment, f"missed by {_minutes(now - moment.at)}; only the newest is made up for") for moment in rest
    ]
    if surplus:
        first = f"{surplus[0].at:%Y-%m-%d %H:%M}"
        told.insert(0, (surplus[-1], f"missed, as were {len(surplus) - 1} more since {first} UTC"))
    return tuple(told)


def _wanted(schedule: Schedule, session: Session) -> Iterator[RunTime]:
    """Every time of the schedule on a session, whether it lies within its hours or not."""
    for minutes in schedule.after_open:
        yield RunTime(f"open+{minutes}", session.opens + minutes * _MINUTE)
    for minutes in schedule.before_close:
        yield RunTime(f"close-{minutes}", session.closes - minutes * _MINUTE)
    for wall in schedule.times:
        yield from _on_the_wall(wall, schedule.zone, session)
    if schedule.every is not None:
        yield from _repeated(schedule.every, schedule.zone, session)


def _repeated(every: Every, zone: tzinfo, session: Session) -> Iterator[RunTime]:
    step = every.minutes * _MINUTE
    if every.first is None or every.last is None:
        count = (session.closes - session.opens) // step
        yield from (
            RunTime(f"open+{every.minutes * n}", session.opens + n * step) for n in range(1, count + 1)
        )
        return
    wall = datetime.combine(session.day, every.first)
    while wall <= datetime.combine(session.day, every.last):
        yield from _on_the_wall(wall.time(), zone, session)
        wall += step


def _on_the_wall(wall: time, zone: tzinfo, session: Session) -> Iterator[RunTime]:
    """A wall-clock time on the days that a session touches in its zone, so that no zone is a special case."""
    days = {session.day, *(_date_in(zone, at) for at in (session.opens, session.closes))}
    for day in sorted(days):
        yield RunTime(
            f"{wall:%H:%M}", datetime.combine(day, wall, tzinfo=zone).astimezone(session.opens.tzinfo)
        )


def _date_in(zone: tzinfo, at: datetime) -> date:
    return at.astimezone(zone).date()


def _merged(found: set[RunTime]) -> tuple[RunTime, ...]:
    ordered = sorted(found, key=lambda moment: (moment.at, moment.name))
    return tuple(
        RunTime("/".join(moment.name for moment in same), at)
        for at, same in groupby(ordered, key=lambda moment: moment.at)
    )


def _minutes(span: timedelta) -> str:
    """`42 minutes`, `3.5 hours`, `4 days`."""
    minutes = span / _MINUTE
    if minutes < 120:  # noqa: PLR2004 - two hours read better as minutes
        return f"{minutes:.0f} minutes"
    hours = minutes / 60
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.0f} days"  # noqa: PLR2004 - as above
