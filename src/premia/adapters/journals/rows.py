"""A row of a journal as every database keeps it, and the hash that ties it to the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, Protocol

FIRST_CHAIN = bytes(16)
"""What the first row is tied to."""

RESTORE = "Nothing was changed: keep a copy, then restore a backup with `premia db restore`."


class Stored(NamedTuple):
    """A row as it lies in a database."""

    seq: int
    kind: str
    version: int
    market_at: str
    recorded_at: str
    account: str
    payload: str
    chain: bytes

    def link(self, before: bytes) -> bytes:
        """The hash of this row after the one before."""
        text = "\x1f".join((str(self.seq), self.kind, str(self.version), *self[3:7]))
        return hashlib.blake2b(before + text.encode(), digest_size=16).digest()


class Rows(Protocol):
    """What a query has found."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement has changed."""
        ...

    def fetchone(self) -> Any:  # noqa: ANN401 - rows of a database have no type
        """The next row, None at the end."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...


class Database(Protocol):
    """A database that holds one journal; queries are written with `?` where a value goes.

    Attributes:
        name: By which a person knows it: a file, or an address without any secret.
    """

    name: str

    def execute(self, query: str, values: Sequence[object] = ()) -> Rows:
        """Run one statement."""
        ...

    def execute_many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement with many rows."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, against other writers too."""
        ...

    def explained(self) -> AbstractContextManager[None]:
        """Turns the database's own errors into ours, with what to do."""
        ...

    def close(self) -> None:
        """Let go of it; a second time does nothing."""
        ...


@contextmanager
def written(db: Database) -> Generator[None]:
    """A transaction whose errors are told in our words."""
    with db.explained(), db.transaction():
        yield
