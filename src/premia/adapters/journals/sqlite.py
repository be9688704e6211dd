"""A journal in one SQLite file.

A batch is durable before `append` returns: write-ahead log, `synchronous=FULL`, one immediate transaction. A
writer holds a lock of the operating system beside the file, and its epoch in the file.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from premia.adapters.journals.journal import INBOX, SqlJournal, Writing, put_command, take_epoch
from premia.adapters.journals.lease import Lease
from premia.adapters.journals.migrations import migrate, schema_of
from premia.adapters.journals.rows import RESTORE
from premia.domain.errors import JournalError
from premia.domain.events import OperatorCommand

BUSY_S = 5.0
"""How long to wait for another process's transaction: an insert into the inbox."""


def open_sqlite(path: Path, account: str, *, read_only: bool = False) -> SqlJournal:
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
    lease = None if read_only else _take(path)
    db: SqliteDatabase | None = None
    try:
        with explained(path):
            db = SqliteDatabase(path, _connect_to_read(path) if read_only else _connect_to_write(path))
            schema = schema_of(db.connection, path)
        journal = SqlJournal(db, account, schema, None)
        if lease is None:
            return journal
        return SqlJournal(db, account, schema, Writing(take_epoch(db, holder()), lease.release))
    except BaseException:
        if db is not None:
            db.close()
        if lease is not None:
            lease.release()
        raise


def send_to_sqlite(path: Path, command: OperatorCommand, sent_at: datetime) -> bool:
    """Put a command into the inbox of a journal; the writer takes it up.

    Returns:
        Whether it is new; the same id a second time changes nothing.

    Raises:
        JournalError: If there is no journal, or its id was used for another command.
    """
    with explained(path):
        db = SqliteDatabase(path, _connect(path, "rw"))
        try:
            if schema_of(db.connection, path) < INBOX:
                raise JournalError(f"{path} has no inbox yet; `premia run --once` brings it up to date.")
            return put_command(db, command, sent_at)
        finally:
            db.close()


def make_sqlite(path: Path) -> SqliteDatabase:
    """A new file with the tables of a journal, open for writing and without a lease: for a copy.

    Raises:
        JournalError: If it cannot be made.
    """
    with explained(path):
        return SqliteDatabase(path, _connect_to_write(path))


class SqliteDatabase:
    """One open file."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Take over an open connection."""
        self.name = str(path)
        self.path = path
        self.connection = connection

    def execute(self, query: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self.connection.execute(query, values)

    def execute_many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement with many rows."""
        self.connection.executemany(query, rows)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing. It begins as a writer: one that became a writer later could only fail."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    @contextmanager
    def explained(self) -> Generator[None]:
        """Errors of SQLite in our words."""
        with explained(self.path):
            yield

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def holder() -> str:
    """Who this process is, for those whom it keeps out."""
    return f"process {os.getpid()} on {socket.gethostname()}"


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
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_S)


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
        raise JournalError(f"{path} is damaged: {where}. {RESTORE}")


@contextmanager
def explained(path: Path) -> Generator[None]:
    """Turn SQLite's errors into ours, with what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise JournalError(
                f"{path} has been locked by another process for {BUSY_S:.0f} s. Nothing was written."
            ) from error
        if "full" in text:
            raise JournalError(f"{path}: the disk is full. Nothing was written; free some space.") from error
        if isinstance(error, sqlite3.OperationalError):
            raise JournalError(f"{path}: {text}. Nothing was written.") from error
        raise JournalError(f"{path} is damaged or no journal: {text}. {RESTORE}") from error
    except OSError as error:
        raise JournalError(f"{path} cannot be used: {error.strerror}.") from error
