"""The program as others start it: its codes, its one line of error, and what it never loads."""

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from premia.adapters.journals.places import open_journal
from premia.ui import cli
from premia.ui.exits import Code
from tests.unit.reporting.story import whole_turn

HEAVY = {"numpy", "pandas", "pydantic", "ib_async", "exchange_calendars", "rich", "asyncio", "arch"}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder to work in, whose configuration names `wheel.db`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "premia.toml").write_text('[journal]\npath = "wheel.db"\n', encoding="utf-8")
    return tmp_path


@pytest.fixture
def journal(folder) -> Path:
    """A journal of a whole turn."""
    path = folder / "wheel.db"
    with closing(open_journal(path, "DU1")) as kept:
        kept.append(whole_turn(), datetime(2026, 2, 23, 17, tzinfo=UTC))
    return path


def premia(*arguments: str) -> None:
    """A command that must work."""
    result = CliRunner().invoke(cli.app, list(arguments))
    assert result.exit_code == 0, result.output


def started(*arguments: str, cwd: Path):
    """The program in a process of its own."""
    command = [sys.executable, "-m", "premia.ui.cli", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


def loaded_by(*arguments: str, cwd: Path) -> set[str]:
    """Packages that a verb loads, its result aside."""
    program = (
        "import sys\nfrom premia.ui.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n"
        "    print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n    raise end"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stderr.split())


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(
    "arguments", [("--help",), ("version",), ("status",), ("status", "--json"), ("orders",), ("why", "XYZ")]
)
def test_help_and_reading_verbs_load_nothing_heavy(folder, arguments):
    assert loaded_by(*arguments, cwd=folder) & HEAVY == set()


def test_help_loads_no_verb_and_lists_all(folder):
    done = started("--help", cwd=folder)

    assert done.returncode == 0
    for name, verb in cli.VERBS.items():
        assert f"  {name}" in done.stdout
        assert verb.help in done.stdout
    assert "msgspec" not in loaded_by("--help", cwd=folder)


def test_a_process_ends_with_the_code_and_one_text(folder):
    done = started("status", cwd=folder)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("premia: There is no journal")


@pytest.mark.usefixtures("journal")
def test_a_reader_that_stops_early_does_no_harm(folder):
    """As `premia orders | head -0` does."""
    command = f"{sys.executable} -m premia.ui.cli orders | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


def test_a_second_writer_ends_with_its_own_code(folder):
    premia("init", "--capital", "25000", "--account", "DU1000001", "--force")
    with closing(open_journal(folder / "premia.db", "DU1000001")):
        done = started("run", "--once", cwd=folder)

    assert done.returncode == Code.HELD
    assert "is being written by process" in done.stderr


def test_no_gateway_ends_with_its_own_code_and_sends_nothing(folder):
    premia("init", "--capital", "25000", "--port", "1", "--force")

    for arguments in (("plan",), ("run", "--once"), ("doctor",)):
        done = started(*arguments, cwd=folder)
        assert done.returncode == Code.BROKER, done.stderr
        assert "Traceback" not in done.stderr
