"""A picture of equity against buy-and-hold as one self-contained SVG file: no script, no font, no network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from xml.sax.saxutils import escape

import msgspec

from premia.reporting.equity import Point

_WIDTH, _HEIGHT = 960, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 24, 64, 40
_LINES = 5
_COLOURS = ("#1f5fa8", "#b45f06", "#3f7f3f")
_STEPS = (1, 2, 2.5, 5, 10)


class Series(msgspec.Struct, frozen=True):
    """A named line."""

    name: str
    points: tuple[Point, ...]


class _Frame(msgspec.Struct, frozen=True):
    """From days and dollars to the picture's units."""

    first: date
    last: date
    low: float
    high: float

    def x(self, day: date) -> float:
        span = max((self.last - self.first).days, 1)
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (day - self.first).days / span

    def y(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - self.low) / span


def picture(title: str, series: Sequence[Series]) -> str:
    """The SVG text of several lines on one scale; a sentence instead of lines where none has two points."""
    drawn = [one for one in series if len(one.points) > 1]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"',
        f'  font-family="system-ui, sans-serif" font-size="13"><title>{escape(title)}</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="26" font-size="17" fill="#222222">{escape(title)}</text>',
    ]
    if drawn:
        frame = _frame(drawn)
        parts += [*_grid(frame), *_legend(drawn), *_lines(drawn, frame)]
    else:
        parts.append(f'<text x="{_LEFT}" y="{_HEIGHT // 2}">There are no two days to draw yet.</text>')
    return "\n".join([*parts, "</svg>", ""])


def _frame(series: Sequence[Series]) -> _Frame:
    values = [float(point.value) for one in series for point in one.points]
    days = [point.day for one in series for point in one.points]
    room = (max(values) - min(values)) * 0.04 or 1.0
    return _Frame(min(days), max(days), min(values) - room, max(values) + room)


def _grid(frame: _Frame) -> list[str]:
    """Horizontal lines at round dollars, and dates along the foot; the last one ends where the lines end."""
    parts: list[str] = []
    step = _round_step((frame.high - frame.low) / _LINES)
    level = step * -(-frame.low // step)
    while level <= frame.high:
        y = frame.y(level)
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>'
        )
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555555">{level:,.0f}</text>'
        )
        level += step
    for day in _marks(frame):
        x = frame.x(day)
        anchor = "end" if day == frame.last else "middle"
        parts.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - 16}" text-anchor="{anchor}" fill="#555555">{day}</text>'
        )
    return parts


def _marks(frame: _Frame) -> list[date]:
    """About six days, evenly spread."""
    span = (frame.last - frame.first).days
    count = min(_LINES, max(span, 1))
    return [frame.first + timedelta(days=round(span * n / count)) for n in range(count + 1)]


def _round_step(raw: float) -> float:
    power = 1.0
    while raw / power >= 10:  # noqa: PLR2004 - decimal digits
        power *= 10
    while raw / power < 1:
        power /= 10
    return next(step for step in _STEPS if raw / power <= step) * power


def _legend(series: Sequence[Series]) -> list[str]:
    parts: list[str] = []
    for place, one in enumerate(series):
        x = _LEFT + 260 * place
        colour = _COLOURS[place % len(_COLOURS)]
        parts.append(f'<line x1="{x}" x2="{x + 24}" y1="46" y2="46" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{x + 32}" y="50" fill="#222222">{escape(one.name)}</text>')
    return parts


def _lines(series: Sequence[Series], frame: _Frame) -> list[str]:
    parts: list[str] = []
    for place, one in enumerate(series):
        dots = " ".join(f"{frame.x(p.day):.1f},{frame.y(float(p.value)):.1f}" for p in one.points)
        colour = _COLOURS[place % len(_COLOURS)]
        parts.append(f'<polyline points="{dots}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return parts
