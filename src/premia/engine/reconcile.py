"""Broker against ledger: what happened that no report told us.

The broker sends no event for assignment, exercise, expiry, dividends and interest, and a process
that was down misses fills. All are inferred here from one complete observation: first executions,
then our orders by evidence, then positions, then cash. What is inferred from positions or cash is
booked only when a second look is equal. What nothing explains stands its symbol still.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from msgspec.structs import replace

from premia.domain.apply import fold
from premia.domain.book import START, Book
from premia.domain.events import (
    AnyEvent,
    AssignmentInferred,
    BaselineTaken,
    BrokerObserved,
    CancelRequested,
    CashUnexplained,
    CommissionReported,
    DiscrepancySeen,
    ExerciseInferred,
    ExternalChange,
    OrderAccepted,
    OrderAdopted,
    OrderCancelled,
    OrderFilled,
    OrderNeverSent,
    OrderUnknown,
    PositionAdopted,
    PositionLeft,
)
from premia.domain.instrument import Option, Right, Stock
from premia.domain.known import Known
from premia.domain.order import Fill, ObservedOrder, OrderState, Stage
from premia.domain.position import BrokerPosition
from premia.domain.sessions import Sessions
from premia.engine.cash import explain_cash
from premia.engine.charges import Charges
from premia.engine.copies import copies_of
from premia.engine.legs import uneven
from premia.engine.positions import explain_positions
from premia.engine.working import reachable

_LATE_SHARE = Decimal("0.01")
"""Cash that lacks what shares cost, give or take this part of it for fees, has not arrived yet."""

_LATE_TOGETHER = 8  # of more assignments in one night the money of one, or of all, is looked for


_BEING_CANCELLED = "PendingCancel"


class Adoption(NamedTuple):
    """Which positions that were already there join a campaign: symbols by the strategy that trades them.

    Attributes:
        strategies: Symbol to strategy name.
        unwilling: Symbols whose existing positions are to be left alone.
    """

    strategies: dict[str, str]
    unwilling: frozenset[str] = frozenset()


class Reference(NamedTuple):
    """What reconciling must know besides book and broker."""

    sessions: Sessions
    charges: Charges
    adoption: Adoption


def reconcile(book: Book, seen: BrokerObserved, reference: Reference) -> list[AnyEvent]:
    """What an observation tells, in the order in which it is to be folded; empty where all is equal.

    Args:
        book: The book with `seen` already folded.
        seen: The observation; an unknown part yields no conclusion about that part.
        reference: Calendar, charges and adoption rules.
    """
    if book.cash is None:
        return baseline(book, seen, reference.adoption)
    events: list[AnyEvent] = []
    if isinstance(seen.fills, Known):
        events += _fills(book, seen, seen.fills.value)
    after = fold(events, book)
    if isinstance(seen.orders, Known) and isinstance(seen.fills, Known):
        evidence = _orders(after, seen, seen.orders.value)
        events += evidence
        after = fold(evidence, after)
        broken = uneven(after, seen)
        events += broken
        after = fold(broken, after)
    if not after.observed.complete or not isinstance(seen.fills, Known):
        return events
    return events + _differences(after, seen, reference)


def baseline(book: Book, seen: BrokerObserved, adoption: Adoption) -> list[AnyEvent]:
    """The ledger's start: cash and positions as the broker tells them, each position adopted or left."""
    if not (
        isinstance(seen.account, Known)
        and isinstance(seen.positions, Known)
        and isinstance(seen.fills, Known)
    ):
        return []
    if seen.account.value.total_cash is None:
        return []
    held = tuple(p for p in seen.positions.value if p.quantity)
    start = BaselineTaken(
        at=seen.at, cash=seen.account.value.total_cash, positions=held, fills=seen.fills.value
    )
    return [start, *_adopt(book, held, seen, adoption)]


def _adopt(
    book: Book, held: Iterable[BrokerPosition], seen: BrokerObserved, adoption: Adoption
) -> list[AnyEvent]:
    events: list[AnyEvent] = []
    free: dict[str, int] = {}
    for position in sorted(held, key=lambda one: isinstance(one.contract, Option)):
        contract = position.contract
        strategy = adoption.strategies.get(contract.symbol)
        why = _left_because(position, strategy, adoption) or _naked_because(position, free)
        if why or strategy is None:
            events.append(PositionLeft(at=seen.at, position=position, why=why))
            continue
        day = book.session.isoformat()
        campaign = f"{strategy}/{contract.symbol}/adopted/{day}"
        trade = f"{strategy}/{contract.key}/adopted/{day}" if isinstance(contract, Option) else ""
        events.append(
            PositionAdopted(at=seen.at, strategy=strategy, position=position, campaign=campaign, trade=trade)
        )
    return events


def _left_because(position: BrokerPosition, strategy: str | None, adoption: Adoption) -> str:
    contract = position.contract
    if strategy is None:
        return f"{contract.symbol} is not a configured symbol"
    if contract.symbol in adoption.unwilling:
        return f"adopt is false for {contract.symbol}"
    if isinstance(contract, Option) and (position.quantity > 0 or contract.adjusted):
        return "a long or adjusted option is no part of the wheel"
    if not isinstance(contract, Option) and position.quantity < 0:
        return "short stock is no part of the wheel"
    return ""


def _naked_because(position: BrokerPosition, free: dict[str, int]) -> str:
    """Why a short call is left, its shares not being there; `free` are shares that carry no call yet."""
    contract = position.contract
    if isinstance(contract, Stock):
        free[contract.symbol] = free.get(contract.symbol, 0) + position.quantity
    if not isinstance(contract, Option) or contract.right is not Right.CALL:
        return ""
    there, needed = free.get(contract.symbol, 0), -position.quantity * contract.multiplier
    if there < needed:
        return f"{needed} shares are called by it and {max(there, 0)} are there to cover it"
    free[contract.symbol] = there - needed
    return ""


def _fills(book: Book, seen: BrokerObserved, fills: tuple[Fill, ...]) -> list[AnyEvent]:
    """Executions that the book does not know, and commissions that it waited for."""
    events: list[AnyEvent] = []
    for fill in sorted(fills, key=lambda f: (f.at, f.exec_id)):
        known = book.fills.get(fill.root)
        if known is not None and known.exec_id == fill.exec_id:
            if fill.commission is not None and fill.exec_id in book.uncosted:
                events.append(
                    CommissionReported(
                        at=seen.at, exec_id=fill.exec_id, commission=fill.commission, realized=fill.realized
                    )
                )
        elif known is not None and not fill.corrects(known):
            continue
        elif fill.order_ref in book.orders or fill.order_ref in book.ended:
            events.append(OrderFilled(at=seen.at, key=fill.order_ref, fill=fill))
        else:
            events.append(ExternalChange(at=seen.at, fill=fill))
    return events


def _orders(book: Book, seen: BrokerObserved, orders: tuple[ObservedOrder, ...]) -> list[AnyEvent]:
    """What became of our orders, by evidence alone."""
    found: list[AnyEvent] = []
    for state in book.orders.values():
        if state.stage in (Stage.PLANNED, Stage.CLEARED):
            continue
        named = [order for order in orders if order.order_ref == state.key]
        found += copies_of(book, state.key, named, seen)
        evidence = _evidence(state, _its_own(state, named), book, seen)
        found += [] if evidence is None else [evidence]
    for key in sorted((book.copies.keys() | book.ended.keys()) - book.orders.keys()):
        found += copies_of(book, key, [order for order in orders if order.order_ref == key], seen)
    return found


def _its_own(state: OrderState, named: list[ObservedOrder]) -> ObservedOrder | None:
    """The order that an order of ours is at the broker, among all that carry its reference."""
    for one in named:
        if state.perm_id and one.perm_id == state.perm_id:
            return one
    for one in named:
        if (one.client_id, one.broker_id) == (state.client_id, state.broker_id):
            return one
    return named[-1] if named else None


def _evidence(
    state: OrderState, order: ObservedOrder | None, book: Book, seen: BrokerObserved
) -> AnyEvent | None:
    if order is None:
        return _absent(state, book, seen)
    if order.done:
        # A filled order ends by its executions; until they are all here it is left as it is.
        # Those of an earlier session come no more; then the positions tell what had filled.
        today = state.order.session >= book.session
        filled = today and (order.status == "Filled" or order.filled > state.filled)
        return (
            None
            if filled
            else OrderCancelled(at=seen.at, key=state.key, why=f"the broker says {order.status}")
        )
    if state.stage in (Stage.ASSIGNED, Stage.UNKNOWN):
        return OrderAdopted(
            at=seen.at,
            key=state.key,
            broker_id=order.broker_id,
            client_id=order.client_id,
            perm_id=order.perm_id,
        )
    asked = state.stage is Stage.CANCELLING and order.status != _BEING_CANCELLED
    if asked and reachable(book, state):
        return CancelRequested(at=seen.at, key=state.key, why=state.why)
    if order.limit is not None and order.limit != state.limit and state.stage is Stage.WORKING:
        return OrderAccepted(
            at=seen.at, key=state.key, broker_id=order.broker_id, perm_id=order.perm_id, limit=order.limit
        )
    return None


def _absent(state: OrderState, book: Book, seen: BrokerObserved) -> AnyEvent | None:
    """An order of ours that the broker does not list: never sent, over, or unknown."""
    if state.stage is Stage.REQUESTED or state.broker_id is None:
        return OrderNeverSent(at=seen.at, key=state.key, why="no broker id was assigned before the restart")
    if state.stage is Stage.ASSIGNED:
        same_client = book.client_id in (None, state.client_id)
        if same_client and seen.next_id is not None and seen.next_id <= state.broker_id:
            why = f"the broker's next id is {seen.next_id}, not past this order's {state.broker_id}"
            return OrderNeverSent(at=seen.at, key=state.key, why=why)
        why = (
            f"no evidence at the broker, whose next id {seen.next_id} is past this order's {state.broker_id}"
            if same_client
            else f"client {state.client_id} sent it; client {book.client_id} cannot tell what became of it"
        )
        return OrderUnknown(at=seen.at, key=state.key, why=why)
    if state.order.session < book.session:
        # A day order cannot outlive its session; the positions that follow tell whether it had filled.
        why = "a day order of an earlier session, no longer listed"
        return OrderCancelled(at=seen.at, key=state.key, why=why)
    if state.stage is Stage.UNKNOWN:
        return None
    return OrderUnknown(
        at=seen.at, key=state.key, why="it worked, and the broker lists it no more nor its end"
    )


def _differences(book: Book, seen: BrokerObserved, reference: Reference) -> list[AnyEvent]:
    """What positions and cash tell; booked only on the second equal look."""
    told = explain_positions(book, seen, reference.sessions, reference.charges)
    cash = explain_cash(fold(told.certain, book), seen) if told.settled else []
    conclusions = [*told.certain, *cash]
    if not conclusions:
        return list(told.standing)
    fingerprint = f"{book.session.isoformat()} {'; '.join(_text(event) for event in conclusions)}"
    late = _cash_is_late(told.certain, cash)
    if book.suspected == fingerprint and not late:
        return [*conclusions, *told.standing]
    note = f"{len(conclusions)} differences between broker and ledger; a second look decides"
    if late:
        note = "shares have moved and their money has not; nothing is booked before both have"
    return [DiscrepancySeen(at=seen.at, fingerprint=fingerprint, note=note), *told.standing]


def _cash_is_late(moved: Iterable[AnyEvent], cash: Iterable[AnyEvent]) -> bool:
    """Whether the cash lacks just what some of the shares that moved cost or brought: money on its way.

    Any other amount, a deposit beside an assignment among them, is no reason to wait.
    """
    owed = [
        event.contract.strike * event.shares
        for event in moved
        if isinstance(event, AssignmentInferred | ExerciseInferred)
    ]
    lacking = sum((event.amount.amount for event in cash if isinstance(event, CashUnexplained)), Decimal(0))
    count = len(owed)
    sizes = range(1, count + 1) if count <= _LATE_TOGETHER else (1, count)
    totals = (sum(some, Decimal(0)) for size in sizes for some in combinations(owed, size))
    return lacking != 0 and any(abs(lacking - total) <= abs(total) * _LATE_SHARE for total in totals)


def _text(event: AnyEvent) -> str:
    """An event without its time, for comparing two looks."""
    facts = {name: getattr(event, name) for name in event.__struct_fields__ if name != "at"}
    if isinstance(event, OrderFilled):  # an inferred fill is stamped with the look that found it
        facts["fill"] = replace(event.fill, at=START)
    return f"{type(event).__name__}{facts}"
