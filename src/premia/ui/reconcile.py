"""`premia reconcile FILE`: the broker's statement against the journal, line by line and to the cent."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from premia.adapters.statements.read import read_statement
from premia.bootstrap.records import open_records
from premia.domain.errors import StatementError
from premia.reporting.agreement import Agreement, Total, agree
from premia.reporting.agreement_rows import Difference
from premia.reporting.booked import booked
from premia.ui.exits import Code
from premia.ui.options import CONFIG, AsJson, ConfigFile, JournalFile
from premia.ui.screen import NONE, Column, count, day, emit, money, note, say, table


def reconcile(
    file: Annotated[Path, typer.Argument(help="The statement: Flex XML, or an activity statement as CSV.")],
    *,
    config: ConfigFile = CONFIG,
    journal: JournalFile = None,
    as_json: AsJson = False,
) -> None:
    """Compare a statement of the broker with the journal, to the cent."""
    with closing(open_records(config, journal)) as records:
        ours = booked(records.read())
    if ours is None:
        raise StatementError(
            "The journal has no baseline yet, so nothing can be compared. Make a pass: `premia run --once`."
        )
    found = agree(read_statement(file, ours.account), ours)
    if as_json:
        emit("reconcile", {"file": str(file), "agreement": found})
    else:
        _show(found)
    if not found.equal:
        raise typer.Exit(Code.MISMATCH)


def _show(found: Agreement) -> None:
    rows = ", ".join(f"{number} {name}" for name, number in sorted(found.compared.items())) or "no rows"
    say(f"{found.source} of {found.account}, {found.first} to {found.last}: compared {rows}.")
    say("")
    table("Sums", _TOTALS, map(_total, found.totals))
    if found.differences:
        table("What differs (statement less journal)", _DIFFERENCES, map(_difference, found.differences))
        for one in found.differences:
            say(f"{one.what} {one.name}, {one.side}: {one.why}.")
    for text in found.notes:
        note(f"Not compared: {text}.")
    word = "Statement and journal agree." if found.equal else f"{len(found.differences)} differences."
    say(word)


def _total(one: Total) -> tuple[str, ...]:
    return (one.name, money(one.statement), money(one.journal), money(one.difference))


_TOTALS = (
    Column("sum"),
    Column("statement", number=True),
    Column("journal", number=True),
    Column("difference", number=True),
)


def _difference(one: Difference) -> tuple[str, ...]:
    return (
        day(one.day),
        one.what,
        one.name,
        one.side,
        one.field,
        _figure(one.field, one.statement),
        _figure(one.field, one.journal),
        _figure(one.field, one.difference),
        count(one.line),
        one.execution or NONE,
        one.order or NONE,
        one.campaign or NONE,
    )


def _figure(field: str, amount: Decimal | None) -> str:
    if amount is None or field != "quantity":
        return money(amount)
    return f"{amount:+,.0f}"


_DIFFERENCES = (
    Column("day"),
    Column("what"),
    Column("name"),
    Column("side"),
    Column("figure"),
    Column("statement", number=True),
    Column("journal", number=True),
    Column("difference", number=True),
    Column("line", number=True, spare=1),
    Column("execution", spare=4),
    Column("order", spare=2),
    Column("campaign", spare=3),
)
