"""Alter one line of a production module in a copy, and see a test fail: what a test proves, it must miss.

The copy of `src/` lies in a temporary folder that comes first on the path of a new process; the checkout
is never touched.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LIMIT_S = 110
_FAILED = 1  # what pytest returns when tests ran and some failed; anything else is no proof


def assert_mutant_fails(module: str, line: str, altered: str, test: str) -> None:
    """Hold `test` to failing when `line` of a module reads `altered`.

    Args:
        module: Path of the module below `src/`, such as `premia/engine/gate.py`.
        line: Text that occurs exactly once in the module.
        altered: What stands there in the copy.
        test: Node of pytest, relative to the checkout.
    """
    text = (ROOT / "src" / module).read_text(encoding="utf-8")
    found = text.count(line)
    assert found == 1, f"{module}: {line!r} is found {found} times, must be there once"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "src"
        shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / module).write_text(text.replace(line, altered), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", test]
        path = os.pathsep.join([str(copy), str(ROOT)])
        # No byte code is read or kept: the altered file may be as long and as old as the original.
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTEST_XDIST_WORKER", None)
        ran = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
    output = ran.stdout[-3000:] + ran.stderr[-1000:]
    assert ran.returncode == _FAILED, f"the altered module was not missed (code {ran.returncode}):\n{output}"
