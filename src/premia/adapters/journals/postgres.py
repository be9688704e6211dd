"""A journal in PostgreSQL: the same rows, kept by a server that other machines reach too.

A database, or a schema of one named by `search_path`, holds the journal of one account. Its writer holds an
advisory lock, which the server gives back when the connection ends, and an epoch: whoever lost the connection
and was replaced meanwhile writes nothing more. A connection that broke is opened again at the next statement.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, LiteralString, cast

import psycopg
from psycopg import errors

from premia.adapters.journals.journal import SqlJournal, Writing, put_command, take_epoch
from premia.adapters.journals.migrations import APPLICATION_ID, SCHEMA
from premia.adapters.journals.rows import RESTORE, written
from premia.adapters.journals.sqlite import BUSY_S, holder
from premia.domain.errors import JournalError, JournalHeld, SchemaTooNew
from premia.domain.events import OperatorCommand

_FIRST = 4  # the schema of the first journal that this database kept
_TABLES: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE journal (schema INTEGER NOT NULL)",
        "INSERT INTO journal (schema) VALUES (4)",
        """CREATE TABLE events (
            seq BIGINT PRIMARY KEY,
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            market_at TEXT NOT NULL,
            recorded_at TEXT NOT NULL,
            account TEXT NOT NULL,
            payload TEXT NOT NULL,
            chain BYTEA NOT NULL
        )""",
        "CREATE INDEX events_by_kind ON events (kind, seq)",
        """CREATE TABLE inbox (
            id TEXT PRIMARY KEY,
            sent_at TEXT NOT NULL,
            version INTEGER NOT NULL,
            payload TEXT NOT NULL,
            seq BIGINT REFERENCES events (seq) DEFERRABLE INITIALLY DEFERRED
        )""",
        """CREATE TABLE snapshots (
            seq BIGINT NOT NULL,
            schema TEXT NOT NULL,
            code TEXT NOT NULL,
            chain BYTEA NOT NULL,
            payload BYTEA NOT NULL,
            PRIMARY KEY (seq, schema, code)
        )""",
        "CREATE TABLE lease (epoch BIGINT NOT NULL, holder TEXT NOT NULL, since TEXT NOT NULL)",
        "INSERT INTO lease (epoch, holder, since) VALUES (0, '', CURRENT_TIMESTAMP)",
    ),
)
"""Entry `i` takes schema `_FIRST - 1 + i` to the next; entries are never changed, only added."""

_LOCK = f"pg_try_advisory_lock({APPLICATION_ID}, hashtext(current_schema()))"


def open_postgres(url: str, name: str, account: str, *, read_only: bool = False) -> SqlJournal:
    """The journal in a database; for writing its tables are made or brought up to date.

    Args:
        url: Address of the database.
        name: The address without any secret.
        account: Whose events it holds; empty, when reading, for whosever they are.
        read_only: Look without the lease, also while a writer works.

    Raises:
        JournalHeld: If another process writes it.
        SchemaTooNew: If a newer Premia has written it.
        JournalError: If it cannot be reached, holds no journal (reading), or one of another account.
    """
    db = PostgresDatabase(url, name, writes=not read_only)
    try:
        with db.explained():
            db.take()
            schema = _migrated(db) if not read_only else _begun(db)
        journal = SqlJournal(db, account, schema, None)
        if read_only:
            return journal
        return SqlJournal(db, account, schema, Writing(take_epoch(db, holder()), db.close))
    except BaseException:
        db.close()
        raise


def send_to_postgres(url: str, name: str, command: OperatorCommand, sent_at: datetime) -> bool:
    """Put a command into the inbox of a journal; whether it is new.

    Raises:
        JournalError: If there is no journal, or its id was used for another command.
    """
    db = PostgresDatabase(url, name, writes=False)
    try:
        with db.explained():
            _begun(db)
        return put_command(db, command, sent_at)
    finally:
        db.close()


def is_there(url: str, name: str) -> bool:
    """Whether a journal was begun in a database.

    Raises:
        JournalError: If it cannot be reached.
    """
    db = PostgresDatabase(url, name, writes=False)
    try:
        with db.explained():
            return _schema_of(db) > 0
    finally:
        db.close()


class PostgresDatabase:
    """One connection, opened again when it broke."""

    def __init__(self, url: str, name: str, *, writes: bool) -> None:
        """Connect.

        Args:
            url: Address of the database.
            name: The address without any secret.
            writes: Whether this is the one writer, who holds the lock.

        Raises:
            JournalError: If the server cannot be reached, or refuses.
        """
        self.name = name
        self._url = url
        self._writes = writes
        self._ended = False
        with self.explained():
            self._connection = self._connect()

    def execute(self, query: str, values: Sequence[object] = ()) -> psycopg.Cursor[Any]:
        """Run one statement."""
        return self._alive().execute(_told(query), values)

    def execute_many(self, query: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement with many rows."""
        with self._alive().cursor() as cursor:
            cursor.executemany(_told(query), rows)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing."""
        with self._alive().transaction():
            yield

    @contextmanager
    def explained(self) -> Generator[None]:
        """Errors of PostgreSQL in our words, without the address, which might hold a secret."""
        try:
            yield
        except errors.UniqueViolation as error:
            raise JournalHeld(
                f"{self.name} was written by another process. Nothing was written; start again."
            ) from error
        except (errors.DiskFull, errors.OutOfMemory) as error:
            raise JournalError(
                f"{self.name}: the server is out of room. Nothing was written; free some space."
            ) from error
        except errors.LockNotAvailable as error:
            raise JournalError(
                f"{self.name} has been locked by another process for {BUSY_S:.0f} s. Nothing was written; "
                "try again."
            ) from error
        except (errors.DataCorrupted, errors.IndexCorrupted) as error:
            raise JournalError(f"{self.name} is damaged: {_first_line(error)}. {RESTORE}") from error
        except psycopg.Error as error:
            raise JournalError(
                f"{self.name}: {_first_line(error)}. Nothing is done before it can be written down."
            ) from error

    def take(self) -> None:
        """Take the lock where this is the writer.

        Raises:
            JournalHeld: If another process has it.
        """
        if not self._writes or self._connection.execute(_told(f"SELECT {_LOCK}")).fetchone() == (True,):
            return
        who = "another process"
        with suppress(psycopg.Error):
            found = self._connection.execute(_told("SELECT holder FROM lease")).fetchone()
            who = found[0] if found and found[0] else who
        raise JournalHeld(
            f"{self.name} is being written by {who}; one account has one writer. "
            "Wait for it, or end it, then start again."
        )

    def close(self) -> None:
        """End the connection, and the lock with it; a second time does nothing."""
        self._ended = True
        self._connection.close()

    def _alive(self) -> psycopg.Connection[Any]:
        """The connection, opened anew where it broke; the writer takes its lock again or ends."""
        if self._ended:
            raise JournalError(f"{self.name} is closed; open it anew.")
        if self._connection.closed:
            self._connection = self._connect()
            self.take()
        return self._connection

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=10,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            application_name="premia",
        )
        connection.execute(
            _told(
                f"SET lock_timeout = {int(BUSY_S * 1000)}; SET statement_timeout = 60000; "
                "SET synchronous_commit = on; SET tcp_keepalives_idle = 10; SET client_min_messages = error"
            )
        )
        return connection


def _migrated(db: PostgresDatabase) -> int:
    """Bring the tables up to date, each step whole or not at all; the schema then."""
    schema = _schema_of(db)
    while schema < SCHEMA:
        step = 0 if schema == 0 else schema - _FIRST + 1
        with written(db):
            for statement in _TABLES[step]:
                db.execute(statement)
            if step:
                db.execute("UPDATE journal SET schema = ?", (schema + 1,))
        schema = _FIRST if schema == 0 else schema + 1
    return schema


def _begun(db: PostgresDatabase) -> int:
    """The schema number of a journal that is there.

    Raises:
        JournalError: If there is none.
    """
    schema = _schema_of(db)
    if schema == 0:
        raise JournalError(
            f"There is no journal in {db.name} yet; `premia run --once` or `premia demo` writes one."
        )
    return schema


def _schema_of(db: PostgresDatabase) -> int:
    """The schema number of a database; 0 where it holds no journal.

    Raises:
        JournalError: If its tables are another program's.
        SchemaTooNew: If a newer Premia has made them.
    """
    found = db.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = current_schema() AND c.relname IN ('journal', 'events')"
    ).fetchall()
    names = {row[0] for row in found}
    if not names:
        return 0
    if names != {"journal", "events"}:
        raise JournalError(
            f"{db.name} has a table {min(names)}, but no journal of Premia. It is untouched; name "
            "another database, or another search_path."
        )
    schema = int(db.execute("SELECT schema FROM journal").fetchone()[0])  # pyright: ignore[reportOptionalSubscript] - it has one row
    if schema > SCHEMA:
        raise SchemaTooNew(
            f"{db.name} has schema {schema}; this version of Premia knows schemas up to {SCHEMA}. "
            "Upgrade Premia; the journal is untouched."
        )
    return schema


def _told(query: str) -> LiteralString:
    """A statement as psycopg wants it; ours are written in this package and hold no foreign text."""
    return cast("LiteralString", query.replace("?", "%s"))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
