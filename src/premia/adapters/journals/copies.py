"""Copies of a journal: made while it is written, looked at, and put back.

A backup is always one SQLite file, whatever keeps the journal, so that it can be carried, looked into with
every reading verb, and put into another database. It appears under its name only once it is whole.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from premia.adapters.journals.journal import INSERT, INSERT_COMMAND, SqlJournal
from premia.adapters.journals.lease import Lease
from premia.adapters.journals.migrations import SCHEMA
from premia.adapters.journals.places import Place, Postgres, is_there, open_journal
from premia.adapters.journals.rows import Stored
from premia.adapters.journals.sqlite import explained, make_sqlite
from premia.domain.errors import JournalError, NotAllowed

_PART = ".part"


class Extent(NamedTuple):
    """How far a journal reaches.

    Attributes:
        events: How many there are.
        market_at: Market time of the newest, as it lies there; empty where there is none.
        chain: The newest row's hash.
    """

    account: str
    events: int
    market_at: str
    chain: bytes


def extent_of(place: Place, account: str = "") -> Extent:
    """How far the journal at a place reaches, every row of it read and held to the one before.

    Raises:
        JournalError: If it cannot be read whole.
    """
    with closing(open_journal(place, account, read_only=True)) as journal:
        return _extent(journal)


def back_up(place: Place, target: Path) -> Extent:
    """Copy a journal, also while it is written, into a new file; how far the copy reaches.

    Raises:
        NotAllowed: If the file is there already: a backup never replaces anything.
        JournalError: If the journal cannot be read, or the copy cannot be written.
    """
    if target.exists():
        raise NotAllowed(f"{target} is there already, and a backup replaces nothing. Name another file.")
    part = target.with_name(f"{target.name}{_PART}")
    with explained(part):
        part.unlink(missing_ok=True)
        if isinstance(place, Postgres):
            _write_rows(place, part)
        else:
            _copy_file(place, part)
        found = extent_of(part)  # what cannot be read back is no backup
        _fold_log(part)
        part.replace(target)
    return found


def restore(copy: Path, place: Place, aside: Path, *, force: bool = False) -> tuple[Extent, Path | None]:
    """Put a backup where a journal lies, keeping what lay there; how far it reaches, and what was kept.

    Args:
        copy: The backup.
        place: Where the journal lies, or is to lie.
        aside: What the old journal is kept as; a number is added where that is taken.
        force: Also where the journal holds what the backup does not, or cannot be read.

    Raises:
        NotAllowed: If the journal holds what the backup does not, without `force`.
        JournalHeld: If somebody writes the journal.
        JournalError: If the backup is not sound, or something cannot be written; the journal is as it was.
    """
    coming = extent_of(copy)
    if not force and is_there(place):
        _check_loses_nothing(copy, coming, place)
    kept = _free(aside)
    if isinstance(place, Postgres):
        return coming, _restore_rows(copy, place, kept)
    return coming, _restore_file(copy, place, kept)


def _extent(journal: SqlJournal) -> Extent:
    newest: Stored | None = next(iter(deque(journal.rows(), maxlen=1)), None)
    if newest is None:
        return Extent(journal.account, 0, "", b"")
    return Extent(journal.account, newest.seq, newest.market_at, newest.chain)


def _check_loses_nothing(copy: Path, coming: Extent, place: Place) -> None:
    try:
        with closing(open_journal(place, "", read_only=True)) as journal:
            there = _extent(journal)
    except JournalError as error:
        raise NotAllowed(
            f"What lies in {place} cannot be read whole: {error} With --force it is kept aside and replaced."
        ) from error
    if there.events == 0:
        return
    if there.account != coming.account:
        raise NotAllowed(f"{copy} is of account {coming.account}, and {place} of {there.account}.")
    with closing(open_journal(copy, "", read_only=True)) as backup:
        same = next((row.chain for row in backup.rows() if row.seq == there.events), b"")
    if same == there.chain:
        return
    raise NotAllowed(
        f"{place} holds {there.events:,} events until {there.market_at}, and {copy} holds {coming.events:,} "
        f"until {coming.market_at or 'never'}: going back would lose what happened since. With --force the "
        "journal is kept aside and replaced."
    )


def _copy_file(place: Path, target: Path) -> None:
    if not place.is_file():
        raise JournalError(f"There is no journal {place} to copy.")
    with closing(open_journal(place, "", read_only=True)):
        pass  # what is no journal of ours is told in our words
    target.touch(mode=0o600)
    with (
        closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as db,
        closing(sqlite3.connect(target)) as to,
    ):
        db.backup(to)


def _write_rows(place: Postgres, target: Path) -> None:
    with (
        closing(open_journal(place, "", read_only=True)) as journal,
        closing(make_sqlite(target)) as to,
        to.transaction(),
    ):
        to.execute_many(INSERT, list(journal.rows()))
        to.execute_many(INSERT_COMMAND, journal.inbox())


def _fold_log(part: Path) -> None:
    """Put what stands in the write-ahead log into the file itself, so that one file is all."""
    with closing(sqlite3.connect(part)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
    for end in ("-wal", "-shm"):
        part.with_name(f"{part.name}{end}").unlink(missing_ok=True)
    with part.open("rb") as file:
        os.fsync(file.fileno())


def _restore_file(copy: Path, place: Path, kept: Path) -> Path | None:
    lease = Lease(place)
    part = place.with_name(f"{place.name}{_PART}")
    try:
        with explained(place):
            part.unlink(missing_ok=True)
            _copy_file(copy, part)
            _fold_log(part)
            old = place.exists()
            if old:
                _keep(place, kept)
            part.replace(place)
        return kept if old else None
    finally:
        part.unlink(missing_ok=True)
        lease.release()


def _keep(place: Path, kept: Path) -> None:
    """Give the old journal a second name, so that at every instant one or the other lies under its own.

    A log that cannot be folded into a damaged file is put aside with it, so that none is left for another.
    """
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(place)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for end in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            place.with_name(f"{place.name}{end}").replace(kept.with_name(f"{kept.name}{end}"))
    kept.hardlink_to(place)


def _restore_rows(copy: Path, place: Postgres, kept: Path) -> Path | None:
    with closing(open_journal(copy, "", read_only=True)) as backup:
        rows, inbox = list(backup.rows()), backup.inbox()
    old = is_there(place)
    if old:
        back_up(place, kept)
    with closing(open_journal(place, "")) as journal:
        journal.replace(rows, inbox)
    return kept if old else None


def _free(path: Path) -> Path:
    """A name that is not taken: the path itself, or with a number."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}.{number}")
    return found


def schema_text(schema: int) -> str:
    """What a schema number means to this version, in words."""
    if schema < SCHEMA:
        return (
            f"schema {schema}, which the next writer brings up to {SCHEMA}; `premia db migrate` does it now"
        )
    return f"schema {schema}, as this version writes it"
