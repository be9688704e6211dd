"""A backtest and what keeps it honest: the same run under other fills, volatilities and futures.

A result that stands only at the middle of the spread, or only at the volatility that happened to be recorded,
is no result; so those runs are made along. And a run that decides otherwise when only the future differs has
seen it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from premia.bootstrap.backtest import Eyes, backtest, instants_of, traded
from premia.bootstrap.backtest_notes import BacktestWish
from premia.bootstrap.histories import History
from premia.bootstrap.settings import Settings
from premia.domain.dates import session_of
from premia.domain.events import AnyEvent
from premia.reporting.backtest.result import Result, result_of, with_variants
from premia.research.altered import another_future

ALPHAS = (0.0, 0.5, 1.0)
POINTS = (-1.0, 1.0)
Told = Callable[[float, str], None]
"""Told how many runs are done, and of which day the present one is."""


def others(wish: BacktestWish) -> tuple[BacktestWish, ...]:
    """The runs to stand beside one: the other places in the spread, and a point of volatility either way."""
    alphas = tuple(wish._replace(alpha=alpha) for alpha in ALPHAS if alpha != wish.alpha)
    points = tuple(wish._replace(iv_shift=wish.iv_shift + points) for points in POINTS)
    return (*alphas, *points)


def judged(settings: Settings, history: History, wish: BacktestWish, told: Told, *, alone: bool) -> Result:
    """A backtest's result with the runs that it must be seen beside.

    Args:
        settings: The configuration, as read.
        history: What was recorded.
        wish: The run.
        told: Progress.
        alone: Whether the run is made alone, with nothing beside it.

    Raises:
        ConfigError: Where the configuration names no symbol.
        MarketDataError: Where a symbol is not recorded, or no snapshot lies in the time asked for.
    """
    sessions = len(instants_of(history.of(traded(settings.config)).market(), wish.first, wish.last))

    def run(place: int, one: BacktestWish) -> Result:
        count = 0

        def progress(day: date, _worth: object) -> None:
            nonlocal count
            count += 1
            told(place + count / sessions, day.isoformat())

        return result_of(backtest(settings, history, one, progress))

    first = run(0, wish)
    if alone:
        return first
    return with_variants(first, [run(place, one) for place, one in enumerate(others(wish), 1)])


class LookAhead(NamedTuple):
    """Whether decisions knew what came later.

    Attributes:
        cuts: Days after which everything was altered, each in a run of its own.
        facts: How many facts up to the last cut were compared.
        seen: The first fact that differed although only its future did, as text; empty where none did.
    """

    cuts: tuple[date, ...]
    facts: int
    seen: str

    @property
    def text(self) -> str:
        """What was found, in one sentence."""
        days = ", ".join(str(day) for day in self.cuts)
        if self.seen:
            return f"Decisions know the future: with other prices after {days}, this differs: {self.seen}"
        return (
            f"No decision knew the future: with other prices after {days}, all {self.facts:,} facts until "
            "then are the same."
        )


def look_ahead(
    settings: Settings, history: History, wish: BacktestWish, told: Told, eyes: Eyes | None = None
) -> LookAhead:
    """Run again with other prices after some days; what was decided until then must stay.

    Args:
        settings: The configuration, as read.
        history: What was recorded.
        wish: The run.
        told: Progress.
        eyes: How the market is looked at; as in every backtest where none is given.
    """
    chosen = history.of(traded(settings.config))
    days = [session_of(at) for at in instants_of(chosen.market(), wish.first, wish.last)]
    cuts = tuple(dict.fromkeys(days[len(days) * part // 4] for part in (1, 2, 3)))
    base = backtest(settings, history, wish, eyes=eyes).facts
    compared, seen = 0, ""
    for place, cut in enumerate(cuts):
        told(1.0 + place, cut.isoformat())
        other = chosen.altered(lambda panel, cut=cut: another_future(panel, cut, seed=1))
        end = chosen.calendar.on_or_before(cut).closes
        facts = backtest(settings, other, wish, eyes=eyes).facts
        mine, theirs = _until(base, end), _until(facts, end)
        compared = max(compared, len(mine))
        seen = seen or _difference(mine, theirs)
    return LookAhead(cuts, compared, seen)


def _until(facts: Sequence[AnyEvent], end: datetime) -> list[AnyEvent]:
    return [fact for fact in facts if fact.at <= end]


def _difference(mine: Sequence[AnyEvent], theirs: Sequence[AnyEvent]) -> str:
    for one, other in zip(mine, theirs, strict=False):
        if one != other:
            return f"{type(one).__name__} of {one.at:%Y-%m-%d %H:%M}: {str(one)[:300]}"
    if len(mine) != len(theirs):
        return f"{len(mine)} facts against {len(theirs)}"
    return ""
