"""A run beside what one could have held instead, and plainly where it was behind.

The strictest comparison is the last: index and Treasury bills in the parts that moved as much with the
market as the run did. Whoever only took less risk than the index is not ahead of that mix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from premia.metrics.compare import Comparison, Regression, Side, compare, compare_with_mix
from premia.metrics.returns import total, wealth
from premia.metrics.series import Floats
from premia.reporting.backtest.figures import PERIODS, Wealth
from premia.reporting.backtest.ran import Benchmark, BenchmarkKind

MIX = "mix"
"""Kind of the comparison with index and bills of equal beta."""


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """A run beside one alternative, over the same days.

    Attributes:
        kind: `holding`, `index`, `bills`, `published`, or `mix` for index and bills of equal beta.
        values: What the run's capital and deposits would have become, USD, on the eve of the first session
            and on each.
        total, ours: Growth over the whole time of the alternative, and of the run.
        behind: USD by which the run ended below the alternative; negative where it ended above.
        trails: Whether it ended below.
        excess: Growth a year above the alternative's, a fraction; None where either has none.
        side: The alternative in figures.
        sentence: All of that in words.
        beta, alpha, alpha_error: Of the run on the index, alpha a year with its standard error; mix only.
    """

    name: str
    kind: str
    source: str
    values: tuple[float, ...]
    total: float
    ours: float
    behind: float
    trails: bool
    excess: float | None
    side: Side
    correlation: float | None
    tracking_error: float | None
    information_ratio: float | None
    up_capture: float | None
    down_capture: float | None
    sentence: str
    beta: float | None = None
    alpha: float | None = None
    alpha_error: float | None = None


class _Named(NamedTuple):
    name: str
    kind: str
    source: str


class _Held(NamedTuple):
    """An alternative, and its returns over the run's periods, shape (n,)."""

    named: _Named
    returns: Floats


def riskless(wealth_: Wealth, benchmarks: Sequence[Benchmark]) -> Floats:
    """Return of Treasury bills in each of a worth's periods; zeros where the run has no bills. Shape (n,)."""
    bills = next((one for one in benchmarks if one.kind is BenchmarkKind.BILLS), None)
    return np.zeros(wealth_.returns.size) if bills is None else _returns(bills, wealth_)


def comparisons(wealth_: Wealth, benchmarks: Sequence[Benchmark], rate: Floats) -> tuple[Against, ...]:
    """One comparison a benchmark, in their order, and the mix of equal beta last.

    Of several held symbols, equal parts of all of them come first: whoever traded four symbols could have
    held the four, and a beta on one of them would leave the others out.

    Args:
        wealth_: The run.
        benchmarks: Days that one lacks take its level before; before its first level it stands still.
        rate: Riskless return a period, shape (n,).
    """
    if not wealth_.returns.size:
        return ()
    held = [
        _Held(_Named(one.name, one.kind.value, one.source), _returns(one, wealth_))
        for one in benchmarks
        if one.levels
    ]
    held = [*_basket(held), *held]
    told = [_against(one.named, wealth_, one.returns, rate) for one in held]
    mixed = _mix(wealth_, held, rate)
    return (*told, *(() if mixed is None else (mixed,)))


def yardstick(told: Sequence[Against]) -> Against | None:
    """The comparison by which a run is judged: the mix, else a holding, an index, bills; None without any."""
    order = (MIX, *(kind.value for kind in (BenchmarkKind.HOLDING, BenchmarkKind.INDEX, BenchmarkKind.BILLS)))
    return next((one for kind in order for one in told if one.kind == kind), None)


def _basket(held: Sequence[_Held]) -> list[_Held]:
    """Equal parts of all held symbols, bought on the first day and left alone; none of one symbol or none."""
    several = [one for one in held if one.named.kind == BenchmarkKind.HOLDING.value]
    if len(several) <= 1:
        return []
    worth = np.mean([wealth(one.returns) for one in several], axis=0)
    source = "bought on the first day with as much money in each, and left alone"
    named = _Named(f"equal parts of {len(several)} symbols", BenchmarkKind.HOLDING.value, source)
    return [_Held(named, worth[1:] / worth[:-1] - 1.0)]


def _mix(wealth_: Wealth, held: Sequence[_Held], rate: Floats) -> Against | None:
    kinds = (BenchmarkKind.INDEX.value, BenchmarkKind.HOLDING.value)
    index = next((one for kind in kinds for one in held if one.named.kind == kind), None)
    if index is None:
        return None
    mixed = compare_with_mix(wealth_.returns, index.returns, PERIODS, rate)
    if mixed is None:
        return None
    beta = mixed.regression.beta
    rest = "bills" if any(one.named.kind == BenchmarkKind.BILLS.value for one in held) else "idle cash"
    part = round(beta, 2) or 0.0  # what rounds to nothing has no sign
    name = f"{part:.0%} {index.named.name}, {1 - part:.0%} {rest}"
    named = _Named(name, MIX, "equal beta, put back to its parts every session")
    return _against(named, wealth_, mixed.returns, rate, mixed.regression)


def _against(
    named: _Named, wealth_: Wealth, theirs: Floats, rate: Floats, line: Regression | None = None
) -> Against:
    told = compare(wealth_.returns, theirs, PERIODS, rate)
    values = _grown(theirs, wealth_)
    behind = float(values[-1] - wealth_.values[-1])
    growths = (total(theirs), total(wealth_.returns))
    return Against(
        name=named.name,
        kind=named.kind,
        source=named.source,
        values=tuple(round(one, 2) for one in values.tolist()),
        total=growths[0],
        ours=growths[1],
        behind=behind,
        trails=behind > 0.0,
        excess=told.excess_growth,
        side=told.theirs,
        correlation=told.correlation,
        tracking_error=told.tracking_error,
        information_ratio=told.information_ratio,
        up_capture=told.up_capture,
        down_capture=told.down_capture,
        sentence=_sentence(named.name, growths, behind, told),
        beta=None if line is None else line.beta,
        alpha=None if line is None else line.alpha,
        alpha_error=None if line is None else line.alpha_error,
    )


def _grown(theirs: Floats, wealth_: Wealth) -> Floats:
    """What the run's capital and deposits would have become. Shape (n + 1,)."""
    if not np.any(wealth_.flows):
        return wealth(theirs) * wealth_.values[0]
    values = [float(wealth_.values[0])]
    for growth, flow in zip(theirs.tolist(), wealth_.flows.tolist(), strict=True):
        values.append((values[-1] + flow) * (1.0 + growth))
    return np.array(values)


def _sentence(name: str, growths: tuple[float, float], behind: float, told: Comparison) -> str:
    """One plain sentence on who was ahead, and at what price in falls."""
    theirs, ours = growths
    verdict = "trails" if behind > 0.0 else "is ahead of"
    return (
        f"The run {verdict} {name} by {abs(behind):,.0f} USD: {ours:+.1%} against {theirs:+.1%}; "
        f"deepest fall {abs(told.ours.max_drawdown):.1%} against {abs(told.theirs.max_drawdown):.1%}."
    )


def _returns(benchmark: Benchmark, wealth_: Wealth) -> Floats:
    """Returns over the run's periods, from the newest level on or before each day. Shape (n,)."""
    days = np.array(benchmark.days, dtype="datetime64[D]")
    place = np.clip(np.searchsorted(days, wealth_.days, side="right") - 1, 0, None)
    levels = np.array(benchmark.levels, dtype=np.float64)[place]
    return levels[1:] / levels[:-1] - 1.0
