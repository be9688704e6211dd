"""The form of a source: which of its columns mean what. An importer is a form and, rarely, a step of its own.

`readings` turns a file of a form into `Reading`s, one an underlying and part of the file, still in the
source's own terms: in USD, in the source's order, with every row that the source has. What becomes of a row
that cannot be used is decided, and counted, by `intake`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import MarketDataError
from premia.store.panel import Float32s, Int32s
from premia.store.tables import NO_DAY, PART_ROWS, Floats, Table, column_names, tables

Names = tuple[str, ...]


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns of a source by their meaning; of several names the first that a file has is taken.

    Attributes:
        name: Of the importer, as the command line calls it.
        day, expiry, strike, right: What every source must have.
        symbol: Ticker of the underlying; where no column has it, it is given or follows from the file's name.
        root: Trading class.
        bid, ask, last: USD a share.
        volume, open_interest: Contracts.
        iv: Annualised fraction. Values of `iv_unknown` and below say that it is not known.
        delta: Signed.
        spot: The underlying at the snapshot, USD.
        close: Its official close, USD.
        dates: How text means a date, such as `%m/%d/%Y`; empty for ISO dates.
        calls, puts: Words of the right.
        notes: What whoever uses the data must know.
    """

    name: str
    day: Names = ("date",)
    expiry: Names = ("expiry",)
    strike: Names = ("strike",)
    right: Names = ("right",)
    symbol: Names = ("underlying", "symbol")
    root: Names = ()
    bid: Names = ("bid",)
    ask: Names = ("ask",)
    last: Names = ("last",)
    volume: Names = ("volume",)
    open_interest: Names = ("open_interest",)
    iv: Names = ("iv",)
    iv_unknown: float = 0.0
    delta: Names = ("delta",)
    spot: Names = ("underlying_price",)
    close: Names = ("underlying_close",)
    dates: str = ""
    calls: Names = ("C", "c", "call", "Call", "CALL")
    puts: Names = ("P", "p", "put", "Put", "PUT")
    notes: Names = ()

    def column(self, meaning: str, names: Sequence[str]) -> str | None:
        """The column of a meaning among a file's columns; None where it has none."""
        wanted: Names = getattr(self, meaning)
        return next((name for name in wanted if name in names), None)


MEANINGS = (
    "day",
    "expiry",
    "strike",
    "right",
    "symbol",
    "root",
    "bid",
    "ask",
    "last",
    "volume",
    "open_interest",
    "iv",
    "delta",
    "spot",
    "close",
)
FRACTIONS = ("iv", "delta")
NEEDED = ("day", "expiry", "strike", "right")


class Reading(NamedTuple):
    """Rows of one underlying as the source has them, shape (n,).

    Attributes:
        symbol: Ticker.
        roots: Trading classes.
        day, expiry: Days since 1970-01-01, `NO_DAY` where the source has none.
        right: +1 call, -1 put, 0 where the source does not say.
        root: Place in `roots`.
        strike, bid, ask, last, volume, open_interest, iv, delta, spot, close: As in `Form`; NaN where nothing
            stands.
    """

    symbol: str
    roots: tuple[str, ...]
    day: Int32s
    expiry: Int32s
    right: NDArray[np.int8]
    root: NDArray[np.int16]
    strike: Floats
    bid: Floats
    ask: Floats
    last: Floats
    volume: Floats
    open_interest: Floats
    iv: Float32s
    delta: Float32s
    spot: Floats
    close: Floats

    def taken(self, places: NDArray[np.intp] | NDArray[np.bool_]) -> Reading:
        """Some of the rows."""
        columns: list[NDArray[Any]] = [column[places] for column in self[2:]]
        return Reading(self.symbol, self.roots, *columns)


def readings(form: Form, path: Path, symbol: str = "", rows: int = PART_ROWS) -> Iterator[Reading]:
    """The rows of a file, by underlying, and in parts where the file is large.

    Within a part the days of an underlying are whole: a day that goes on in the next part waits for it.

    Args:
        form: What the columns mean.
        path: The file.
        symbol: Underlying where no column says it; empty to take it from the file's name.
        rows: Read at once, about.

    Raises:
        SourceUnavailable: Where the file is absent or no table.
        MarketDataError: Where a needed column is missing or a value cannot be read.
    """
    names = column_names(path)
    missing = [meaning for meaning in NEEDED if form.column(meaning, names) is None]
    if missing:
        wanted = ", ".join(f"{meaning} ({' or '.join(getattr(form, meaning))})" for meaning in missing)
        raise MarketDataError(
            f"{path}: no column for {wanted}. It has {', '.join(names)}. "
            f"Name the format that it is in, or describe its columns in a file for --mapping."
        )
    columns = [name for meaning in MEANINGS if (name := form.column(meaning, names)) is not None]
    default = symbol or path.name.split(".")[0].split("_")[0].split("-")[0].upper()
    parts = tables(path, columns, rows)
    first, second = next(parts, None), next(parts, None)
    if first is not None and second is None:  # the whole file, as most are: nothing is to be carried over
        yield from _of(form, first, names, default)
        return
    several = (table for table in (first, second) if table is not None)
    yield from whole_days(
        reading for table in chain(several, parts) for reading in _of(form, table, names, default)
    )


def whole_days(parts: Iterator[Reading]) -> Iterator[Reading]:
    """The same rows, cut so that the last day of an underlying in a part comes with what follows it."""
    waiting: dict[str, Reading] = {}
    for part in parts:
        known = waiting.pop(part.symbol, None)
        reading = part if known is None else joined(known, part)
        last = reading.day == reading.day.max()
        if not last.all():
            yield reading.taken(~last)
        waiting[part.symbol] = reading.taken(last)
    yield from waiting.values()


def joined(first: Reading, second: Reading) -> Reading:
    """The rows of both, of one underlying."""
    roots = tuple(dict.fromkeys((*first.roots, *second.roots)))
    places = np.array([roots.index(root) for root in second.roots], dtype=np.int16)
    moved = second._replace(root=places[second.root])
    columns: list[NDArray[Any]] = [np.concatenate(both) for both in zip(first[2:], moved[2:], strict=True)]
    return Reading(first.symbol, roots, *columns)


def _of(form: Form, table: Table, names: Sequence[str], default: str) -> Iterator[Reading]:
    """One reading an underlying of a table."""
    column = form.column("symbol", names)
    if column is None:
        codes, symbols = np.zeros(table.rows, dtype=np.int32), (default,)
    else:
        codes, symbols = table.words(column)
    whole = _columns(form, table, names, symbols, codes)
    if len(symbols) == 1 and (codes == 0).all():
        yield _narrowed(whole._replace(symbol=_ticker(symbols[0])))
        return
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(-1, len(symbols) + 1))
    if starts[0] != starts[1]:
        raise MarketDataError(f"{table.path}: {int(starts[1])} rows name no underlying in {column}.")
    for number, symbol in enumerate(symbols):
        chosen = order[starts[number + 1] : starts[number + 2]]
        if chosen.size:
            yield _narrowed(whole.taken(chosen)._replace(symbol=_ticker(symbol)))


def _columns(
    form: Form, table: Table, names: Sequence[str], symbols: Sequence[str], codes: Int32s
) -> Reading:
    numbers = {
        meaning: table.numbers(name)
        if (name := form.column(meaning, names)) is not None
        else np.full(table.rows, np.nan)
        for meaning in MEANINGS[6:]
        if meaning not in FRACTIONS
    }
    iv, delta = (
        table.fractions(name)
        if (name := form.column(meaning, names)) is not None
        else np.full(table.rows, np.nan, dtype=np.float32)
        for meaning in FRACTIONS
    )
    unknown = iv <= form.iv_unknown
    if unknown.any():
        iv = np.where(unknown, np.float32(np.nan), iv)
    root = form.column("root", names)
    if root is None:
        places, roots = codes, tuple(_ticker(symbol) for symbol in symbols)
    else:
        places, roots = table.words(root)
    return Reading(
        symbol="",
        roots=tuple(_ticker(name) for name in roots),
        day=table.days(str(form.column("day", names)), form.dates),
        expiry=table.days(str(form.column("expiry", names)), form.dates),
        right=_rights(form, table, str(form.column("right", names))),
        root=np.maximum(places, 0).astype(np.int16),
        strike=table.numbers(str(form.column("strike", names))),
        iv=iv,
        delta=delta,
        **numbers,
    )


def _rights(form: Form, table: Table, name: str) -> NDArray[np.int8]:
    codes, words = table.words(name)
    signs = np.array([_sign(form, word) for word in words] + [0], dtype=np.int8)
    return signs[codes]


def _sign(form: Form, word: str) -> int:
    if word in form.calls:
        return 1
    return -1 if word in form.puts else 0


def _narrowed(reading: Reading) -> Reading:
    """The reading with the trading classes that occur in it, ascending."""
    if len(reading.roots) == 1:
        return reading
    used: list[int] = np.unique(reading.root).tolist()
    roots = sorted({reading.roots[number] for number in used})
    places = np.zeros(len(reading.roots), dtype=np.int16)
    for number in used:
        places[number] = roots.index(reading.roots[number])
    return reading._replace(roots=tuple(roots), root=places[reading.root])


def _ticker(word: str) -> str:
    """A ticker without the marks that vendors put before those of indices."""
    return word.lstrip("^$.").strip()


__all__ = ["MEANINGS", "NEEDED", "NO_DAY", "Form", "Reading", "joined", "readings", "whole_days"]
