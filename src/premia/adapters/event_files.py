"""Events of underlyings from a CSV or Parquet file: splits, dividends, earnings and the like, one a row.

Columns `kind`, `symbol` and `date`, and as the kind needs them `amount`, `to`, `pay`, `declared` and `when`:

    split        amount: new shares for an old one, 7 or 0.5
    dividend     amount: USD a share as paid; pay, declared: dates
    symbol       to: the ticker from that day on; empty where another company takes this one
    delisting    amount: what a share was worth afterwards, USD, where that is known; date: last day of trade
    early_close  when: HH:MM of the exchange's time (13:00 where empty); no symbol
    settlement   symbol: the trading class; amount: opening settlement value of that AM-settled expiry
    close        amount: official close, USD
    earnings     when: before, after or empty

A file without `kind` is of earnings dates; `hour_et` may say the hour in New York instead of `when`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from premia.domain.errors import MarketDataError
from premia.store.events import (
    CashDividend,
    Delisting,
    EarlyClose,
    Earnings,
    Events,
    OfficialClose,
    SettlementValue,
    ShareSplit,
    SymbolChange,
    merged,
)
from premia.store.tables import NO_DAY, Table, column_names, tables

_COLUMNS = ("kind", "symbol", "date", "amount", "to", "pay", "declared", "when", "hour_et")
_EPOCH = date(1970, 1, 1)
_NOON = 12
Row = Mapping[str, Any]


def read_events(path: Path) -> Events:
    """The events of a file.

    Raises:
        SourceUnavailable: Where the file is absent or is no table.
        MarketDataError: Where a column is missing, or a row has no day, an unknown kind or no amount that its
            kind needs; names file, row, value and need.
    """
    names = column_names(path)
    if "date" not in names:
        raise MarketDataError(f"{path}: column date is missing. It has {', '.join(names)}.")
    found: dict[str, list[msgspec.Struct]] = {name: [] for name in Events.__struct_fields__}
    number = 1
    for table in tables(path, _COLUMNS):
        for row in _rows(table):
            number += 1
            kind = row.get("kind") or ("" if "kind" in names else "earnings")
            if kind not in _KINDS:
                raise MarketDataError(
                    f"{path}, row {number}: {kind!r} is no kind of event. Kinds are {', '.join(_KINDS)}."
                )
            if row["date"] is None:
                raise MarketDataError(f"{path}, row {number}: the {kind} has no date. Write YYYY-MM-DD.")
            into, make = _KINDS[kind]
            try:
                found[into].append(make(row))
            except ValueError as error:
                raise MarketDataError(f"{path}, row {number}: the {kind} {error}.") from error
    return merged([msgspec.convert(found, Events, from_attributes=True)])


def _rows(table: Table) -> list[Row]:
    columns: dict[str, list[Any]] = {}
    for name in _COLUMNS:
        if name not in table:
            continue
        if name in ("date", "pay", "declared"):
            columns[name] = [_day(value) for value in table.days(name).tolist()]
        elif name in ("amount", "hour_et"):
            columns[name] = [None if math.isnan(one) else one for one in table.numbers(name).tolist()]
        else:
            codes, words = table.words(name)
            columns[name] = ["" if code < 0 else words[code] for code in codes.tolist()]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _day(number: int) -> date | None:
    return None if number == NO_DAY else _EPOCH + timedelta(days=number)


def _split(row: Row) -> ShareSplit:
    ratio = Fraction(str(round(_amount(row), 4)))
    return ShareSplit(_symbol(row), row["date"], ratio.numerator, ratio.denominator)


def _dividend(row: Row) -> CashDividend:
    amount = Decimal(repr(_amount(row)))
    return CashDividend(_symbol(row), row["date"], amount, row.get("pay"), row.get("declared"))


def _delisting(row: Row) -> Delisting:
    value = row.get("amount")
    return Delisting(_symbol(row), row["date"], None if value is None else Decimal(repr(value)))


def _early_close(row: Row) -> EarlyClose:
    at = row.get("when") or "13:00"
    datetime.strptime(at, "%H:%M")  # noqa: DTZ007 - a time of day alone; raises for what is none
    return EarlyClose(row["date"], at)


def _settlement(row: Row) -> SettlementValue:
    return SettlementValue(_symbol(row), row["date"], Decimal(repr(_amount(row))))


def _close(row: Row) -> OfficialClose:
    return OfficialClose(_symbol(row), row["date"], Decimal(repr(_amount(row))))


def _change(row: Row) -> SymbolChange:
    return SymbolChange(_symbol(row), row["date"], row.get("to") or "")


def _earnings(row: Row) -> Earnings:
    when = row.get("when") or ""
    hour = row.get("hour_et")
    if not when and hour:
        when = "before" if hour < _NOON else "after"
    if when not in ("", "before", "after"):
        raise ValueError(f"is {when!r}; write before, after or nothing")
    return Earnings(_symbol(row), row["date"], when)


def _amount(row: Row) -> float:
    amount = row.get("amount")
    if amount is None or amount <= 0.0:
        raise ValueError(f"has the amount {'none' if amount is None else amount}; write one above zero")
    return float(amount)


def _symbol(row: Row) -> str:
    symbol = row.get("symbol")
    if not symbol:
        raise ValueError("names no symbol; write the ticker of the underlying")
    return str(symbol)


_KINDS: dict[str, tuple[str, Callable[[Row], msgspec.Struct]]] = {
    "split": ("splits", _split),
    "dividend": ("dividends", _dividend),
    "symbol": ("symbol_changes", _change),
    "delisting": ("delistings", _delisting),
    "early_close": ("early_closes", _early_close),
    "settlement": ("settlements", _settlement),
    "close": ("closes", _close),
    "earnings": ("earnings", _earnings),
}
