"""How instants are spelled in messages: New York time, with the zone's name from server version 174 on."""

from __future__ import annotations

from datetime import UTC, datetime

from premia.domain.dates import NEW_YORK

ZONE = "US/Eastern"
ZONE_NAMED = 174


def stamp(at: datetime, version: int) -> str:
    """`20260825 14:11:30 US/Eastern`, or with two spaces and no zone before version 174."""
    local = at.astimezone(NEW_YORK)
    if version >= ZONE_NAMED:
        return f"{local:%Y%m%d %H:%M:%S} {ZONE}"
    return f"{local:%Y%m%d  %H:%M:%S}"


def greeting_time(at: datetime) -> str:
    """The time in the answer to a handshake: `20260825 14:11:30 EST`."""
    return f"{at.astimezone(NEW_YORK):%Y%m%d %H:%M:%S} EST"


def parse_stamp(text: str) -> datetime | None:
    """The instant of a request's time in any of IB's spellings; None where it is empty or no time.

    `yyyymmdd`, `yyyymmdd hh:mm:ss` and `yyyymmdd-hh:mm:ss` (the last in UTC), with a zone's name
    or `UTC` behind the first two; New York where none is given.
    """
    words = text.replace("  ", " ").strip().split(" ")
    if not words[0]:
        return None
    utc = words[-1] in ("UTC", "GMT")
    try:
        if "-" in words[0]:
            return datetime.strptime(words[0], "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
        clock = words[1] if len(words) > 1 and ":" in words[1] else "00:00:00"
        naive = datetime.strptime(f"{words[0]} {clock}", "%Y%m%d %H:%M:%S")  # noqa: DTZ007 - the zone follows
    except ValueError:
        return None
    return naive.replace(tzinfo=UTC if utc else NEW_YORK).astimezone(UTC)
