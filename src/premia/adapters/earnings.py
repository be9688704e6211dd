"""Next earnings dates of single stocks, from a file that a person or another program keeps.

IB's market data tell no earnings dates. A file with the columns `symbol` and `date` (ISO, one row an
announcement) does; a symbol without a row, or whose last date is past, is unknown and not "none".
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from premia.domain.dates import session_of
from premia.domain.errors import SourceUnavailable
from premia.domain.known import Known, Unknown
from premia.ports import Clock


class EarningsCalendar:
    """Announcement dates by symbol; called with a symbol it tells the next one."""

    def __init__(self, dates: Mapping[str, Iterable[date]], clock: Clock, source: str) -> None:
        """Dates of a source, whose name appears in reasons."""
        self._dates = {symbol.upper(): sorted(set(days)) for symbol, days in dates.items()}
        self._clock = clock
        self._source = source

    def __call__(self, symbol: str) -> Known[date | None] | Unknown:
        """The next announcement on or after today; `Unknown` where the source has none."""
        now = self._clock.now()
        days = self._dates.get(symbol.upper(), [])
        place = bisect_left(days, session_of(now))
        if place < len(days):
            return Known(days[place], now)
        last = f"; its last one is {days[-1]}" if days else ""
        return Unknown(now, f"{self._source} has no coming earnings date of {symbol}{last}")


def earnings_file(path: Path, clock: Clock) -> EarningsCalendar:
    """The calendar of a CSV file.

    Raises:
        SourceUnavailable: If the file cannot be read, or a row is no symbol with an ISO date.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceUnavailable(f"{path}: the earnings dates cannot be read: {error}.") from error
    found: dict[str, list[date]] = {}
    for line, row in enumerate(rows, start=2):
        symbol, day = (row.get("symbol") or "").strip(), (row.get("date") or "").strip()
        try:
            parsed = date.fromisoformat(day)
        except ValueError:
            parsed = None
        if not symbol or parsed is None:
            raise SourceUnavailable(
                f"{path}:{line}: symbol is {symbol!r} and date {day!r}; a ticker and a date like 2026-01-29 "
                "belong there, under the column names symbol and date."
            )
        found.setdefault(symbol, []).append(parsed)
    return EarningsCalendar(found, clock, path.name)
