"""Days and years as options count them.

A session is the exchange's trading day; `dte` counts whole calendar days in the exchange's time
zone; `years` is ACT/365 to the instant at which a series stops trading. Instants are aware UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from premia.domain.errors import InvariantViolated

NEW_YORK = ZoneInfo("America/New_York")
YEAR_DAYS = 365
CLOSE = time(16, 0)
_SECONDS_A_YEAR = YEAR_DAYS * 86_400


def as_utc(at: datetime) -> datetime:
    """The same instant in UTC; a naive time is a defect, because nobody knows its zone."""
    if at.tzinfo is None:
        raise InvariantViolated(f"{at.isoformat()} has no time zone; every instant needs one.")
    return at.astimezone(UTC)


@lru_cache(maxsize=4096)
def session_of(at: datetime) -> date:
    """The New York calendar date of an instant."""
    return at.astimezone(NEW_YORK).date()


@lru_cache(maxsize=4096)
def new_york(day: date, at: time) -> datetime:
    """The UTC instant of a New York wall-clock time on a date."""
    return datetime.combine(day, at, tzinfo=NEW_YORK).astimezone(UTC)


def dte(expiry: date, at: datetime) -> int:
    """Whole calendar days from the New York date of `at` to expiry; negative once expired."""
    return (expiry - session_of(at)).days


def years(expiry: date, at: datetime, *, stops: time = CLOSE) -> float:
    """ACT/365 years from `at` to the New York time `stops` on the expiry date; never below zero."""
    left = new_york(expiry, stops) - as_utc(at)
    return max(left / timedelta(seconds=1), 0.0) / _SECONDS_A_YEAR
