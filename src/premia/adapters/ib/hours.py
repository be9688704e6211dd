"""Trading hours as IB tells them in the details of a contract, asked afresh and read with care.

IB writes `20240311:0930-20240311:1600;20240312:CLOSED`, in older versions `20240311:0930-1600`, with commas
between the parts of a day that has a pause, in the zone that the details name: `US/Eastern`, `MET`, or in
words `EST (Eastern Standard Time)`. What cannot be read is left out: such a day is unknown, not closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from premia.adapters.ib import requests
from premia.adapters.ib.connection import Connection
from premia.adapters.ib.contracts import ContractBook
from premia.engine.morning import BrokerHours

_ZONES = {
    "EST": "America/New_York",
    "EST5EDT": "America/New_York",
    "US/Eastern": "America/New_York",
    "CST": "America/Chicago",
    "US/Central": "America/Chicago",
    "PST": "America/Los_Angeles",
    "MET": "Europe/Paris",
    "MEZ": "Europe/Berlin",
    "GB-Eire": "Europe/London",
    "GMT": "Europe/London",
    "JST": "Asia/Tokyo",
    "Japan": "Asia/Tokyo",
    "Hongkong": "Asia/Hong_Kong",
}
"""IB's names of zones that are old, or name a fixed offset although summer time is meant."""
_CLOSED = "CLOSED"
Span = tuple[datetime, datetime]


async def broker_hours(connection: Connection, book: ContractBook, symbol: str) -> BrokerHours:
    """Trading hours of the next days of an underlying, asked for now.

    Raises:
        BrokerError: If the broker does not answer, or refuses.
        MarketDataError: If several contracts bear the symbol.
    """
    entry = await book.underlying(symbol)
    found = await requests.contract_details(connection, entry.listed)
    text, zone = (found[0].liquidHours, found[0].timeZoneId) if found else ("", "")
    return read_hours(symbol, text, zone)


def read_hours(symbol: str, text: str, zone: str) -> BrokerHours:
    """The hours of a text; nothing where the zone is not known."""
    place = zone_of(zone)
    if place is None:
        return BrokerHours(symbol, {}, f"{text} in zone {zone}")
    days: dict[date, Span | None] = {}
    broken: set[date] = set()
    for part in filter(None, (one.strip() for one in text.split(";"))):
        day = _date(part.partition(":")[0])
        if day is None:
            continue
        spans = _spans(part, place)
        if spans is None:
            broken.add(day)
            continue
        for opens, closes in spans:
            ends = closes.astimezone(place).date()  # a session may begin on the evening before
            before = days.get(ends)
            days[ends] = (
                (opens, closes) if before is None else (min(before[0], opens), max(before[1], closes))
            )
        if not spans:
            days.setdefault(day, None)
    return BrokerHours(symbol, {day: span for day, span in days.items() if day not in broken}, text)


def zone_of(name: str) -> tzinfo | None:
    """The zone that IB means by a name; None where nobody knows."""
    first = name.split(" ", maxsplit=1)[0]
    try:
        return ZoneInfo(_ZONES.get(first, first))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _spans(part: str, zone: tzinfo) -> list[Span] | None:
    """The spans of a day's part; an empty list where it is closed, None where it cannot be read."""
    day, _, rest = part.partition(":")
    if rest.upper() == _CLOSED:
        return []
    spans = list(_read_spans(day, rest, zone))
    return None if None in spans else [span for span in spans if span is not None]


def _read_spans(day: str, rest: str, zone: tzinfo) -> Iterator[Span | None]:
    for one in rest.split(","):
        start, _, end = one.partition("-")
        opens = _instant(start if ":" in start else f"{day}:{start}", zone)
        closes = _instant(end if ":" in end else f"{day}:{end}", zone)
        yield None if opens is None or closes is None or opens >= closes else (opens, closes)


def _instant(text: str, zone: tzinfo) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d:%H%M").replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


def _date(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
