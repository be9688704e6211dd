"""The broker's what-if against our own margin rules, opening by opening.

The journal does not say in which group of margin rates the broker has an underlying, nor whether the account
may borrow; both are read off the broker's own answers: the kind of account under which they are possible, and
for each symbol the group that fits all of its answers best. What is left is the error of our rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from statistics import median
from typing import NamedTuple

import msgspec

from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.instrument import Right
from premia.domain.intent import Purpose
from premia.domain.known import Known
from premia.domain.order import Order
from premia.margin.holdings import AccountKind, MarginClass, Position, RegT, Underlying
from premia.margin.impact import impact
from premia.reporting.replay import Numbered, replay

_FULLY_SECURED = Decimal("0.8")
"""Answers above this part of the strike's value are those of an account that may not borrow."""

_CLASSES = (MarginClass.STOCK, MarginClass.BROAD_ETF, MarginClass.BROAD_INDEX)


class MarginLine(msgspec.Struct, frozen=True):
    """One opening's initial requirement, USD.

    Attributes:
        group: The group of margin rates of its underlying that fits the broker's answers best.
        apart: Ours less the broker's, as a fraction of the broker's.
    """

    key: str
    symbol: str
    group: str
    broker: Decimal
    ours: Decimal
    apart: float


class _Asked(NamedTuple):
    """An opening whose margin the broker has told, with what was held beside it."""

    order: Order
    spot: Decimal
    held: tuple[Position, ...]
    broker: Decimal


def margins(events: Iterable[Numbered]) -> list[MarginLine]:
    """Every opening of puts alone for which both figures are known."""
    asked = _asked(events)
    kind = _kind(asked)
    found: list[MarginLine] = []
    for symbol in sorted({one.order.symbol for one in asked}):
        some = [one for one in asked if one.order.symbol == symbol]
        group = min(
            _CLASSES, key=lambda group: sum(abs(_ours(one, group, kind) - one.broker) for one in some)
        )
        found += [_line(one, group, kind) for one in some]
    return found


def _asked(events: Iterable[Numbered]) -> list[_Asked]:
    found: list[_Asked] = []
    for step in replay(events):
        event = step.event
        if not isinstance(event, ev.MarginQuoted) or not isinstance(event.quote, Known):
            continue
        state = step.before.orders.get(event.key)
        told = event.quote.value.initial_change
        if state is None or told is None or told <= 0 or state.order.spot is None or not _a_put(state.order):
            continue
        found.append(_Asked(state.order, state.order.spot, _held(step.before, state.order.symbol), told))
    return found


def _a_put(order: Order) -> bool:
    """Whether an order sells one put and nothing else: what calls on shares require depends on more."""
    (first, *others) = order.combo.options
    return order.purpose is Purpose.OPEN and not others and first.right is Right.PUT


def _held(book: Book, symbol: str) -> tuple[Position, ...]:
    """What is held of a symbol, at the broker's marks; zero where it gave none."""
    told = book.observed.positions
    marks = {one.contract.key: one.market_price for one in told.value} if isinstance(told, Known) else {}
    return tuple(
        Position(held.contract, held.quantity, marks.get(key) or Decimal(0))
        for key, held in book.holdings.items()
        if held.contract.symbol == symbol
    )


def _kind(asked: Sequence[_Asked]) -> AccountKind:
    parts = [one.broker / _strike_value(one.order) for one in asked]
    return AccountKind.CASH if parts and median(parts) >= _FULLY_SECURED else AccountKind.MARGIN


def _strike_value(order: Order) -> Decimal:
    option = order.combo.options[0]
    return option.strike * option.multiplier * order.quantity


def _ours(one: _Asked, group: MarginClass, kind: AccountKind) -> Decimal:
    legs = one.order.combo.legs
    added = [Position(leg.contract, leg.ratio * one.order.quantity, abs(one.order.limit)) for leg in legs]
    underlying = {one.order.symbol: Underlying(one.spot, group)}
    return impact(one.held, added, underlying, RegT(account=kind)).initial_change.amount


def _line(one: _Asked, group: MarginClass, kind: AccountKind) -> MarginLine:
    ours = _ours(one, group, kind)
    apart = round(float((ours - one.broker) / one.broker), 4)
    return MarginLine(one.order.key, one.order.symbol, group.value, one.broker, ours, apart)
