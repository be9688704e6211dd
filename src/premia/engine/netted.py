"""Options that ended in the money against each other: as many shares came as went, and only cash tells.

A short put and a short call of one underlying can both be exercised on one evening. Where their shares cancel
out the positions look as if both had ended worthless; the cash says otherwise. So every set of endings
that the shares allow is held to the cash that moved, all underlyings in doubt together, and one that fits is
taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations, islice, product
from typing import NamedTuple, TypeVar

from premia.domain.events import (
    AnyEvent,
    AssignmentInferred,
    CashSettlementInferred,
    ExerciseInferred,
    OrderFilled,
)
from premia.domain.instrument import Option, Right

_OPTIONS_MAX = 8
_CHOICES_MAX = 4096


class Ended(NamedTuple):
    """Contracts of an option that are gone, of which nothing but shares or cash tells how.

    Attributes:
        quantity: Signed change of the position; shorts that are gone are positive.
    """

    option: Option
    quantity: int

    @property
    def shares(self) -> int:
        """Signed shares that exercise of all of them moves."""
        sign = 1 if self.option.right is Right.PUT else -1
        return self.quantity * self.option.multiplier * sign


def cancelling(ended: Sequence[Ended]) -> Iterator[tuple[Ended, ...]]:
    """Sets of options whose exercise moves no share in sum, the smallest first."""
    if len(ended) > _OPTIONS_MAX:
        return
    for count in range(2, len(ended) + 1):
        for chosen in combinations(ended, count):
            if sum(one.shares for one in chosen) == 0:
                yield chosen


def cash_of(events: Sequence[AnyEvent]) -> Decimal | None:
    """Cash that endings move, USD, fees of sold shares included; None where an execution is among them."""
    moved = Decimal(0)
    for event in events:
        if isinstance(event, OrderFilled):
            return None
        if isinstance(event, AssignmentInferred | ExerciseInferred):
            moved -= event.contract.strike * event.shares + event.fees.amount
        elif isinstance(event, CashSettlementInferred):
            moved += event.amount.amount
    return moved


S = TypeVar("S")


def fitting(
    doubtful: Mapping[S, Sequence[Sequence[AnyEvent]]], fits: Callable[[Decimal], bool]
) -> Mapping[S, Sequence[AnyEvent]] | None:
    """The endings of all underlyings in doubt whose cash fits; None where none does, or more than one.

    Args:
        doubtful: Endings that the shares of an underlying allow, the likeliest first.
        fits: Whether a sum of cash is what moved.
    """
    found: list[Mapping[S, Sequence[AnyEvent]]] = []
    for choice in islice(product(*doubtful.values()), _CHOICES_MAX):
        moved = [cash_of(events) for events in choice]
        if None not in moved and fits(sum((one for one in moved if one is not None), Decimal(0))):
            found.append(dict(zip(doubtful, choice, strict=True)))
    return found[0] if len(found) == 1 else None
