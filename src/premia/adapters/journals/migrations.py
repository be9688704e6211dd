"""The tables of a journal file, and how an older file becomes a newer one.

Each migration takes a file from one schema number to the next in one transaction. Before it, the whole
file is copied with SQLite's own backup, so that a migration that goes wrong costs nothing. A file
of a newer schema is refused and left as it is.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from premia.domain.errors import JournalError, SchemaTooNew

APPLICATION_ID = 0x5052_454D  # "PREM", in the file's header
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            market_at TEXT NOT NULL,
            recorded_at TEXT NOT NULL,
            account TEXT NOT NULL,
            payload TEXT NOT NULL,
            chain BLOB NOT NULL
        ) STRICT""",
        "CREATE INDEX events_by_kind ON events (kind, seq)",
    ),
    (
        """CREATE TABLE inbox (
            id TEXT PRIMARY KEY,
            sent_at TEXT NOT NULL,
            version INTEGER NOT NULL,
            payload TEXT NOT NULL,
            seq INTEGER REFERENCES events (seq)
        ) STRICT""",
    ),
    (
        """CREATE TABLE snapshots (
            seq INTEGER NOT NULL,
            schema TEXT NOT NULL,
            code TEXT NOT NULL,
            chain BLOB NOT NULL,
            payload BLOB NOT NULL,
            PRIMARY KEY (seq, schema, code)
        ) STRICT""",
    ),
    (
        """CREATE TABLE lease (
            epoch INTEGER NOT NULL,
            holder TEXT NOT NULL,
            since TEXT NOT NULL
        ) STRICT""",
        "INSERT INTO lease (epoch, holder, since) VALUES (0, '', CURRENT_TIMESTAMP)",
    ),
)
"""Entry `i` takes schema `i` to `i + 1`; entries are never changed, only added."""

SCHEMA = len(MIGRATIONS)


def schema_of(db: sqlite3.Connection, path: Path) -> int:
    """The schema number of a file; 0 for an empty one.

    Raises:
        JournalError: If the file is a database of another program.
        SchemaTooNew: If a newer Premia has written it.
    """
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    mark: int = db.execute("PRAGMA application_id").fetchone()[0]
    tables: int = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if mark != APPLICATION_ID and (tables or version):
        raise JournalError(
            f"{path} is a database, but no journal of Premia. It is untouched; name another file."
        )
    if version > SCHEMA:
        raise SchemaTooNew(
            f"{path} has schema {version}; this version of Premia knows schemas up to {SCHEMA}. "
            "Upgrade Premia; the journal is untouched."
        )
    return version


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring a file to this code's schema, with a backup before each step of a file that holds something.

    Raises:
        JournalError, SchemaTooNew: As `schema_of`.
    """
    version = schema_of(db, path)
    started_empty = version == 0
    while version < SCHEMA:
        if not started_empty:
            back_up(db, path.with_name(f"{path.name}.schema-{version}.backup"))
        db.execute("BEGIN IMMEDIATE")
        try:
            for statement in MIGRATIONS[version]:
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {version + 1}")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        version += 1


def back_up(db: sqlite3.Connection, copy: Path) -> None:
    """Copy a journal while it is open; a backup that is already there is kept, and the new one numbered.

    Raises:
        JournalError: If the copy cannot be written.
    """
    target, number = copy, 1
    while target.exists():
        number += 1
        target = copy.with_name(f"{copy.name}.{number}")
    try:
        target.touch(mode=0o600)
        with closing(sqlite3.connect(target)) as other:
            db.backup(other)
    except (OSError, sqlite3.Error) as error:
        raise JournalError(
            f"The backup {target} could not be written: {error}. The journal is untouched; free some space."
        ) from error
