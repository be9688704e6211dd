"""The page of faults is what the tests say, every fault has a test, and every altered line is still there."""

import importlib
import importlib.util
from types import ModuleType

import pytest

from tests.architecture.source import ROOT

FAULTS = ROOT / "tests" / "faults"


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("faults_page", ROOT / "tools" / "faults_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def known(of: ModuleType) -> dict[int, str]:
    return {number: what for group in of.GROUPS.values() for number, what in group.items()}


def test_the_page_is_up_to_date():
    page = (ROOT / "docs" / "reference" / "faults.md").read_text(encoding="utf-8")

    assert tool().page(page) == page, "run `make docs`"


def test_every_mark_is_of_a_known_fault_and_says_what_comes_of_it():
    of = tool()
    strange = [one for one in of.plays() if one.fault not in known(of) or len(one.outcome.split()) < 4]

    assert strange == []


def test_the_numbers_are_those_that_can_happen_to_it():
    """47 to 50 are faults of a web page, which there is none of yet."""
    assert sorted(known(tool())) == [*range(1, 47), *range(51, 57)]


def mutants() -> list[tuple[str, str, str]]:
    """File of faults, module and line of everything that a mutation test alters."""
    found = []
    for path in sorted(FAULTS.glob("test_*.py")):
        module = importlib.import_module(f"tests.faults.{path.stem}")
        for test in vars(module).values():
            for mark in getattr(test, "pytestmark", []):
                names = mark.args[0] if mark.name == "parametrize" else ()
                if tuple(names)[:3] == ("module", "line", "altered"):
                    found += [(path.stem, case[0], case[1]) for case in mark.args[1]]
    return found


@pytest.mark.parametrize(("where", "module", "line"), mutants())
def test_a_line_that_a_mutation_test_alters_is_there_once(where, module, line):
    text = (ROOT / "src" / module).read_text(encoding="utf-8")

    assert text.count(line) == 1, f"{where}: {module}: {line!r} is there {text.count(line)} times"


def test_every_file_of_faults_has_a_mutation_test():
    without = [
        path.stem
        for path in FAULTS.glob("test_*.py")
        if "assert_mutant_fails" not in path.read_text(encoding="utf-8")
    ]

    assert without == []
