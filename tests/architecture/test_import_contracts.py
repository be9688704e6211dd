"""The import contracts hold, and each of them is broken by the import that it forbids."""

import os
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.architecture import source

SETTINGS = source.ROOT / "pyproject.toml"
# The rooms that decide; all others reach out into the world, or show it.
CORE = ("domain", "ports", "pricing", "metrics", "margin", "strategies", "rules", "engine", "exchange")


def lint(folder):
    """Outcome of the import contracts on the package that lies in a folder."""
    return subprocess.run(
        [sys.executable, "-c", "import importlinter.cli as c; c.lint_imports_command()", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def copy(tmp_path):
    """The package and its contracts, to be altered."""
    shutil.copytree(source.PACKAGE, tmp_path / "premia", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SETTINGS, tmp_path / "pyproject.toml")
    return tmp_path


def plant(folder, module, line):
    path = folder / "premia" / module
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")


def test_the_contracts_hold(copy):
    outcome = lint(copy)

    assert outcome.returncode == 0, outcome.stdout
    assert "0 broken" in outcome.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("domain/money.py", "import premia.ports", "Imports point down"),
        ("domain/money.py", "import time", "The core asks nobody"),
        ("exchange/types.py", "import random", "The core asks nobody"),
        ("gateway/wire.py", "import ib_async", "Only adapters.ib knows"),
        ("adapters/calendars.py", "import premia.adapters.history_arch", "Adapters do not know"),
        ("domain/dates.py", "import premia.domain.sessions", "Modules of one room"),
    ],
)
def test_a_forbidden_import_is_seen(copy, module, line, contract):
    plant(copy, module, line)

    outcome = lint(copy)

    assert outcome.returncode == 1
    assert f"{contract}" in outcome.stdout
    assert "BROKEN" in next(row for row in outcome.stdout.splitlines() if row.startswith(contract))


def test_a_new_room_needs_a_place_in_the_order(copy):
    (copy / "premia" / "attic").mkdir()
    (copy / "premia" / "attic" / "__init__.py").write_text(
        '"""A room that no layer names."""\n', encoding="utf-8"
    )

    assert lint(copy).returncode == 1


def test_every_core_room_is_held_to_the_core_contract():
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    contracts = {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}
    held = {module.removeprefix("premia.") for module in contracts["core"]["source_modules"]}

    assert held == set(CORE)
