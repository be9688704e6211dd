"""`premia db`: whether a journal is sound, its copies, and its tables brought up to date."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from premia.adapters.journals.copies import back_up, extent_of, restore, schema_text
from premia.adapters.journals.migrations import SCHEMA
from premia.adapters.journals.places import Place, Postgres, is_there, open_journal
from premia.adapters.journals.snapshot import recover
from premia.domain.apply import fold
from premia.domain.errors import InvariantViolated, JournalError

__all__ = ["Finding", "Migration", "back_up", "extent_of", "migrate", "restore", "set_aside", "verify"]

_RESTORE = "Keep a copy of what is there, then `premia db restore` a backup."


class Finding(NamedTuple):
    """One thing looked at; `advice` says what to do where it is not well."""

    name: str
    ok: bool
    found: str
    advice: str = ""


class Migration(NamedTuple):
    """Numbers of the tables' shape before and after."""

    before: int
    after: int


def verify(place: Place, account: str = "") -> list[Finding]:
    """What can be known of a journal without the broker, each step only once the one before is well.

    Args:
        place: Where it lies.
        account: Whose it should be; empty for whosever it is.
    """
    findings = [_there(place)]
    for step in (_opened, _pages, _rows, _books):
        if not findings[-1].ok:
            break
        findings.append(step(place, account))
    return findings


def migrate(place: Place) -> Migration:
    """Bring the tables of a journal up to date, whole or not at all; a file is copied before.

    Raises:
        JournalHeld: If somebody writes it.
        JournalError: If there is none, or it cannot be brought up to date.
    """
    with closing(open_journal(place, "", read_only=True)) as journal:
        before = journal.schema
    with closing(open_journal(place, "")) as journal:
        return Migration(before, journal.schema)


def set_aside(place: Place, folder: Path) -> Path:
    """What a journal that is replaced is kept as: a file beside it, or beside the configuration."""
    name = "premia.db" if isinstance(place, Postgres) else place.name
    return (folder if isinstance(place, Postgres) else place.parent) / f"{name}.replaced"


def _there(place: Place) -> Finding:
    try:
        if is_there(place):
            return Finding("place", ok=True, found=str(place))
    except JournalError as error:
        return Finding("place", ok=False, found=str(error), advice="Start the server, or mend journal.url.")
    return Finding(
        "place",
        ok=False,
        found=f"there is no journal in {place}",
        advice="A first run makes one. Where there was one, restore a backup before anything trades: "
        "without its journal Premia knows neither its orders nor its campaigns.",
    )


def _opened(place: Place, account: str) -> Finding:
    try:
        with closing(open_journal(place, account, read_only=True)) as journal:
            ok = 0 < journal.schema <= SCHEMA
            return Finding("tables", ok=ok, found=schema_text(journal.schema), advice="" if ok else _RESTORE)
    except JournalError as error:
        return Finding("tables", ok=False, found=str(error), advice=_advice(error))


def _pages(place: Place, _account: str) -> Finding:
    if isinstance(place, Postgres):
        return Finding("pages", ok=True, found="the server looks after them (checksums: SHOW data_checksums)")
    try:
        with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as db:
            found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found == ["ok"]:
        return Finding("pages", ok=True, found="every page and index of the file is whole")
    return Finding("pages", ok=False, found="; ".join(found), advice=_RESTORE)


def _rows(place: Place, account: str) -> Finding:
    try:
        extent = extent_of(place, account)
    except JournalError as error:
        return Finding("events", ok=False, found=str(error), advice=_advice(error))
    until = f" until {extent.market_at}" if extent.events else ""
    found = f"{extent.events:,} events of {extent.account or 'nobody'}{until}, none missing, none altered"
    return Finding("events", ok=True, found=found)


def _books(place: Place, account: str) -> Finding:
    try:
        with closing(open_journal(place, account, read_only=True)) as journal:
            whole = fold(event for _, event in journal.read())
            quick = recover(journal)
            waiting = len(journal.pending())
    except (JournalError, InvariantViolated) as error:
        return Finding("book", ok=False, found=str(error), advice=_advice(error))
    if quick != whole:
        found = "the book of the snapshot is not that of the events"
        return Finding("book", ok=False, found=found, advice="Report it: this is a defect in Premia.")
    found = f"{len(whole.holdings)} positions, {len(whole.orders)} orders alive, {waiting} commands waiting"
    return Finding("book", ok=True, found=found)


def _advice(error: Exception) -> str:
    return "" if "Upgrade Premia" in str(error) else _RESTORE
