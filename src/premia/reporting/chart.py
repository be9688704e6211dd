"""A line chart in text, for a terminal: two series in a few rows of Unicode, labelled at the edge."""

from __future__ import annotations

from collections.abc import Sequence

from premia.reporting.equity import Point

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # a Braille cell's dots, rows by columns
_BLANK = 0x2800


def chart(series: Sequence[Point], width: int = 72, height: int = 12) -> list[str]:
    """Rows of text that draw a series, its highest value on top; empty for fewer than two points.

    Args:
        series: Points in order of days.
        width: Cells of the drawing from left to right, labels not counted.
        height: Rows.
    """
    return overlay([series], width, height)


def overlay(many: Sequence[Sequence[Point]], width: int = 72, height: int = 12) -> list[str]:
    """Rows of text that draw several series on one scale; those without two points are left out."""
    drawn = [series for series in many if len(series) > 1]
    if not drawn:
        return []
    values = [float(point.value) for series in drawn for point in series]
    low, high = min(values), max(values)
    days = [point.day.toordinal() for series in drawn for point in series]
    cells = [[_BLANK] * width for _ in range(height)]
    for series in drawn:
        _draw(cells, _resampled(series, min(days), max(days), 2 * width), low, high)
    labels = [f"{high - (high - low) * row / max(height - 1, 1):>12,.0f}" for row in range(height)]
    rows = [f"{label} |{''.join(map(chr, line))}" for label, line in zip(labels, cells, strict=True)]
    first = min(series[0].day for series in drawn)
    last = max(series[-1].day for series in drawn)
    return [*rows, f"{'':>12} +{first.isoformat()}{'':{max(width - 20, 1)}}{last.isoformat()}"]


def _resampled(series: Sequence[Point], first: int, last: int, columns: int) -> list[float | None]:
    """The newest value at each of `columns` equally spaced days; None before the first point."""
    found: list[float | None] = []
    place, value = 0, None
    for column in range(columns):
        day = first + (last - first) * column / max(columns - 1, 1)
        while place < len(series) and series[place].day.toordinal() <= day:
            value = float(series[place].value)
            place += 1
        found.append(value)
    return found


def _draw(cells: list[list[int]], values: Sequence[float | None], low: float, high: float) -> None:
    dots = 4 * len(cells) - 1
    span = high - low or 1.0
    before: int | None = None
    for x, value in enumerate(values):
        if value is None:
            continue
        y = round((high - value) / span * dots)
        for step in range(
            min(y, y if before is None else before), max(y, y if before is None else before) + 1
        ):
            cells[step // 4][x // 2] |= _DOTS[step % 4][x % 2]
        before = y
