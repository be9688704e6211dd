"""`premia why SYMBOL`: every yes and every no of the last cycles, with rule, numbers and reason."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

import typer

from premia.bootstrap.records import book_of, open_records
from premia.reporting.explain import Cycle, Finding, Standing, explain, standing
from premia.ui.exits import Code
from premia.ui.options import CONFIG, AsJson, ConfigFile, JournalFile
from premia.ui.screen import emit, figure, moment, note, say


def why(
    symbol: Annotated[str, typer.Argument(help="Ticker of the underlying, such as SPY.")],
    *,
    config: ConfigFile = CONFIG,
    journal: JournalFile = None,
    cycles: Annotated[int, typer.Option(min=1, help="How many of the last cycles.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Tell why a symbol was traded or not, with the numbers."""
    name = symbol.upper()
    with closing(open_records(config, journal)) as records:
        starts = records.newest("cycle_started", cycles)
        recent = list(records.read(after=starts[0][0] - 1)) if starts else []
        stands = standing(book_of(records), name)
    told = explain(recent, name, last=cycles)
    if as_json:
        emit("why", {"symbol": name, "standing": stands, "cycles": told})
        return
    if not told and not stands.blocked:
        looked = sorted({finding.symbol for cycle in explain(recent) for finding in cycle.findings})
        note(f"The last {len(starts)} cycles have nothing to say of {name}; they spoke of: {_list(looked)}.")
        raise typer.Exit(Code.FAILED)
    show_standing(stands)
    for cycle in told:
        show_cycle(cycle)


def show_standing(stands: Standing) -> None:
    """What stands in the way of a symbol now."""
    if stands.blocked:
        until = f", until positions of {stands.until_session} are known" if stands.until_session else ""
        say(f"{stands.symbol} takes no new entry: {stands.blocked}{until}")
    for key in stands.unknown_orders:
        say(f"Order {key} is unknown; the symbol waits for a person.")
    for key in stands.working_orders:
        say(f"Order {key} is working.")


def show_cycle(cycle: Cycle) -> None:
    """Every finding of a cycle in full."""
    say(f"Cycle {cycle.cycle} ({moment(cycle.at)})" + (f": {cycle.note}" if cycle.note else ""))
    for finding in cycle.findings:
        _show(finding)
    say("")


def _show(finding: Finding) -> None:
    rule = f" by {finding.rule}" if finding.rule else ""
    outcome = f" -> {finding.outcome}" if finding.outcome else ""
    say(f"  {finding.verdict}{rule}: {finding.subject}{outcome}")
    say(f"    {finding.reason}")
    if finding.numbers:
        say("    " + ", ".join(f"{name} {figure(value)}" for name, value in finding.numbers.items()))


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
