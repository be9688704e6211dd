"""Cash that no trade moved: dividends, interest, fees and what a person moved, line for line.

The journal names what it had expected, and books the rest as unexplained; the statement names all of it.
A line finds its own by kind, symbol and amount within some days, because the broker dates by settlement
and the journal by when it saw the money; several that came between two looks may be one in the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from premia.domain.dates import session_of
from premia.domain.statement import CashLine, Statement
from premia.reporting.agreement_rows import Difference, differs
from premia.reporting.booked import Booked, BookedCash
from premia.reporting.numbers import tidy

_NOTHING = Decimal(0)
APART = timedelta(days=6)  # a holiday weekend between settlement and the next look
_TOGETHER = 4  # lines that may come between two looks


class CashPairs(NamedTuple):
    """What pairing found.

    Attributes:
        matched: Journal's lines that have found theirs: those of the statement's days, whenever seen.
        alone: Those that have not.
        carried: Those that belong to the statement before, seen in the first days of this one.
    """

    compared: dict[str, int]
    differences: list[Difference]
    notes: list[str]
    matched: list[BookedCash]
    alone: list[BookedCash]
    carried: tuple[BookedCash, ...] = ()

    def without(self, carried: tuple[BookedCash, ...]) -> CashPairs:
        """The same with lines of the journal that belong to an earlier statement taken out."""
        named = [(line.cause, line.day, tidy(-line.amount)) for line in carried]
        return self._replace(
            differences=[
                one
                for one in self.differences
                if one.side != "only in the journal" or (one.name, one.day, one.difference) not in named
            ],
            alone=[line for line in self.alone if line not in carried],
            carried=carried,
        )


class _Open:
    """Lines that have not found theirs yet."""

    def __init__(self, theirs: list[CashLine], mine: list[BookedCash]) -> None:
        self.theirs = theirs
        self.mine = mine
        self.pairs: list[tuple[list[CashLine], BookedCash]] = []

    def take(self, fits: Callable[[CashLine, BookedCash], bool]) -> None:
        """Pair one with one where they fit, those nearest in time first."""
        found = [
            (abs(line.day - mine.day), n, m)
            for n, line in enumerate(self.theirs)
            for m, mine in enumerate(self.mine)
            if fits(line, mine)
        ]
        lines: set[int] = set()
        books: set[int] = set()
        for _apart, n, m in sorted(found):
            if n not in lines and m not in books:
                lines.add(n)
                books.add(m)
                self.pairs.append(([self.theirs[n]], self.mine[m]))
        self.theirs = [line for n, line in enumerate(self.theirs) if n not in lines]
        self.mine = [line for m, line in enumerate(self.mine) if m not in books]

    def take_together(self) -> None:
        """Pair one of the journal with several of the statement that add up to it."""
        for mine in list(self.mine):
            near = [line for line in self.theirs if abs(line.day - mine.day) <= APART]
            chosen = next((some for some in _several(near) if not differs(_sum(some), mine.amount)), None)
            if chosen is not None:
                self.pairs.append((list(chosen), mine))
                self.mine.remove(mine)
                self.theirs = [line for line in self.theirs if line not in chosen]


def pair_cash(stated: Statement, ours: Booked) -> CashPairs:
    """Compare all cash that no trade moved in the statement's days.

    Args:
        stated: The statement.
        ours: What the journal has booked; lines that it saw some days after the statement's end count
            where they are the statement's, and are left to the next statement where they are not.
    """
    began = session_of(ours.began)
    theirs = [line for line in stated.cash if line.day >= began]
    since, reach = stated.first - APART, stated.last + APART
    still = _Open(theirs, [line for line in ours.cash if since <= line.day <= reach])
    still.take(lambda line, mine: _alike(line, mine) and not differs(line.amount, mine.amount))
    still.take(
        lambda line, mine: mine.kind is None and _near(line, mine) and not differs(line.amount, mine.amount)
    )
    still.take_together()
    still.take(lambda line, mine: mine.kind is not None and _alike(line, mine))
    notes: list[str] = []
    early = [line for line in still.theirs if line.day == began]
    if early:
        notes.append(
            f"{len(early)} lines of cash of {began}, the journal's first day, are in its first balance"
        )
    compared: dict[str, int] = {}
    for lines, _mine in still.pairs:
        for line in lines:
            compared[line.kind.value] = compared.get(line.kind.value, 0) + 1
    alone = [line for line in still.mine if stated.first <= line.day <= stated.last]
    return CashPairs(
        compared,
        [
            *(_amounts(lines, mine) for lines, mine in still.pairs if differs(_sum(lines), mine.amount)),
            *(_only_stated(line, ours) for line in still.theirs if line not in early),
            *(_only_ours(line) for line in alone),
        ],
        notes,
        [mine for _lines, mine in still.pairs],
        alone,
    )


def carried_in(lines: list[BookedCash], amount: Decimal) -> tuple[BookedCash, ...]:
    """Those lines whose sum is an amount; empty where none are."""
    for count in range(1, min(len(lines), _TOGETHER) + 1):
        for some in combinations(lines, count):
            if not differs(sum((line.amount for line in some), _NOTHING), amount):
                return some
    return ()


def _alike(line: CashLine, mine: BookedCash) -> bool:
    """Whether both are of one kind and symbol and could be the same payment."""
    return line.kind is mine.kind and line.symbol == mine.symbol and _near(line, mine)


def _near(line: CashLine, mine: BookedCash) -> bool:
    return abs(line.day - mine.day) <= APART


def _several(lines: list[CashLine]) -> Iterator[tuple[CashLine, ...]]:
    for count in range(2, min(len(lines), _TOGETHER) + 1):
        yield from combinations(lines, count)


def _sum(lines: tuple[CashLine, ...] | list[CashLine]) -> Decimal:
    return sum((line.amount for line in lines), _NOTHING)


def _amounts(lines: list[CashLine], mine: BookedCash) -> Difference:
    line, told = lines[0], _sum(lines)
    return Difference(
        what=line.kind.value,
        side="amounts differ",
        name=line.symbol or mine.cause,
        day=line.day,
        field="amount",
        statement=tidy(told),
        journal=tidy(mine.amount),
        difference=tidy(told - mine.amount),
        why=f"{mine.cause}, seen on {mine.day}",
        line=line.line,
        campaign=mine.campaign,
    )


def _only_stated(line: CashLine, ours: Booked) -> Difference:
    late = line.day > session_of(ours.ended)
    return Difference(
        what=line.kind.value,
        side="only in the statement",
        name=line.symbol or line.kind.value,
        day=line.day,
        field="amount",
        statement=tidy(line.amount),
        journal=None,
        difference=tidy(line.amount),
        why=f"the journal ends on {session_of(ours.ended)}; make a pass and compare again"
        if late
        else line.text,
        line=line.line,
    )


def _only_ours(mine: BookedCash) -> Difference:
    return Difference(
        what="cash" if mine.kind is None else mine.kind.value,
        side="only in the journal",
        name=mine.cause,
        day=mine.day,
        field="amount",
        statement=None,
        journal=tidy(mine.amount),
        difference=tidy(-mine.amount),
        why=f"{mine.cause}: no line of the statement within {APART.days} days is this amount",
        campaign=mine.campaign,
    )
