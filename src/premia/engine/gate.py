"""The last gate: what is asked of every order and every change of a price right before it leaves.

It trusts nobody above it: not strategies, not rules, not the planner. From the book and limits of its own it
answers with a permit or with a breach, and only a permit opens a broker. A breach that no lawful decision can
cause latches: everything stands until a person resets the gate. Cancels are never asked about.

It is asked twice: when `decide` is about to demand a sending, so that a no is settled and journalled like any
other conclusion, and by the loop at the door, where the kill switch of this very moment counts too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from premia.domain import events as ev
from premia.domain.book import ALL, ENTRIES, Book
from premia.domain.dates import session_of
from premia.domain.intent import Purpose, evidence
from premia.domain.money import Price
from premia.domain.order import Order, OrderState, Stage
from premia.domain.permit import Permit
from premia.engine.collar import Collar, outside, through_value
from premia.engine.cover import closes_too_much, naked_calls, strange
from premia.engine.gate_book import (
    Breach,
    Weight,
    at_risk,
    same_again,
    sends_since,
    spot_of,
    working_at_risk,
    worth_lost,
)

GATE, KILL, RATE, LOSS = "gate", "kill", "gate_rate", "daily_loss"
"""Causes of the halts made here: a person ends the first two, a new session the others as well."""

_MINUTE = timedelta(minutes=1)
_UNSENT = (Stage.CLEARED, Stage.REQUESTED)


class GateLimits(NamedTuple):
    """The gate's own limits; nothing here follows from the limits of the rules.

    Attributes:
        contracts: The most of any leg in one order.
        order_usd: Cash that one order may take if assigned, and pay.
        working_usd: The same for all orders that live at one time.
        a_minute, a_day: Orders sent in a minute of market time, and in a session.
        changes_a_minute: Changes of prices.
        again_s: Seconds of market time before another key may open the same legs again.
        loss_max: Part of the day's first net liquidation that may be lost before openings stop.
        restricted: Symbols of which nothing is sent.
    """

    contracts: int = 10
    order_usd: Decimal = Decimal(1_000_000)
    working_usd: Decimal = Decimal(2_000_000)
    a_minute: int = 20
    a_day: int = 200
    changes_a_minute: int = 60
    again_s: float = 5.0
    loss_max: Decimal = Decimal("0.05")
    restricted: frozenset[str] = frozenset()
    collar: Collar = Collar()


class Wanted(NamedTuple):
    """What is about to leave: an order, or a change of the price of one that works.

    Attributes:
        limit: Net credit a share that would be sent.
        change: Whether the order is at the broker already.
    """

    state: OrderState
    limit: Price
    change: bool

    @property
    def order(self) -> Order:
        """The order."""
        return self.state.order


Check = Callable[[Book, Wanted, GateLimits], Breach | None]


def examine(book: Book, wanted: Wanted, limits: GateLimits) -> Breach | None:
    """The first breach, None where there is none.

    Args:
        book: Open state of the account.
        wanted: What is about to leave.
        limits: The gate's own.
    """
    return next((breach for check in _CHECKS if (breach := check(book, wanted, limits)) is not None), None)


def permit(
    book: Book, wanted: Wanted, broker_id: int, limits: GateLimits, shut: Callable[[], str]
) -> Permit | Breach:
    """The one maker of permits.

    Args:
        book: Open state of the account.
        wanted: What is about to leave.
        broker_id: The id under which it leaves.
        limits: The gate's own.
        shut: Why nothing may be sent at this very moment; empty where it may.
    """
    why = shut()
    if why:
        return killed(why)
    breach = examine(book, wanted, limits)
    return Permit(wanted.order, broker_id, wanted.limit, shut) if breach is None else breach


def killed(why: str) -> Breach:
    """The breach that everything is while the kill switch is thrown."""
    return Breach(KILL, why, Weight.KILL)


def thrown(book: Book, why: str, at: datetime) -> list[ev.TradingHalted]:
    """The halt of a kill switch that was found thrown; empty where it is not, or the halt stands already.

    Args:
        book: Open state of the account.
        why: What the switch says; empty where it is not thrown.
        at: Market time.
    """
    return [ev.TradingHalted(at=at, cause=KILL, scope=ALL, why=why)] if why and KILL not in book.halts else []


def screened(book: Book, limits: GateLimits, events: Iterable[ev.AnyEvent]) -> Iterator[ev.AnyEvent]:
    """Demands for sendings as the gate lets them through; of those it stops, what follows instead.

    Args:
        book: Open state of the account.
        limits: The gate's own.
        events: What is about to be demanded; anything but sendings passes.
    """
    for event in events:
        state = (
            book.orders.get(event.key) if isinstance(event, ev.OrderRequested | ev.ReplaceRequested) else None
        )
        if state is None:
            yield event
            continue
        change = isinstance(event, ev.ReplaceRequested)
        wanted = Wanted(state, event.limit if isinstance(event, ev.ReplaceRequested) else state.limit, change)
        breach = examine(book, wanted, limits)
        if breach is None:
            yield event
        else:
            yield from consequences(book, wanted, breach)


def consequences(book: Book, wanted: Wanted, breach: Breach) -> Iterator[ev.AnyEvent]:
    """What a breach leads to: a halt where its weight asks for one, and an end of an order that has not left.

    A change that was stopped ends nothing: the order works on at its old price. An order that is to be sent
    twice is not ended either; what became of the first sending is the broker's to say.
    """
    order, at = wanted.order, book.at
    halt = _halt(breach)
    if halt is not None and halt[0] not in book.halts:
        why = (
            breach.reason if breach.weight is Weight.KILL else f"{order.key}: {breach.rule}: {breach.reason}"
        )
        yield ev.TradingHalted(at=at, cause=halt[0], scope=halt[1], why=why)
    if wanted.change:
        return
    if wanted.state.broker_id is not None:  # it may live at the broker: not ended here, but looked for
        yield ev.OrderUnknown(at=at, key=order.key, why=f"it was to be sent a second time; {breach.reason}")
        return
    facts = evidence(**breach.facts)
    yield ev.OrderDropped(
        at=at, key=order.key, rule=f"gate:{breach.rule}", reason=breach.reason, evidence=facts
    )


def refused_change(book: Book, wanted: Wanted, breach: Breach) -> ev.ReplaceRefused:
    """The record of a change that the gate stopped at the door."""
    return ev.ReplaceRefused(
        at=book.at, key=wanted.order.key, code=0, text=f"gate:{breach.rule}: {breach.reason}"
    )


def lapsed(book: Book) -> Iterator[ev.TradingReleased]:
    """Halts of the gate that a new session ends: too many orders, and the loss of a day."""
    for cause in (RATE, LOSS):
        halt = book.halts.get(cause)
        if halt is not None and session_of(halt.since) < book.session:
            yield ev.TradingReleased(at=book.at, cause=cause, why="a new session")


def _halt(breach: Breach) -> tuple[str, str] | None:
    """Cause and scope of the halt that a breach asks for."""
    match breach.weight:
        case Weight.KILL:
            return KILL, ALL
        case Weight.LATCH:
            return GATE, ALL
        case Weight.PAUSE:
            return (LOSS if breach.rule == LOSS else RATE), ENTRIES
        case Weight.DROP:
            return None


def _session(book: Book, wanted: Wanted, _limits: GateLimits) -> Breach | None:
    if not book.connected:
        return Breach("session", "there is no session with the broker", Weight.DROP)
    halt = book.halted(wanted.order.purpose)
    if halt is not None:
        return Breach("halted", f"{halt[1].scope} halted ({halt[0]}): {halt[1].why}", Weight.DROP)
    if not book.ready:
        return Breach("session", "broker and ledger are not reconciled", Weight.DROP)
    return None


def _restricted(_book: Book, wanted: Wanted, limits: GateLimits) -> Breach | None:
    named = {wanted.order.symbol, *(leg.contract.symbol for leg in wanted.order.combo.legs)}
    found = sorted(named & limits.restricted)
    return Breach("restricted", f"{', '.join(found)} is restricted", Weight.DROP) if found else None


def _size(_book: Book, wanted: Wanted, limits: GateLimits) -> Breach | None:
    order = wanted.order
    most = max(abs(leg.ratio) for leg in order.combo.legs) * order.quantity
    if order.quantity >= 1 and most <= limits.contracts:
        return None
    reason = f"{most} contracts in one order, {limits.contracts} are allowed"
    return Breach("size", reason, Weight.LATCH, {"contracts": most, "allowed": limits.contracts})


def _money(book: Book, wanted: Wanted, limits: GateLimits) -> Breach | None:
    own = at_risk(wanted.order, wanted.order.quantity)
    if own > limits.order_usd:
        reason = f"{own:,.0f} USD if assigned, {limits.order_usd:,.0f} are allowed an order"
        return Breach("notional", reason, Weight.LATCH, {"usd": own, "allowed_usd": limits.order_usd})
    total = own + working_at_risk(book, wanted.order.key)
    if total > limits.working_usd:
        reason = f"{total:,.0f} USD if all working orders are assigned, {limits.working_usd:,.0f} are allowed"
        return Breach("notional", reason, Weight.LATCH, {"usd": total, "allowed_usd": limits.working_usd})
    return None


def _price(book: Book, wanted: Wanted, limits: GateLimits) -> Breach | None:
    order, limit = wanted.order, wanted.limit
    spots = [spot for spot in (order.spot, spot_of(book, order.symbol)) if spot is not None]
    why = outside(order, limit, limits.collar)
    for spot in spots or [None]:
        why = why or through_value(order, limit, spot, limits.collar)
    if not why:
        return None
    weight = Weight.DROP if order.mid is None or order.natural is None else Weight.LATCH
    return Breach("collar", why, weight, {"limit": limit, "mid": order.mid, "natural": order.natural})


def _legs(book: Book, wanted: Wanted, _limits: GateLimits) -> Breach | None:
    why = strange(book, wanted.state) or closes_too_much(book, wanted.state)
    if why:
        return Breach("legs", why, Weight.LATCH)
    lacking = naked_calls(book, wanted.state)
    if lacking <= 0:
        return None
    reason = f"{lacking} shares of {wanted.order.symbol} are missing under the calls sold and working"
    return Breach("naked_call", reason, Weight.LATCH, {"shares_missing": lacking})


def _twice(book: Book, wanted: Wanted, limits: GateLimits) -> Breach | None:
    key, slot = wanted.order.key, wanted.order.slot
    if wanted.change:
        return None
    if wanted.state.stage not in _UNSENT or wanted.state.broker_id is not None:
        reason = f"{key} was sent already: it is {wanted.state.stage.value}"
        return Breach("duplicate", reason, Weight.LATCH)
    for other in book.orders.values():
        if other.order.slot == slot and other.broker_id is not None and other.key != key:
            return Breach("duplicate", f"{other.key} lives in slot {slot} already", Weight.LATCH)
    if (
        wanted.order.purpose is not Purpose.OPEN
    ):  # two trades may close the same series; what is held bounds them
        return None
    again = same_again(book, wanted.order, timedelta(seconds=limits.again_s))
    if again is not None:
        reason = (
            f"{again.key} traded the same legs at {again.at:%H:%M:%S}, less than {limits.again_s:g} s ago"
        )
        return Breach("duplicate", reason, Weight.LATCH)
    return None


def _rate(book: Book, wanted: Wanted, limits: GateLimits) -> Breach | None:
    minute = book.at - _MINUTE
    if wanted.change:
        folded = wanted.limit == wanted.state.limit  # at the door the change is in the book already
        counted = sum(at > minute for at in book.changes) - folded
        return _too_many(counted, limits.changes_a_minute, "changes of prices a minute")
    today, just_now = len(book.sends), sends_since(book, minute)
    return _too_many(just_now, limits.a_minute, "orders a minute") or _too_many(
        today, limits.a_day, "orders a day"
    )


def _too_many(counted: int, most: int, what: str) -> Breach | None:
    if counted < most:
        return None
    facts = {"sent": counted, "allowed": most}
    return Breach("rate", f"{counted} {what} were sent, {most} are allowed", Weight.PAUSE, facts)


def _loss(book: Book, wanted: Wanted, limits: GateLimits) -> Breach | None:
    lost = worth_lost(book)
    if wanted.order.purpose is not Purpose.OPEN or lost is None or lost.part <= limits.loss_max:
        return None
    reason = (
        f"net liquidation fell from {lost.before:,.0f} to {lost.now:,.0f} USD today, {lost.part:.1%};"
        f" {limits.loss_max:.1%} is allowed before openings stop"
    )
    return Breach(LOSS, reason, Weight.PAUSE, {"before_usd": lost.before, "now_usd": lost.now})


_CHECKS: tuple[Check, ...] = (_session, _restricted, _twice, _size, _money, _price, _legs, _rate, _loss)
