"""The table of contents of a store: what `manifest.json` holds, and the digest of it all.

The digest covers every byte of the columns and the events, in the order of symbols and names, and nothing
else: the same quotes have the same digest wherever their folder lies and whatever files they came from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from premia.domain.errors import MarketDataError, SourceUnavailable

FORMAT = 1
"""Version of the layout; a store of a higher one is not read."""
NAME = "manifest.json"
EVENTS = "events.json"


class Source(msgspec.Struct, frozen=True):
    """A file that went into the store, and what of it.

    Attributes:
        name: The file's name, without its folder.
        form: Name of its importer.
        sha256: Digest of its bytes.
        notes: What a reader must know, such as that the spread is modelled.
    """

    name: str
    form: str
    sha256: str = ""
    notes: tuple[str, ...] = ()


class Held(msgspec.Struct, frozen=True):
    """One underlying of a store.

    Attributes:
        folder: Where its columns lie, in the store's folder.
        kind: `stock`, `fund` or `index`.
        first, last: First and last recorded day.
        bytes: Size of each column's file.
        sha256: Digest of each column's file.
    """

    folder: str
    kind: str
    roots: tuple[str, ...]
    days: int
    rows: int
    first: date | None
    last: date | None
    bytes: dict[str, int]
    sha256: dict[str, str]


class Manifest(msgspec.Struct, frozen=True):
    """What a store holds.

    Attributes:
        format: Version of the layout.
        digest: Digest of columns and events.
        events: Digest of the file of events.
        quality: What importing found, by symbol, in the form of `quality.Report`.
    """

    format: int
    digest: str
    symbols: dict[str, Held]
    events: str
    sources: tuple[Source, ...] = ()
    quality: dict[str, Any] = {}

    @property
    def rows(self) -> int:
        """Quotes of all symbols."""
        return sum(held.rows for held in self.symbols.values())


def content_digest(symbols: Mapping[str, Held], events: str) -> str:
    """SHA-256 over the digests of all columns and of the events."""
    found = hashlib.sha256(f"premia store {FORMAT}\n{events}\n".encode())
    for symbol, held in sorted(symbols.items()):
        found.update(f"{symbol} {held.kind} {' '.join(held.roots)}\n".encode())
        for name, digest in sorted(held.sha256.items()):
            found.update(f"{name} {digest}\n".encode())
    return found.hexdigest()


def read_manifest(store: Path) -> Manifest:
    """The manifest of a store.

    Raises:
        SourceUnavailable: Where the folder is no store.
        MarketDataError: Where its format is newer, or the manifest cannot be read.
    """
    path = store / NAME
    if not path.is_file():
        raise SourceUnavailable(
            f"{store} is no chain store: it has no {NAME}. Make one with `premia data import`."
        )
    raw = path.read_bytes()
    try:
        version = msgspec.json.decode(raw, type=_Version).format
        if version > FORMAT:
            raise MarketDataError(
                f"{store} has format {version}; this Premia reads up to {FORMAT}. Update Premia."
            )
        return msgspec.json.decode(raw, type=Manifest)
    except msgspec.MsgspecError as error:
        raise MarketDataError(f"{path} cannot be read: {error}. Import the data again.") from error


class _Version(msgspec.Struct):
    format: int
