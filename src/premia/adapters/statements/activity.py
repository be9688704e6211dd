"""Interactive Brokers' activity statement as CSV: the file that a person downloads without any set-up.

Each line names its section and what it is: a heading, data, or a sum. Sections repeat their headings, and
fields are found by them. It has no numbers of executions, and one line may stand for a whole order.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from premia.adapters.statements.rows import Row, Uncompared, in_dollars, kind_of, period_of, spoken_contract
from premia.domain.errors import StatementError
from premia.domain.statement import (
    CashLine,
    CashReport,
    CorporateAction,
    Skipped,
    StatedPosition,
    StatedResult,
    StatedTrade,
    Statement,
)

T = TypeVar("T")

_LEAST = 3  # section, kind of line, one field
_CASH_SECTIONS = (
    "Dividends",
    "Payment In Lieu Of Dividends",
    "Withholding Tax",
    "Interest",
    "Deposits & Withdrawals",
    "Fees",
)
_BASE = "Base Currency Summary"
_ENDS = ("Starting Cash", "Ending Cash")


def read_activity(path: Path) -> Statement:
    """The statement of an activity file.

    Raises:
        StatementError: If the file is no activity statement, or a line of it cannot be read.
    """
    rows = _rows(path)
    facts = {(row.section, row.text("Field Name")): row for row in rows if row.text("Field Name")}
    account, period = facts.get(("Account Information", "Account")), facts.get(("Statement", "Period"))
    if account is None or period is None:
        lacking = "Account Information" if account is None else "Statement with its Period"
        raise StatementError(
            f"{path.name}, line 1: the section {lacking} is missing. Export the activity statement as CSV."
        )
    first, last = period_of(period, period.needed("Field Value").split(" - "))
    found = _Found(rows)
    return Statement(
        source="activity statement",
        account=account.needed("Field Value").split()[0],
        first=first,
        last=last,
        sections=frozenset(row.section for row in rows),
        trades=found.of(StatedTrade),
        cash=found.of(CashLine),
        actions=found.of(CorporateAction),
        positions=found.of(StatedPosition),
        results=found.of(StatedResult),
        cash_report=_report(rows),
        skipped=found.of(Skipped),
    )


def _rows(path: Path) -> list[Row]:
    """Data lines with the fields that their section's last heading names."""
    headings: dict[str, list[str]] = {}
    rows: list[Row] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            for cells in lines:
                _take(Row(path.name, lines.line_num, "", {}), cells, headings, rows)
    except (csv.Error, UnicodeDecodeError) as error:
        line = rows[-1].line + 1 if rows else 1
        raise StatementError(
            f"{path.name}, line {line} or after it: no CSV text can be read: {error}."
        ) from error
    return rows


def _take(at: Row, cells: list[str], headings: dict[str, list[str]], rows: list[Row]) -> None:
    if not cells:
        return
    if len(cells) < _LEAST or (not headings and cells[1] != "Header"):
        at.fail("is no line of an activity statement, which begins with a section and Header or Data.")
    section, kind, *fields = cells
    if kind == "Header":
        headings[section] = fields
    elif kind == "Data":
        names = headings.get(section)
        if names is None:
            at.fail(f"has data of {section} before its heading.")
        if len(fields) > len(names):
            at.fail(f"has {len(fields)} fields of {section}, whose heading names {len(names)}.")
        rows.append(at._replace(section=section, cells=dict(zip(names, fields, strict=False))))


class _Found:
    """What the lines make, by kind."""

    def __init__(self, rows: list[Row]) -> None:
        terms = {row.text("Symbol"): row for row in rows if row.section == "Financial Instrument Information"}
        self._made: dict[type[Any], list[Any]] = {}
        for row in rows:
            action = _ACTIONS.get(row.section)
            if action is None:
                continue
            try:
                made = action(row, terms)
            except Uncompared as why:
                made = Skipped(row.line, str(why))
            if made is not None:
                self._made.setdefault(type(made), []).append(made)

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """Those of one kind, in the file's order."""
        return tuple(self._made.get(kind, ()))


def _trade(row: Row, terms: dict[str, Row]) -> StatedTrade | None:
    if row.text("DataDiscriminator") not in ("", "Order"):  # its executions and lots say the same again
        return None
    in_dollars(row, "Currency")
    contract = spoken_contract(row, row.needed("Asset Category"), terms)
    return StatedTrade(
        line=row.line,
        contract=contract,
        quantity=row.whole("Quantity"),
        price=row.number("T. Price"),
        cost=-row.number("Comm/Fee", "Comm in USD"),
        realised=row.amount("Realized P/L"),
        at=row.moment("Date/Time"),
        session=row.day("Date/Time"),
        how=row.codes("Code"),
    )


def _cash(row: Row, _terms: dict[str, Row]) -> CashLine | None:
    currency = row.text("Currency")
    if currency.startswith("Total"):
        return None
    in_dollars(row, "Currency")
    text = row.text("Description")
    symbol = text.partition("(")[0].strip() if "Dividend" in row.section or "Tax" in row.section else ""
    return CashLine(
        line=row.line,
        kind=kind_of(row.section),
        amount=row.number("Amount"),
        day=row.day("Date", "Settle Date"),
        symbol=symbol,
        text=text,
    )


def _action(row: Row, _terms: dict[str, Row]) -> CorporateAction | None:
    if row.text("Asset Category").startswith("Total"):
        return None
    in_dollars(row, "Currency")
    text = row.needed("Description")
    named = row._replace(cells={**row.cells, "Symbol": text.partition("(")[0].strip()})
    return CorporateAction(
        line=row.line,
        contract=spoken_contract(named, row.needed("Asset Category"), _terms),
        kind="",
        quantity=row.whole("Quantity"),
        money=row.amount("Proceeds") or Decimal(0),
        day=row.day("Report Date", "Date/Time"),
        text=text,
    )


def _position(row: Row, terms: dict[str, Row]) -> StatedPosition | None:
    if row.text("DataDiscriminator") not in ("", "Summary"):
        return None
    in_dollars(row, "Currency")
    contract = spoken_contract(row, row.needed("Asset Category"), terms)
    return StatedPosition(row.line, contract, row.whole("Quantity"), row.amount("Cost Basis"))


def _result(row: Row, terms: dict[str, Row]) -> StatedResult | None:
    if row.text("Asset Category").startswith("Total") or not row.text("Symbol"):
        return None
    contract = spoken_contract(row, row.needed("Asset Category"), terms)
    return StatedResult(row.line, contract.key, row.number("Realized Total"))


def _report(rows: list[Row]) -> CashReport | None:
    """The report of all cash in the base currency."""
    lines = [row for row in rows if row.section == "Cash Report" and row.text("Currency") == _BASE]
    told = {row.needed("Currency Summary"): row for row in lines}
    if not all(name in told for name in _ENDS):
        return None
    starting, ending = (told[name].number("Total") for name in _ENDS)
    totals = {name: row.number("Total") for name, row in told.items() if name not in _ENDS}
    return CashReport(told[_ENDS[1]].line, starting, ending, totals)


_ACTIONS: dict[str, Callable[[Row, dict[str, Row]], Any]] = {
    "Trades": _trade,
    "Corporate Actions": _action,
    "Open Positions": _position,
    "Realized & Unrealized Performance Summary": _result,
    **dict.fromkeys(_CASH_SECTIONS, _cash),
}
