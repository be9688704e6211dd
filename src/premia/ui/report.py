"""`premia report`: predicted against actual fills of a paper account, and results of backtests."""

from __future__ import annotations

from contextlib import closing

import typer

from premia.bootstrap.records import open_records
from premia.reporting.paper import FeeLine, FillLine, Paper
from premia.reporting.paper import paper as paper_of
from premia.reporting.paper_margin import MarginLine
from premia.ui.options import CONFIG, AsJson, ConfigFile, JournalFile
from premia.ui.report_backtest import backtest, compare
from premia.ui.screen import Column, count, emit, money, percent, price, say, table

report = typer.Typer(
    help="Report on a paper account's predictions, or on backtests.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)


@report.callback()
def of() -> None:
    """Report on a paper account's predictions, or on backtests."""


report.command()(backtest)
report.command()(compare)


@report.command()
def paper(*, config: ConfigFile = CONFIG, journal: JournalFile = None, as_json: AsJson = False) -> None:
    """Show predicted against actual fills, margin and fees, with a verdict on each."""
    with closing(open_records(config, journal)) as records:
        found = paper_of(records.read())
    if as_json:
        emit("report paper", {"paper": found})
        return
    _show(found)


def _show(found: Paper) -> None:
    if found.first is None:
        say("No order was decided yet; `premia run --once` makes the first pass.")
        return
    days = f"{found.sessions} sessions with orders, {found.first} to {found.last}"
    say(f"{days}: {found.filled} of {found.asked} orders filled.")
    say("")
    table("Fills against what was predicted, USD a share, more is better", _FILLS, map(_fill, found.fills))
    table("Fees, USD", _FEES, map(_fee, found.fees))
    table("Initial margin of openings, USD, the newest ten", _MARGIN, map(_margin, found.margin[-10:]))
    for one in found.verdicts:
        say(f"{one.of}: {'trust' if one.trust else 'not yet'}, because {one.why} ({one.samples} samples).")
    say(f"In all: {'trust' if found.trust else 'not yet'}.")


def _fill(one: FillLine) -> tuple[str, ...]:
    return (
        one.side,
        count(one.step),
        count(one.samples),
        _signed(one.above_mid),
        _signed(one.above_limit),
        _signed(one.above_predicted),
        f"{one.half_spread:.4f}",
        _signed(one.of_half_spread),
    )


def _signed(amount: float | None) -> str:
    return price(None) if amount is None else f"{amount:+.4f}"


_FILLS = (
    Column("side"),
    Column("step", number=True),
    Column("samples", number=True),
    Column("above mid", number=True),
    Column("above limit", number=True, spare=2),
    Column("above predicted", number=True),
    Column("half-spread", number=True, spare=1),
    Column("in half-spreads", number=True),
)


def _fee(one: FeeLine) -> tuple[str, ...]:
    return (one.by, count(one.samples), money(one.predicted), money(one.charged), percent(one.apart))


_FEES = (
    Column("predicted by"),
    Column("samples", number=True),
    Column("predicted", number=True),
    Column("charged", number=True),
    Column("apart", number=True),
)


def _margin(one: MarginLine) -> tuple[str, ...]:
    return (one.key, one.group, money(one.broker), money(one.ours), percent(one.apart))


_MARGIN = (
    Column("order"),
    Column("group"),
    Column("broker", number=True),
    Column("ours", number=True),
    Column("apart", number=True),
)
