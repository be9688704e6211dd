"""The live engine, and whoever only asks for help, never loads the compiler."""

import subprocess
import sys

import pytest

from tests.architecture import source

COMPILER = ("numba", "llvmlite")


@pytest.mark.parametrize(
    "module",
    [
        "premia.bootstrap.daemon",
        "premia.bootstrap.live",
        "premia.bootstrap.unattended",
        "premia.exchange",
        "premia.pricing.bulk",
        "premia.ui.cli",
    ],
)
def test_no_compiler_is_loaded_with(module):
    """It costs a second and a hundred megabytes, and nothing that trades needs it."""
    program = f"import sys, {module}; print(*(name for name in {COMPILER} if name in sys.modules))"

    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert answer.stdout.split() == []


def test_one_module_of_a_room_loads_the_compiler():
    """Whoever wants it imports that module inside a function, so that nothing else pays."""
    users: dict[str, list[str]] = {}
    for path in source.modules():
        text = path.read_text(encoding="utf-8")
        if any(line.startswith(("import numba", "from numba")) for line in text.splitlines()):
            users.setdefault(path.parent.name, []).append(path.name)
    assert users.pop("pricing") == ["compiled.py"]
    assert all(len(names) == 1 for names in users.values()), users
