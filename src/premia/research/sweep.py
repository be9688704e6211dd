"""Sweeps: many configurations of the wheel over the chains of years, and one of them in full.

Each configuration trades each underlying on its own, with its own cash; what it earned on all of them is
added up. A sweep screens: what it leaves to the engine stands in `ASSUMPTIONS`, and whoever shows its figures
shows those, too. Blocks of configurations are walked by threads, and the answer is the same for any number
of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import ConfigError
from premia.domain.sessions import Sessions
from premia.research.configs import records
from premia.research.course import Course, Facts, Float64s, Terms, course_of
from premia.research.layout import CENT, DEED, GRAIN, LEG, LEGS, STATE
from premia.research.market import Quotes
from premia.store.panel import Int64s, Panel
from premia.strategies.wheel_params import Params

ASSUMPTIONS = (
    "Each underlying is traded on its own, with its own cash: no rule of the whole account refuses anything.",
    "An order fills whole on the snapshot of its decision, at the stated place in the spread, or not at all.",
    "Every session from the first to the last day is recorded; holders exercise on recorded evenings.",
    "All holders exercise early where it pays, or none ever does.",
    "Cash earns and costs no interest, and counts from the day of its trade, settled or not.",
    "Fewer than 10,000 contracts a month: the first tier of commissions.",
    "Stocks and funds with one trading class and no splits; options of 100 shares.",
    "At most 24 options are open at a time on an underlying; a configuration that wanted more says so.",
)
"""What a sweep takes for granted and the engine does not."""

USUAL = Terms()
EVERY = slice(None)
_ALPHA = 10_000
BLOCK = 512
"""Configurations of a block: enough to share the quotes of a day, few enough for the nearest cache."""


class Underlying(NamedTuple):
    """A panel with what else is known of it."""

    panel: Panel
    facts: Facts = Facts()


class Result(NamedTuple):
    """What became of c configurations, over all underlyings together; all of shape (c,).

    Attributes:
        profit, fees, premium, equity: USD; premium is net, before fees.
        trades, rolls, takes, stops, defended, expired, assigned, called, early: Counts of options.
        closed, won: Options that ended, and those that ended worthless or were bought back for less.
        drawdown: Deepest fall of net liquidation from its peak, fraction.
        margin_peak: Initial margin by Regulation T, the sum of each underlying's highest, USD.
        overflow: Sales that were left out because too many options were open.
    """

    profit: Float64s
    fees: Float64s
    premium: Float64s
    equity: Float64s
    trades: Int64s
    closed: Int64s
    won: Int64s
    rolls: Int64s
    takes: Int64s
    stops: Int64s
    defended: Int64s
    expired: Int64s
    assigned: Int64s
    called: Int64s
    early: Int64s
    drawdown: Float64s
    margin_peak: Float64s
    overflow: Int64s


class Traced(NamedTuple):
    """One configuration on one underlying, in full.

    Attributes:
        result: As of a sweep of it alone.
        deeds: Everything that became of its options, `DEED`, in order.
        curve: Net liquidation after each recorded day, USD, shape (d,).
    """

    result: Result
    deeds: NDArray[np.void]
    curve: Float64s


class Prepared(NamedTuple):
    """An underlying with all configurations, as columns that are walked."""

    quotes: Quotes
    course: Course
    wants: NDArray[np.void]


_COUNTS = (
    "trades",
    "closed",
    "won",
    "rolls",
    "takes",
    "stops",
    "defended",
    "expired",
    "assigned",
    "called",
    "early",
    "overflow",
)


def sweep(
    underlyings: Sequence[Underlying],
    configs: Sequence[Params],
    sessions: Sessions,
    terms: Terms = USUAL,
    threads: int = 2,
) -> Result:
    """Walk all configurations through all underlyings.

    Args:
        underlyings: Panels with what is known of them; all of the same days where drawdowns are to mean
            anything together.
        configs: The wheel's parameters; each must trade every underlying.
        sessions: Trading days, until beyond the last expiry.
        terms: Cash, fills, and how holders exercise.
        threads: Blocks walked at a time.

    Raises:
        ConfigError: Where there is nothing to walk, or a configuration does not fit.
        MarketDataError: Where an underlying lacks what a sweep needs.
    """
    return sweep_prepared(prepared(underlyings, configs, sessions), terms=terms, threads=threads)


def prepared(
    underlyings: Sequence[Underlying], configs: Sequence[Params], sessions: Sessions
) -> tuple[Prepared, ...]:
    """Underlyings and configurations as columns, for whoever walks them more than once.

    Raises:
        ConfigError: Where there is nothing to walk, or a configuration does not fit.
        MarketDataError: Where an underlying lacks what a sweep needs.
    """
    if not underlyings or not configs:
        raise ConfigError("A sweep needs at least one underlying and one configuration. Name both.")
    return tuple(_prepare(one, configs, sessions) for one in underlyings)


def sweep_prepared(
    ready: Sequence[Prepared], some: slice = EVERY, terms: Terms = USUAL, threads: int = 2
) -> Result:
    """Walk configurations that are prepared, all of them or a part.

    Args:
        ready: As `prepared` made it.
        some: Which configurations.
        terms: Cash, fills, and how holders exercise.
        threads: Blocks walked at a time.
    """
    first, stop, _ = some.indices(ready[0].wants.size)
    blocks = [slice(start, min(start + BLOCK, stop)) for start in range(first, stop, BLOCK)]

    def walked(block: slice) -> Result:
        return _block(ready, block, terms)

    if threads > 1 and len(blocks) > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(walked, blocks))
    else:
        parts = [walked(block) for block in blocks]
    return Result(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def trace(
    underlying: Underlying, params: Params, sessions: Sessions, terms: Terms = USUAL, deeds: int = 100_000
) -> Traced:
    """One configuration on one underlying, with everything that became of its options.

    Args:
        underlying: The panel with what is known of it.
        params: The wheel's parameters.
        sessions: Trading days, until beyond the last expiry.
        terms: Cash, fills, and how holders exercise.
        deeds: The most that is written down.
    """
    one = _prepare(underlying, [params], sessions)
    states, logs = _states(1, terms), np.zeros((1, deeds), dtype=DEED)
    curve = np.zeros((one.course.day.size, 1), dtype=np.float64)
    _walk(one, slice(0, 1), (states, logs), terms, curve)
    result = _result([states], curve, terms)
    return Traced(result, logs[0, : int(states["logged"][0])], curve[:, 0])


def _prepare(underlying: Underlying, configs: Sequence[Params], sessions: Sessions) -> Prepared:
    panel, facts = underlying
    quotes = Quotes(panel.quotes, panel.groups, panel.day_groups, panel.next, panel.iv, panel.open_interest)
    return Prepared(quotes, course_of(panel, facts, sessions), records(configs, panel.symbol))


def _block(prepared: Sequence[Prepared], block: slice, terms: Terms) -> Result:
    days = max(one.course.day.size for one in prepared)
    count = prepared[0].wants[block].size
    curve = np.zeros((days, count), dtype=np.float64)
    books: list[NDArray[np.void]] = []
    for one in prepared:
        states = _states(count, terms)
        _walk(one, block, (states, np.zeros((count, 0), dtype=DEED)), terms, curve)
        books.append(states)
    return _result(books, curve, terms)


def _walk(
    one: Prepared,
    block: slice,
    books: tuple[NDArray[np.void], NDArray[np.void]],
    terms: Terms,
    curve: Float64s,
) -> None:
    from premia.research.compiled import walker  # noqa: PLC0415 - the compiler is loaded by whoever walks

    states, logs = books
    legs = np.zeros((states.size, LEGS), dtype=LEG)
    how = (int(terms.alpha * _ALPHA), terms.early, terms.late_rolls)
    walker()(one.quotes, one.course, one.wants[block], (states, legs, logs), how, curve)


def _states(count: int, terms: Terms) -> NDArray[np.void]:
    states = np.zeros(count, dtype=STATE)
    states["cash"] = int(terms.cash * 100) * CENT
    return states


def _result(books: Sequence[NDArray[np.void]], curve: Float64s, terms: Terms) -> Result:
    start = float(terms.cash) * len(books)
    peak = np.maximum(np.maximum.accumulate(curve, axis=0), start)
    equity = _sum(books, "equity")
    return Result(
        profit=equity - start,
        fees=_sum(books, "paid") / GRAIN,
        premium=_sum(books, "earned") / GRAIN,
        equity=equity,
        drawdown=(1.0 - curve / peak).max(axis=0, initial=0.0),
        margin_peak=_sum(books, "margin_peak"),
        **{name: _sum(books, name) for name in _COUNTS},
    )


def _sum(books: Sequence[NDArray[np.void]], name: str) -> NDArray[Any]:
    """A column of all underlyings added up, in their order whatever the number of configurations."""
    total = books[0][name].copy()
    for states in books[1:]:
        total += states[name]
    return total
