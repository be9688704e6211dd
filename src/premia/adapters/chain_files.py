"""Recorded option chains from a Parquet file: one row a quote, one snapshot a day.

Columns: `date`, `underlying`, `underlying_price`, `expiry`, `strike`, `right` (C or P), `bid`, `ask`, and
where known `underlying_close`, `root` (trading class), `last`, `volume`, `open_interest`, `iv`, `delta`,
`gamma`. Dates are midnights; prices are per share. A row whose contract appeared on its day before is
dropped, and so are expiries before their day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from premia.domain.errors import MarketDataError, SourceUnavailable
from premia.domain.instrument import Index, Stock
from premia.exchange.recorded import RecordedUnderlying
from premia.exchange.stochastic import Kind, settings_of
from premia.store.panel import Days, Panel, Rows, build

_NEEDED = ("date", "underlying", "underlying_price", "expiry", "strike", "right", "bid", "ask")
_KEY = ["date", "root", "expiry", "strike", "right"]
_INDICES = frozenset({"SPX", "XSP", "RUT", "NDX", "VIX"})

ByDay = Mapping[date, Decimal]


def read_chains(
    path: Path,
    closes: Mapping[str, ByDay] | None = None,
    settlements: Mapping[str, ByDay] | None = None,
) -> tuple[RecordedUnderlying, ...]:
    """The recorded chains of a file, one entry an underlying.

    Args:
        path: The Parquet file.
        closes: Official closes by symbol and day, beside those of the file's `underlying_close`; needed
            for sessions that the recording lacks, because options may expire on them.
        settlements: Opening settlement values by symbol and day, for AM-settled expiries.

    Raises:
        SourceUnavailable: Where the file is absent or is no Parquet file.
        MarketDataError: Where it lacks a column or holds no row that can be used.
    """
    known, opened = closes or {}, settlements or {}
    return tuple(
        _underlying(str(symbol), rows, known.get(str(symbol), {}), opened.get(str(symbol), {}))
        for symbol, rows in _table(path).groupby("underlying", sort=False)
    )


def holds_chains(path: Path) -> bool:
    """Whether a file is Parquet with a column of strikes; False where it is absent or cannot be read."""
    if path.suffix.lower() != ".parquet" or not path.is_file():
        return False
    try:
        return "strike" in parquet.read_schema(path).names
    except (OSError, pa.ArrowException):
        return False


def _table(path: Path) -> Any:  # noqa: ANN401 - pandas has no types of its own here; the wall is this module
    if not path.is_file():
        raise SourceUnavailable(f"{path} is no file. Give the path of a Parquet file of recorded chains.")
    try:
        table: Any = pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        raise SourceUnavailable(f"{path} cannot be read as Parquet: {error}") from error
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise MarketDataError(
            f"{path}: column {', '.join(missing)} is missing. Recorded chains need {', '.join(_NEEDED)}."
        )
    table = table[table["strike"].gt(0) & table["underlying_price"].gt(0)].copy()
    table["root"] = table["root"].astype(str) if "root" in table.columns else table["underlying"].astype(str)
    table = table[table["expiry"] >= table["date"]]
    if table.empty:
        raise MarketDataError(f"{path} holds no row with a strike and a price of the underlying.")
    table["root"] = table["root"].astype("category")
    table["right"] = np.where(table["right"].to_numpy() == "C", 1, -1)
    return table.drop_duplicates(_KEY).sort_values("date", kind="stable")


def _underlying(symbol: str, rows: Any, closes: ByDay, settlements: ByDay) -> RecordedUnderlying:  # noqa: ANN401 - as above
    known = dict(closes)
    daily = rows.drop_duplicates("date")
    for day, close in zip(
        daily["date"], daily.get("underlying_close", daily["underlying_price"]), strict=True
    ):
        if np.isfinite(close):
            known[day.date()] = Decimal(repr(round(float(close), 2)))
    kind = Kind.INDEX if symbol in _INDICES else Kind.STOCK
    return RecordedUnderlying(
        contract=Index(symbol) if kind is Kind.INDEX else Stock(symbol),
        settings=settings_of(kind, f"{symbol} (recorded chains)"),
        panel=_panel(symbol, kind, rows, daily),
        closes=known,
        settlements=dict(settlements),
    )


def _panel(symbol: str, kind: Kind, rows: Any, daily: Any) -> Panel:  # noqa: ANN401 - as above
    """Columns as a panel: whole 1/10,000 USD, zero and what is no number as not quoted or not known."""
    classes = rows["root"].cat.remove_unused_categories().cat
    count = len(rows)

    def floats(name: str) -> Any:  # noqa: ANN401 - as above
        return (
            rows[name].to_numpy(dtype=np.float64, na_value=np.nan)
            if name in rows.columns
            else np.full(count, np.nan)
        )

    def prices(name: str) -> Any:  # noqa: ANN401 - as above
        return _units(floats(name)).astype(np.int32)

    def counts(name: str) -> Any:  # noqa: ANN401 - as above
        return np.nan_to_num(floats(name), nan=-1.0).astype(np.int32)

    iv = floats("iv")
    days = daily.sort_values("date")
    spot = _units(days["underlying_price"].to_numpy(dtype=np.float64))
    closes = days.get("underlying_close", days["underlying_price"]).to_numpy(dtype=np.float64)
    return build(
        symbol,
        kind.value,
        tuple(classes.categories),
        Days(_days(days["date"]), np.zeros(len(days), dtype=np.int64), spot, _units(closes)),
        Rows(
            day=_days(rows["date"]),
            expiry=_days(rows["expiry"]),
            strike=prices("strike"),
            right=rows["right"].to_numpy(dtype=np.int8),
            root=classes.codes.to_numpy(dtype=np.int16),
            bid=prices("bid"),
            ask=prices("ask"),
            last=prices("last"),
            volume=counts("volume"),
            open_interest=counts("open_interest"),
            iv=np.where(iv > 0.0, iv, np.nan).astype(np.float32),
            delta=floats("delta").astype(np.float32),
        ),
    )


def _units(values: Any) -> Any:  # noqa: ANN401 - as above
    """Prices in 1/10,000 USD; -1 where there is none."""
    return np.where(values > 0.0, np.rint(np.nan_to_num(values) * 10_000), -1).astype(np.int64)


def _days(column: Any) -> Any:  # noqa: ANN401 - as above
    return column.to_numpy().astype("datetime64[D]").astype(np.int64).astype(np.int32)
