"""The journal of one account in a database, whichever keeps it.

A batch is durable before `append` returns. Rows are numbered without gaps, and each carries a hash over
itself and the row before, so that a lost or altered row is seen when it is read. A writer holds a lease with
an epoch, and each writing asks in its own transaction whether that epoch still counts: a writer that was
replaced meanwhile writes nothing. Readers need no lease and see what is committed, also while a writer works.
Other processes speak to the writer through the inbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from premia.adapters.journals.codec import Row, decode, encode
from premia.adapters.journals.rows import FIRST_CHAIN, RESTORE, Database, Stored, written
from premia.domain.dates import as_utc
from premia.domain.errors import JournalError, JournalHeld, SequenceGap
from premia.domain.events import AnyEvent, OperatorCommand

INBOX, SNAPSHOTS, LEASES = 2, 3, 4
"""The schemas that brought those tables."""

_ROWS_A_READ = 500
INSERT = (
    "INSERT INTO events (seq, kind, version, market_at, recorded_at, account, payload, chain) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_COMMAND = "INSERT INTO inbox (id, sent_at, version, payload, seq) VALUES (?, ?, ?, ?, ?)"
SELECT = "SELECT seq, kind, version, market_at, recorded_at, account, payload, chain FROM events"


class Writing(NamedTuple):
    """The right to write.

    Attributes:
        epoch: Number of this writer; a later one has a greater number.
        release: Gives the right back.
    """

    epoch: int
    release: Callable[[], None]


class SqlJournal:
    """One stream of events, and beside it the inbox and snapshots of the book.

    Attributes:
        name: By which a person knows it.
        account: Whose events it holds; empty while there are none and nobody said.
        schema: Number of its tables' shape.
    """

    def __init__(self, db: Database, account: str, schema: int, writing: Writing | None) -> None:
        """Take over an open database; without the right to write it is only read.

        Raises:
            JournalError: If it holds another account.
        """
        self.name = db.name
        self.schema = schema
        self._db = db
        self._writing = writing
        with db.explained():
            self._last, self._chain = self._newest()
            self.account = self._check_account(account)

    def append(self, events: Sequence[AnyEvent], recorded_at: datetime) -> None:
        """Make events durable, all or none, before returning; commands among them leave the inbox.

        Args:
            events: In the order in which they happened.
            recorded_at: Wall time of the writing.

        Raises:
            JournalHeld: If another process has taken the journal; nothing was written.
            JournalError: If they could not be written; then none of them was.
        """
        if self._writing is None:
            raise JournalError(f"{self.name} was opened for reading; open it for writing to append.")
        if not events:
            return
        stored = self._stored([(encode(event), event.at) for event in events], recorded_at)
        commands = [
            (row.seq, event.id)
            for row, event in zip(stored, events, strict=True)
            if isinstance(event, OperatorCommand)
        ]
        with written(self._db):
            self._check_epoch(self._writing.epoch)
            if self._newest()[0] != self._last:
                raise JournalHeld(
                    f"{self.name} was written by another process. Nothing was written; start again."
                )
            self._db.execute_many(INSERT, stored)
            if commands:
                self._db.execute_many("UPDATE inbox SET seq = ? WHERE id = ? AND seq IS NULL", commands)
        self._last, self._chain = stored[-1].seq, stored[-1].chain

    def read(self, after: int = 0) -> Iterable[tuple[int, AnyEvent]]:
        """Events in order with their sequence numbers, those after `after`.

        Raises:
            SequenceGap: If a row is missing or was altered.
            SchemaTooNew: If a row was written by a newer version.
            JournalError: If the database is damaged.
        """
        return ((row.seq, self._decoded(row)) for row in self.rows(after))

    def read_recorded(self, after: int = 0) -> Iterable[tuple[int, datetime, AnyEvent]]:
        """As `read`, with the wall time at which each was recorded."""
        return (
            (row.seq, datetime.fromisoformat(row.recorded_at), self._decoded(row)) for row in self.rows(after)
        )

    def last_sequence(self) -> int:
        """Number of the newest event, also one that another process has just written; 0 while empty."""
        with self._db.explained():
            return self._newest()[0]

    def newest(self, kind: str, count: int = 1) -> list[tuple[int, datetime, datetime]]:
        """The newest events of a kind, oldest first: sequence number, market time, wall time of recording."""
        query = "SELECT seq, market_at, recorded_at FROM events WHERE kind = ? ORDER BY seq DESC LIMIT ?"
        with self._db.explained():
            found = self._db.execute(query, (kind, count)).fetchall() if self.schema else []
        return [
            (int(seq), datetime.fromisoformat(market), datetime.fromisoformat(recorded))
            for seq, market, recorded in reversed(found)
        ]

    def pending(self) -> list[OperatorCommand]:
        """Commands that other processes have sent and no event has taken up, the oldest first."""
        if self.schema < INBOX:
            return []
        with self._db.explained():
            query = "SELECT version, payload FROM inbox WHERE seq IS NULL ORDER BY sent_at, id"
            rows = self._db.execute(query).fetchall()
        commands = [decode(Row("operator_command", version, payload.encode())) for version, payload in rows]
        return [command for command in commands if isinstance(command, OperatorCommand)]

    def newest_snapshot(self, schema: str, code: str) -> tuple[int, bytes] | None:
        """The newest snapshot that this code can use, with its sequence number; None where there is none."""
        if self.schema < SNAPSHOTS:
            return None
        query = (
            "SELECT s.seq, s.payload FROM snapshots s JOIN events e ON e.seq = s.seq AND e.chain = s.chain "
            "WHERE s.schema = ? AND s.code = ? ORDER BY s.seq DESC LIMIT 1"
        )
        with self._db.explained():
            found = self._db.execute(query, (schema, code)).fetchone()
        return None if found is None else (int(found[0]), bytes(found[1]))

    def keep_snapshot(self, schema: str, code: str, payload: bytes) -> None:
        """Keep a snapshot of the book after the newest event, and forget the ones before."""
        if self._last == 0:
            return
        with written(self._db):
            if self._writing is not None:
                self._check_epoch(self._writing.epoch)
            self._db.execute("DELETE FROM snapshots")
            self._db.execute(
                "INSERT INTO snapshots (seq, schema, code, chain, payload) VALUES (?, ?, ?, ?, ?)",
                (self._last, schema, code, self._chain, payload),
            )

    def rows(self, after: int = 0) -> Iterator[Stored]:
        """Rows in order as they lie there, each held to the one before.

        Raises:
            SequenceGap: If a row is missing or was altered.
        """
        expected, chain = after + 1, self._chain_at(after)
        while batch := self._some(expected):
            for row in batch:
                if row.seq != expected:
                    raise SequenceGap(
                        f"{self.name}: event {expected} is missing; the next one is {row.seq}. {RESTORE}"
                    )
                chain = row.link(chain)
                if chain != row.chain:
                    raise SequenceGap(
                        f"{self.name}: event {row.seq} or the one before was altered. {RESTORE}"
                    )
                yield row
                expected += 1

    def inbox(self) -> list[tuple[str, str, int, str, int | None]]:
        """Every command ever sent, as it lies there: id, time, version, payload, and where it was taken."""
        if self.schema < INBOX:
            return []
        with self._db.explained():
            query = "SELECT id, sent_at, version, payload, seq FROM inbox ORDER BY sent_at, id"
            return [tuple(row) for row in self._db.execute(query).fetchall()]

    def replace(self, rows: Sequence[Stored], inbox: Sequence[Sequence[object]]) -> None:
        """Put the rows of another journal in the place of all that is here, or change nothing.

        Raises:
            JournalError: If they could not be written.
        """
        if self._writing is None:
            raise JournalError(f"{self.name} was opened for reading; open it for writing to replace it.")
        with written(self._db):
            self._check_epoch(self._writing.epoch)
            for table in ("snapshots", "inbox", "events"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above
            if rows:
                self._db.execute_many(INSERT, rows)
            if inbox:
                self._db.execute_many(INSERT_COMMAND, inbox)
        self._last, self._chain = self._newest()
        self.account = rows[0].account if rows else self.account

    def close(self) -> None:
        """Let go of the database and of the right to write; a second time does nothing."""
        self._db.close()
        if self._writing is not None:
            self._writing.release()

    def _some(self, first: int) -> list[Stored]:
        """The next rows, from a number on."""
        if self.schema == 0:
            return []
        with self._db.explained():
            found = self._db.execute(f"{SELECT} WHERE seq >= ? ORDER BY seq LIMIT {_ROWS_A_READ}", (first,))
            return [Stored._make((*row[:-1], bytes(row[-1]))) for row in found.fetchall()]

    def _stored(self, rows: Iterable[tuple[Row, datetime]], recorded_at: datetime) -> list[Stored]:
        recorded = as_utc(recorded_at).isoformat()
        stored: list[Stored] = []
        chain = self._chain
        for seq, (row, at) in enumerate(rows, self._last + 1):
            market = as_utc(at).isoformat()
            text = row.payload.decode()
            bare = Stored(seq, row.kind, row.version, market, recorded, self.account, text, b"")
            chain = bare.link(chain)
            stored.append(bare._replace(chain=chain))
        return stored

    def _decoded(self, row: Stored) -> AnyEvent:
        try:
            return decode(Row(row.kind, row.version, row.payload.encode()))
        except JournalError as error:
            raise type(error)(f"{self.name}: event {row.seq}: {error}") from error

    def _chain_at(self, seq: int) -> bytes:
        if seq == 0:
            return FIRST_CHAIN
        with self._db.explained():
            found = self._db.execute("SELECT chain FROM events WHERE seq = ?", (seq,)).fetchone()
        if found is None:
            raise SequenceGap(f"{self.name}: event {seq}, after which to read, is missing. {RESTORE}")
        return bytes(found[0])

    def _newest(self) -> tuple[int, bytes]:
        if self.schema == 0:
            return 0, FIRST_CHAIN
        found = self._db.execute("SELECT seq, chain FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        return (0, FIRST_CHAIN) if found is None else (int(found[0]), bytes(found[1]))

    def _check_epoch(self, epoch: int) -> None:
        found = self._db.execute("SELECT epoch, holder FROM lease").fetchone()
        if found is None or int(found[0]) != epoch:
            holder = "somebody else" if found is None else found[1]
            raise JournalHeld(
                f"{self.name} was taken over by {holder}. Nothing was written, and this process must end: "
                "one account has one writer."
            )

    def _check_account(self, account: str) -> str:
        found = (
            None if self.schema == 0 else self._db.execute("SELECT account FROM events LIMIT 1").fetchone()
        )
        if found is None:
            return account
        if account not in ("", found[0]):
            raise JournalError(
                f"{self.name} is the journal of account {found[0]}, not of {account}. "
                "Each account has its own journal: name another one, or the other account."
            )
        return str(found[0])


def take_epoch(db: Database, holder: str) -> int:
    """Become the writer: the number of the new epoch; whoever wrote before writes no more.

    Args:
        db: Open for writing, of the newest schema.
        holder: Who this is, for a person who is refused.
    """
    with written(db):
        db.execute("UPDATE lease SET epoch = epoch + 1, holder = ?, since = CURRENT_TIMESTAMP", (holder,))
        return int(db.execute("SELECT epoch FROM lease").fetchone()[0])


def put_command(db: Database, command: OperatorCommand, sent_at: datetime) -> bool:
    """Put a command into the inbox of an open journal; whether it is new.

    Raises:
        JournalError: If its id was used for another command.
    """
    row = encode(command)
    payload = row.payload.decode()
    with db.explained():
        added = db.execute(
            "INSERT INTO inbox (id, sent_at, version, payload) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (command.id, as_utc(sent_at).isoformat(), row.version, payload),
        ).rowcount
        kept = db.execute("SELECT payload FROM inbox WHERE id = ?", (command.id,)).fetchone()[0]
    if not added and kept != payload:
        raise JournalError(
            f"Command {command.id} was sent before with other content; give the new one its own id."
        )
    return bool(added)
