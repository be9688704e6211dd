"""Charts of a report: lines and areas as inline SVG that stretches, with labels beside it as text.

The drawing is stretched to whatever width there is, its strokes are not, and labels are text of the page:
so a chart is as readable on a phone as on paper. Colours are classes of the page's style, light and dark;
lines differ in their dashes too, for whoever cannot tell the colours apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from premia.reporting.backtest.html import Html, el, percent, usd

_SIDE = 1000.0
_POINTS_MAX = 900
_TICKS = 5
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_DECADE = 10.0
_ROOM = 0.04
_DIGITS_MAX = 6


class Line(NamedTuple):
    """A series: values by day, in the look of a class (`a` is the run itself, `b` to `f` others)."""

    name: str
    look: str
    days: Sequence[date]
    values: Sequence[float]


class Span(NamedTuple):
    """A level from one day to another with what it means, as a trade at its strike; `mark` dots its end."""

    look: str
    first: date
    last: date
    level: float
    meaning: str
    mark: bool


class Chart(NamedTuple):
    """What is drawn.

    Attributes:
        title: Short; a screen reader reads it and `words`.
        percents: Whether values are fractions, written as percents; otherwise they are USD.
        area: Whether the first line is filled down (or up) to zero.
        zero: Whether zero belongs to the scale.
        split: The first day out of sample, shaded to the end.
        tall: Whether it gets the larger height.
    """

    title: str
    words: str
    lines: Sequence[Line]
    percents: bool = False
    spans: Sequence[Span] = ()
    area: bool = False
    zero: bool = False
    split: date | None = None
    tall: bool = False


class _Frame(NamedTuple):
    """From days and values to the square of the drawing."""

    first: date
    last: date
    low: float
    high: float

    def x(self, day: date) -> float:
        return _SIDE * (day - self.first).days / max((self.last - self.first).days, 1)

    def y(self, value: float) -> float:
        return _SIDE * (self.high - value) / (self.high - self.low)


def chart(one: Chart, name: str) -> Html:
    """A figure with drawing, labels and legend; a sentence where there are no two days to draw.

    Args:
        one: What is drawn.
        name: Unique on the page, for the labels of a screen reader.
    """
    drawn = [line for line in one.lines if len(line.days) > 1]
    if not drawn:
        return el("p", "There are no two days to draw.", cls="quiet")
    frame = _frame(one, drawn)
    ticks, step = _ticks(frame)
    digits = _digits(step * 100.0 if one.percents else step)
    write = percent if one.percents else usd
    svg = el(
        "svg",
        el("title", one.title, id=f"{name}-t"),
        el("desc", one.words, id=f"{name}-d"),
        *_shade(one, frame),
        *(_path(f"M0 {frame.y(tick):.1f}H{_SIDE:.0f}", "grid") for tick in ticks),
        *(_area(drawn[0], frame) if one.area else ()),
        *(_path(_trace(line, frame), f"line {line.look}") for line in reversed(drawn)),
        *(part for span in one.spans for part in _span(span, frame)),
        viewBox=f"0 0 {_SIDE:.0f} {_SIDE:.0f}",
        preserveAspectRatio="none",
        role="img",
        aria_labelledby=f"{name}-t {name}-d",
    )
    sides = el(
        "div",
        *(el("span", write(tick, digits), style=f"top:{frame.y(tick) / 10:.2f}%") for tick in ticks),
        cls="side",
        aria_hidden="true",
    )
    feet = el(
        "div",
        *(el("span", day.isoformat(), style=f"left:{frame.x(day) / 10:.2f}%") for day in _days(frame)),
        cls="foot",
        aria_hidden="true",
    )
    plot = el("div", sides, el("div", svg, feet, cls="plot"), cls="chart tall" if one.tall else "chart")
    return el("figure", plot, _legend(one, drawn))


def _frame(one: Chart, lines: Sequence[Line]) -> _Frame:
    values = [value for line in lines for value in line.values] + [span.level for span in one.spans]
    if one.zero:
        values.append(0.0)
    low, high = min(values), max(values)
    room = (high - low) * _ROOM or max(abs(high), 1.0) * _ROOM
    first = min(line.days[0] for line in lines)
    last = max(line.days[-1] for line in lines)
    flat = one.zero and one.area and low != high
    return _Frame(
        first, last, low if flat and low == 0.0 else low - room, high if flat and high == 0.0 else high + room
    )


def _ticks(frame: _Frame) -> tuple[list[float], float]:
    """Round values across the height, and the step between them."""
    step = _round((frame.high - frame.low) / _TICKS)
    first = -(-frame.low // step)
    count = int((frame.high - first * step) // step) + 1
    return [(first + n) * step for n in range(count)], step


def _digits(step: float) -> int:
    """As many decimals as tell a step from its neighbours."""
    return next((n for n in range(_DIGITS_MAX) if abs(round(step, n) - step) < step / 100.0), _DIGITS_MAX)


def _round(raw: float) -> float:
    power = 1.0
    while raw / power >= _DECADE:
        power *= _DECADE
    while raw / power < 1.0:
        power /= _DECADE
    return next(step for step in _STEPS if raw / power <= step) * power


def _days(frame: _Frame) -> list[date]:
    """Five days, evenly spread, both ends included."""
    span = (frame.last - frame.first).days
    count = min(_TICKS - 1, max(span, 1))
    return [frame.first + timedelta(days=round(span * n / count)) for n in range(count + 1)]


def _trace(line: Line, frame: _Frame) -> str:
    points = [
        f"{frame.x(line.days[place]):.1f} {frame.y(line.values[place]):.1f}" for place in _kept(line.values)
    ]
    return "M" + "L".join(points)


def _kept(values: Sequence[float]) -> list[int]:
    """Places that are drawn: all of a short series, of a long one the lowest and highest of each part."""
    count = len(values)
    if count <= _POINTS_MAX:
        return list(range(count))
    width = -(-count * 2 // _POINTS_MAX)
    kept = {0, count - 1}
    for start in range(0, count, width):
        part = range(start, min(start + width, count))
        kept |= {min(part, key=values.__getitem__), max(part, key=values.__getitem__)}
    return sorted(kept)


def _area(line: Line, frame: _Frame) -> list[Html]:
    zero = frame.y(min(max(0.0, frame.low), frame.high))
    first, last = frame.x(line.days[0]), frame.x(line.days[-1])
    return [
        _path(f"{_trace(line, frame)}L{last:.1f} {zero:.1f}L{first:.1f} {zero:.1f}Z", f"area {line.look}")
    ]


def _shade(one: Chart, frame: _Frame) -> list[Html]:
    if one.split is None or not frame.first < one.split <= frame.last:
        return []
    x = frame.x(one.split)
    return [_path(f"M{x:.1f} 0H{_SIDE:.0f}V{_SIDE:.0f}H{x:.1f}Z", "shade")]


def _span(span: Span, frame: _Frame) -> list[Html]:
    y = frame.y(span.level)
    first, last = frame.x(span.first), frame.x(span.last)
    meaning = el("title", span.meaning)
    parts = [el("path", meaning, d=f"M{first:.1f} {y:.1f}H{last:.1f}", cls=f"span {span.look}")]
    if span.mark:
        parts.append(el("path", meaning, d=f"M{last:.1f} {y:.1f}h.01", cls=f"dot {span.look}"))
    return parts


def _path(path: str, look: str) -> Html:
    return el("path", d=path, cls=look)


def _legend(one: Chart, lines: Sequence[Line]) -> Html:
    items = [el("li", _key(f"line {line.look}"), line.name) for line in lines]
    looks = sorted({span.look for span in one.spans})
    items += [el("li", _key(f"span {look}"), f"{look}s at their strikes") for look in looks]
    if one.split is not None:
        items.append(el("li", el("i", cls="swatch"), "out of sample"))
    return el("figcaption", el("ul", *items, cls="legend"), el("p", one.words))


def _key(look: str) -> Html:
    return el("svg", _path("M0 5H28", look), viewBox="0 0 28 10", aria_hidden="true")
