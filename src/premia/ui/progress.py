"""Progress of long work, on standard error and only where somebody is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module

from premia.ui.screen import note

Report = Callable[[float, str], None]
"""Told how much of the whole is done, and a few words."""


@contextmanager
def bar(title: str, total: float) -> Generator[Report]:
    """A progress bar on a terminal; elsewhere a line now and then, so that logs show that work goes on."""
    if sys.stderr.isatty():
        with import_module("premia.ui.terminal").bar(title, total) as drawn:
            yield drawn.at
        return
    shown = [-1]

    def tell(done: float, text: str = "") -> None:
        tenth = int(done / total * 10) if total else 10
        if tenth > shown[0]:
            shown[0] = tenth
            note(f"{title}: {tenth * 10} % {text}".rstrip())

    yield tell


def steps(text: str) -> None:
    """A step of short work: said where somebody is looking."""
    if sys.stderr.isatty():
        note(text)
