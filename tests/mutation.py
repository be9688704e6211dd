"""Alter one line of a production module in a copy, and see a test fail: what a test proves, it must miss.

The copy of `src/` lies in a temporary folder that comes first on the path of a new process; the checkout
is never touched.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
_LIMIT_S = 110
_FAILED = 1  # what pytest returns when tests ran and some failed; anything else is no proof


class Altered(NamedTuple):
    """One line of a module, by its path below `src/`, and what stands there in the copy."""

    module: str
    line: str
    altered: str


@contextmanager
def a_copy(*changes: Altered) -> Iterator[dict[str, str]]:
    """The environment of a process that runs on a copy of `src/` with some lines altered."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "src"
        shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
        for module, line, altered in changes:
            text = (copy / module).read_text(encoding="utf-8")
            found = text.count(line)
            assert found == 1, f"{module}: {line!r} is found {found} times, must be there once"
            (copy / module).write_text(text.replace(line, altered), encoding="utf-8")
        path = os.pathsep.join([str(copy), str(ROOT)])
        # No byte code is read or kept: the altered file may be as long and as old as the original.
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTEST_XDIST_WORKER", None)
        yield environment


def ran(command: Sequence[str], environment: dict[str, str], limit_s: float) -> subprocess.CompletedProcess:
    """A program of the checkout, run to its end."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )


def assert_mutant_fails(module: str, line: str, altered: str, test: str) -> None:
    """Hold `test` to failing when `line` of a module reads `altered`.

    Args:
        module: Path of the module below `src/`, such as `premia/engine/gate.py`.
        line: Text that occurs exactly once in the module.
        altered: What stands there in the copy.
        test: Node of pytest, relative to the checkout.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", test]
    with a_copy(Altered(module, line, altered)) as environment:
        done = ran(command, environment, _LIMIT_S)
    output = done.stdout[-3000:] + done.stderr[-1000:]
    assert done.returncode == _FAILED, (
        f"the altered module was not missed (code {done.returncode}):\n{output}"
    )
