"""Tables and progress bars for people: imported only where somebody is looking."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from premia.ui.screen import Column


def table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Draw a table on standard output; colours obey NO_COLOR."""
    console = Console(highlight=False)
    if not rows:
        console.print(Text(f"{title}: none"))
        return
    drawn = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        drawn.add_column(column.title, justify="right" if column.number else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    console.print(drawn)


class Bar:
    """A progress bar that is told how far things are."""

    def __init__(self, progress: Progress, task: int) -> None:
        self._progress = progress
        self._task = task

    def at(self, done: float, text: str = "") -> None:
        """Show `done` of the whole, and a few words."""
        self._progress.update(self._task, completed=done, words=text)  # pyright: ignore[reportArgumentType] - rich's TaskID is an int


@contextmanager
def bar(title: str, total: float) -> Generator[Bar]:
    """A bar on standard error while the work in the context goes on."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        yield Bar(progress, progress.add_task(title, total=total, words=""))
