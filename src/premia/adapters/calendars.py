"""Sessions of an exchange from the package `exchange_calendars`, with the names of holidays and early closes.

The package knows rules for years to come, of a few exchanges only the years for which holidays were
published. Beyond those nothing is known, and a day of which nothing is known is neither session nor holiday.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import exchange_calendars
from exchange_calendars.errors import CalendarError
from msgspec.structs import replace

from premia.domain.errors import SourceUnavailable
from premia.domain.sessions import Session, Sessions

NEW_YORK = "XNYS"
"""The market identifier of the New York Stock Exchange, whose hours US options keep."""
_NANOSECONDS = 1_000_000_000
_SAMPLE = date(2020, 1, 6), date(2020, 1, 17)  # two weeks that every calendar holds

_UNSCHEDULED = {
    date(2007, 1, 2): "day of mourning for President Ford",
    date(2012, 10, 29): "Hurricane Sandy",
    date(2012, 10, 30): "Hurricane Sandy",
    date(2018, 12, 5): "day of mourning for President Bush",
    date(2025, 1, 9): "day of mourning for President Carter",
}
"""Closures of US exchanges that no rule foretold, since 2007. Source: NYSE, "Special Closings"."""
_US = ("America/New_York", "America/Chicago")

_FOLLOWS = {"XCBF": (NEW_YORK, timedelta(minutes=15))}
"""Exchanges that close early whenever another does, and how much later.

Cboe's options on indices end a quarter of an hour after the New York Stock Exchange on its early closes too,
on 3 July and 24 December as on the day after Thanksgiving; the package knows the last alone. Sources: NYSE,
"Holidays and Trading Hours"; Cboe, "Cboe Options Holiday Calendar"; Cboe Options Rule 5.1.
"""


class DayNames(NamedTuple):
    """Why days are special.

    Attributes:
        closed: Days from Monday to Friday without a session, with the holiday's name where it is known.
        early: Sessions that close before the usual hour, with the name of the occasion.
    """

    closed: Mapping[date, str]
    early: Mapping[date, str]


@lru_cache(maxsize=128)
def sessions(exchange: str, first: date, last: date) -> Sessions:
    """All sessions of an exchange from `first` to `last`, both included where they trade.

    Args:
        exchange: Its market identifier, such as `XNYS`.
        first: Calendar day of any year.
        last: Calendar day; in the future too, as far as the rules of today hold. Sessions end earlier where
            the exchange's holidays are not known so far.

    Raises:
        SourceUnavailable: Where the package has no such exchange, where its holidays are not known
            at `first`, or where no session lies in the range.
    """
    calendar = _calendar(exchange, first, last)
    found = [
        _session(calendar, _instant(day).date(), _instant(opens), _instant(closes))
        for day, opens, closes in zip(
            calendar.sessions_nanos.tolist(),
            calendar.opens_nanos.tolist(),
            calendar.closes_nanos.tolist(),
            strict=True,
        )
    ]
    if exchange in _FOLLOWS:
        leader, later = _FOLLOWS[exchange]
        short = {one.day: one.closes + later for one in sessions(leader, first, last) if one.early}
        found = [replace(one, closes=short.get(one.day, one.closes), early=one.day in short) for one in found]
    return Sessions(found, calendar.tz)


@lru_cache(maxsize=32)
def known_until(exchange: str) -> date | None:
    """The last day of which the package knows whether the exchange trades; None where its rules go on.

    Raises:
        SourceUnavailable: Where the package has no such exchange.
    """
    bound = _raw(exchange, *_SAMPLE).bound_max()
    return None if bound is None else bound.date()


@lru_cache(maxsize=128)
def day_names(exchange: str, first: date, last: date) -> DayNames:
    """Names of the days on which an exchange is closed or closes early.

    Raises:
        SourceUnavailable: As `sessions`.
    """
    calendar = _calendar(exchange, first, last)
    trading = {session.day: session for session in sessions(exchange, first, last)}
    end = min(last, known_until(exchange) or last)
    named = _named(calendar.regular_holidays, first, end)
    days = (date.fromordinal(n) for n in range(first.toordinal(), end.toordinal() + 1))
    unscheduled = _UNSCHEDULED if str(calendar.tz) in _US else {}
    closed = {
        day: named.get(day) or unscheduled.get(day) or "an unscheduled closing"
        for day in days
        if day.isoweekday() <= 5 and day not in trading  # noqa: PLR2004 - Friday
    }
    occasions = day_names(_FOLLOWS[exchange][0], first, last).early if exchange in _FOLLOWS else {}
    for _hour, rules in calendar.special_closes:
        if not isinstance(rules, int):  # a number is a day of every week
            occasions = {**occasions, **_named(rules, first, end)}
    early = {day: occasions.get(day, "an early close") for day, one in trading.items() if one.early}
    return DayNames(closed, early)


def _calendar(exchange: str, first: date, last: date) -> Any:  # noqa: ANN401 - the library's class
    bound = known_until(exchange)
    if bound is not None and bound < first:
        raise SourceUnavailable(
            f"The holidays of {exchange} are known until {bound}, {first} lies beyond. "
            "Update the package exchange_calendars; without it nobody knows whether that day trades."
        )
    try:
        return _raw(exchange, first, last if bound is None else min(bound, last))
    except ValueError as error:
        raise SourceUnavailable(
            f"No session of {exchange} lies between {first} and {last}: {error}"
        ) from error


def _raw(exchange: str, first: date, last: date) -> Any:  # noqa: ANN401 - the library's class
    try:
        # The package leans on parts of pandas that later versions will change; that is its own affair.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return exchange_calendars.get_calendar(exchange, start=first.isoformat(), end=last.isoformat())
    except CalendarError as error:
        raise SourceUnavailable(
            f"No calendar of {exchange} from {first} to {last}: {error} Use a market identifier such as XNYS."
        ) from error


def _session(calendar: Any, day: date, opens: datetime, closes: datetime) -> Session:  # noqa: ANN401 - as above
    """A session; early where it closes before the hour that was usual then."""
    usual = next(
        hour for since, hour in reversed(calendar.close_times) if since is None or since.date() <= day
    )
    return Session(day, opens, closes, closes.astimezone(calendar.tz).time() < usual)


def _named(rules: Any, begin: date, end: date) -> dict[date, str]:  # noqa: ANN401 - as above
    """Dates of the library's holiday rules with their names."""
    if rules is None:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = rules.holidays(begin.isoformat(), end.isoformat(), return_name=True)
    return {at.date(): str(name) for at, name in found.items()}


def _instant(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds // _NANOSECONDS, UTC)
