"""Every movement of a contract, whoever caused it, in one list: the raw material of costs and results.

An execution that the broker corrected counts once, as corrected, at the place of the first report. An
assignment or exercise is one movement of the option; the shares that it brings follow from it, so that
the premium can go with them where a convention wants that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.instrument import Contract
from premia.domain.money import Price
from premia.domain.order import Fill
from premia.domain.position import BrokerPosition
from premia.reporting.replay import Numbered

How = Literal[
    "held before",
    "traded",
    "traded by hand",
    "assigned",
    "exercised",
    "expired",
    "settled in cash",
    "split",
]
_NOTHING = Decimal(0)


class Move(msgspec.Struct, frozen=True):
    """A signed quantity of one contract that came or went.

    Attributes:
        price: Per share; zero where an option left without money of its own.
        fee: USD; commissions and regulatory fees.
        cost: USD a share or contract, multiplier and fees in it, of what was held before.
        shares: Signed shares that an assignment or exercise brought.
        into, becomes: What a split has made of the contract, and of how many.
        order: Key of our order; empty where there was none.
        reported: The broker's own realised result of an execution; None where it gave none.
    """

    sequence: int
    at: datetime
    contract: Contract
    quantity: int
    how: How
    price: Price = Price(_NOTHING)
    fee: Decimal = _NOTHING
    cost: Decimal = _NOTHING
    shares: int = 0
    into: Contract | None = None
    becomes: int = 0
    order: str = ""
    execution: str = ""
    reported: Decimal | None = None


def moves(events: Iterable[Numbered]) -> list[Move]:
    """All movements in the order in which they became known."""
    found: list[Move] = []
    places: dict[str, int] = {}
    for sequence, event in events:
        if isinstance(event, ev.OrderFilled):
            _executed(found, places, _of_fill(sequence, event.fill, "traded", event.key), event.fill.root)
        elif isinstance(event, ev.ExternalChange):
            _executed(found, places, _of_fill(sequence, event.fill, "traded by hand", ""), event.fill.root)
        elif isinstance(event, ev.CommissionReported):
            _costed(found, event)
        else:
            found += _others(sequence, event)
    return found


def _others(sequence: int, event: ev.AnyEvent) -> list[Move]:
    if isinstance(event, ev.BaselineTaken):
        return [_held(sequence, event.at, position) for position in event.positions if position.quantity]
    if isinstance(event, ev.AssignmentInferred | ev.ExerciseInferred):
        how: How = "assigned" if isinstance(event, ev.AssignmentInferred) else "exercised"
        return [
            Move(
                sequence,
                event.at,
                event.contract,
                event.quantity,
                how,
                fee=event.fees.amount,
                shares=event.shares,
            )
        ]
    if isinstance(event, ev.ExpiryInferred):
        return [Move(sequence, event.at, event.contract, event.quantity, "expired")]
    if isinstance(event, ev.SplitInferred):
        return [
            Move(sequence, event.at, one.before, -one.held, "split", into=one.after, becomes=one.becomes)
            for one in event.changes
        ]
    if isinstance(event, ev.CashSettlementInferred):
        each = -event.amount.amount / (event.quantity * event.contract.multiplier)
        return [Move(sequence, event.at, event.contract, event.quantity, "settled in cash", Price(each))]
    return []


def _held(sequence: int, at: datetime, position: BrokerPosition) -> Move:
    return Move(sequence, at, position.contract, position.quantity, "held before", cost=position.average_cost)


def _of_fill(sequence: int, fill: Fill, how: How, order: str) -> Move:
    return Move(
        sequence,
        fill.at,
        fill.contract,
        fill.quantity,
        how,
        fill.price,
        fee=_NOTHING if fill.commission is None else fill.commission.amount,
        order=order,
        execution=fill.exec_id,
        reported=None if fill.realized is None else fill.realized.amount,
    )


def _executed(found: list[Move], places: dict[str, int], move: Move, root: str) -> None:
    """Add an execution; one with a root that is known replaces it."""
    place = places.get(root)
    if place is None:
        places[root] = len(found)
        found.append(move)
        return
    earlier = found[place]
    if earlier.execution != move.execution:
        found[place] = replace(move, sequence=earlier.sequence)


def _costed(found: list[Move], event: ev.CommissionReported) -> None:
    for place in range(len(found) - 1, -1, -1):
        move = found[place]
        if move.execution == event.exec_id:
            reported = move.reported if event.realized is None else event.realized.amount
            found[place] = replace(move, fee=event.commission.amount, reported=reported)
            return
