"""Which options exist at an instant: expiries, and strikes around the price.

Expiries are those of a liquid US underlying: every Friday for eight weeks, the third Friday of each
month for a year, the last session of each quarter for a year; a holiday moves an expiry to the
session before it. An index has two classes: the monthly third Friday settles in the morning (AM),
all others at the close (PM); shares and funds have one class.

Strikes follow the price. Each expiry is listed with a fine grid near the price and coarser ones
farther out; when the price moves, strikes are added on the next morning, and a strike once listed
stays until its expiry. So the strikes of an expiry are the grid around the whole range of daily
closes since its listing, which is a function of market time alone. The fine grid is laid in the last
`FINE_DAYS` days only. An n-for-1 split divides every strike listed before it by n, to the cent.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import InvariantViolated
from premia.domain.instrument import Index, Option, Settlement, Style
from premia.domain.money import to_cents
from premia.domain.sessions import Sessions
from premia.exchange.types_market import Listing, Series
from premia.exchange.underlyings import UnderlyingSetup

WEEKLY_DAYS = 57
YEAR_DAYS = 371
FINE_DAYS = 63
_FRIDAY = 4
_THIRD_WEEK = range(15, 22)


class Grid(NamedTuple):
    """One level of strikes: multiples of `step` within `reach` (a fraction) of the price."""

    step: Decimal
    reach: float


class Expiry(NamedTuple):
    """An expiry date with the first day on which it is listed, and whether it is the monthly one."""

    day: date
    listed: date
    monthly: bool


def expiries(sessions: Sessions, day: date) -> tuple[Expiry, ...]:
    """The expiries listed on `day` and not yet past, ascending.

    Raises:
        InvariantViolated: Where the calendar ends before the last expiry that must be listed.
    """
    horizon = day + timedelta(days=YEAR_DAYS)
    if horizon > sessions.last.day:
        raise InvariantViolated(
            f"Options of {day} expire until {horizon}; the calendar ends on {sessions.last.day}. "
            f"Load a longer one."
        )
    schedule = scheduled(sessions)
    first = bisect_left(schedule, day, key=_day_of)
    last = bisect_right(schedule, horizon, key=_day_of)
    return tuple(one for one in schedule[first:last] if one.listed <= day)


@lru_cache(maxsize=8)
def scheduled(sessions: Sessions) -> tuple[Expiry, ...]:
    """Every expiry that a calendar holds, ascending."""
    found: dict[date, Expiry] = {}
    for wanted, ahead, monthly in _wanted(sessions.first.day, sessions.last.day):
        actual = sessions.on_or_before(wanted).day
        one = Expiry(actual, actual - timedelta(days=ahead), monthly)
        other = found.get(actual)
        if other is not None:
            one = Expiry(actual, min(one.listed, other.listed), monthly or other.monthly)
        found[actual] = one
    return tuple(found[day] for day in sorted(found))


def _day_of(expiry: Expiry) -> date:
    return expiry.day


def _wanted(first: date, last: date) -> Iterator[tuple[date, int, bool]]:
    """Every day on which an expiry falls by the rule, with the days for which it is listed before."""
    day = first
    while day <= last:
        if day.weekday() == _FRIDAY:
            third = day.day in _THIRD_WEEK
            yield day, YEAR_DAYS if third else WEEKLY_DAYS, third
        if day.month in (3, 6, 9, 12) and (day + timedelta(days=1)).day == 1:
            yield day, YEAR_DAYS, False
        day += timedelta(days=1)


def grids(price: float, *, index: bool, fund: bool) -> tuple[Grid, Grid, Grid]:
    """Fine, middle and wide grid of strikes at a price, as liquid US underlyings have them."""
    if index:
        fine = Decimal(5) if price >= 1000 else Decimal(1)  # noqa: PLR2004 - as the S&P 500 against its tenth
    elif fund:
        fine = Decimal(1)
    else:
        bounds = (25, 150, 400, 1000)
        steps = ("0.5", "1", "2.5", "5", "10")
        fine = Decimal(steps[sum(price >= bound for bound in bounds)])
    return Grid(fine, 0.12), Grid(fine * 5, 0.35), Grid(fine * 10, 0.60)


class _Level(NamedTuple):
    """The multiples `first` to `last` of a step, divided by the splits since; empty where last < first."""

    step: Decimal
    first: int
    last: int
    factor: int


class Lister:
    """The listings of one underlying, a function of the day; remembers what it has worked out."""

    def __init__(self, setup: UnderlyingSetup, sessions: Sessions) -> None:
        self._setup = setup
        self._sessions = sessions
        self._days = np.array([day.toordinal() for day in setup.history.days], dtype=np.int64)
        self._listings: dict[date, Listing] = {}
        self._known: dict[tuple[date, date], tuple[_Level, ...]] = {}
        self._expiries = {one.day: one for one in scheduled(sessions)}
        self._index = isinstance(setup.contract, Index)
        for split in setup.splits:
            if split.denominator != 1:
                raise InvariantViolated(
                    f"{setup.symbol}: a {split.numerator}:{split.denominator} split on {split.ex} adjusts "
                    f"contracts; the simulated market lists n-for-1 splits only."
                )

    def listing(self, day: date) -> Listing:
        """All series that exist on `day`; those that expire on it included."""
        known = self._listings.get(day)
        if known is None:
            series = [self._series(one, day) for one in expiries(self._sessions, day)]
            known = Listing(self._setup.symbol, tuple(one for one in series if one.strikes))
            if len(self._listings) >= 64:  # noqa: PLR2004 - two months of days, a few hundred kilobytes
                self._listings.clear()
            self._listings[day] = known
        return known

    def has(self, option: Option, day: date) -> bool:
        """Whether exactly this option exists on `day`; looks at its own expiry only."""
        expiry = self._expiries.get(option.expiry)
        if expiry is None or not expiry.listed <= day <= expiry.day:
            return False
        trading_class, _, settlement = self._settles(expiry)
        plain = option.multiplier == 100 and not option.adjusted  # noqa: PLR2004 - shares of a contract
        same = option.settlement is settlement and (option.trading_class or option.symbol) == trading_class
        return plain and same and option.strike in _strike_set(self._levels(expiry, day))

    def ever(self, expiry: date) -> tuple[Decimal, ...]:
        """Every strike that an expiry has until its last day, as far as history knows."""
        found = self._expiries.get(expiry)
        return () if found is None else self.strikes(found, expiry)

    def strikes(self, expiry: Expiry, day: date) -> tuple[Decimal, ...]:
        """The strikes of an expiry on `day`, ascending; empty where there is no close to lay them around."""
        return _laid(self._levels(expiry, day))

    def _levels(self, expiry: Expiry, day: date) -> tuple[_Level, ...]:
        known = self._known.get((expiry.day, day))
        if known is None:
            known = tuple(self._levels_of(expiry, day))
            if len(self._known) >= 2048:  # noqa: PLR2004 - some months of days
                self._known.clear()
            self._known[expiry.day, day] = known
        return known

    def _levels_of(self, expiry: Expiry, day: date) -> Iterator[_Level]:
        until = bisect_left(self._setup.history.days, day)
        since = self._row_before(expiry.listed)
        fine_from = expiry.day - timedelta(days=FINE_DAYS)
        fine_since = self._row_before(fine_from) if day >= fine_from else until
        for start, stop, factor in _regimes(self._setup, self._days, day):
            first, last = max(start, since), min(stop, until)
            seen = self._setup.history.close[first:last]
            if seen.size:
                fine, middle, wide = grids(float(seen[0]), index=self._index, fund=self._setup.settings.etf)
                recent = self._setup.history.close[max(first, fine_since) : last]
                yield _level(fine, _span(recent), factor)
                span = _span(seen)
                yield _level(middle, span, factor)
                yield _level(wide, span, factor)

    def _row_before(self, day: date) -> int:
        return max(bisect_left(self._setup.history.days, day) - 1, 0)

    def _series(self, expiry: Expiry, day: date) -> Series:
        trading_class, style, settlement = self._settles(expiry)
        return Series(expiry.day, self.strikes(expiry, day), trading_class, style, settlement)

    def _settles(self, expiry: Expiry) -> tuple[str, Style, Settlement]:
        symbol = self._setup.symbol
        if not self._index:
            return symbol, Style.AMERICAN, Settlement.SHARES
        if expiry.monthly:
            return symbol, Style.EUROPEAN, Settlement.CASH_AM
        return f"{symbol}W", Style.EUROPEAN, Settlement.CASH_PM


def _span(closes: NDArray[np.float64]) -> tuple[float, float] | None:
    """The lowest and the highest of these closes; None where there is none."""
    return (float(closes.min()), float(closes.max())) if closes.size else None


def _level(grid: Grid, span: tuple[float, float] | None, factor: int) -> _Level:
    if span is None:
        return _Level(grid.step, 1, 0, factor)
    step = float(grid.step)
    first = max(math.ceil(span[0] * (1.0 - grid.reach) / step), 1)
    return _Level(grid.step, first, math.floor(span[1] * (1.0 + grid.reach) / step), factor)


@lru_cache(maxsize=4096)
def _strike_set(levels: tuple[_Level, ...]) -> frozenset[Decimal]:
    return frozenset(_laid(levels))


@lru_cache(maxsize=4096)
def _laid(levels: tuple[_Level, ...]) -> tuple[Decimal, ...]:
    found: set[Decimal] = set()
    for step, first, last, factor in levels:
        strikes = (step * n for n in range(first, last + 1))
        found |= set(strikes) if factor == 1 else {to_cents(one / factor) for one in strikes}
    return tuple(sorted(found))


def _regimes(setup: UnderlyingSetup, days: NDArray[np.int64], day: date) -> Iterator[tuple[int, int, int]]:
    """Rows between two splits, with the factor by which later ones (until `day`) divided their strikes."""
    splits = [split for split in setup.splits if split.ex <= day]
    starts = [0, *(int(np.searchsorted(days, split.ex.toordinal())) for split in splits)]
    stops = [*starts[1:], days.size]
    for i, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        yield start, stop, math.prod(split.numerator for split in splits[i:])
