"""Opens chain stores, one or several as one.

Opening reads the manifest and looks at the sizes of the files; a panel is mapped into memory when it is
asked for, so that gigabytes open in milliseconds and only the pages that are used are ever read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import MarketDataError
from premia.store.events import Events, merged
from premia.store.files import digest_of
from premia.store.manifest import EVENTS, Held, Manifest, Source, content_digest, read_manifest
from premia.store.panel import Days, Int64s, Panel, Rows, build
from premia.store.rows import days_joined, days_taken, rows_joined, rows_of
from premia.store.write import COLUMNS, Writer, mapped_panel

_EPOCH = date(1970, 1, 1)


class Overlap(Enum):
    """What becomes of a day that two joined stores hold of one symbol."""

    REFUSE = "refuse"
    FIRST = "first"


class Store:
    """Option quotes of several underlyings, and the events of these.

    Attributes:
        symbols: Underlyings, ascending.
        events: Splits, dividends and the like.
        digest: SHA-256 of all quotes and events; equal content has an equal digest.
        sources: The files that the quotes came from.
        left_out: Rows by symbol that a join left out because an earlier store holds their day.
        quality: What importing found, by symbol.
    """

    def __init__(
        self,
        panels: Mapping[str, Callable[[], Panel]],
        events: Events,
        digest: str,
        sources: Sequence[Source] = (),
        left_out: Mapping[str, int] | None = None,
        quality: Mapping[str, Any] | None = None,
    ) -> None:
        """A store over panels that are made when they are asked for."""
        self.symbols = tuple(sorted(panels))
        self.events = events
        self.digest = digest
        self.sources = tuple(sources)
        self.left_out = dict(left_out or {})
        self.quality = dict(quality or {})
        self._panels = dict(panels)
        self._made: dict[str, Panel] = {}

    def panel(self, symbol: str) -> Panel:
        """All quotes of an underlying.

        Raises:
            MarketDataError: Where the store has no such symbol.
        """
        if symbol not in self._panels:
            raise MarketDataError(
                f"{symbol} is not in the store. It holds {', '.join(self.symbols) or 'nothing'}."
            )
        if symbol not in self._made:
            self._made[symbol] = self._panels[symbol]()
        return self._made[symbol]


def open_store(path: Path) -> Store:
    """Open a store.

    Raises:
        SourceUnavailable: Where the folder is no store.
        MarketDataError: Where its format is newer, or a file is absent or of another size.
    """
    manifest = read_manifest(path)
    for symbol, held in manifest.symbols.items():
        _look_at(path, symbol, held)
    events = msgspec.json.decode((path / EVENTS).read_bytes(), type=Events)
    return Store(
        {symbol: _Mapped(path, symbol, held) for symbol, held in manifest.symbols.items()},
        events,
        manifest.digest,
        manifest.sources,
        quality=manifest.quality,
    )


def verify(path: Path) -> Manifest:
    """Hold every byte of a store to its manifest.

    Raises:
        SourceUnavailable: Where the folder is no store.
        MarketDataError: Naming the first file that is not what was written.
    """
    manifest = read_manifest(path)
    if digest_of(path / EVENTS) != manifest.events:
        raise MarketDataError(f"{path / EVENTS} is not what was written. Import the data again.")
    for symbol, held in manifest.symbols.items():
        _look_at(path, symbol, held)
        for name, wanted in held.sha256.items():
            file = path / held.folder / f"{name}.npy"
            if digest_of(file) != wanted:
                raise MarketDataError(f"{file} is not what was written. Import the data again.")
    if content_digest(manifest.symbols, manifest.events) != manifest.digest:
        raise MarketDataError(f"{path}: the manifest was altered. Import the data again.")
    return manifest


def join(stores: Sequence[Store], overlap: Overlap = Overlap.REFUSE) -> Store:
    """Several stores as one: other symbols stand beside, other days of the same symbol between.

    Args:
        stores: At least one.
        overlap: Whether a day that two hold of one symbol is refused, or the first store's is taken and
            the rows of the others are counted in `left_out`.

    Raises:
        MarketDataError: Where there is none, two hold the same day of one symbol and that is refused, or
            they disagree on an underlying's kind or on an event.
    """
    if not stores:
        raise MarketDataError("There is no store to join. Name at least one.")
    panels: dict[str, Callable[[], Panel]] = {}
    left_out: dict[str, int] = {}
    for symbol in sorted({symbol for store in stores for symbol in store.symbols}):
        parts = [store.panel(symbol) for store in stores if symbol in store.symbols]
        if len(parts) == 1:
            panels[symbol] = _Given(parts[0])
            continue
        kept = _kept_days(parts, overlap)
        left_out[symbol] = sum(_rows_on(part, ~keep) for part, keep in zip(parts, kept, strict=True))
        panels[symbol] = _Together(parts, kept)
    digests = "\n".join([overlap.value, *(store.digest for store in stores)])
    return Store(
        panels,
        merged(store.events for store in stores),
        stores[0].digest if len(stores) == 1 else hashlib.sha256(digests.encode()).hexdigest(),
        [source for store in stores for source in store.sources],
        {symbol: count for symbol, count in left_out.items() if count},
    )


def save(store: Store, path: Path, quality: Mapping[str, Any] | None = None) -> Manifest:
    """Write a store, joined ones too, to a new folder.

    Args:
        store: What to write.
        path: Where it shall stand; nothing may be there.
        quality: What importing found, by symbol; None for what the store says itself.

    Raises:
        NotAllowed: Where something lies at the place already.
    """
    with Writer(path) as writer:
        for symbol in store.symbols:
            writer.add(store.panel(symbol))
        return writer.finish(store.events, store.sources, store.quality if quality is None else quality)


class _Mapped:
    """Maps the columns of one underlying when called."""

    def __init__(self, path: Path, symbol: str, held: Held) -> None:
        self._path, self._symbol, self._held = path, symbol, held

    def __call__(self) -> Panel:
        held = self._held
        return mapped_panel(self._path / held.folder, self._symbol, held.kind, held.roots)


class _Given:
    """A panel that is there."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel

    def __call__(self) -> Panel:
        return self._panel


class _Together:
    """Makes one panel of the kept days of several when called."""

    def __init__(self, parts: Sequence[Panel], kept: Sequence[NDArray[np.bool_]]) -> None:
        self._parts, self._kept = parts, kept

    def __call__(self) -> Panel:
        first = self._parts[0]
        roots = tuple(dict.fromkeys(root for part in self._parts for root in part.roots))
        all_rows: list[Rows] = []
        all_days: list[Days] = []
        for part, keep in zip(self._parts, self._kept, strict=True):
            rows = rows_of(part)
            places = np.array([roots.index(root) for root in part.roots], dtype=np.int16)
            wanted = np.flatnonzero(keep[np.searchsorted(part.days.day, rows.day)])
            all_rows.append(rows._replace(root=places[rows.root]).taken(wanted))
            all_days.append(days_taken(part.days, np.flatnonzero(keep)))
        days = days_joined(all_days)
        return build(
            first.symbol,
            first.kind,
            roots,
            days_taken(days, np.argsort(days.day, kind="stable")),
            rows_joined(all_rows),
        )


def _kept_days(parts: Sequence[Panel], overlap: Overlap) -> list[NDArray[np.bool_]]:
    """Which days of each part are taken."""
    first = parts[0]
    seen = np.zeros(0, dtype=np.int32)
    kept: list[NDArray[np.bool_]] = []
    for part in parts:
        if part.kind != first.kind:
            raise MarketDataError(
                f"{part.symbol} is a {first.kind} in one store and a {part.kind} in another."
            )
        known = np.isin(part.days.day, seen)
        if known.any() and overlap is Overlap.REFUSE:
            day = _EPOCH + timedelta(days=int(part.days.day[known][0]))
            raise MarketDataError(
                f"{part.symbol}: two stores hold {day} and {int(known.sum()) - 1} more of the same days. "
                "Leave one store out, or let the first one win."
            )
        kept.append(~known)
        seen = np.concatenate((seen, part.days.day[~known]))
    return kept


def _rows_on(panel: Panel, days: NDArray[np.bool_]) -> int:
    """Rows on some of the days."""
    lengths: Int64s = (panel.groups["stop"] - panel.groups["start"]).astype(np.int64)
    on = np.repeat(days, np.diff(panel.day_groups))
    return int(lengths[on].sum())


def _look_at(path: Path, symbol: str, held: Held) -> None:
    """See that the files of a symbol are there in their sizes."""
    for name in COLUMNS:
        file = path / held.folder / f"{name}.npy"
        found = file.stat().st_size if file.is_file() else None
        if found != held.bytes.get(name):
            raise MarketDataError(
                f"{symbol}: {file} has {'no bytes' if found is None else f'{found:,} bytes'}, "
                f"written were {held.bytes.get(name, 0):,}. Import the data again."
            )
