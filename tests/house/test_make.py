"""The commands that the README promises exist, and tell what they are for."""

import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.architecture.source import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, flags=re.MULTILINE))


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_make_alone_lists_every_command():
    if shutil.which("make") is None:
        pytest.skip("make is not on this machine")

    lines = run("make", "help").stdout.splitlines()
    listed = {line.split()[0] for line in lines if line.startswith("  ")}

    assert listed == TARGETS
    assert {"demo", "test", "check", "bench"} <= listed


def test_the_readme_opens_with_the_two_commands():
    first_screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:20]

    assert any(line.startswith("make demo") for line in first_screen)
    assert any(line.startswith("make test") for line in first_screen)


def test_bench_without_a_name_lists_the_benchmarks():
    outcome = run(sys.executable, "tools/bench.py")
    there = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if not path.stem.startswith("_")}

    assert outcome.returncode == 0
    assert {line.split()[0] for line in outcome.stdout.splitlines()[1:]} == there


def test_an_unknown_benchmark_is_told_with_those_that_exist():
    outcome = run(sys.executable, "tools/bench.py", "nonsense")

    assert outcome.returncode == 2
    assert outcome.stderr.startswith("There is no benchmark named nonsense. Known: ")


def test_every_pin_has_hashes_and_covers_what_premia_needs():
    """The file alone installs everything: dependencies, extras and the build backend."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    pinned = {re.split(r"==", entry)[0].lower().replace("_", "-") for entry in entries}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
    ]

    assert all("--hash=sha256:" in entry and "==" in entry for entry in entries)
    assert {re.split(r"[><=~\[ ]", one)[0].lower().replace("_", "-") for one in wanted} <= pinned
