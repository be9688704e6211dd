"""What no file of the project says: work left undone, checks silenced without a reason, a machine's paths."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import source

# Each word is joined here from parts, so that this file does not say it either.
UNDONE = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "raise Not" + "ImplementedError"]
MACHINE = ["/wo" + "rk/", "/tm" + "p/", "/ro" + "ot/", "/ho" + "me/", "/Use" + "rs/"]
REGISTRY = ["pypi" + ".org", "pythonhosted" + ".org", "find" + "-links =", "index" + "-url ="]
PATCHED = ["monkeypatch" + ".setattr", "unittest" + "." + "mock.patch"]
SILENCED = re.compile("#.*?(no" + r"qa|type:\s*ignore|pyright:\s*ignore)")
WITH_REASON = re.compile("#.*?(no" + r"qa: [A-Z0-9, ]+|ignore\[[\w, -]+\])\s*[-#(:;,]*\s*\S+(\s+\S+)+")


def places(pattern: re.Pattern[str], paths: Iterator[Path]) -> Iterator[tuple[Path, int]]:
    """Every line of the files in which the pattern occurs."""
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if pattern.search(line):
                yield path, number


@pytest.mark.parametrize("word", UNDONE)
def test_nothing_is_left_for_later(word):
    assert source.lines_with(places(re.compile(rf"\b{word}\b"), source.written_files())) == ""


@pytest.mark.parametrize("path", MACHINE)
def test_no_file_names_a_path_of_one_machine(path):
    assert (
        source.lines_with(places(re.compile(rf"(?<![\w.]){re.escape(path)}"), source.written_files())) == ""
    )


@pytest.mark.parametrize("host", REGISTRY)
def test_no_file_names_a_package_registry(host):
    everything = [*source.written_files(), source.ROOT / "constraints.txt"]

    assert source.lines_with(places(re.compile(re.escape(host)), iter(everything))) == ""


@pytest.mark.parametrize("word", PATCHED)
def test_no_test_patches(word):
    assert source.lines_with(places(re.compile(re.escape(word)), source.written_files())) == ""


def test_a_silenced_check_says_why():
    """A reason in words stands behind the code: `noqa` alone tells the next reader nothing."""
    python = (
        path for path in source.written_files() if path.suffix == ".py" and path != Path(__file__).resolve()
    )
    silenced = (
        (path, line)
        for path, line in places(SILENCED, python)
        if not WITH_REASON.search(path.read_text(encoding="utf-8").splitlines()[line - 1])
    )

    assert source.lines_with(silenced) == ""


@pytest.mark.parametrize(
    ("line", "reasoned"),
    [
        ("x  # no" + "qa: PLR2004 - the closing hour itself", True),
        ("x  # no" + "qa: PLR2004", False),
        ("x  # no" + "qa", False),
        ("x  # pyright: ig" + "nore[reportUnknown] - the library has no types", True),
        ("x  # type: ig" + "nore", False),
    ],
)
def test_a_reason_is_told_from_a_bare_code(line, reasoned):
    assert SILENCED.search(line)
    assert bool(WITH_REASON.search(line)) is reasoned
