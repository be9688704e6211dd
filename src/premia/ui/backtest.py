"""`premia backtest`: a configuration through years of recorded chains, with the engine that trades it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from premia.bootstrap.backtest_notes import BacktestWish
from premia.bootstrap.histories import History, open_history
from premia.bootstrap.judged import ALPHAS, POINTS, judged, look_ahead
from premia.bootstrap.results import save_result, save_text
from premia.bootstrap.settings import Settings, load
from premia.exchange.policy import Deposit
from premia.reporting.backtest.page import page
from premia.reporting.backtest.ran import Fill
from premia.store.open import Overlap
from premia.ui.exits import Code
from premia.ui.options import CONFIG, AsJson, day, money
from premia.ui.progress import bar
from premia.ui.report_backtest import show_backtest
from premia.ui.screen import emit, say

_RUNS = 1 + len(ALPHAS) - 1 + len(POINTS)
_LOOKS = 4

Config = Annotated[Path, typer.Argument(help="Configuration file.", envvar="PREMIA_CONFIG")]
Data = Annotated[
    list[Path],
    typer.Option("--data", "-d", help="Chain store or Parquet file of chains; may be repeated."),
]
First = Annotated[date | None, typer.Option("--from", parser=day, metavar="DAY", help="First session.")]
Last = Annotated[date | None, typer.Option("--to", parser=day, metavar="DAY", help="Last session.")]
Capital = Annotated[
    Decimal, typer.Option("--capital", parser=money, metavar="USD", help="Cash to start with.")
]
Fills = Annotated[
    Fill, typer.Option("--fill", help="Trade on the snapshot of the decision, or on the next one.")
]
Alpha = Annotated[
    float, typer.Option("--alpha", min=0, max=1, help="Where orders fill: 0 middle, 1 natural price.")
]
Spread = Annotated[
    float, typer.Option("--spread", min=0, max=20, help="Times by which recorded spreads are widened.")
]
Points = Annotated[
    float, typer.Option("--iv", min=-20, max=20, help="Volatility points added to every quote.")
]
Deposits = Annotated[
    list[str] | None, typer.Option("--deposit", metavar="DAY=USD", help="Money in (or out); may be repeated.")
]
Apart = Annotated[
    date | None, typer.Option("--out-of-sample", parser=day, metavar="DAY", help="First day kept apart.")
]
Assigned = Annotated[
    float,
    typer.Option("--early-assignment", min=0, max=1, help="Chance that exercise that pays falls on us."),
]
Seed = Annotated[int, typer.Option("--seed", help="Of what is left to chance: assignments.")]
Name = Annotated[str, typer.Option("--name", help="How to call the run.")]
ResultFile = Annotated[Path | None, typer.Option("--result", help="Write the result as JSON.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", help="Write the report as one HTML file.")]
Alone = Annotated[
    bool, typer.Option("--alone", help="Only this run: no other fills and volatilities beside it.")
]
Check = Annotated[
    bool, typer.Option("--check-lookahead", help="Prove that altering the future changes no decision.")
]
FirstWins = Annotated[
    bool, typer.Option("--first-wins", help="Where two stores hold a day of a symbol, take the first's.")
]


def backtest(  # noqa: PLR0913 - one parameter an option
    config: Config = CONFIG,
    *,
    data: Data,
    first: First = None,
    last: Last = None,
    capital: Capital = Decimal(100_000),
    fill: Fills = Fill.SAME,
    alpha: Alpha = 0.5,
    spread: Spread = 1.0,
    iv: Points = 0.0,
    deposit: Deposits = None,
    out_of_sample: Apart = None,
    early_assignment: Assigned = 0.5,
    seed: Seed = 0,
    name: Name = "",
    result: ResultFile = None,
    html: HtmlFile = None,
    alone: Alone = False,
    check_lookahead: Check = False,
    first_wins: FirstWins = False,
    as_json: AsJson = False,
) -> None:
    """Run a configuration through recorded chains, and judge it."""
    settings = load(config)
    history = open_history(data, Overlap.FIRST if first_wins else Overlap.REFUSE)
    wish = BacktestWish(
        first=first,
        last=last,
        capital=capital,
        fill=fill,
        alpha=alpha,
        spread_factor=spread,
        iv_shift=iv,
        deposits=tuple(sorted((_deposit(text) for text in deposit or ()), key=lambda one: one.day)),
        out_of_sample=out_of_sample,
        early_assignment=early_assignment,
        seed=seed,
        name=name or config.stem,
    )
    if check_lookahead:
        _check(settings, history, wish, as_json=as_json)
        return
    with bar("backtest", 1 if alone else _RUNS) as told:
        found = judged(settings, history, wish, told, alone=alone)
    written: list[tuple[str, Path]] = []
    if result is not None:
        save_result(found, result)
        written.append(("result", result))
    if html is not None:
        save_text(page(found), html)
        written.append(("report", html))
    if as_json:
        emit("backtest", {"result": found})
        return
    show_backtest(found, written)


def _check(settings: Settings, history: History, wish: BacktestWish, *, as_json: bool) -> None:
    with bar("look-ahead", _LOOKS) as told:
        found = look_ahead(settings, history, wish, told)
    if as_json:
        emit("backtest", {"look_ahead": {"cuts": found.cuts, "facts": found.facts, "seen": found.seen}})
    else:
        say(found.text)
    if found.seen:
        raise typer.Exit(Code.MISMATCH)


def _deposit(text: str) -> Deposit:
    """Money on a day, as `2024-03-01=5000`; less than zero goes out."""
    at, sign, amount = text.partition("=")
    try:
        usd = Decimal(amount)
    except InvalidOperation:
        usd = Decimal(0)
    if not sign or not usd:
        raise typer.BadParameter(f"{text!r} is no deposit, such as 2024-03-01=5000.")
    return Deposit(day(at), usd)
