"""Every order of ours: what was asked, how its price walked, what came of it and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.order import Fill, Order
from premia.reporting.numbers import tidy

_NOTHING = Decimal(0)


class OrderLine(msgspec.Struct, frozen=True):
    """One order; prices are net credit a share (a debit is negative), money in USD.

    Attributes:
        state: The stage it stands in, in the words of the domain (`working`, `filled`, ...).
        filled: Whole units filled; `partly` whether it ended with some and not all.
        price: Average net credit a share over its executions, None before the first.
        first, limit, worst: Where its price started, where it stands, where it would have ended.
        executions: How many executions it took, legs counted singly.
        why: Our own words on why it was taken back, else the broker's on how it ended.
    """

    key: str
    cycle: str
    strategy: str
    symbol: str
    slot: str
    purpose: str
    legs: str
    quantity: int
    filled: int
    state: str
    first: Decimal
    limit: Decimal
    worst: Decimal
    price: Decimal | None
    fees: Decimal
    reprices: int
    executions: int
    session: date
    decided: datetime
    changed: datetime
    broker_id: int | None
    reason: str
    why: str

    @property
    def partly(self) -> bool:
        """Whether some of it was filled and not all."""
        return 0 < self.filled < self.quantity


class _Running:
    """An order while the journal is read."""

    def __init__(self, event: ev.MarginRequested) -> None:
        self.order = event.order
        self.fills: dict[str, Fill] = {}
        self.costs: dict[str, Decimal] = {}
        self.line = _planned(event)


def orders(events: Iterable[tuple[int, ev.AnyEvent]]) -> list[OrderLine]:
    """All orders in the order in which they were decided."""
    running: dict[str, _Running] = {}
    owner: dict[str, str] = {}
    for _sequence, event in events:
        if isinstance(event, ev.MarginRequested):
            running[event.order.key] = _Running(event)
        elif isinstance(event, ev.OrderFilled) and event.key in running:
            owner[event.fill.exec_id] = event.key
            _filled(running[event.key], event)
        elif isinstance(event, ev.CommissionReported) and event.exec_id in owner:
            _costed(running[owner[event.exec_id]], event)
        else:
            _changed(running, event)
    return [one.line for one in running.values()]


def _planned(event: ev.MarginRequested) -> OrderLine:
    order = event.order
    return OrderLine(
        key=order.key,
        cycle=event.cycle,
        strategy=order.strategy,
        symbol=order.symbol,
        slot=order.slot,
        purpose=order.purpose.value,
        legs=order.combo.text,
        quantity=order.quantity,
        filled=0,
        state="planned",
        first=order.limit,
        limit=order.limit,
        worst=order.worst,
        price=None,
        fees=_NOTHING,
        reprices=0,
        executions=0,
        session=order.session,
        decided=event.at,
        changed=event.at,
        broker_id=None,
        reason=order.reason,
        why="",
    )


def _filled(running: _Running, event: ev.OrderFilled) -> None:
    fill = event.fill
    running.fills[fill.root] = fill
    if fill.commission is not None:
        running.costs[fill.exec_id] = fill.commission.amount
    line = running.line
    units = _units(running.order, running.fills.values())
    complete = units >= line.quantity
    running.line = replace(
        line,
        filled=units,
        price=_price(running.order, running.fills.values()),
        executions=len(running.fills),
        fees=_fees(running),
        state="filled" if complete else line.state,
        why="" if complete else line.why,  # a fill that overtook a cancel leaves nothing to explain
        changed=event.at,
    )


def _costed(running: _Running, event: ev.CommissionReported) -> None:
    running.costs[event.exec_id] = event.commission.amount
    running.line = replace(running.line, fees=_fees(running))


def _fees(running: _Running) -> Decimal:
    """Costs of the executions that stand; those of corrected ones do not count."""
    standing = (running.costs.get(fill.exec_id, _NOTHING) for fill in running.fills.values())
    return sum(standing, _NOTHING)


def _units(order: Order, fills: Iterable[Fill]) -> int:
    """Whole units of which every leg has come."""
    signed: dict[str, int] = {}
    for fill in fills:
        signed[fill.contract.key] = signed.get(fill.contract.key, 0) + fill.quantity
    return min(abs(signed.get(leg.contract.key, 0)) // abs(leg.ratio) for leg in order.combo.legs)


def _price(order: Order, fills: Iterable[Fill]) -> Decimal | None:
    """Average net credit a share of one unit: each leg's average price, weighted by its ratio."""
    spent: dict[str, Decimal] = {}
    signed: dict[str, int] = {}
    for fill in fills:
        key = fill.contract.key
        spent[key] = spent.get(key, _NOTHING) + fill.price * fill.quantity
        signed[key] = signed.get(key, 0) + fill.quantity
    if any(not signed.get(leg.contract.key) for leg in order.combo.legs):
        return None
    net = sum(
        (spent[leg.contract.key] / signed[leg.contract.key] * leg.ratio for leg in order.combo.legs),
        _NOTHING,
    )
    return tidy(-net)


def _changed(running: dict[str, _Running], event: ev.AnyEvent) -> None:
    """What other events say of an order; those without a key say nothing."""
    key = getattr(event, "key", "")
    one = running.get(key)
    if one is None:
        return
    line = one.line
    stage = _STAGES.get(type(event))
    if isinstance(event, ev.ReplaceRequested):
        one.line = replace(line, limit=event.limit, reprices=line.reprices + 1, changed=event.at)
    elif isinstance(event, ev.OrderIdAssigned):
        one.line = replace(line, broker_id=event.broker_id, state="assigned", changed=event.at)
    elif stage is not None and line.state != "filled":
        ours = line.why if isinstance(event, ev.OrderCancelled) and line.state == "cancelling" else ""
        one.line = replace(line, state=stage, why=ours or _why(event) or line.why, changed=event.at)


def _why(event: ev.AnyEvent) -> str:
    if isinstance(event, ev.OrderRejected):
        return f"{event.code}: {event.text}"
    if isinstance(event, ev.OrderDropped):
        return event.reason
    why = getattr(event, "why", "")
    return why if isinstance(why, str) else ""


_STAGES: dict[type[ev.Event], str] = {
    ev.OrderRequested: "requested",
    ev.OrderAccepted: "working",
    ev.OrderAdopted: "working",
    ev.CancelRequested: "cancelling",
    ev.OrderCancelled: "cancelled",
    ev.OrderRejected: "rejected",
    ev.OrderDropped: "never_sent",
    ev.OrderNeverSent: "never_sent",
    ev.OrderUnknown: "unknown",
}
