"""Runs side by side: their figures, and what differs in configuration, settings and data.

Two runs are told apart by what was changed between them, so differences stand beside the figures. Where
more than the parameters differ (other days, other data, another version), a note says so first: then
a better figure may come from there and not from the parameters.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import cast

import msgspec

from premia.domain.errors import ConfigError
from premia.metrics.returns import wealth
from premia.reporting.backtest.draw import Chart, Line, chart
from premia.reporting.backtest.figures import Figures, wealth_of
from premia.reporting.backtest.html import NONE, Html, el, join, number, percent, table, usd
from premia.reporting.backtest.page import document
from premia.reporting.backtest.result import Result

_LOOKS = "abcdef"
_LEAST = 2


class Unit(Enum):
    """How a figure is written."""

    FRACTION = "fraction"
    USD = "usd"
    NUMBER = "number"
    COUNT = "count"


class Row(msgspec.Struct, frozen=True):
    """One figure of every run, in the order of the runs; None where it is undefined."""

    name: str
    unit: Unit
    values: tuple[float | None, ...]

    @property
    def known(self) -> bool:
        """Whether any run has it."""
        return any(value is not None for value in self.values)


class Difference(msgspec.Struct, frozen=True):
    """A key whose values are not the same in all runs; None where a run does not have it."""

    key: str
    values: tuple[str | None, ...]


class RunComparison(msgspec.Struct, frozen=True):
    """Runs side by side.

    Attributes:
        names: Of the runs, each once; a name that comes twice gets a number.
        rows: Their figures.
        settings: What differs in how they were made.
        config: What differs in their configurations, by dotted key.
        notes: What keeps the figures from being compared, the most serious first; empty where nothing does.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    settings: tuple[Difference, ...]
    config: tuple[Difference, ...]
    notes: tuple[str, ...]


def compare(results: Sequence[Result]) -> RunComparison:
    """Two runs or more side by side.

    Raises:
        ConfigError: If there are fewer than two.
    """
    if len(results) < _LEAST:
        raise ConfigError(f"A comparison takes two results or more; found {len(results)}.")
    return RunComparison(
        names=_names([one.name for one in results]),
        rows=tuple(Row(name, unit, tuple(of(one) for one in results)) for name, unit, of in _ROWS),
        settings=_differences([_flat(msgspec.to_builtins(one.settings)) for one in results]),
        config=_differences([_read(one) for one in results]),
        notes=tuple(_notes(results)),
    )


def comparison_page(results: Sequence[Result]) -> str:
    """The comparison as one HTML file that needs nothing else."""
    told = compare(results)
    heads = (("Figure", False), *((name, True) for name in told.names))
    rows = [[row.name, *(written(row.unit, value) for value in row.values)] for row in told.rows if row.known]
    body = (
        el("header", el("p", "Premia backtests", cls="brand"), el("h1", f"{len(results)} runs side by side")),
        el(
            "main",
            *(el("p", note, cls="verdict trails") for note in told.notes),
            _growths(results, told.names),
            table(heads, rows, "Figures"),
            el("h2", "What differs in how they were made"),
            _differing(told.settings, told.names),
            el("h2", "What differs in the configuration"),
            _differing(told.config, told.names),
        ),
    )
    return document("Premia backtests side by side", body)


def written(unit: Unit, value: float | None) -> str:
    """A figure in its unit."""
    if value is None:
        return NONE
    if unit is Unit.FRACTION:
        return percent(value, 2)
    if unit is Unit.USD:
        return usd(value)
    return number(value) if unit is Unit.NUMBER else f"{value:,.0f}"


def _growths(results: Sequence[Result], names: Sequence[str]) -> Html:
    lines = [
        Line(
            name,
            _LOOKS[place % len(_LOOKS)],
            [day.day for day in one.equity],
            _grown(one),
        )
        for place, (name, one) in enumerate(zip(names, results, strict=True))
    ]
    words = "Growth since the start of each run, options at the middle."
    return chart(Chart("Growth", words, lines, percents=True, zero=True, tall=True), "growth")


def _grown(result: Result) -> list[float]:
    told = wealth_of(result.equity, result.settings.capital, result.settings.deposits)
    return [one - 1.0 for one in wealth(told.returns).tolist()[1:]]


def _differing(found: Sequence[Difference], names: Sequence[str]) -> Html:
    if not found:
        return el("p", "Nothing.")
    heads = (("Key", False), *((name, False) for name in names))
    rows = [[one.key, *(NONE if value is None else value for value in one.values)] for one in found]
    return join((table(heads, rows),))


def _names(names: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        free = name
        while free in found:
            free = f"{name} ({found.count(name) + sum(one.startswith(f'{name} (') for one in found) + 1})"
        found.append(free)
    return tuple(found)


def _notes(results: Sequence[Result]) -> list[str]:
    notes: list[str] = []
    if len({one.data_digest for one in results}) > 1:
        notes.append("These runs saw different data: a difference between them may come from there.")
    if len({(one.settings.first, one.settings.last) for one in results}) > 1:
        notes.append("These runs cover different days: their totals do not compare.")
    if len({one.settings.capital for one in results}) > 1:
        notes.append("These runs began with different capital: what fits into an account differs.")
    if len({one.code for one in results}) > 1:
        notes.append("These runs were made by different versions of Premia.")
    return notes


def _read(result: Result) -> dict[str, str]:
    """A configuration by dotted key; a text that is no TOML is one value."""
    try:
        return _flat(tomllib.loads(result.config))
    except tomllib.TOMLDecodeError:
        return {"(text)": result.config_hash}


def _flat(table_: Mapping[str, object], above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table_.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            found |= _flat(cast("dict[str, object]", value), f"{name}.")
        else:
            found[name] = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return found


def _differences(tables: Sequence[Mapping[str, str]]) -> tuple[Difference, ...]:
    keys: dict[str, None] = dict.fromkeys(key for one in tables for key in one)
    lines = (Difference(key, tuple(one.get(key) for one in tables)) for key in keys)
    return tuple(line for line in lines if len(set(line.values)) > 1)


def _figure(name: str) -> Callable[[Result], float | None]:
    """A figure of the whole run by its name."""

    def of(result: Result) -> float | None:
        return None if result.figures is None else cast("float | None", getattr(result.figures, name))

    return of


def _apart(figures: Figures | None, name: str) -> float | None:
    return None if figures is None else cast("float | None", getattr(figures, name))


def _won(result: Result) -> float | None:
    ended = [one for one in result.campaigns if one.ended is not None]
    return sum(1 for one in ended if one.result > 0) / len(ended) if ended else None


def _excess(result: Result) -> float | None:
    return None if result.judged_by is None else result.judged_by.excess


def _beta(result: Result) -> float | None:
    return None if result.judged_by is None else result.judged_by.beta


_ROWS: tuple[tuple[str, Unit, Callable[[Result], float | None]], ...] = (
    ("Probabilistic Sharpe ratio", Unit.FRACTION, _figure("sharpe_probability")),
    ("Deflated Sharpe ratio", Unit.FRACTION, lambda one: one.deflated_sharpe),
    ("Growth a year", Unit.FRACTION, _figure("growth")),
    ("Excess a year", Unit.FRACTION, _excess),
    ("Growth a year, in sample", Unit.FRACTION, lambda one: _apart(one.in_sample, "growth")),
    ("Growth a year, out of sample", Unit.FRACTION, lambda one: _apart(one.out_of_sample, "growth")),
    ("Total", Unit.FRACTION, _figure("total")),
    ("Volatility a year", Unit.FRACTION, _figure("volatility")),
    ("Sharpe ratio", Unit.NUMBER, _figure("sharpe")),
    ("Sortino ratio", Unit.NUMBER, _figure("sortino")),
    ("Beta", Unit.NUMBER, _beta),
    ("Deepest fall", Unit.FRACTION, _figure("max_drawdown")),
    ("Expected shortfall, 95 % a day", Unit.FRACTION, _figure("expected_shortfall")),
    ("End", Unit.USD, lambda one: float(one.final)),
    ("Premium", Unit.USD, lambda one: float(one.attribution.premium)),
    ("Shares", Unit.USD, lambda one: float(one.attribution.shares)),
    ("Slippage", Unit.USD, lambda one: float(one.attribution.slippage)),
    ("Fees", Unit.USD, lambda one: float(one.attribution.fees)),
    ("Trades", Unit.COUNT, lambda one: float(one.trade_figures.count)),
    ("Trades won", Unit.FRACTION, lambda one: one.trade_figures.win_rate),
    ("Campaigns won", Unit.FRACTION, _won),
    ("Rolls", Unit.COUNT, lambda one: float(one.counts.rolls)),
    ("Assignments", Unit.COUNT, lambda one: float(one.counts.assignments)),
    ("Capital at work, average", Unit.FRACTION, lambda one: one.exposure.capital.average),
    ("Refused by rules", Unit.COUNT, lambda one: float(one.counts.refused)),
)
