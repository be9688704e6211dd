"""The broker's statement against the journal: what both say, and what only one of them does.

A row of the statement finds its row of the journal by the execution's number where both have one, else by
contract, day and side. Money is compared to the cent. Every difference says what, where, by how much, and
of which order and campaign; cash and positions at the end are compared too, so that nothing hides in a row
that is on neither side.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from premia.domain.dates import session_of
from premia.domain.statement import Statement
from premia.reporting.agreement_cash import APART, CashPairs, carried_in, pair_cash
from premia.reporting.agreement_rows import Difference, Side, differs, pair_trades
from premia.reporting.booked import Booked, BookedCash
from premia.reporting.numbers import tidied, tidy

_NOTHING = Decimal(0)
_DAY = timedelta(days=1)


class Total(msgspec.Struct, frozen=True):
    """One sum by both, USD; None where one side does not tell it."""

    name: str
    statement: Decimal | None
    journal: Decimal | None
    difference: Decimal | None


class Agreement(msgspec.Struct, frozen=True):
    """What comparing found.

    Attributes:
        equal: Whether nothing differs.
        began, ended: When the journal begins, and when it learned something last.
        compared: How many rows of the statement have found theirs, by what they are.
        notes: What was not compared, and why.
    """

    equal: bool
    source: str
    account: str
    first: date
    last: date
    began: datetime
    ended: datetime
    compared: dict[str, int]
    totals: tuple[Total, ...]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]


def agree(stated: Statement, ours: Booked) -> Agreement:
    """Compare a statement with what the journal has booked.

    Args:
        stated: The broker's statement.
        ours: The journal's bookings of the same account, of any time.
    """
    rows = pair_trades(stated, ours)
    cash = _without_carried(stated, ours, pair_cash(stated, ours))
    totals = _totals(stated, ours, cash)
    found = [
        *rows.differences,
        *cash.differences,
        *_positions(stated, ours),
        *_results(stated, ours),
    ]
    found += _balance(stated, totals, found)
    return Agreement(
        equal=not found,
        source=stated.source,
        account=stated.account,
        first=stated.first,
        last=stated.last,
        began=ours.began,
        ended=ours.ended,
        compared={**rows.compared, **cash.compared},
        totals=totals,
        differences=tuple(found),
        notes=(*_notes(stated, ours), *rows.notes, *cash.notes),
    )


def _notes(stated: Statement, ours: Booked) -> Iterable[str]:
    began = session_of(ours.began)
    if began > stated.first:
        yield f"the journal begins on {began}: costs of what was held before are the broker's averages"
    for row in stated.skipped:
        yield f"line {row.line}: {row.why}"


def _positions(stated: Statement, ours: Booked) -> Iterable[Difference]:
    """Positions at the statement's end."""
    mine = ours.positions(stated.last)
    theirs = {one.contract.key: one for one in stated.positions}
    for key in sorted({*mine, *theirs}):
        one = theirs.get(key)
        told, held = (0 if one is None else one.quantity), mine.get(key, 0)
        if told != held:
            yield Difference(
                what="position",
                side=_side(told, held),
                name=key,
                day=stated.last,
                field="quantity",
                statement=Decimal(told),
                journal=Decimal(held),
                difference=Decimal(told - held),
                why=f"at the end of {stated.last}",
                line=None if one is None else one.line,
            )


def _side(told: int, held: int) -> Side:
    if told and held:
        return "amounts differ"
    return "only in the statement" if told else "only in the journal"


def _results(stated: Statement, ours: Booked) -> Iterable[Difference]:
    """Realised results by contract, where the statement sums them up and the journal knows all costs."""
    if session_of(ours.began) > stated.first or ours.held:
        return
    mine: dict[str, Decimal] = {}
    for row in ours.trades:
        if row.realised is not None and stated.first <= row.session <= stated.last:
            mine[row.contract.key] = mine.get(row.contract.key, _NOTHING) + row.realised
    for result in stated.results:
        earned = mine.get(result.name, _NOTHING)
        if differs(result.amount, earned):
            yield Difference(
                what="realised",
                side="amounts differ",
                name=result.name,
                day=stated.last,
                field="realised",
                statement=tidy(result.amount),
                journal=tidy(earned),
                difference=tidy(result.amount - earned),
                why=f"realised from {stated.first} to {stated.last}",
                line=result.line,
            )


def _totals(stated: Statement, ours: Booked, cash: CashPairs) -> tuple[Total, ...]:
    """Sums over the statement's days, and cash at both of its ends."""
    mine = [row for row in ours.trades if stated.first <= row.session <= stated.last]
    theirs = [*(row for row in stated.trades if row.how.value == "traded"), *stated.endings]
    told = [row.realised for row in theirs if row.realised is not None]
    here = [*cash.matched, *cash.alone]
    ending = ours.traded_cash(stated.last) + _sum(_before(stated, ours, cash)) + _sum(here)
    report, starting = stated.cash_report, _starting(stated, ours, cash)
    return (
        _total("cash at the start", None if report is None else report.starting, starting),
        _total(
            "costs of trades", sum((r.cost for r in theirs), _NOTHING), sum((r.cost for r in mine), _NOTHING)
        ),
        _total("realised", sum(told, _NOTHING), sum((r.realised or _NOTHING for r in mine), _NOTHING)),
        _total("cash beside trades", sum((line.amount for line in stated.cash), _NOTHING), _sum(here)),
        _total("cash at the end", None if report is None else report.ending, ending),
    )


def _before(stated: Statement, ours: Booked, cash: CashPairs) -> list[BookedCash]:
    """Lines of cash that belong to the days before the statement."""
    here = [*cash.matched, *cash.alone]
    return [
        line for line in ours.cash if line not in here and (line.day < stated.first or line in cash.carried)
    ]


def _starting(stated: Statement, ours: Booked, cash: CashPairs) -> Decimal | None:
    """Cash before the statement's first day; None where the journal was not there yet."""
    if session_of(ours.began) >= stated.first:
        return None
    return ours.traded_cash(stated.first - _DAY) + _sum(_before(stated, ours, cash))


def _without_carried(stated: Statement, ours: Booked, cash: CashPairs) -> CashPairs:
    """Take out lines that the journal saw in the first days and the statement's first balance contains."""
    report, starting = stated.cash_report, _starting(stated, ours, cash)
    if report is None or starting is None or not differs(report.starting, starting):
        return cash
    early = [line for line in cash.alone if line.day <= stated.first + APART]
    carried = carried_in(early, report.starting - starting)
    return cash.without(carried) if carried else cash


def _total(name: str, stated: Decimal | None, ours: Decimal | None) -> Total:
    difference = None if stated is None or ours is None else tidy(stated - ours)
    return Total(name, tidied(stated), tidied(ours), difference)


def _balance(stated: Statement, totals: tuple[Total, ...], found: list[Difference]) -> Iterable[Difference]:
    """Cash at both ends, and whether the rows that differ explain its difference."""
    for total in totals:
        if not total.name.startswith("cash at") or not differs(total.statement, total.journal):
            continue
        why = "as the lines above say" if found else "no line above explains it"
        yield Difference(
            what="cash balance",
            side="amounts differ",
            name=total.name,
            day=stated.last if total.name.endswith("end") else stated.first,
            field="amount",
            statement=total.statement,
            journal=total.journal,
            difference=total.difference or _NOTHING,
            why=why,
            line=None if stated.cash_report is None else stated.cash_report.line,
        )


def _sum(lines: Iterable[BookedCash]) -> Decimal:
    return sum((line.amount for line in lines), _NOTHING)
