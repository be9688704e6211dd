"""`premia plan` and `premia run`: a pass that is shown, one that is made, and the daemon that makes them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from premia.bootstrap.hearing import heard
from premia.bootstrap.records import book_of, open_records
from premia.bootstrap.settings import load
from premia.bootstrap.trading import OrderLine, Reason, Report, run_once
from premia.bootstrap.trading import plan as plan_pass
from premia.bootstrap.unattended import live
from premia.domain.intent import Number
from premia.ui.exits import Code
from premia.ui.options import CONFIG, AsJson, ConfigFile
from premia.ui.progress import steps
from premia.ui.screen import Column, emit, figure, moment, money, note, percent, price, say, table


def plan(*, config: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """Show what a pass would do now and why; nothing is sent."""
    report = asyncio.run(plan_pass(load(config), steps))
    _show("plan", report, as_json=as_json)


def run(
    *,
    config: ConfigFile = CONFIG,
    once: Annotated[bool, typer.Option("--once", help="One pass, then end.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="As `premia plan`: nothing is sent.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Ask before each order.")] = False,
    work: Annotated[bool, typer.Option("--work", help="Stay until every order has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Trade on schedule until told to end; --once makes one pass."""
    if dry_run:
        plan(config=config, as_json=as_json)
        return
    if not once:
        _live(config, beside={"--confirm": confirm, "--work": work, "--json": as_json})
        return
    if confirm and not sys.stdin.isatty():
        raise typer.BadParameter("--confirm asks on a terminal, and standard input is none.")
    settings = load(config)
    consent = _ask if confirm else None
    report = asyncio.run(run_once(settings, consent=consent, work=work, progress=steps))
    _show("run", report, as_json=as_json)
    with closing(open_records(config, settings.journal)) as records:
        if not book_of(records).ready:
            note("Broker and ledger do not agree, so no decision was made; `premia status` shows more.")
            raise typer.Exit(Code.MISMATCH)


def _live(config: Path, beside: Mapping[str, bool]) -> None:
    wrong = [name for name, given in beside.items() if given]
    if wrong:
        raise typer.BadParameter(
            f"{wrong[0]} goes with `premia run --once`; without it nobody is asked or shown."
        )
    settings = load(config)
    with heard(settings, os.environ, sys.stderr) as told:
        interrupted = asyncio.run(live(settings, told))
    if interrupted:
        raise typer.Exit(Code.INTERRUPTED)


def _ask(order: OrderLine) -> bool:
    return typer.confirm(f"Place {_words(order)}?", err=True)


def _words(order: OrderLine) -> str:
    return f"{order.quantity} x {order.legs} for {price(order.limit)} a share, {money(order.credit)} USD"


def _show(verb: str, report: Report, *, as_json: bool) -> None:
    if as_json:
        emit(verb, {"report": report})
        return
    say(f"Cycle {report.cycle} of account {report.account} at {moment(report.at)}")
    for text in report.notes:
        say(f"Note: {text}")
    table("Orders", _ORDERS, map(_order, report.orders))
    for order in report.orders:
        say(f"{order.key}: {order.reason}")
        for text in order.notes:
            say(f"  {text}")
        say("  " + _numbers(order))
    _reasons("Refused", report.refused)
    _reasons("Passed over", report.passed)


def _reasons(title: str, reasons: Sequence[Reason]) -> None:
    columns = [Column("symbol"), Column("what"), Column("rule"), Column("reason")]
    table(title, columns, [(one.symbol, one.subject, one.rule, one.reason) for one in reasons])


def _numbers(order: OrderLine) -> str:
    return ", ".join(f"{name} {figure(value)}" for name, value in order.evidence.items())


def _break_even(order: OrderLine) -> Decimal | None:
    """As the strategy states it; for a put sold alone, the strike less the credit."""
    stated, strike = order.evidence.get("break_even"), order.evidence.get("strike")
    if isinstance(stated, float | int):
        return Decimal(str(stated))
    if order.purpose == "open" and order.legs.endswith(" P") and isinstance(strike, float | int):
        return Decimal(str(strike)) - order.limit
    return None


def _fraction(value: Number) -> float | None:
    return float(value) if isinstance(value, float | int) else None


def _order(order: OrderLine) -> tuple[str, ...]:
    return (
        order.symbol,
        order.purpose,
        order.legs,
        f"{order.filled}/{order.quantity}",
        price(order.limit),
        price(order.worst),
        money(order.credit),
        money(order.reserved),
        price(_break_even(order)),
        percent(_fraction(order.evidence.get("yield_a_year"))),
        order.stage.replace("_", " "),
    )


_ORDERS = (
    Column("symbol", spare=5),
    Column("purpose", spare=7),
    Column("legs"),
    Column("filled", number=True, spare=3),
    Column("limit", number=True),
    Column("worst", number=True, spare=8),
    Column("credit", number=True),
    Column("cash if assigned", number=True, spare=1),
    Column("break-even", number=True),
    Column("yield a year", number=True, spare=2),
    Column("stage", spare=4),
)
