"""A backtest on a terminal, and `premia report backtest` and `premia report compare` for those in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from premia.bootstrap.results import load_result, save_text
from premia.domain.errors import ConfigError
from premia.reporting.backtest.against import Against
from premia.reporting.backtest.breakdown import SymbolLine, by_symbol
from premia.reporting.backtest.compare import RunComparison, comparison_page, written
from premia.reporting.backtest.compare import compare as compare_runs
from premia.reporting.backtest.headline import headlines, idle, settings_words, trailing
from premia.reporting.backtest.honesty import honesty
from premia.reporting.backtest.html import chance
from premia.reporting.backtest.page import page
from premia.reporting.backtest.refusals import Refusals
from premia.reporting.backtest.result import Result, with_variants
from premia.reporting.backtest.sheets import sheets
from premia.reporting.campaigns import CampaignLine
from premia.reporting.chart import overlay
from premia.reporting.equity import Point
from premia.ui.look import show_campaigns
from premia.ui.options import AsJson
from premia.ui.screen import NONE, Column, count, emit, money, pairs, percent, say, table

ResultFile = Annotated[Path, typer.Argument(help="A result that `premia backtest` wrote.", metavar="RESULT")]
ResultFiles = Annotated[list[Path], typer.Argument(help="Two results or more.", metavar="RESULT...")]
Beside = Annotated[
    list[Path] | None,
    typer.Option("--beside", help="The run at another alpha or volatility; may be given again."),
]
CsvFolder = Annotated[
    Path | None,
    typer.Option("--csv", help="Write equity, trades and campaigns as CSV files.", metavar="FOLDER"),
]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write the report as one HTML file.")]

_CAMPAIGNS_MAX = 12
_RULES_MAX = 8
_PLAIN = str.maketrans({"\u202f": " ", "\u2212": "-", "\u2013": NONE, "\u00d7": "x"})


def backtest(
    result: ResultFile,
    *,
    beside: Beside = None,
    html: HtmlFile = None,
    csv: CsvFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show a backtest's result, and write it as a page."""
    told = load_result(result)
    if beside:
        told = with_variants(told, [_same(told, load_result(path), path) for path in beside])
    files: list[tuple[str, Path]] = []
    if html is not None:
        save_text(page(told), html)
        files.append(("report", html))
    for name, text in (sheets(told) if csv is not None else {}).items():
        files.append((name, (csv or Path()) / name))
        save_text(text, files[-1][1])
    if as_json:
        emit("report backtest", {"result": told})
        return
    show_backtest(told, files)


def compare(results: ResultFiles, *, html: HtmlFile = None, as_json: AsJson = False) -> None:
    """Compare backtests: their figures, and what differs between them."""
    runs = [load_result(path) for path in results]
    told = compare_runs(runs)
    if html is not None:
        save_text(comparison_page(runs), html)
    if as_json:
        emit("report compare", {"comparison": told})
        return
    _show_comparison(told)
    if html is not None:
        say(f"As a page: {html}")


def show_backtest(result: Result, files: Sequence[tuple[str, Path]] = ()) -> None:
    """A result on standard output, for a person.

    Args:
        result: What to show.
        files: Name and place of what was written, to be told at the end.
    """
    say(result.name)
    if result.equity:
        sessions = f"{len(result.equity):,} sessions"
        say(f"{result.equity[0].day} to {result.equity[-1].day}, {sessions}; {_settings(result)}")
    if idle(result):
        say(idle(result))
    say("")
    pairs(
        "In figures",
        [(one.name, f"{_plain(one.figure):>10}  {_plain(one.meaning)}") for one in headlines(result)],
    )
    _show_equity(result)
    _show_alternatives(result)
    _show_attribution(result)
    symbols = by_symbol(result.campaigns)
    if len(symbols) > 1:
        table("By symbol, USD", _SYMBOLS, [_symbol(one) for one in symbols])
    show_campaigns(*_campaigns(result))
    table("Why it did not trade", _RULES, [_rule(one) for one in result.refusals[:_RULES_MAX]])
    _show_doubts(result)
    for name, place in files:
        say(f"{name}: {place}")


def _show_equity(result: Result) -> None:
    """The account as a line of dots."""
    ours = [Point(one.day, one.at_mid) for one in result.equity]
    for row in overlay([ours]):
        say(row)
    if len(ours) > 1:
        say("Net liquidation, options at the middle, USD.")
        say("")


def _show_alternatives(result: Result) -> None:
    table("Against what one could have held", _ALTERNATIVES, [_alternative(one) for one in result.benchmarks])
    behind = trailing(result)
    for sentence in behind:
        say(sentence)
    if result.benchmarks and not behind:
        say("It trails none of them.")
    say("")


def _show_attribution(result: Result) -> None:
    rows = [(name, money(amount)) for name, amount in result.attribution.parts]
    rows.append(("change in equity", money(result.attribution.change)))
    table("Where the money came from, USD", (Column("part"), Column("amount", number=True)), rows)


def _show_doubts(result: Result) -> None:
    """What keeps the figures from being taken at their word."""
    if result.out_of_sample is None:
        say("No days were kept apart: all of this is in sample.")
    else:
        grown = percent(result.out_of_sample.growth)
        trusted = _plain(chance(result.out_of_sample.sharpe_probability))
        since = result.settings.out_of_sample
        say(f"Out of sample from {since}: {grown} a year, probabilistic Sharpe {trusted}.")
    if result.variants:
        for sentence in honesty(result.variants).sentences:
            say(_plain(sentence))
    else:
        say("Made at one alpha and one volatility: whether its advantage rests on them is not known.")
    for one in result.missing:
        if one.count:
            say(f"Missing: {one.what}, {one.count:,} of {one.of:,} ({one.done.rstrip('.')}).")
    say("")


def _show_comparison(told: RunComparison) -> None:
    for note in told.notes:
        say(note)
    figures = (Column("figure"), *(Column(name, number=True) for name in told.names))
    known = [row for row in told.rows if row.known]
    rows = [[row.name, *(_plain(written(row.unit, value)) for value in row.values)] for row in known]
    table("Figures", figures, rows)
    keys = (Column("key"), *(Column(name) for name in told.names))
    for title, found in (("settings", told.settings), ("the configuration", told.config)):
        table(f"Differences in {title}", keys, [[one.key, *map(_text, one.values)] for one in found])


def _same(told: Result, other: Result, path: Path) -> Result:
    """Another run of the same, for the comparison of assumptions."""
    kept = ("first", "last", "capital", "symbols", "out_of_sample")
    apart = [name for name in kept if getattr(told.settings, name) != getattr(other.settings, name)]
    if apart:
        raise ConfigError(
            f"{path} differs from the result in {', '.join(apart)}. --beside takes the same run under "
            "another alpha, volatility or spread; `premia report compare` takes any runs."
        )
    return other


def _settings(result: Result) -> str:
    return _plain("; ".join(settings_words(result.settings)))


def _campaigns(result: Result) -> tuple[str, list[CampaignLine]]:
    shown = list(result.campaigns[-_CAMPAIGNS_MAX:])
    more = len(result.campaigns) > len(shown)
    return (f"Campaigns: {len(shown)} of {len(result.campaigns)}" if more else "Campaigns"), shown


def _alternative(one: Against) -> tuple[str, ...]:
    return (
        one.name,
        _whole(one.values[-1]),
        _whole(-one.behind),
        percent(one.side.growth),
        percent(one.excess),
        percent(one.side.max_drawdown),
    )


def _symbol(one: SymbolLine) -> tuple[str, ...]:
    won = f"{one.won} of {one.ended}"
    amounts = (one.premium, one.shares, one.dividends, one.fees, one.result)
    return (one.symbol, won, *(money(amount) for amount in amounts))


def _rule(one: Refusals) -> tuple[str, ...]:
    return (one.rule, one.verdict, count(one.count), one.example)


def _text(value: str | None) -> str:
    return NONE if value is None else value


def _whole(amount: float) -> str:
    return f"{amount:,.0f}"


def _plain(text: str) -> str:
    """Without the signs that only a page can be sure to show."""
    return text.translate(_PLAIN)


_ALTERNATIVES = (
    Column("alternative"),
    Column("end", number=True),
    Column("run ahead by", number=True),
    Column("a year", number=True),
    Column("excess a year", number=True),
    Column("deepest fall", number=True, spare=1),
)
_SYMBOLS = (
    Column("symbol"),
    Column("campaigns won", number=True),
    Column("premium", number=True),
    Column("shares", number=True),
    Column("dividends", number=True, spare=1),
    Column("fees", number=True, spare=2),
    Column("result", number=True),
)
_RULES = (Column("rule"), Column("verdict"), Column("times", number=True), Column("newest sentence", spare=1))
