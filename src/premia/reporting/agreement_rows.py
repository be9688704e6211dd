"""Rows of trades, and how options ended: each of the statement with its own of the journal.

First by the execution's number. What has none, on either side, is pooled by contract, side and day, because
an activity statement tells whole orders and the journal may have learned of a fill from positions alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from premia.domain.dates import session_of
from premia.domain.statement import CorporateAction, StatedHow, StatedTrade, Statement
from premia.reporting.booked import Booked, BookedTrade
from premia.reporting.numbers import tidy

Side = Literal["only in the statement", "only in the journal", "amounts differ"]
_HALF_CENT = Decimal("0.005")
_NOTHING = Decimal(0)


class Difference(msgspec.Struct, frozen=True):
    """One thing on which statement and journal differ.

    Attributes:
        what: `trade`, `assigned`, `exercised`, `expired`, `cash`, `position`, `cash balance`, ...
        side: Who tells it, or that both do and not the same.
        name: The contract, or the cause of cash.
        field: Which figure; `quantity` in contracts or shares, the others in USD.
        statement, journal: The figure by each; None where it is not told.
        difference: Statement less journal.
        line: The statement's line; None where it has none.
    """

    what: str
    side: Side
    name: str
    day: date
    field: str
    statement: Decimal | None
    journal: Decimal | None
    difference: Decimal
    why: str = ""
    line: int | None = None
    execution: str = ""
    order: str = ""
    campaign: str = ""


class Paired(NamedTuple):
    """What pairing found; `compared` counts rows of the statement that have found theirs."""

    compared: dict[str, int]
    differences: list[Difference]
    notes: list[str]


class _Pool(NamedTuple):
    """Rows that stand for each other."""

    stated: list[StatedTrade]
    ours: list[BookedTrade]


_Key = tuple[object, ...]


def differs(one: Decimal | None, other: Decimal | None) -> bool:
    """Whether two amounts differ by a cent; an amount that is not told differs from none."""
    return one is not None and other is not None and abs(one - other) >= _HALF_CENT


def pair_trades(stated: Statement, ours: Booked) -> Paired:
    """Compare all movements of contracts in the statement's days.

    Args:
        stated: The statement; rows from before the journal began are told in a note.
        ours: What the journal has booked.
    """
    paired = Paired({}, [], [])
    theirs = _since(stated, ours, paired)
    here = [row for row in ours.trades if stated.first <= row.session <= stated.last]
    mine = [row for row in here if row.how is not StatedHow.ACTION]
    traded = [row for row in theirs if row.how is StatedHow.TRADED]
    known = {row.execution for row in mine if row.execution}
    by_number = {row.execution for row in traded if _root(row) in known}
    told = {_root(row) for row in traded if row.execution in by_number}

    def identity(row: StatedTrade) -> _Key:
        return (_root(row),) if row.execution in by_number else _place(row)

    def ours_identity(row: BookedTrade) -> _Key:
        return (row.execution,) if row.execution in told else _place(row)

    pools = _pools(theirs, mine, identity, ours_identity)
    for pool in _rejoined(pools, paired):
        _compare(pool, ours, paired)
    _actions(stated, ours, [row for row in here if row.how is StatedHow.ACTION], paired)
    return paired


def row_of(trade: BookedTrade) -> str:
    """A row of the journal in words."""
    return f"{trade.how.value} {trade.quantity:+d} {trade.contract.key} at {trade.price:f}"


def _since(stated: Statement, ours: Booked, paired: Paired) -> list[StatedTrade]:
    """Rows from the journal's beginning on."""
    began = session_of(ours.began)
    traded = [row for row in stated.trades if row.how is StatedHow.TRADED]
    kept = [
        row
        for row in traded
        if row.session > began
        or (row.session == began and row.at >= ours.began and _root(row) not in ours.before)
    ]
    kept += [row for row in stated.endings if row.session >= began]
    early = len(traded) + len(stated.endings) - len(kept)
    if early:
        paired.notes.append(f"{early} rows are from before the journal began ({began}) and are not compared")
    return kept


def _root(row: StatedTrade) -> str:
    return row.execution.rpartition(".")[0] or row.execution


def _place(row: StatedTrade | BookedTrade) -> _Key:
    return (row.how, row.contract.key, row.quantity > 0, row.session)


def _pools(
    stated: Iterable[StatedTrade],
    ours: Iterable[BookedTrade],
    identity: Callable[[StatedTrade], _Key],
    ours_identity: Callable[[BookedTrade], _Key],
) -> dict[_Key, _Pool]:
    pools: dict[_Key, _Pool] = {}
    for row in stated:
        pools.setdefault(identity(row), _Pool([], [])).stated.append(row)
    for row in ours:
        pools.setdefault(ours_identity(row), _Pool([], [])).ours.append(row)
    return pools


def _rejoined(pools: dict[_Key, _Pool], paired: Paired) -> list[_Pool]:
    """The pools, endings of one contract that only the day keeps apart put together again with a note."""
    lonely = [pool for pool in pools.values() if pool.stated and not pool.ours]
    for pool in lonely:
        first = pool.stated[0]
        if first.how is StatedHow.TRADED:
            continue
        for other in pools.values():
            if other.stated or not other.ours or _place(other.ours[0])[:3] != _place(first)[:3]:
                continue
            if sum(row.quantity for row in other.ours) != sum(row.quantity for row in pool.stated):
                continue
            day = other.ours[0].session
            paired.notes.append(
                f"the day of {first.contract.key} {first.how.value}: {first.session} by the statement "
                f"(line {first.line}), {day} by the journal"
            )
            pool.ours.extend(other.ours)
            other.ours.clear()
            break
    return [pool for pool in pools.values() if pool.stated or pool.ours]


def _compare(pool: _Pool, ours: Booked, paired: Paired) -> None:
    """Compare the sums of a pool figure by figure."""
    if pool.stated and pool.ours:
        name = _what(pool.stated[0].how)
        paired.compared[name] = paired.compared.get(name, 0) + len(pool.stated)
        pool = _without_twins(pool)
        if pool.stated and pool.ours:
            paired.differences.extend(_figures(pool))
            return
    paired.differences.extend(_only_stated(row, ours) for row in pool.stated)
    paired.differences.extend(_only_ours(row) for row in pool.ours)


def _without_twins(pool: _Pool) -> _Pool:
    """The pool without rows that equal each other in every figure, so that the one that differs is named."""
    stated, ours = list(pool.stated), list(pool.ours)
    for row in pool.stated:
        twin = next((one for one in ours if not any(_figures(_Pool([row], [one])))), None)
        if twin is not None:
            stated.remove(row)
            ours.remove(twin)
    return _Pool(stated, ours)


def _what(how: StatedHow) -> str:
    return "trade" if how is StatedHow.TRADED else how.value


def _figures(pool: _Pool) -> Iterable[Difference]:
    theirs, mine = pool
    for field, one, other in _sums(theirs, mine):
        different = one != other if field == "quantity" else differs(one, other)
        if one is not None and other is not None and different:
            yield _difference(theirs[0], mine, field, (one, other))


def _sums(
    theirs: Sequence[StatedTrade], mine: Sequence[BookedTrade]
) -> list[tuple[str, Decimal | None, Decimal | None]]:
    """Figure by figure, the statement's sum and the journal's."""
    told = [row.realised for row in theirs if row.realised is not None]
    earned = sum((row.realised or _NOTHING for row in mine), _NOTHING)
    figures: list[tuple[str, Decimal | None, Decimal | None]] = [
        ("quantity", Decimal(sum(row.quantity for row in theirs)), Decimal(sum(row.quantity for row in mine)))
    ]
    money = (sum((row.money for row in theirs), _NOTHING), sum((row.money for row in mine), _NOTHING))
    if any(row.inferred for row in mine):
        figures.append(("money", *money))
    else:
        cost = (sum((row.cost for row in theirs), _NOTHING), sum((row.cost for row in mine), _NOTHING))
        figures.append(("cost", *cost))
        figures.append(("value", money[0] + cost[0], money[1] + cost[1]))
    return [*figures, ("realised", sum(told, _NOTHING) if told else None, earned)]


def _difference(
    row: StatedTrade, mine: Sequence[BookedTrade], field: str, figures: tuple[Decimal, Decimal]
) -> Difference:
    stated, ours = figures
    why = f"{field} is {tidy(stated):,f} in the statement and {tidy(ours):,f} in the journal"
    return Difference(
        what=_what(row.how),
        side="amounts differ",
        name=row.contract.key,
        day=row.session,
        field=field,
        statement=tidy(stated),
        journal=tidy(ours),
        difference=tidy(stated - ours),
        why=why,
        line=row.line,
        execution=row.execution,
        order=_one(one.order for one in mine),
        campaign=_one(one.campaign for one in mine),
    )


def _one(names: Iterable[str]) -> str:
    """The name of all, or of the several."""
    return ", ".join(dict.fromkeys(name for name in names if name))


def _only_stated(row: StatedTrade, ours: Booked) -> Difference:
    late = row.session > session_of(ours.ended)
    why = (
        f"the journal ends on {session_of(ours.ended)}; make a pass and compare again"
        if late
        else f"{row.how.value} {row.quantity:+d} at {row.price:f} was never booked"
    )
    return Difference(
        what=_what(row.how),
        side="only in the statement",
        name=row.contract.key,
        day=row.session,
        field="quantity",
        statement=Decimal(row.quantity),
        journal=None,
        difference=Decimal(row.quantity),
        why=why,
        line=row.line,
        execution=row.execution,
        order=row.reference,
    )


def _only_ours(row: BookedTrade) -> Difference:
    return Difference(
        what=_what(row.how),
        side="only in the journal",
        name=row.contract.key,
        day=row.session,
        field="quantity",
        statement=None,
        journal=Decimal(row.quantity),
        difference=Decimal(-row.quantity),
        why=f"{row_of(row)} stands in no line of the statement",
        execution=row.execution,
        order=row.order,
        campaign=row.campaign,
    )


def _actions(stated: Statement, ours: Booked, mine: Sequence[BookedTrade], paired: Paired) -> None:
    """Corporate actions: by contract, what came and went in all."""
    began = session_of(ours.began)
    theirs: dict[str, list[CorporateAction]] = {}
    for action in stated.actions:
        if action.day >= began:
            theirs.setdefault(action.contract.key, []).append(action)
    changed: dict[str, int] = {}
    for row in mine:
        changed[row.contract.key] = changed.get(row.contract.key, 0) + row.quantity
    for key in sorted({*theirs, *changed}):
        told, booked = sum(one.quantity for one in theirs.get(key, [])), changed.get(key, 0)
        if told == booked:
            number = len(theirs.get(key, []))
            paired.compared["corporate action"] = paired.compared.get("corporate action", 0) + number
            continue
        first = theirs[key][0] if key in theirs else None
        day = next((row.session for row in mine if row.contract.key == key), stated.last)
        paired.differences.append(_action(key, first, day, (told, booked)))


def _action(name: str, first: CorporateAction | None, day: date, quantities: tuple[int, int]) -> Difference:
    told, booked = quantities
    if first is not None and booked:
        side: Side = "amounts differ"
    else:
        side = "only in the journal" if first is None else "only in the statement"
    return Difference(
        what="corporate action",
        side=side,
        name=name,
        day=day if first is None else first.day,
        field="quantity",
        statement=None if first is None else Decimal(told),
        journal=Decimal(booked) if booked else None,
        difference=Decimal(told - booked),
        why="a split that no line of the statement tells" if first is None else first.text or first.kind,
        line=None if first is None else first.line,
    )
