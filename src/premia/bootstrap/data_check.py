"""What a store holds, and whether it is still what was written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from premia.adapters import calendars
from premia.domain.sessions import Sessions
from premia.store.manifest import Source, read_manifest
from premia.store.open import Overlap, join, open_store, save, verify
from premia.store.quality import Report, added, as_json, judged


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


def joined(paths: Sequence[Path], to: Path, *, first_wins: bool) -> dict[str, int]:
    """Join stores into a new one; rows by symbol that were left out because an earlier store has their day.

    Args:
        paths: Stores, the ones that win first.
        to: Where the new store shall stand; nothing may be there.
        first_wins: Whether a day that two of them hold is taken from the first; else it is refused.

    Raises:
        SourceUnavailable: Where a folder is no store.
        MarketDataError: Where two hold the same day of one symbol, or contradict each other.
        NotAllowed: Where something lies at the place already.
    """
    store = join([open_store(path) for path in paths], Overlap.FIRST if first_wins else Overlap.REFUSE)
    quality: dict[str, Any] = {}
    for symbol in store.symbols:
        told = [read_manifest(path).quality.get(symbol) for path in paths]
        known = [msgspec.convert(one, Report) for one in told if one is not None]
        report = reduce(added, known, Report(symbol))
        left_out = store.left_out.get(symbol, 0)
        if left_out:
            dropped = {**report.dropped, "duplicate": report.dropped.get("duplicate", 0) + left_out}
            report = replace(report, kept=report.kept - left_out, dropped=dropped)
        quality[symbol] = as_json(judged(report, store.panel(symbol), _sessions()))
    save(store, to, quality)
    return store.left_out


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
        reports.append(judged(known, panel, _sessions()))
    return tuple(reports)


def _sessions() -> Sessions:
    """Sessions of every year for which there are recordings of options."""
    return calendars.sessions(calendars.NEW_YORK, date(1996, 1, 1), date(2035, 12, 31))
