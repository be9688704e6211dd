"""What the doctor finds on this machine, before any gateway."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from premia.adapters.ib.doctor import Check
from premia.adapters.journals.places import open_journal
from premia.bootstrap.doctor import machine
from premia.ui.doctor import _code
from premia.ui.exits import Code
from tests.events_of_every_kind import connected


def found(journal, account="DU1") -> dict[str, Check]:
    return {check.name: check for check in machine(journal, account)}


def test_a_new_machine_is_well_and_says_that_there_is_no_journal_yet(tmp_path):
    checks = found(tmp_path / "premia.db")

    assert all(check.ok and not check.advice for check in checks.values())
    assert checks["journal"].found == "none yet; the first run makes premia.db"


def test_a_journal_is_counted(tmp_path):
    with closing(open_journal(tmp_path / "premia.db", "DU1")) as journal:
        journal.append([connected(), connected(1)], datetime(2026, 1, 15, tzinfo=UTC))

    assert found(tmp_path / "premia.db")["journal"].found == "2 events of DU1"


def test_the_journal_of_another_account_is_wrong(tmp_path):
    with closing(open_journal(tmp_path / "premia.db", "DU1")) as journal:
        journal.append([connected()], datetime(2026, 1, 15, tzinfo=UTC))

    check = found(tmp_path / "premia.db", "DU2")["journal"]
    assert (check.ok, "journal of account DU1, not of DU2" in check.found) == (False, True)


def test_a_damaged_journal_is_wrong_and_nothing_runs_before_it_is_right(tmp_path):
    (tmp_path / "premia.db").write_bytes(b"damaged" * 100)

    check = found(tmp_path / "premia.db")["journal"]
    assert not check.ok
    assert check.advice == "Nothing runs before the journal is right."


def test_a_folder_that_is_not_there_is_wrong(tmp_path):
    checks = found(tmp_path / "missing" / "premia.db")

    assert (checks["disk"].ok, checks["disk"].advice) == (False, "Make the folder.")
    assert not checks["folder"].ok


def test_a_disk_without_the_room_that_a_journal_needs_is_wrong(tmp_path):
    check = machine(tmp_path / "premia.db", "DU1", free_min_mb=10**12)[0]

    assert not check.ok
    assert check.advice.startswith("Free some space")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ([], Code.OK),
        (["clock"], Code.FAILED),
        (["paper account", "clock"], Code.REFUSED),
        (["gateway", "disk"], Code.BROKER),
    ],
)
def test_what_is_wrong_decides_the_exit_code(wrong, code):
    checks = [Check("folder", ok=True, found=""), *(Check(name, ok=False, found="") for name in wrong)]

    assert _code(checks) == code
