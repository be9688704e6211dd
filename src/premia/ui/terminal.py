"""Tables and progress bars for people: imported only where somebody is looking."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from premia.ui.screen import Column

_PADDING = 3  # beside each column
_TEXT_WIDTH = 18  # a longer text folds


def table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Draw a table on standard output, without the columns that do not fit; colours obey NO_COLOR."""
    console = Console(highlight=False)
    if not rows:
        console.print(Text(f"{title}: none"))
        return
    kept = fitting(columns, rows, console.width)
    drawn = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=SIMPLE_HEAD)
    for place in kept:
        column = columns[place]
        justify = "right" if column.number else "left"
        drawn.add_column(column.title, justify=justify, overflow="fold", no_wrap=column.number)
    for row in rows:
        drawn.add_row(*(Text(row[place]) for place in kept))
    console.print(drawn)
    left_out = [column.title for place, column in enumerate(columns) if place not in kept]
    if left_out:
        console.print(Text(f"Left out for want of width: {', '.join(left_out)}.", style="dim"))


def fitting(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Places of the columns that fit side by side; texts may fold, numbers may not."""
    kept = list(range(len(columns)))
    widths = [_width(column, [row[place] for row in rows]) for place, column in enumerate(columns)]
    while sum(widths[place] + _PADDING for place in kept) > width:
        spare = max(kept, key=lambda place: (columns[place].spare, place))
        if not columns[spare].spare:
            break
        kept.remove(spare)
    return kept


def _width(column: Column, cells: Sequence[str]) -> int:
    natural = max(len(text) for text in (column.title, *cells))
    return natural if column.number else min(natural, max(_TEXT_WIDTH, len(column.title)))


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
