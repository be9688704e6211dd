"""What the account was worth over time, and what simply holding the underlying would have been worth.

Equity is the net liquidation value that the broker last told in each session. Buy-and-hold puts the
same first value into whole shares at the first session's close, keeps the rest as idle cash, and takes
dividends in cash; prices and dividends are given by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from premia.domain import events as ev
from premia.domain.dates import YEAR_DAYS, session_of
from premia.domain.known import Known

_NOTHING = Decimal(0)


class Point(msgspec.Struct, frozen=True):
    """Worth in USD on a session's day."""

    day: date
    value: Decimal


class Performance(msgspec.Struct, frozen=True):
    """A series of values in figures.

    Attributes:
        total: Growth over the whole time, a fraction.
        annual: Compound growth a year (ACT/365), a fraction; None under 30 days.
        drawdown: Deepest fall from an earlier high, a fraction of that high, not negative.
        underwater_days: Longest time below an earlier high, calendar days.
    """

    first: Decimal
    last: Decimal
    total: float
    annual: float | None
    drawdown: float
    underwater_days: int


class Comparison(msgspec.Struct, frozen=True):
    """Equity beside buy-and-hold, on the same days."""

    equity: tuple[Point, ...]
    holding: tuple[Point, ...]
    ours: Performance
    theirs: Performance
    sentence: str


def equity(events: Iterable[tuple[int, ev.AnyEvent]]) -> list[Point]:
    """Net liquidation by session: the last one told in each; sessions without one are absent."""
    worth: dict[date, Decimal] = {}
    for _sequence, event in events:
        if isinstance(event, ev.BrokerObserved) and isinstance(event.account, Known):
            value = event.account.value.net_liquidation
            if value is not None:
                worth[session_of(event.account.as_of)] = value
    return [Point(day, worth[day]) for day in sorted(worth)]


def buy_and_hold(
    start: Decimal, closes: Sequence[tuple[date, Decimal]], dividends: Mapping[date, Decimal] | None = None
) -> list[Point]:
    """Worth of `start` dollars put into whole shares at the first close.

    Args:
        start: USD.
        closes: Day and closing price a share, in order.
        dividends: USD a share by ex-date; counted as idle cash from that day on.
    """
    if not closes:
        return []
    paid = dividends or {}
    shares = start // closes[0][1]
    cash = start - shares * closes[0][1]
    points: list[Point] = []
    before = closes[0][0]
    for day, close in closes:
        cash += shares * sum((each for ex, each in paid.items() if before < ex <= day), _NOTHING)
        points.append(Point(day, cash + shares * close))
        before = day
    return points


def performance(points: Sequence[Point]) -> Performance | None:
    """The figures of a series; None for fewer than two points."""
    if len(points) < 2:  # noqa: PLR2004 - growth needs a first and a last value
        return None
    first, last = points[0], points[-1]
    growth = float(last.value / first.value)
    days = (last.day - first.day).days
    high, high_day = first.value, first.day
    drawdown, underwater = 0.0, 0
    for point in points:
        if point.value >= high:
            high, high_day = point.value, point.day
        drawdown = max(drawdown, float(1 - point.value / high))
        underwater = max(underwater, (point.day - high_day).days)
    return Performance(
        first=first.value,
        last=last.value,
        total=growth - 1,
        annual=growth ** (YEAR_DAYS / days) - 1 if days >= 30 and growth > 0 else None,  # noqa: PLR2004 - a month at least
        drawdown=drawdown,
        underwater_days=underwater,
    )


def compare(points: Sequence[Point], holding: Sequence[Point], name: str) -> Comparison | None:
    """Both series on the days that they share; None for fewer than two such days.

    Args:
        points: Our equity.
        holding: Buy-and-hold.
        name: What was held, for the sentence.
    """
    theirs = {point.day: point for point in holding}
    mine = tuple(point for point in points if point.day in theirs)
    other = tuple(theirs[point.day] for point in mine)
    ours, held = performance(mine), performance(other)
    if ours is None or held is None:
        return None
    return Comparison(mine, other, ours, held, _sentence(ours, held, name))


def _sentence(ours: Performance, held: Performance, name: str) -> str:
    """One plain sentence on who was ahead, and at what price in falls."""
    behind = ours.last < held.last
    gap = abs(ours.last - held.last)
    verdict = "trails" if behind else "is ahead of" if gap else "equals"
    amount = f" by {gap:,.0f} USD" if gap else ""
    return (
        f"The wheel {verdict} holding {name}{amount}: {ours.last:,.0f} USD ({ours.total:+.1%}) against "
        f"{held.last:,.0f} USD ({held.total:+.1%}); "
        f"deepest fall {ours.drawdown:.1%} against {held.drawdown:.1%}."
    )
