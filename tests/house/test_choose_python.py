"""The interpreter for `make` is the newest that really runs, whatever names lie on the path."""

import os
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT

SHELL_TOOLS = "/usr/bin:/bin"


@pytest.fixture
def path(tmp_path):
    """A folder of interpreters by name, first on the path: `works` is this one, `shim` starts nothing."""

    def make(**kinds):
        for name, kind in kinds.items():
            file = tmp_path / name.replace("_", ".")
            body = f'exec "{sys.executable}" "$@"' if kind == "works" else "echo not installed >&2; exit 127"
            file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
            file.chmod(0o755)
        return tmp_path

    return make


def choose(folder, **environment):
    outcome = subprocess.run(
        ["/bin/sh", str(ROOT / "tools" / "choose_python.sh")],
        env={"PATH": f"{folder}:{SHELL_TOOLS}", "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return outcome.returncode, outcome.stdout.strip(), outcome.stderr


def test_the_newest_name_that_works_is_taken(path):
    folder = path(python3_14="works", python3_12="works")

    assert choose(folder) == (0, str(folder / "python3.14"), "")


def test_a_shim_that_starts_nothing_is_passed_over(path):
    folder = path(python3_14="shim", python3_13="works")

    assert choose(folder)[:2] == (0, str(folder / "python3.13"))


def test_a_named_interpreter_is_taken_as_it_is(path):
    folder = path(python3_14="works", mine="works")

    assert choose(folder, PYTHON=str(folder / "mine"))[:2] == (0, str(folder / "mine"))


def test_a_named_interpreter_that_does_not_run_is_told_and_not_replaced(path):
    folder = path(python3_14="works", mine="shim")

    code, chosen, error = choose(folder, PYTHON=str(folder / "mine"))

    assert (code, chosen) == (1, "")
    assert f"PYTHON is {folder / 'mine'}, which does not run as Python 3.11 to 3.14" in error
