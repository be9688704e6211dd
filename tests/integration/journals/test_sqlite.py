"""The SQLite journal on disk: durable, one writer, and clear words when something is wrong."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from premia.adapters.journals import migrations
from premia.adapters.journals.journal import SELECT
from premia.adapters.journals.places import open_journal, send_command
from premia.adapters.journals.rows import Stored
from premia.domain.errors import JournalError, SchemaTooNew
from premia.domain.events import OperatorCommand
from tests.events_of_every_kind import connected, one_of_each

NOW = datetime(2026, 1, 15, 14, 31, tzinfo=UTC)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def written(path) -> Path:
    """A journal of five events, closed."""
    with closing(open_journal(path, "DU1")) as journal:
        journal.append([connected(minute) for minute in range(5)], NOW)
    return path


def change(path: Path, statement: str) -> None:
    """Alter a closed journal behind Premia's back."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()


def read_all(path: Path) -> list[object]:
    with closing(open_journal(path, "", read_only=True)) as journal:
        return list(journal.read())


def test_a_row_says_when_it_was_true_and_when_it_was_recorded(written):
    with closing(open_journal(written, "", read_only=True)) as journal:
        seq, recorded_at, event = next(iter(journal.read_recorded(after=2)))

    assert (seq, recorded_at, event) == (3, NOW, connected(2))


def test_the_journal_is_durable_and_private(written):
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    with closing(open_journal(written, "DU1")) as journal:
        modes = [
            journal._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        ]
    assert modes == ["wal", 2]


def test_a_killed_writer_loses_nothing_that_was_appended_and_leaves_no_lease(path):
    program = """
import os, signal, sys
from pathlib import Path
from premia.adapters.journals.places import open_journal
from tests.events_of_every_kind import connected
from datetime import UTC, datetime
journal = open_journal(Path(sys.argv[1]), "DU1")
for minute in range(3):
    journal.append([connected(minute)], datetime(2026, 1, 15, tzinfo=UTC))
journal._db.execute("BEGIN IMMEDIATE")
journal._db.execute("DELETE FROM events")
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program, str(path)], check=False, timeout=60)

    assert killed.returncode == -9
    assert len(read_all(path)) == 3
    with closing(open_journal(path, "DU1")) as journal:
        assert journal.last_sequence() == 3


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    "content", [b"this is no database at all" * 50, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_file_that_is_no_journal_is_left_as_it_is(path, content, read_only):
    path.write_bytes(content)

    with pytest.raises(JournalError, match=r"journal\.sqlite is damaged or no journal"):
        open_journal(path, "DU1", read_only=read_only)

    assert path.read_bytes() == content


@pytest.mark.parametrize("read_only", [True, False])
def test_a_database_of_another_program_is_left_as_it_is(path, read_only):
    change(path, "CREATE TABLE theirs (x)")
    content = path.read_bytes()

    with pytest.raises(JournalError, match="is a database, but no journal of Premia"):
        open_journal(path, "DU1", read_only=read_only)

    assert path.read_bytes() == content


def test_a_damaged_page_is_found_before_anything_is_written(path):
    with closing(open_journal(path, "DU1")) as journal:
        journal.append(one_of_each() * 20, NOW)
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xa5" * 4096
    path.write_bytes(content)

    with pytest.raises(JournalError, match=r"damaged.*restore a backup"):
        open_journal(path, "DU1")

    assert path.read_bytes() == bytes(content)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_schema_is_refused_and_left_as_it_is(written, read_only):
    change(written, f"PRAGMA user_version = {migrations.SCHEMA + 1}")
    content = written.read_bytes()

    with pytest.raises(SchemaTooNew, match="Upgrade Premia; the journal is untouched"):
        open_journal(written, "DU1", read_only=read_only)

    assert written.read_bytes() == content


def test_a_newer_kind_is_refused_with_its_number(written):
    change(written, "UPDATE events SET kind = 'dreamt' WHERE seq = 5")
    forge_chain(written, 5)

    with pytest.raises(SchemaTooNew, match=r"event 5: .*'dreamt'"):
        read_all(written)


def forge_chain(path: Path, seq: int) -> None:
    """Give a row the hash that its content asks for, as its true writer would have."""
    with closing(sqlite3.connect(path)) as db:
        before = db.execute("SELECT chain FROM events WHERE seq = ?", (seq - 1,)).fetchone()[0]
        row = Stored._make(db.execute(f"{SELECT} WHERE seq = ?", (seq,)).fetchone())
        db.execute("UPDATE events SET chain = ? WHERE seq = ?", (row.link(before), seq))
        db.commit()


def test_a_failed_append_leaves_nothing_and_the_journal_goes_on(written):
    with closing(open_journal(written, "DU1")) as journal:
        journal._db.execute(
            "CREATE TEMP TRIGGER stop BEFORE INSERT ON events WHEN NEW.seq = 7 "
            "BEGIN SELECT RAISE(ABORT, 'no more'); END"
        )
        with pytest.raises(JournalError):
            journal.append([connected(5), connected(6)], NOW)
        journal.append([connected(5)], NOW)

    assert [seq for seq, _event in read_all(written)] == [1, 2, 3, 4, 5, 6]


def of_schema(path: Path, schema: int) -> None:
    """A journal as an earlier schema wrote it."""
    with closing(open_journal(path, "DU1")) as journal:
        journal.append([connected(0)], NOW)
    with closing(sqlite3.connect(path)) as db:
        for table in ("lease", "snapshots", "inbox")[: migrations.SCHEMA - schema]:
            db.execute(f"DROP TABLE {table}")
        db.execute(f"PRAGMA user_version = {schema}")
        db.commit()


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_an_older_schema_is_migrated_after_a_backup_of_each_step(path, schema):
    of_schema(path, schema)

    with closing(open_journal(path, "DU1")) as journal:
        assert journal.schema == migrations.SCHEMA
        assert list(journal.read()) == [(1, connected(0))]
        assert journal.pending() == []

    backups = sorted(path.parent.glob("*.backup"))
    assert [backup.name for backup in backups] == [
        f"journal.sqlite.schema-{number}.backup" for number in range(schema, migrations.SCHEMA)
    ]
    for backup in backups:
        assert read_all(backup) == [(1, connected(0))]


def test_an_older_schema_can_be_read_without_migrating_it(path):
    of_schema(path, 1)

    assert read_all(path) == [(1, connected(0))]
    assert list(path.parent.glob("*.backup")) == []


def test_a_backup_never_replaces_an_older_one(path):
    of_schema(path, 2)
    earlier = path.with_name("journal.sqlite.schema-2.backup")
    earlier.write_text("kept")

    open_journal(path, "DU1").close()

    assert earlier.read_text() == "kept"
    assert path.with_name("journal.sqlite.schema-2.backup.2").exists()


def a_command(name: str = "c1", why: str = "holiday") -> OperatorCommand:
    return OperatorCommand(at=NOW, id=name, verb="pause", target="SPY", who="me", why=why)


def test_a_command_needs_a_journal(path):
    with pytest.raises(JournalError, match="unable to open"):
        send_command(path, a_command(), NOW)

    assert not path.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(JournalError, match=r"folder .* of the journal cannot be made"):
        open_journal(tmp_path / "file" / "journal.sqlite", "DU1")
