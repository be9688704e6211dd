"""Writes a chain store: a folder with a manifest, and for each underlying its columns as .npy files.

A store appears whole or not at all: it is made in a temporary folder beside its place and renamed there,
and what lies at that place already is never touched. A symbol may be added in pieces, each later than the
one before, so that what does not fit into memory can still be written; pieces and whole give the same bytes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import msgspec
import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import MarketDataError, NotAllowed
from premia.store.events import Events
from premia.store.files import Column, digest_of, mapped
from premia.store.manifest import EVENTS, FORMAT, NAME, Held, Manifest, Source, content_digest
from premia.store.panel import GROUP, QUOTE, Days, Panel, build
from premia.store.rows import Contracts, contracts_of, rows_of

COLUMNS: Mapping[str, np.dtype[Any]] = {
    "day": np.dtype("<i4"),
    "at": np.dtype("<i8"),
    "spot": np.dtype("<i8"),
    "close": np.dtype("<i8"),
    "day_groups": np.dtype("<i8"),
    "groups": GROUP,
    "quotes": QUOTE,
    "last": np.dtype("<i4"),
    "iv": np.dtype("<f4"),
    "volume": np.dtype("<i4"),
    "open_interest": np.dtype("<i4"),
    "next": np.dtype("<i4"),
}
"""Files of an underlying, named as the fields of `Panel` and `Days`, with their types."""
_EPOCH = date(1970, 1, 1)
_ROWS_MAX = 2**31 - 1


class Writer:
    """A store in the making; it stands at its place after `finish`, and not before."""

    def __init__(self, path: Path) -> None:
        """Begin a store.

        Raises:
            NotAllowed: Where something lies at its place already.
        """
        if path.exists():
            raise NotAllowed(
                f"{path} exists already and is not overwritten. Name another folder, or remove it."
            )
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        self._symbols: dict[str, _Symbol] = {}

    def __enter__(self) -> Self:
        """The writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was not finished."""
        for symbol in self._symbols.values():
            symbol.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, panel: Panel) -> None:
        """Append an underlying, or later days of one.

        Raises:
            MarketDataError: Where the panel does not begin after what is there, or its kind differs.
        """
        known = self._symbols.get(panel.symbol)
        if known is None:
            folder = self._folder / folder_of(panel.symbol)
            folder.mkdir()
            known = self._symbols[panel.symbol] = _Symbol(folder, panel.kind)
        known.append(panel)

    def panels(self) -> Iterator[Panel]:
        """What was written, mapped into memory, by symbol; nothing can be added any more."""
        for name in sorted(self._symbols):
            self._symbols[name].close()
            yield self._symbols[name].panel(name)

    def finish(
        self,
        events: Events | None = None,
        sources: Sequence[Source] = (),
        quality: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Write the events and the manifest, and put the store at its place.

        Args:
            events: Splits, dividends and the like.
            sources: The files that the quotes came from.
            quality: What importing found, by symbol.

        Raises:
            NotAllowed: Where something has appeared at its place since.
        """
        (self._folder / EVENTS).write_bytes(msgspec.json.encode(events or Events()))
        for symbol in self._symbols.values():
            symbol.close()
        names = sorted(self._symbols)
        held = dict(zip(names, self._held([self._symbols[name] for name in names]), strict=True))
        events_digest = digest_of(self._folder / EVENTS)
        manifest = Manifest(
            FORMAT,
            content_digest(held, events_digest),
            held,
            events_digest,
            tuple(sources),
            dict(quality or {}),
        )
        with (self._folder / NAME).open("xb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
            file.flush()
            os.fsync(file.fileno())
        self._folder.chmod(0o755)
        if self.path.exists():
            raise NotAllowed(f"{self.path} appeared while the store was written; it is not overwritten.")
        self._folder.rename(self.path)
        return manifest

    def _held(self, symbols: Sequence[_Symbol]) -> list[Held]:
        # Digests release the interpreter: two threads halve the time over gigabytes.
        paths = [symbol.folder / f"{name}.npy" for symbol in symbols for name in COLUMNS]
        with ThreadPoolExecutor(max_workers=2) as pool:
            digests = dict(zip(paths, pool.map(digest_of, paths), strict=True))
        return [symbol.held(digests) for symbol in symbols]


def mapped_panel(folder: Path, symbol: str, kind: str, roots: tuple[str, ...]) -> Panel:
    """The columns of a folder as a panel, mapped into memory.

    Raises:
        MarketDataError: Where a column has another type than it was written in.
    """
    columns: dict[str, NDArray[Any]] = {name: mapped(folder / f"{name}.npy") for name in COLUMNS}
    for name, dtype in COLUMNS.items():
        if columns[name].dtype != dtype:
            raise MarketDataError(
                f"{folder / name}.npy holds {columns[name].dtype}, needed is {dtype}. Import the data again."
            )
    days = Days(*(columns.pop(name) for name in Days._fields))
    return Panel(symbol=symbol, kind=kind, roots=roots, days=days, **columns)


def folder_of(symbol: str) -> str:
    """Name of a symbol's folder: the symbol, with what a file system does not allow written as %XX."""
    return quote(symbol, safe="").replace(".", "%2E")


class _Symbol:
    """The columns of one underlying while they are written."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self.kind = kind
        self.roots: tuple[str, ...] = ()
        self.days: list[int] = []
        self._columns = {name: Column(folder / f"{name}.npy", dtype) for name, dtype in COLUMNS.items()}
        self._columns["day_groups"].append(np.zeros(1, dtype=np.int64))
        self._open = Contracts.empty()
        self._closed = False

    def append(self, given: Panel) -> None:
        if given.kind != self.kind:
            raise MarketDataError(
                f"{given.symbol} is a {self.kind} in one piece and a {given.kind} in another."
            )
        if given.days.day.size == 0:
            return
        if self.days and int(given.days.day[0]) <= self.days[-1]:
            raise MarketDataError(
                f"{given.symbol}: the piece that begins on {_day(int(given.days.day[0]))} does not follow "
                f"{_day(self.days[-1])}. Give files in the order of their days, and each day once."
            )
        panel = self._with_our_roots(given)
        base, first_group = self._columns["quotes"].count, self._columns["groups"].count
        if base + panel.quotes.size > _ROWS_MAX:
            raise MarketDataError(
                f"{panel.symbol}: a store holds at most {_ROWS_MAX:,} quotes of one symbol."
            )
        groups = np.array(panel.groups)
        groups["start"] += base
        groups["stop"] += base
        values: dict[str, NDArray[Any]] = {
            **panel.days._asdict(),
            "day_groups": panel.day_groups[1:] + first_group,
            "groups": groups,
            "quotes": panel.quotes,
            "last": panel.last,
            "iv": panel.iv,
            "volume": panel.volume,
            "open_interest": panel.open_interest,
            "next": np.where(panel.next >= 0, panel.next + base, -1) if base else panel.next,
        }
        for name, column in self._columns.items():
            column.append(values[name])
        self._link(panel, base)
        self.days.extend(panel.days.day.tolist())

    def close(self) -> None:
        if not self._closed:
            for column in self._columns.values():
                column.close()
            self._closed = True

    def panel(self, symbol: str) -> Panel:
        return mapped_panel(self.folder, symbol, self.kind, self.roots)

    def held(self, digests: Mapping[Path, str]) -> Held:
        paths = {name: column.path for name, column in self._columns.items()}
        return Held(
            folder=self.folder.name,
            kind=self.kind,
            roots=self.roots,
            days=len(self.days),
            rows=self._columns["quotes"].count,
            first=_day(self.days[0]) if self.days else None,
            last=_day(self.days[-1]) if self.days else None,
            bytes={name: path.stat().st_size for name, path in paths.items()},
            sha256={name: digests[path] for name, path in paths.items()},
        )

    def _with_our_roots(self, panel: Panel) -> Panel:
        """The panel with trading classes numbered as here; new ones stand behind the known."""
        roots = self.roots + tuple(root for root in panel.roots if root not in self.roots)
        self.roots = roots
        if panel.roots == roots[: len(panel.roots)]:
            return panel
        places = np.array([roots.index(root) for root in panel.roots], dtype=np.int16)
        rows = rows_of(panel)
        return build(panel.symbol, panel.kind, roots, panel.days, rows._replace(root=places[rows.root]))

    def _link(self, panel: Panel, base: int) -> None:
        """Lead the last rows of contracts in earlier pieces to their first rows in this one."""
        heads = np.ones(panel.next.size, dtype=np.bool_)
        heads[panel.next[panel.next >= 0]] = False
        firsts = contracts_of(panel, np.flatnonzero(heads))
        before, after = self._open.meeting(firsts)
        self._columns["next"].replace(self._open.row[before], (firsts.row[after] + base).astype(np.int32))
        ends = contracts_of(panel, np.flatnonzero(panel.next < 0))
        rest = self._open.without(before).still_listed(int(panel.days.day[-1]))
        self._open = rest.joined(ends.moved(base).still_listed(int(panel.days.day[-1])))


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)
