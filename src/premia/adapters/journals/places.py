"""Where a journal lies, as a file or in PostgreSQL; one way to open either.

The parts that know PostgreSQL are imported when one is opened and not before.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from premia.adapters.journals.journal import SqlJournal
from premia.adapters.journals.sqlite import open_sqlite, send_to_sqlite
from premia.domain.errors import JournalError
from premia.domain.events import OperatorCommand


class Postgres(NamedTuple):
    """A journal in a PostgreSQL database; as text, its address without any secret.

    Attributes:
        url: `postgresql://user@host:port/database`; the password comes from elsewhere.
    """

    url: str

    def __str__(self) -> str:
        """The address, a password in it left out."""
        parts = urlsplit(self.url)
        where = parts.netloc.rpartition("@")
        user = where[0].partition(":")[0]
        return urlunsplit(parts._replace(netloc=f"{user}@{where[2]}" if user else where[2], query=""))


Place = Path | Postgres


def open_journal(place: Place, account: str, *, read_only: bool = False) -> SqlJournal:
    """The journal at a place; for writing it is created or migrated where needed.

    Args:
        place: A file, or a database.
        account: Whose events it holds; empty, when reading, for whosever they are.
        read_only: Look without the lease, also while a writer works.

    Raises:
        JournalHeld: If another process writes it.
        SchemaTooNew: If a newer Premia has written it.
        JournalError: If it is missing (reading), damaged, of another account, or no journal.
    """
    if isinstance(place, Postgres):
        return _postgres().open_postgres(place.url, str(place), account, read_only=read_only)
    return open_sqlite(place, account, read_only=read_only)


def open_to_trade(place: Place, account: str) -> SqlJournal:
    """The journal for whoever trades on it: open for writing, and every row of it held to the one before.

    Raises:
        SequenceGap: If a row is missing or was altered.
        JournalError: As `open_journal`.
    """
    journal = open_journal(place, account)
    try:
        for _ in journal.rows():
            pass
    except BaseException:
        journal.close()
        raise
    return journal


def send_command(place: Place, command: OperatorCommand, sent_at: datetime) -> bool:
    """Put a command into the inbox of a journal; the writer takes it up.

    Returns:
        Whether it is new; the same id a second time changes nothing.

    Raises:
        JournalError: If there is no journal, or its id was used for another command.
    """
    if isinstance(place, Postgres):
        return _postgres().send_to_postgres(place.url, str(place), command, sent_at)
    return send_to_sqlite(place, command, sent_at)


def is_there(place: Place) -> bool:
    """Whether a journal was begun at a place.

    Raises:
        JournalError: If a database cannot be reached.
    """
    if isinstance(place, Postgres):
        return _postgres().is_there(place.url, str(place))
    return place.exists()


def _postgres():  # noqa: ANN202 - a module, imported where it is needed
    try:
        from premia.adapters.journals import postgres  # noqa: PLC0415 - psycopg is optional, and slow to load
    except ImportError as error:
        raise JournalError(
            f"A journal in PostgreSQL needs the package psycopg: {error}. Install it with "
            "`pip install premia[postgres]`, or set journal.path for a file."
        ) from error
    return postgres
