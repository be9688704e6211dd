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
from premia.exchange.recorded import RecordedChain, RecordedUnderlying
from premia.exchange.stochastic import Kind, settings_of

_NEEDED = ("date", "underlying", "underlying_price", "expiry", "strike", "right", "bid", "ask")
_KEY = ["date", "root", "expiry", "strike", "right"]
_INDICES = frozenset({"SPX", "XSP", "RUT", "NDX", "VIX"})
_UNIX_DAY = date(1970, 1, 1).toordinal()

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
        chain=_chain(rows),
        prices={
            day.date(): float(price)
            for day, price in zip(daily["date"], daily["underlying_price"], strict=True)
        },
        closes=known,
        settlements=dict(settlements),
    )


def _chain(rows: Any) -> RecordedChain:  # noqa: ANN401 - as above
    classes = rows["root"].cat.remove_unused_categories().cat
    count = len(rows)

    def floats(name: str) -> Any:  # noqa: ANN401 - as above
        return (
            rows[name].to_numpy(dtype=np.float64, na_value=np.nan)
            if name in rows.columns
            else np.full(count, np.nan)
        )

    def counts(name: str) -> Any:  # noqa: ANN401 - as above
        return np.nan_to_num(floats(name)).astype(np.int64)

    return RecordedChain(
        day=_ordinals(rows["date"]),
        expiry=_ordinals(rows["expiry"]),
        strike=floats("strike"),
        right=rows["right"].to_numpy(dtype=np.int64),
        root=classes.codes.to_numpy(dtype=np.int64),
        roots=tuple(classes.categories),
        bid=floats("bid"),
        ask=floats("ask"),
        last=floats("last"),
        volume=counts("volume"),
        open_interest=counts("open_interest"),
        iv=floats("iv"),
        delta=floats("delta"),
        gamma=floats("gamma"),
    )


def _ordinals(column: Any) -> Any:  # noqa: ANN401 - as above
    return column.to_numpy().astype("datetime64[D]").astype(np.int64) + _UNIX_DAY
