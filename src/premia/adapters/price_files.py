"""Daily prices from a CSV or Parquet file: one row a session, one or several symbols.

Columns, in any order and case: `date`, `open`, `high`, `low`, `close`, and, where known, `volume`,
`symbol`, `vol` (implied 30-day volatility as a fraction), `dividend` (cash a share, on its ex-date) and
`split` (new shares for an old one, on its ex-date). Prices are as traded, not adjusted. A file without
`symbol` holds the one that its name says (`spy.csv` is SPY). Other columns are left alone.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pyarrow import parquet

from premia.domain.errors import MarketDataError, SourceUnavailable
from premia.exchange.underlyings import DailyHistory, checked_history

_NEEDED = ("date", "open", "high", "low", "close")
_KNOWN = (*_NEEDED, "volume", "symbol", "vol", "dividend", "split")
_COMPACT = 8


class PriceSeries(NamedTuple):
    """One symbol of a file: its history, cash dividends and splits by ex-date."""

    symbol: str
    history: DailyHistory
    dividends: tuple[tuple[date, Decimal], ...]
    splits: tuple[tuple[date, int], ...]


Columns = dict[str, Sequence[object]]


def read_prices(path: Path) -> tuple[PriceSeries, ...]:
    """Every symbol of a file, in the order of their first rows.

    Raises:
        SourceUnavailable: Where the file is absent, cannot be read, or is neither CSV nor Parquet.
        MarketDataError: Where a column is missing or a row is no price; names file, row, value, need.
    """
    columns = _columns(path)
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise MarketDataError(
            f"{path}: column {', '.join(missing)} is missing; it has {', '.join(columns) or 'none'}. "
            f"Needed are {', '.join(_NEEDED)}."
        )
    count = len(columns["date"])
    if count == 0:
        raise MarketDataError(f"{path}: no row of prices was found. At least one session is needed.")
    default = path.stem.split("_")[0].split("-")[0].upper()
    names = [str(one) for one in columns.get("symbol", [default] * count)]
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    return tuple(_series(path, name, columns, chosen) for name, chosen in rows.items())


def _series(path: Path, symbol: str, columns: Columns, rows: list[int]) -> PriceSeries:
    days = [_day(path, columns["date"][row], row) for row in rows]
    order = sorted(range(len(rows)), key=days.__getitem__)
    days, rows = [days[i] for i in order], [rows[i] for i in order]
    numbers = {
        name: [_number(path, name, columns[name][row], row) for row in rows]
        for name in _KNOWN
        if name in columns and name not in ("date", "symbol")
    }
    history = checked_history(
        f"{path.name}: {symbol}",
        days,
        [numbers[name] for name in ("open", "high", "low", "close")],
        numbers.get("volume"),
        numbers.get("vol"),
    )
    paid = zip(days, rows, strict=True) if "dividend" in columns else ()
    dividends = [(day, _decimal(columns["dividend"][row])) for day, row in paid]
    splits = [(day, ratio) for day, ratio in zip(days, numbers.get("split", ()), strict=False) if ratio > 0]
    return PriceSeries(
        symbol,
        history,
        tuple((day, amount) for day, amount in dividends if amount > 0),
        tuple((day, _whole(path, day, ratio)) for day, ratio in splits if ratio != 1),
    )


def _columns(path: Path) -> Columns:
    if not path.is_file():
        raise SourceUnavailable(f"{path} is no file. Give the path of a CSV or Parquet file of daily prices.")
    try:
        if path.suffix.lower() == ".parquet":
            return _named(parquet.read_table(path).to_pydict())
        if path.suffix.lower() in (".csv", ".txt"):
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file, restval="")
                found: dict[str, list[object]] = {name: [] for name in reader.fieldnames or ()}
                for row in reader:
                    for name, values in found.items():
                        values.append(row[name])
            return _named(found)
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise SourceUnavailable(f"{path} cannot be read: {error}") from error
    raise SourceUnavailable(
        f"{path} ends in {path.suffix!r}; a file of daily prices ends in .csv or .parquet."
    )


def _named(columns: Mapping[str, Sequence[object]]) -> Columns:
    return {name.strip().lower(): values for name, values in columns.items()}


def _day(path: Path, value: object, row: int) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    try:
        if len(text) == _COMPACT and text.isdigit():
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise MarketDataError(f"{path}, row {row + 1}: date is {value!r}; write it as 2014-01-31.") from error


def _number(path: Path, name: str, value: object, row: int) -> float:
    if value is None or value == "":
        return math.nan
    try:
        return float(str(value))
    except ValueError as error:
        raise MarketDataError(f"{path}, row {row + 1}: {name} is {value!r}; a number is needed.") from error


def _decimal(value: object) -> Decimal:
    try:
        amount = Decimal(str(value).strip() or "0") if value is not None else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)


def _whole(path: Path, day: date, ratio: float) -> int:
    if ratio != int(ratio):
        raise MarketDataError(
            f"{path}: the split on {day} is {ratio}; it must be a whole number of new shares for an old one."
        )
    return int(ratio)
