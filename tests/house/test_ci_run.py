"""`.ci/run` runs everything in order, fails where a part fails, and ends with the test runner's own line."""

import os
import shutil
import subprocess

import pytest

from tests.architecture.source import ROOT

DEFAULT_LINE = "===== 12 passed in 3.00s ====="


@pytest.fixture
def checkout(tmp_path):
    """A checkout in which every part only says that it ran; `slow` is how the slow tests end."""
    if shutil.which("make") is None or shutil.which("bash") is None:
        pytest.skip("make or bash is not on this machine")

    def make(slow_line="===== 3 passed in 9.00s =====", slow_code=0, check_code=0):
        (tmp_path / ".ci").mkdir()
        shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
        makefile = f"test:\n\t@echo '{DEFAULT_LINE}'\ncheck:\n\t@echo checked; exit {check_code}\n"
        makefile += "test-postgresql:\n\t@echo on PostgreSQL\n"
        (tmp_path / "Makefile").write_text(makefile, encoding="utf-8")
        python = tmp_path / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(
            f"#!/bin/sh\necho \"ran $*\"\necho '{slow_line}'\nexit {slow_code}\n", encoding="utf-8"
        )
        python.chmod(0o755)
        # These tests run under make themselves; what it tells its children is not for the inner one.
        own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        return subprocess.run(
            ["bash", ".ci/run"],
            cwd=tmp_path,
            env=own,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return make


def test_it_ends_with_the_closing_line_of_the_default_suite(checkout):
    outcome = checkout()

    lines = outcome.stdout.splitlines()
    assert outcome.returncode == 0, outcome.stderr
    order = [lines.index(one) for one in ("checked", "on PostgreSQL", "ran -m pytest -m slow tests")]
    assert order == sorted(order)
    assert lines[-2:] == ["slow tests: ===== 3 passed in 9.00s =====", DEFAULT_LINE]


def test_a_checkout_without_slow_tests_is_green(checkout):
    assert checkout("===== no tests ran in 0.01s =====", slow_code=5).returncode == 0


def test_a_failing_slow_test_fails_the_run(checkout):
    assert checkout("===== 1 failed in 9.00s =====", slow_code=1).returncode == 1


def test_a_failing_check_stops_before_the_slow_tests(checkout):
    outcome = checkout(check_code=1)

    assert outcome.returncode != 0
    assert "ran -m pytest" not in outcome.stdout
