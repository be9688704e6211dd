"""What a store holds, and whether it is still what was written."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from premia.adapters import calendars
from premia.store.manifest import Source, read_manifest
from premia.store.open import open_store, verify
from premia.store.quality import Report, judged


class Summary(msgspec.Struct, frozen=True):
    """A store at a glance.

    Attributes:
        digest: SHA-256 of its quotes and events.
        bytes: Size of its columns.
        events: How many there are.
    """

    path: str
    format: int
    digest: str
    rows: int
    bytes: int
    events: int
    sources: tuple[Source, ...]


class SymbolLine(msgspec.Struct, frozen=True):
    """One underlying of a store."""

    symbol: str
    kind: str
    roots: tuple[str, ...]
    days: int
    rows: int
    first: date | None
    last: date | None


class Shown(msgspec.Struct, frozen=True):
    """A store and its underlyings."""

    store: Summary
    symbols: tuple[SymbolLine, ...]


def shown(path: Path) -> Shown:
    """What a store holds.

    Raises:
        SourceUnavailable: Where the folder is no store.
        MarketDataError: Where its format is newer, or a file is absent or of another size.
    """
    store, manifest = open_store(path), read_manifest(path)
    lines = tuple(
        SymbolLine(symbol, held.kind, held.roots, held.days, held.rows, held.first, held.last)
        for symbol, held in sorted(manifest.symbols.items())
    )
    size = sum(sum(held.bytes.values()) for held in manifest.symbols.values())
    version, rows, events = manifest.format, manifest.rows, store.events.count
    return Shown(Summary(str(path), version, store.digest, rows, size, events, store.sources), lines)


def checked(path: Path) -> tuple[Report, ...]:
    """Read every byte of a store, and look anew at what is suspicious in it.

    Raises:
        SourceUnavailable: Where the folder is no store.
        MarketDataError: Naming the first file that is not what was written.
    """
    verify(path)
    store = open_store(path)
    reports: list[Report] = []
    for symbol in store.symbols:
        told: Any = store.quality.get(symbol)
        known = Report(symbol) if told is None else msgspec.convert(told, Report)
        panel = store.panel(symbol)
        sessions = calendars.sessions(calendars.NEW_YORK, date(1996, 1, 1), date(2035, 12, 31))
        reports.append(judged(known, panel, sessions))
    return tuple(reports)
