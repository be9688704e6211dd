"""Sessions of an exchange from the package `exchange_calendars`, holidays and early closes included."""

from __future__ import annotations

import warnings
from datetime import UTC, date, datetime
from functools import lru_cache

import exchange_calendars
from exchange_calendars.errors import CalendarError

from premia.domain.errors import SourceUnavailable
from premia.domain.sessions import Session, Sessions

NEW_YORK = "XNYS"
"""The market identifier of the New York Stock Exchange, whose hours US options keep."""
_NANOSECONDS = 1_000_000_000


@lru_cache(maxsize=8)
def sessions(exchange: str, first: date, last: date) -> Sessions:
    """All sessions of an exchange from `first` to `last`, both included where they trade.

    Args:
        exchange: Its market identifier, such as `XNYS`.
        first: Calendar day of any year.
        last: Calendar day; in the future too, as far as the rules of today hold.

    Raises:
        SourceUnavailable: Where the package has no such exchange, or no session lies in the range.
    """
    try:
        # The package leans on parts of pandas that later versions will change; that is its own affair.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            calendar = exchange_calendars.get_calendar(
                exchange, start=first.isoformat(), end=last.isoformat()
            )
    except CalendarError as error:
        raise SourceUnavailable(
            f"No calendar of {exchange} from {first} to {last}: {error} Use a market identifier such as XNYS."
        ) from error
    except ValueError as error:
        raise SourceUnavailable(
            f"No session of {exchange} lies between {first} and {last}: {error}"
        ) from error
    found = (
        Session(_instant(day).date(), _instant(opens), _instant(closes))
        for day, opens, closes in zip(
            calendar.sessions_nanos.tolist(),
            calendar.opens_nanos.tolist(),
            calendar.closes_nanos.tolist(),
            strict=True,
        )
    )
    return Sessions(found, calendar.tz)


def _instant(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds // _NANOSECONDS, UTC)
