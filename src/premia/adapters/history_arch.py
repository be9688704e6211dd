"""The S&P 500 and the VIX by day, as shipped inside the package `arch`.

The files are read where they lie, without importing the package (which would import pandas and
scipy). Prices run from 1999 to the end of 2018; the VIX from January 2014 to January 2019, so
options can be priced from 2014-01-03 on, and the earlier prices serve as past.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from premia.domain.errors import SourceUnavailable
from premia.exchange.underlyings import DailyHistory, checked_history

FIRST_VIX = date(2014, 1, 3)
_PERCENT = 100.0


def sp500(first: date = date(2012, 1, 3), last: date = date(2018, 12, 31)) -> DailyHistory:
    """Daily S&P 500 with the VIX as a fraction in `vol` (not a number before 2014 and where it is missing).

    Raises:
        SourceUnavailable: Where the package or its files are not installed, or no row lies in the range.
    """
    rows = [
        (day, *(float(row[name]) for name in ("Open", "High", "Low", "Close", "Volume")))
        for day, row in _rows("sp500")
        if first <= day <= last
    ]
    if not rows:
        raise SourceUnavailable(
            f"arch has no price of the S&P 500 between {first} and {last}; it covers 1999-2018."
        )
    vix = {day: float(row["vix"]) / _PERCENT for day, row in _rows("vix") if row["vix"] != "."}
    days, *columns = zip(*rows, strict=True)
    opens, highs, lows, closes, volume = columns
    return checked_history(
        "S&P 500", days, (opens, highs, lows, closes), volume, [vix.get(day, math.nan) for day in days]
    )


def _rows(name: str) -> Iterator[tuple[date, dict[str, str]]]:
    path = _folder() / name / f"{name}.csv.gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                month, day, year = (int(part) for part in row["Date"].split("/"))
                yield date(year, month, day), row
    except OSError as error:
        raise SourceUnavailable(
            f"The package arch is installed, but {path} cannot be read ({error}). Install arch again."
        ) from error


def _folder() -> Path:
    spec = importlib.util.find_spec("arch")
    if spec is None or not spec.submodule_search_locations:
        raise SourceUnavailable(
            "The package arch, which ships the S&P 500 history, is not installed: pip install arch."
        )
    return Path(spec.submodule_search_locations[0]) / "data"
