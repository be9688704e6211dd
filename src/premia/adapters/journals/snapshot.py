"""The book without folding years of events: a snapshot, and the events since.

A snapshot is a convenience and no authority. It is keyed by the sequence number, the shapes of all
kinds and the code of the domain, and tied to the hash of its event; whatever differs, it is not used.
Thrown away, it costs one full fold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Protocol

import msgspec

from premia import domain
from premia.adapters.journals.codec import schema_key
from premia.domain.apply import fold
from premia.domain.book import Book
from premia.domain.events import AnyEvent


class Snapshots(Protocol):
    """A journal that can keep a snapshot beside its events."""

    def read(self, after: int = 0) -> Iterable[tuple[int, AnyEvent]]:
        """Events after a sequence number."""
        ...

    def newest_snapshot(self, schema: str, code: str) -> tuple[int, bytes] | None:
        """The newest snapshot of this schema and code."""
        ...

    def keep_snapshot(self, schema: str, code: str, payload: bytes) -> None:
        """Keep a snapshot after the newest event."""
        ...


def recover(journal: Snapshots) -> Book:
    """The book of a journal: the newest usable snapshot and the events since, else all events.

    Raises:
        JournalError: As the journal's `read`.
    """
    found = journal.newest_snapshot(schema_key(), code_key())
    if found is None:
        return fold(event for _seq, event in journal.read())
    seq, payload = found
    try:
        book = msgspec.json.decode(payload, type=Book)
    except msgspec.DecodeError:
        return fold(event for _seq, event in journal.read())
    return fold((event for _seq, event in journal.read(after=seq)), book)


def keep(journal: Snapshots, book: Book) -> None:
    """Keep the book as the snapshot after the journal's newest event; it must be the fold of all of them."""
    journal.keep_snapshot(schema_key(), code_key(), msgspec.json.encode(book))


@cache
def code_key() -> str:
    """A short name of the code that folds: a change in any module of the domain makes another."""
    folder = Path(domain.__file__).parent
    digest = hashlib.sha256()
    for module in sorted(folder.glob("*.py")):
        digest.update(module.name.encode() + b"\0" + module.read_bytes())
    return digest.hexdigest()[:16]
