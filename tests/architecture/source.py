"""The project's own files, read as text and as syntax trees, for tests about the code itself."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "premia"

# Written by people: these folders, and the files beside them.
FOLDERS = (".ci", "benchmarks", "deploy", "docs", "src", "tests", "tools")
TEXT = {
    ".cfg",
    ".css",
    ".html",
    ".js",
    ".json",
    ".md",
    ".py",
    ".service",
    ".sh",
    ".sql",
    ".svg",
    ".toml",
    ".txt",
    ".typed",
    ".yml",
    "",
}


def modules() -> list[Path]:
    """Every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def name(path: Path) -> str:
    """A file as the reader of a failure looks for it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """Syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def written_files() -> Iterator[Path]:
    """Every text file of the project, apart from the pinned packages, which a tool writes."""
    for path in sorted(ROOT.iterdir()):
        if path.is_file() and path.suffix in TEXT and path.name not in ("constraints.txt", ".git"):
            yield path
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts:
                yield path


def lines_with(found: Iterator[tuple[Path, int]]) -> str:
    """Places as `file:line`, one a line; empty where there is none."""
    return "\n".join(f"{name(path)}:{line}" for path, line in found)
