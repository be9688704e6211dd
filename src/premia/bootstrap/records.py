"""Opening a journal for those who only look: quick, without engine, broker or the whole configuration.

Reading verbs need no gateway and no check of the strategies' parameters; of the configuration file they
read where the journal lies, and nothing else.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from premia.adapters.clocks import WallClock
from premia.adapters.journals.journal import SqlJournal
from premia.adapters.journals.places import Place, Postgres, open_journal
from premia.adapters.journals.snapshot import recover
from premia.config.load import is_table
from premia.config.load import load as read
from premia.domain.book import Book
from premia.domain.errors import ConfigError

DEFAULT_JOURNAL = "premia.db"
DEFAULT_KILL = "premia.kill"


def open_records(config: Path, journal: Place | None = None) -> SqlJournal:
    """The journal to look into, opened for reading.

    Args:
        config: The configuration file, which names the journal.
        journal: The journal itself; the configuration is not read then.

    Raises:
        ConfigError: If the configuration cannot be read or names no path.
        JournalError: If the journal is missing, damaged or newer than this Premia.
    """
    return open_journal(journal or journal_of(config), "", read_only=True)


def journal_of(config: Path) -> Place:
    """Where a configuration says that the journal lies; a file beside it unless the path is absolute."""
    document = read(config, os.environ)
    table: object = document.values.get("journal", {})
    url = table.get("url") if is_table(table) else None
    if isinstance(url, str) and url:
        return Postgres(url)
    name = table.get("path", DEFAULT_JOURNAL) if is_table(table) else None
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{config}: journal.path is {name!r}; it must name a file.")
    return config.parent / name


def kill_file_of(config: Path) -> Path:
    """Where the kill switch's file lies; a configuration that cannot be read must not hinder throwing it."""
    try:
        table: object = read(config, os.environ).values.get("kill", {})
    except ConfigError:
        table = {}
    name = table.get("file", DEFAULT_KILL) if is_table(table) else DEFAULT_KILL
    return config.parent / (name if isinstance(name, str) and name else DEFAULT_KILL)


def book_of(journal: SqlJournal) -> Book:
    """The book that a journal tells, from its snapshot where that can be used."""
    return recover(journal)


def seconds_since(recorded: datetime) -> float:
    """Wall seconds since something was recorded."""
    return (WallClock().now() - recorded).total_seconds()
