"""What is compared with the broker before a session is traded: its hours and its clock.

A calendar is a prediction and so is the time of a machine; the broker's word on both is asked for. Where the
hours differ, nothing is opened that day, and closing keeps to the hours on which both agree. A clock that is
two seconds off is told to a person; one that is half a minute off stops openings, because every schedule, age
of a quote and cut-off is read from it. Both halts end by themselves when a later comparison is well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from premia.domain import events as ev
from premia.domain.book import ENTRIES, Book
from premia.domain.dates import NEW_YORK
from premia.domain.sessions import Session, Sessions

CALENDAR, CLOCK = "calendar", "clock"
"""Causes of the halts that are made here."""

DRIFT_TOLD = timedelta(seconds=2)
DRIFT_MAX = timedelta(seconds=30)
_AHEAD = timedelta(days=10)


class BrokerHours(NamedTuple):
    """Trading hours as the broker tells them.

    Attributes:
        symbol: The underlying that was asked for.
        days: Opening and close in UTC by date; None where it is closed. A day that is not in it is unknown.
        text: The broker's own words.
    """

    symbol: str
    days: Mapping[date, tuple[datetime, datetime] | None]
    text: str = ""


def compared_hours(
    book: Book, at: datetime, day: date, sessions: Sessions, told: BrokerHours
) -> list[ev.AnyEvent]:
    """What follows from the broker's hours on a session; nothing where it was found before.

    Args:
        book: The book.
        at: Market time.
        day: Of a session of our calendar.
        sessions: Our calendar.
        told: What the broker says.
    """
    session = sessions.get(day)
    if session is None:
        return []
    differs = _unknown(told, day) or difference(told, session, day)
    opens, closes = _both(told, session)
    ahead = tuple(_to_come(told, day, sessions))
    fact = ev.HoursCompared(
        at=at,
        session=day,
        symbol=told.symbol,
        opens=opens,
        closes=closes,
        differs=differs,
        ahead=ahead,
    )
    before = book.hours
    if before is not None and _same(before, fact):
        return []
    found: list[ev.AnyEvent] = [fact]
    if differs:
        why = f"{differs}; nothing is opened today. Look at the exchange's notices, update exchange_calendars"
        found.append(ev.TradingHalted(at=at, cause=CALENDAR, scope=ENTRIES, why=why))
    elif CALENDAR in book.halts:
        why = f"calendar and broker agree on {day}"
        found.append(ev.TradingReleased(at=at, cause=CALENDAR, why=why))
    return found


def compared_clock(book: Book, at: datetime, drift: timedelta) -> list[ev.AnyEvent]:
    """What follows from the difference of the clocks; nothing while it is small, or was told before.

    Args:
        book: The book.
        at: Market time.
        drift: How far the broker's clock is ahead of this machine's.
    """
    seconds = round(drift.total_seconds(), 1)
    halted = CLOCK in book.halts
    if abs(drift) <= DRIFT_TOLD:
        if book.drift == 0 and not halted:
            return []
        text = "the clocks agree again"
        found: list[ev.AnyEvent] = [ev.ClockCompared(at=at, seconds=0.0, text=text)]
        return [*found, ev.TradingReleased(at=at, cause=CLOCK, why=text)] if halted else found
    text = f"the broker's clock is {_span(drift)} this machine's"
    far = abs(drift) > DRIFT_MAX and not halted
    if book.drift and not far:
        return []
    found = [ev.ClockCompared(at=at, seconds=seconds, text=text)]
    if far:
        why = f"{text}; set it by network time (NTP). Openings wait until both agree"
        found.append(ev.TradingHalted(at=at, cause=CLOCK, scope=ENTRIES, why=why))
    return found


def difference(told: BrokerHours, session: Session | None, day: date) -> str:
    """Where broker and calendar disagree on a day of which the broker tells; empty where they agree."""
    theirs = told.days.get(day)
    if day not in told.days or (theirs is None and session is None):
        return ""
    if theirs is None:
        return f"{day} is closed at the broker and open in our calendar"
    if session is None:
        return f"{day} is open at the broker and closed in our calendar"
    if theirs != (session.opens, session.closes):
        return (
            f"{day} trades {_hours(*theirs)} at the broker and "
            f"{_hours(session.opens, session.closes)} in our calendar"
        )
    return ""


def _unknown(told: BrokerHours, day: date) -> str:
    return "" if day in told.days else f"the broker tells no hours of {told.symbol} on {day} ({told.text!r})"


def _both(told: BrokerHours, session: Session) -> tuple[datetime | None, datetime | None]:
    """The hours on which both agree; the calendar's alone where the broker tells none."""
    if session.day not in told.days:
        return session.opens, session.closes
    theirs = told.days[session.day]
    if theirs is None:
        return None, None
    opens, closes = max(theirs[0], session.opens), min(theirs[1], session.closes)
    return (opens, closes) if opens < closes else (None, None)


def _to_come(told: BrokerHours, today: date, sessions: Sessions) -> Iterator[str]:
    for day in sorted(told.days):
        if today < day <= min(today + _AHEAD, sessions.last.day):
            found = difference(told, sessions.get(day), day)
            if found:
                yield found


def _same(before: ev.HoursCompared, now: ev.HoursCompared) -> bool:
    """Whether the same was found of the same session already."""
    parts = ("session", "symbol", "opens", "closes", "differs", "ahead")
    return all(getattr(before, name) == getattr(now, name) for name in parts)


def _hours(opens: datetime, closes: datetime) -> str:
    return "-".join(f"{at.astimezone(NEW_YORK):%H:%M}" for at in (opens, closes))


def _span(drift: timedelta) -> str:
    seconds = abs(drift.total_seconds())
    length = f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"  # noqa: PLR2004 - reads better
    return f"{length} {'ahead of' if drift > timedelta(0) else 'behind'}"
