"""The journal of one account in one SQLite file.

A batch is durable before `append` returns: write-ahead log, `synchronous=FULL`, one immediate
transaction. Rows are numbered without gaps, and each carries a hash over itself and the row before,
so that a lost or altered row is seen when it is read. A writer holds a lease; readers need none and see
what is committed, also while a writer works. Other processes speak to the writer through the inbox.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from premia.adapters.journals.codec import Row, decode, encode
from premia.adapters.journals.lease import Lease
from premia.adapters.journals.migrations import migrate, schema_of
from premia.domain.dates import as_utc
from premia.domain.errors import JournalError, JournalHeld, SequenceGap
from premia.domain.events import AnyEvent, OperatorCommand

_BUSY_S = 5.0  # how long to wait for another process's transaction: an insert into the inbox
_FIRST_CHAIN = bytes(16)
_ROWS_A_READ = 500
_INSERT = (
    "INSERT INTO events (seq, kind, version, market_at, recorded_at, account, payload, chain) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_SELECT = "SELECT seq, kind, version, market_at, recorded_at, account, payload, chain FROM events"


class _Stored(NamedTuple):
    """A row as it lies in the file."""

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


def open_journal(path: Path, account: str, *, read_only: bool = False) -> SqliteJournal:
    """The journal in a file; for writing it is created or migrated where needed.

    Args:
        path: The file.
        account: Whose events it holds; empty, when reading, for whosever they are.
        read_only: Look without the lease, also while a writer works.

    Raises:
        JournalHeld: If another process writes it.
        SchemaTooNew: If a newer Premia has written it.
        JournalError: If the file is missing (reading), damaged, of another account, or no journal.
    """
    return SqliteJournal(path, account, read_only=read_only)


class SqliteJournal:
    """One stream of events in a file, and beside it the inbox and snapshots of the book."""

    def __init__(self, path: Path, account: str, *, read_only: bool = False) -> None:
        """Open the file; see `open_journal`."""
        self.path = path
        self._lease = None if read_only else _take(path)
        try:
            with _explained(path):
                self._db = _connect_to_read(path) if read_only else _connect_to_write(path)
                self.schema = schema_of(self._db, path)
                self._last, self._chain = self._newest()
                self.account = self._check_account(account)
        except BaseException:
            self.close()
            raise

    def append(self, events: Sequence[AnyEvent], recorded_at: datetime) -> None:
        """Make events durable, all or none, before returning; commands among them leave the inbox.

        Args:
            events: In the order in which they happened.
            recorded_at: Wall time of the writing.

        Raises:
            JournalError: If they could not be written; then none of them was.
        """
        if self._lease is None:
            raise JournalError(f"{self.path} was opened for reading; open it for writing to append.")
        if not events:
            return
        stored = self._stored([(encode(event), event.at) for event in events], recorded_at)
        commands = [
            (row.seq, event.id)
            for row, event in zip(stored, events, strict=True)
            if isinstance(event, OperatorCommand)
        ]
        with _explained(self.path), self._transaction():
            if self._newest()[0] != self._last:
                raise JournalHeld(
                    f"{self.path} was written by another process. Nothing was written; start again."
                )
            self._db.executemany(_INSERT, stored)
            self._db.executemany("UPDATE inbox SET seq = ? WHERE id = ? AND seq IS NULL", commands)
        self._last, self._chain = stored[-1].seq, stored[-1].chain

    def read(self, after: int = 0) -> Iterable[tuple[int, AnyEvent]]:
        """Events in order with their sequence numbers, those after `after`.

        Raises:
            SequenceGap: If a row is missing or was altered.
            SchemaTooNew: If a row was written by a newer version.
            JournalError: If the file is damaged.
        """
        return ((row.seq, self._decoded(row)) for row in self._rows(after))

    def read_recorded(self, after: int = 0) -> Iterable[tuple[int, datetime, AnyEvent]]:
        """As `read`, with the wall time at which each was recorded."""
        return (
            (row.seq, datetime.fromisoformat(row.recorded_at), self._decoded(row))
            for row in self._rows(after)
        )

    def last_sequence(self) -> int:
        """Number of the newest event, also one that another process has just written; 0 while empty."""
        with _explained(self.path):
            return self._newest()[0]

    def newest(self, kind: str, count: int = 1) -> list[tuple[int, datetime, datetime]]:
        """The newest events of a kind, oldest first: sequence number, market time, wall time of recording."""
        query = "SELECT seq, market_at, recorded_at FROM events WHERE kind = ? ORDER BY seq DESC LIMIT ?"
        with _explained(self.path):
            found = self._db.execute(query, (kind, count)).fetchall()
        return [
            (int(seq), datetime.fromisoformat(market), datetime.fromisoformat(recorded))
            for seq, market, recorded in reversed(found)
        ]

    def pending(self) -> list[OperatorCommand]:
        """Commands that other processes have sent and no event has taken up, the oldest first."""
        if self.schema < 2:  # noqa: PLR2004 - the schema that brought the inbox
            return []
        with _explained(self.path):
            query = "SELECT version, payload FROM inbox WHERE seq IS NULL ORDER BY rowid"
            rows = self._db.execute(query).fetchall()
        commands = [decode(Row("operator_command", version, payload.encode())) for version, payload in rows]
        return [command for command in commands if isinstance(command, OperatorCommand)]

    def newest_snapshot(self, schema: str, code: str) -> tuple[int, bytes] | None:
        """The newest snapshot that this code can use, with its sequence number; None where there is none."""
        if self.schema < 3:  # noqa: PLR2004 - the schema that brought snapshots
            return None
        query = (
            "SELECT s.seq, s.payload FROM snapshots s JOIN events e ON e.seq = s.seq AND e.chain = s.chain "
            "WHERE s.schema = ? AND s.code = ? ORDER BY s.seq DESC LIMIT 1"
        )
        with _explained(self.path):
            found = self._db.execute(query, (schema, code)).fetchone()
        return None if found is None else (int(found[0]), bytes(found[1]))

    def keep_snapshot(self, schema: str, code: str, payload: bytes) -> None:
        """Keep a snapshot of the book after the newest event, and forget the ones before."""
        if self._last == 0:
            return
        with _explained(self.path), self._transaction():
            self._db.execute("DELETE FROM snapshots")
            self._db.execute(
                "INSERT INTO snapshots (seq, schema, code, chain, payload) VALUES (?, ?, ?, ?, ?)",
                (self._last, schema, code, self._chain, payload),
            )

    def close(self) -> None:
        """Let go of the file and of the lease; a second time does nothing."""
        db: sqlite3.Connection | None = getattr(self, "_db", None)
        if db is not None:
            db.close()
        if self._lease is not None:
            self._lease.release()

    def _stored(self, rows: Iterable[tuple[Row, datetime]], recorded_at: datetime) -> list[_Stored]:
        recorded = as_utc(recorded_at).isoformat()
        stored: list[_Stored] = []
        chain = self._chain
        for seq, (row, at) in enumerate(rows, self._last + 1):
            market = as_utc(at).isoformat()
            text = row.payload.decode()
            bare = _Stored(seq, row.kind, row.version, market, recorded, self.account, text, b"")
            chain = bare.link(chain)
            stored.append(bare._replace(chain=chain))
        return stored

    def _rows(self, after: int) -> Iterator[_Stored]:
        expected = after + 1
        chain = self._chain_at(after)
        with _explained(self.path):
            cursor = self._db.execute(f"{_SELECT} WHERE seq > ? ORDER BY seq", (after,))
            while batch := cursor.fetchmany(_ROWS_A_READ):
                for row in map(_Stored._make, batch):
                    if row.seq != expected:
                        raise SequenceGap(
                            f"{self.path}: event {expected} is missing; the next one is {row.seq}. {_RESTORE}"
                        )
                    chain = row.link(chain)
                    if chain != row.chain:
                        raise SequenceGap(
                            f"{self.path}: event {row.seq} or the one before was altered. {_RESTORE}"
                        )
                    yield row
                    expected += 1

    def _decoded(self, row: _Stored) -> AnyEvent:
        try:
            return decode(Row(row.kind, row.version, row.payload.encode()))
        except JournalError as error:
            raise type(error)(f"{self.path}: event {row.seq}: {error}") from error

    def _chain_at(self, seq: int) -> bytes:
        if seq == 0:
            return _FIRST_CHAIN
        with _explained(self.path):
            found = self._db.execute("SELECT chain FROM events WHERE seq = ?", (seq,)).fetchone()
        if found is None:
            raise SequenceGap(f"{self.path}: event {seq}, after which to read, is missing. {_RESTORE}")
        return bytes(found[0])

    def _newest(self) -> tuple[int, bytes]:
        if self.schema == 0:
            return 0, _FIRST_CHAIN
        found = self._db.execute("SELECT seq, chain FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        return (0, _FIRST_CHAIN) if found is None else (int(found[0]), bytes(found[1]))

    def _check_account(self, account: str) -> str:
        found = (
            None if self.schema == 0 else self._db.execute("SELECT account FROM events LIMIT 1").fetchone()
        )
        if found is None:
            return account
        if account not in ("", found[0]):
            raise JournalError(
                f"{self.path} is the journal of account {found[0]}, not of {account}. "
                "Each account has its own journal: name another file, or the other account."
            )
        return str(found[0])

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def send_command(path: Path, command: OperatorCommand, sent_at: datetime) -> bool:
    """Put a command into the inbox of a journal; the writer takes it up.

    Returns:
        Whether it is new; the same id a second time changes nothing.

    Raises:
        JournalError: If there is no journal, or its id was used for another command.
    """
    row = encode(command)
    payload = row.payload.decode()
    with _explained(path):
        db = _connect(path, "rw")
        try:
            if schema_of(db, path) < 2:  # noqa: PLR2004 - the schema that brought the inbox
                raise JournalError(f"{path} has no inbox yet; `premia run --once` brings it up to date.")
            added = db.execute(
                "INSERT OR IGNORE INTO inbox (id, sent_at, version, payload) VALUES (?, ?, ?, ?)",
                (command.id, as_utc(sent_at).isoformat(), row.version, payload),
            ).rowcount
            kept = db.execute("SELECT payload FROM inbox WHERE id = ?", (command.id,)).fetchone()[0]
        finally:
            db.close()
    if not added and kept != payload:
        raise JournalError(
            f"Command {command.id} was sent before with other content; give the new one its own id."
        )
    return bool(added)


_RESTORE = "Nothing was changed: keep a copy of the file, then restore a backup of it."


def _take(path: Path) -> Lease:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(
            f"The folder {path.parent} of the journal cannot be made: {error.strerror}."
        ) from error
    return Lease(path)


def _connect(path: Path, access: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path.resolve()))}?{access if '=' in access else f'mode={access}'}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=_BUSY_S)


def _connect_to_write(path: Path) -> sqlite3.Connection:
    if path.is_dir():
        raise JournalError(f"{path} is a folder; name a file as the journal.")
    path.touch(mode=0o600)
    db = _connect(path, "rw")
    try:
        schema_of(db, path)
        _check_whole(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = ON")  # on macOS, fsync alone leaves data in the disk's cache
        db.execute("PRAGMA foreign_keys = ON")
        migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _connect_to_read(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise JournalError(
            f"There is no journal {path} yet; `premia run --once` or `premia demo` writes one."
        )
    db = _connect(path, "ro")
    try:
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        db.close()
        if path.with_name(f"{path.name}-wal").exists():
            raise
        # A folder without write permission has no room for the shared memory of a write-ahead log.
        return _connect(path, "immutable=1")
    except BaseException:
        db.close()
        raise
    return db


def _check_whole(db: sqlite3.Connection, path: Path) -> None:
    found: str = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        where = " ".join(found.replace("*** in database main ***", "").split()).rstrip(".")
        raise JournalError(f"{path} is damaged: {where}. {_RESTORE}")


@contextmanager
def _explained(path: Path) -> Generator[None]:
    """Turn SQLite's errors into ours, with what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise JournalHeld(
                f"{path} is locked by another process for {_BUSY_S:.0f} s. Try again."
            ) from error
        if "full" in text:
            raise JournalError(f"{path}: the disk is full. Nothing was written; free some space.") from error
        if isinstance(error, sqlite3.OperationalError):
            raise JournalError(f"{path}: {text}. Nothing was written.") from error
        raise JournalError(f"{path} is damaged or no journal: {text}. {_RESTORE}") from error
    except OSError as error:
        raise JournalError(f"{path} cannot be used: {error.strerror}.") from error
