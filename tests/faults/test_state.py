"""The journal fails, is lost, is old or new, or has two masters: faults 6, 8, 34, 35, 37 and 55."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from premia.adapters.journals import copies, migrations
from premia.adapters.journals.places import open_journal
from premia.adapters.journals.snapshot import recover
from premia.bootstrap.keeping import verify
from premia.config.save import save
from premia.domain import events as ev
from premia.domain.errors import JournalError, JournalHeld, NotAllowed, SchemaTooNew
from premia.domain.order import Stage
from premia.engine.forgotten import JOURNAL
from tests.events_of_every_kind import connected
from tests.faults.stories import RESTING, a_story, at_work, heard, later
from tests.faults.test_process import a_daemon
from tests.integration.daemon import days as harness
from tests.integration.daemon.days import Days, days
from tests.mutation import assert_mutant_fails
from tests.scenarios.test_engine_over_tcp import ACCOUNT

HERE = "tests/faults/test_state.py"
NOW = datetime(2026, 1, 15, 14, 31, tzinfo=UTC)
pytestmark = pytest.mark.sqlite("it plays with the file, or with SQLite's own errors")


def written(path: Path, batches: int = 5) -> Path:
    """A journal of so many batches of two, closed."""
    with closing(open_journal(path, "DU1")) as journal:
        for n in range(batches):
            journal.append([connected(2 * n), connected(2 * n + 1)], NOW)
    return path


def events_in(path: Path) -> list:
    with closing(open_journal(path, "", read_only=True)) as journal:
        return [event for _, event in journal.read()]


def rows_in(path: Path) -> list[tuple]:
    """Events as they lie there, sound or not."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT * FROM events ORDER BY seq").fetchall()


def of_schema(path: Path, schema: int) -> None:
    """A journal as an earlier version left it."""
    with closing(sqlite3.connect(path)) as db:
        for table in ("lease", "snapshots", "inbox")[: migrations.SCHEMA - schema]:
            db.execute(f"DROP TABLE {table}")
        db.execute(f"PRAGMA user_version = {schema}")
        db.commit()


def killed(doing: Callable[[], object]) -> bool:
    """Do something in a process of its own; whether it was killed before it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            doing()
        except BaseException:  # noqa: BLE001 - the child must never come back into the test
            traceback.print_exc()
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the process failed instead of being killed"
    return os.WIFSIGNALED(status)


class Deadly:
    """Kills its process at the n-th statement that any SQLite connection runs."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, _statement: str) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def deadly(at: int, doing: Callable[[], object]) -> Callable[[], object]:
    """The same, killed at its n-th statement."""

    def done() -> object:
        real, deadly = sqlite3.connect, Deadly(at)

        def connect(*given, **named):
            found = real(*given, **named)
            found.set_trace_callback(deadly)
            return found

        sqlite3.connect = connect
        return doing()

    return done


@pytest.mark.fault(
    6, "Killed at any statement of a migration: the old tables or the new ones, and every event"
)
def test_killed_in_the_middle_of_a_migration(tmp_path):
    whole = written(tmp_path / "whole.db")
    expected = events_in(whole)
    of_schema(whole, 1)
    seen = set()
    for at in range(1, 200):
        path = tmp_path / f"{at}.db"
        shutil.copy(whole, path)
        dead = killed(deadly(at, lambda path=path: open_journal(path, "DU1").close()))
        with closing(sqlite3.connect(path)) as db:
            seen.add(db.execute("PRAGMA user_version").fetchone()[0])
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert events_in(path) == expected
        with closing(open_journal(path, "DU1")) as journal:
            assert journal.schema == migrations.SCHEMA
        if not dead:
            break
    else:
        pytest.fail("the migration never came to its end")

    assert seen == set(range(1, migrations.SCHEMA + 1))


@pytest.mark.fault(
    6, "Killed in the middle of a backup: no backup of that name, or a whole one; the journal as it was"
)
def test_killed_in_the_middle_of_a_backup(tmp_path):
    path = written(tmp_path / "premia.db")
    expected, ends = events_in(path), []
    for at in range(1, 100):
        copy = tmp_path / f"copy-{at}.db"
        dead = killed(deadly(at, lambda copy=copy: copies.back_up(path, copy)))
        ends.append(copy.exists())
        assert not copy.exists() or events_in(copy) == expected
        assert events_in(path) == expected
        if not dead:
            break

    assert ends[-1]
    assert not ends[0]
    assert copies.back_up(path, tmp_path / "again.db").events == len(expected)


@pytest.mark.fault(6, "Killed in the middle of a restore: the journal that lay there, or the backup, whole")
def test_killed_in_the_middle_of_a_restore(tmp_path):
    older = written(tmp_path / "older.db", batches=2)
    path = written(tmp_path / "premia.db", batches=3)
    old, new = events_in(path), events_in(older)
    for at in range(1, 200):
        place = tmp_path / f"{at}" / "premia.db"
        place.parent.mkdir()
        shutil.copy(path, place)
        aside = place.with_name("premia.db.replaced")
        dead = killed(deadly(at, lambda to=(place, aside): copies.restore(older, *to, force=True)))
        assert events_in(place) in (old, new)
        if not dead:
            break

    assert events_in(place) == new
    assert events_in(aside) == old


@pytest.mark.fault(6, "Killed while a configuration is written: the old file or the new one, never half")
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_killed_while_a_configuration_is_written(tmp_path, call):
    path = tmp_path / "premia.toml"
    save(path, "old = 1\n")

    def dies(*_given: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def saving() -> None:
        if call == "fsync":
            os.fsync = dies
        else:
            Path.replace = dies
        save(path, "new = 1\n" * 1000)

    assert killed(saving)
    assert path.read_text() == "old = 1\n"
    save(path, "new = 2\n")
    assert path.read_text() == "new = 2\n"


@pytest.mark.fault(
    8, "Cut off at any offset, the log of the journal loses nothing that was durable before it"
)
def test_the_power_fails_while_the_journal_is_written(tmp_path):
    path = tmp_path / "premia.db"
    sizes = [0]
    wal = path.with_name("premia.db-wal")
    with closing(open_journal(path, "DU1")) as journal:
        for n in range(12):
            journal.append([connected(2 * n), connected(2 * n + 1)], NOW)
            sizes.append(wal.stat().st_size)
        main, log = path.read_bytes(), wal.read_bytes()
        expected = [event for _, event in journal.read()]
    edges = {size + by for size in sizes for by in (-1, 0, 1) if 0 <= size + by <= len(log)}
    counts = []
    for cut in sorted(edges | set(range(0, len(log), 997))):
        place = tmp_path / f"cut-{cut}" / "premia.db"
        place.parent.mkdir()
        place.write_bytes(main)
        place.with_name("premia.db-wal").write_bytes(log[:cut])
        found = events_in(place) if sqlite_has_tables(place) else []
        durable = 2 * sum(size <= cut for size in sizes[1:])
        assert found == expected[: len(found)]
        assert len(found) >= durable
        counts.append(len(found))
        with closing(open_journal(place, "DU1")) as journal:
            journal.append([connected(99)], NOW)
            assert journal.last_sequence() == len(found) + 1

    assert counts[-1] == len(expected)
    assert len(set(counts)) > 10


def sqlite_has_tables(place: Path) -> bool:
    with closing(sqlite3.connect(place)) as db:
        return db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] > 0


class Failing:
    """A journal's connection whose n-th write fails, and all after it until it is mended."""

    def __init__(self, real: sqlite3.Connection, at: int, text: str) -> None:
        self._real, self.left, self.text, self.failed = real, at, text, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def execute(self, query: str, *given: object) -> sqlite3.Cursor:
        if query.startswith("BEGIN"):
            self.left -= 1
            if self.left <= 0 and self.text:
                self.failed += 1
                raise sqlite3.OperationalError(self.text)
        return self._real.execute(query, *given)


@pytest.fixture
async def week(tmp_path) -> AsyncIterator[Days]:
    async with AsyncExitStack() as stack:
        yield await days(stack, tmp_path)


@pytest.mark.fault(
    34,
    "A journal that cannot be written, at whichever write it begins: no order without its durable intent, "
    "a trouble that needs no journal, and trading goes on once it can be written again",
)
@pytest.mark.parametrize(
    "text", ["database or disk is full", "disk I/O error", "attempt to write a readonly database"]
)
@pytest.mark.parametrize("at", [1, 2, 4, 5, 6, 7, 8])
async def test_the_journal_cannot_be_written(week, text, at):
    failing: list[Failing] = []

    def opened(place: Path, account: str):
        journal = open_journal(place, account)
        failing.append(Failing(journal._db.connection, at, text))
        journal._db.connection = failing[-1]
        return journal

    def mended(now: datetime) -> None:
        if failing and failing[-1].failed >= 3:
            failing[-1].text = ""

    week.opened = opened
    week.at_turn = mended
    real = week._paced

    async def paced(pace, to: datetime) -> None:
        mended(to)
        await real(pace, to)

    week._paced = paced
    book = await week.live("2024-03-11 11:00")

    known = {one.key for one in week.facts(ev.OrderRequested)} & {
        one.key for one in week.facts(ev.OrderIdAssigned)
    }
    references = [view.ticket.order_ref for view in week.orders()]
    assert failing[-1].failed >= 3
    assert set(references) <= known
    assert len(references) == len(set(references)) == 1
    assert {kind for kind, _ in week.told} == {"journal"}
    assert book.ready


@pytest.mark.fault(
    34, "A journal that another program locks: nothing is sent meanwhile, and it goes on afterwards"
)
async def test_the_journal_is_locked_by_another_program(week):

    def impatient(place: Path, account: str):
        journal = open_journal(place, account)
        journal._db.execute("PRAGMA busy_timeout = 50")  # how long a lock is waited for, in ms
        return journal

    week.opened = impatient
    await week.live("2024-03-11 09:40")
    other = sqlite3.connect(week.settings.journal, isolation_level=None)
    locked: list[datetime] = []
    sent_while_locked: list[int] = []

    def lock(now: datetime) -> None:
        if not locked and now >= harness.at("2024-03-11 09:55"):
            other.execute("BEGIN IMMEDIATE")
            locked.append(now)
        elif locked and other.in_transaction and now >= harness.at("2024-03-11 10:00"):
            other.execute("ROLLBACK")

    week.at_turn = lock
    real = week._paced

    async def paced(pace, to: datetime) -> None:
        lock(week.clock.now())
        if other.in_transaction:
            sent_while_locked.append(len(week.orders()))
        await real(pace, to)

    week._paced = paced
    book = await week.live("2024-03-11 11:00")
    other.close()

    assert locked
    assert set(sent_while_locked) == {0}
    assert {kind for kind, _ in week.told} == {"journal"}
    assert all("locked" in text for _, text in week.told)
    assert len(week.orders()) == 1
    assert book.ready


@pytest.mark.fault(
    35, "A damaged page or a newer journal: nothing trades, the file is untouched, and db verify says what"
)
@pytest.mark.parametrize("harm", ["page", "row", "newer"])
def test_a_journal_that_cannot_be_used(tmp_path, harm):
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        assert daemon.premia("now").returncode == 0
        daemon.until(lambda: daemon.facts(ev.OrderFilled), "nothing was sold")
        sent = len(daemon.facts(ev.OrderIdAssigned))
        assert daemon.end() == 0
        path = tmp_path / "premia.db"
        content = bytearray(path.read_bytes())
        if harm == "page":
            content[8192:12288] = b"\xa5" * 4096
            path.write_bytes(content)
        else:
            with closing(sqlite3.connect(path)) as db:
                db.execute(
                    "UPDATE events SET payload = replace(payload, '1', '2') WHERE seq = 3"
                    if harm == "row"
                    else f"PRAGMA user_version = {migrations.SCHEMA + 1}"
                )
                db.commit()
        harmed = rows_in(path) if harm == "row" else path.read_bytes()
        once = daemon.premia("run", "--once")
        checked = daemon.premia("db", "verify")

        assert once.returncode == 1
        assert {"page": "damaged", "row": "was altered", "newer": "Upgrade Premia"}[harm] in once.stderr
        assert checked.returncode == 1
        assert "WRONG" in checked.stdout
        assert (rows_in(path) if harm == "row" else path.read_bytes()) == harmed
    assert sent >= 1


@pytest.mark.fault(
    35,
    "Deleted, or an older backup put back: orders that it has forgotten stop everything until a person has "
    "looked; the order that works is not sent a second time",
)
@pytest.mark.parametrize("loss", ["deleted", "older backup"])
async def test_a_journal_that_has_forgotten_its_orders(tmp_path, loss):
    async with a_story(tmp_path, policy=RESTING) as story:
        async with story.engine() as runner:
            await heard(story, runner)
        backup = tmp_path / "early.db"
        copies.back_up(story.journal, backup)
        async with story.engine() as runner:
            await runner.cycle()
            working = {state.key for state in at_work(runner)}
        if loss == "deleted":
            story.journal.unlink()
        else:
            with pytest.raises(NotAllowed, match="would lose what happened since"):
                copies.restore(backup, story.journal, tmp_path / "aside.db")
            copies.restore(backup, story.journal, tmp_path / "aside.db", force=True)
        async with story.engine() as runner:
            halt = runner.book.halts[JOURNAL]
            await runner.cycle()
            await later(story, runner, "2024-03-11 10:40")
            blind = len(story.orders())
            for view in list(story.server.floor.exchange.open_orders()):  # as a person does in TWS
                story.server.floor.exchange.cancel(view.ticket.client_id, view.ticket.order_id)
            await later(story, runner, "2024-03-11 10:41")
            command = ev.OperatorCommand(
                at=runner.book.at, id="1", verb="release", target=JOURNAL, who="anna", why="cancelled by hand"
            )
            await runner.take(command)
            await runner.cycle()
            free = len(story.orders())

    assert working
    assert all(key in halt.why for key in working)
    assert halt.scope == "all"
    assert blind == len(working)
    assert free > blind


@pytest.mark.fault(
    37, "A second process on one journal ends with code 5 and says who writes; one without its lock is fenced"
)
def test_two_processes_on_one_journal(tmp_path):
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        second = daemon.premia("run")
        once = daemon.premia("run", "--once")
        assert (second.returncode, once.returncode) == (5, 5)
        assert f"process {daemon.process.pid}" in second.stderr

        (tmp_path / "premia.db.lock").unlink()  # what a shared folder of two machines may do
        with closing(open_journal(tmp_path / "premia.db", "")):
            daemon.premia("pause", "--wait", "0")  # gives the first one something to write down
            code = daemon.process.wait(60)

        assert code == 5
        assert "taken over by process" in daemon.said.read_text()
        assert not daemon.facts(ev.OrderIdAssigned)


@pytest.mark.fault(
    37, "On another machine with a journal of its own: the gateway lets one client number in, once"
)
@pytest.mark.slow
def test_two_machines_with_one_account(tmp_path):
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        other = tmp_path / "other machine"
        other.mkdir()
        shutil.copy(tmp_path / "premia.toml", other / "premia.toml")
        here, daemon.folder = daemon.folder, other
        second = daemon.premia("run", "--once")
        daemon.folder = here

        assert second.returncode == 3
        assert "Client number 17 is in use" in second.stderr
        assert daemon.premia("now").returncode == 0
        daemon.until(lambda: daemon.facts(ev.OrderFilled), "the first one did not trade on")
        assert daemon.end() == 0


@pytest.mark.fault(
    55, "With orders and positions open, the tables of an older version become ours and the book is the same"
)
@pytest.mark.parametrize("schema", [1, 2, 3])
async def test_brought_up_to_date_with_orders_and_positions_open(tmp_path, schema):
    async with a_story(tmp_path, policy=RESTING) as story:
        async with story.engine() as runner:
            await runner.cycle()
            before, sent = runner.book, len(story.orders())
        of_schema(story.journal, schema)
        with closing(open_journal(story.journal, ACCOUNT)) as journal:
            after = recover(journal)
        async with story.engine() as runner:
            again = {key: state.stage for key, state in runner.book.orders.items()}
            await runner.cycle()
            sent_after = len(story.orders())

        assert (after.orders, after.trades, after.campaigns) == (
            before.orders,
            before.trades,
            before.campaigns,
        )
        assert (after.holdings, after.cash) == (before.holdings, before.cash)
        assert again
        assert set(again.values()) == {Stage.WORKING}
        assert sent_after == sent
        with closing(sqlite3.connect(story.journal)) as db:  # as this version is to one that comes later
            db.execute(f"PRAGMA user_version = {migrations.SCHEMA + 1}")
        with pytest.raises(SchemaTooNew, match="Upgrade Premia; the journal is untouched"):
            open_journal(story.journal, ACCOUNT)


def test_a_sound_journal_is_verified_whole(tmp_path):
    findings = verify(written(tmp_path / "premia.db"))

    assert [one.name for one in findings] == ["place", "tables", "pages", "events", "book"]
    assert all(one.ok for one in findings)
    assert "10 events of DU1" in findings[3].found


def test_a_restore_is_refused_while_somebody_writes(tmp_path):
    path, backup = written(tmp_path / "premia.db"), tmp_path / "backup.db"
    copies.back_up(path, backup)

    with closing(open_journal(path, "DU1")), pytest.raises(JournalHeld):
        copies.restore(backup, path, tmp_path / "aside.db")


def test_a_backup_replaces_nothing_and_one_that_is_not_sound_is_not_restored(tmp_path):
    path, backup = written(tmp_path / "premia.db"), tmp_path / "backup.db"
    backup.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)

    with pytest.raises(NotAllowed, match="replaces nothing"):
        copies.back_up(path, backup)
    with pytest.raises(JournalError):
        copies.restore(backup, path, tmp_path / "aside.db", force=True)
    assert len(events_in(path)) == 10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/adapters/journals/journal.py",
            "        if found is None or int(found[0]) != epoch:",
            "        if found is None:",
            "test_two_processes_on_one_journal",
        ),
        (
            "premia/engine/forgotten.py",
            "    if not unknown:",
            "    if unknown or not unknown:",
            "test_a_journal_that_has_forgotten_its_orders",
        ),
        (
            "premia/adapters/journals/migrations.py",
            '        db.execute("BEGIN IMMEDIATE")',
            '        db.execute("SELECT 1")',
            "test_killed_in_the_middle_of_a_migration",
        ),
    ],
)
def test_a_mutant_is_missed(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
