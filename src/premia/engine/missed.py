"""Fills that no execution tells any more: day orders of an earlier session, told by positions and cash.

A pass places its orders and ends; what fills afterwards is history by the next morning, and the broker
tells executions of the day only. An order fits when every leg has changed by the same number of units,
within what was left of it. What a new position cost is told by its average cost. For the rest the cash
tells the price where nothing else has happened, else the limit, which is the worst that it can have been.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from premia.domain.book import Book
from premia.domain.events import BrokerObserved, OrderFilled
from premia.domain.instrument import Contract, Option
from premia.domain.intent import Purpose
from premia.domain.known import Known
from premia.domain.money import CENT, Money, Price, Toward, to_tick
from premia.domain.order import Fill, OrderState, Stage
from premia.domain.position import BrokerPosition
from premia.engine.cash import difference_of

_FEES_A_SHARE = Decimal("0.05")
"""Commissions of an order are less than this a share; cash that lacks more has other reasons."""


class Gap(NamedTuple):
    """A contract whose quantity differs: broker's less ours."""

    contract: Contract
    held: int
    change: int


class _Deal(NamedTuple):
    """What one leg traded at, all in: price a share, and what is left of the cash as commission."""

    price: Price
    cost: Money


def missed_fills(
    book: Book, seen: BrokerObserved, gaps: Sequence[Gap], *, alone: bool
) -> tuple[tuple[OrderFilled, ...], list[Gap]]:
    """The fills of stale orders that explain gaps of one symbol, and the gaps that they do not explain.

    Args:
        book: The book, in which such orders have ended as cancelled.
        seen: The observation.
        gaps: Differences of one symbol.
        alone: Whether no other symbol differs, so that the cash tells of this one only.
    """
    if not isinstance(seen.positions, Known):
        return (), list(gaps)
    theirs = {position.contract.key: position for position in seen.positions.value}
    left = {gap.contract.key: gap for gap in gaps}
    found: list[OrderFilled] = []
    for state in _stale(book):
        legs = state.order.combo.legs
        units = _units(state, left)
        if not units or (state.order.purpose is Purpose.CLOSE and _delivered(left)):
            continue
        paid = difference_of(book, seen) if alone and len(gaps) == len(legs) else None
        deals = _deals(book, state, left, (theirs, paid))
        if deals is None or (
            state.order.purpose is Purpose.CLOSE and not _closes(book, state, paid, alone=alone)
        ):
            continue
        for number, leg in enumerate(legs):
            gap = left.pop(leg.contract.key)
            found.append(_fill(seen, state, gap, deals[number], number))
    return tuple(found), list(left.values())


def _stale(book: Book) -> Iterator[OrderState]:
    """Orders of an earlier session that were taken for cancelled because the broker lists them no more."""
    for state in book.ended.values():
        if state.stage is Stage.CANCELLED and state.order.session < book.session and state.remaining > 0:
            yield state


def _units(state: OrderState, gaps: Mapping[str, Gap]) -> int:
    """By how many units every leg has changed; 0 where they differ, or exceed what was left."""
    first = state.order.combo.legs[0]
    gap = gaps.get(first.contract.key)
    units = 0 if gap is None else gap.change // first.ratio
    changed = {leg.contract.key: leg.ratio * units for leg in state.order.combo.legs}
    fits = all(key in gaps and gaps[key].change == change for key, change in changed.items())
    return units if fits and 0 < units <= state.remaining else 0


def _delivered(gaps: Mapping[str, Gap]) -> bool:
    """Whether shares have moved, so that an option that has gone was exercised rather than bought back."""
    return any(not isinstance(gap.contract, Option) for gap in gaps.values())


def _closes(book: Book, state: OrderState, paid: Decimal | None, *, alone: bool) -> bool:
    """Whether an option that has gone was bought back: the cash says so, or it could not have expired."""
    if alone:
        return paid is not None and paid < 0
    return all(option.expiry >= book.session for option in state.order.combo.options)


def _deals(
    book: Book,
    state: OrderState,
    gaps: Mapping[str, Gap],
    told: tuple[Mapping[str, BrokerPosition], Decimal | None],
) -> list[_Deal] | None:
    """What each leg traded at; None where the order is of a kind that cannot be told."""
    theirs, paid = told
    legs = state.order.combo.legs
    if len(legs) == 1:
        gap = gaps[legs[0].contract.key]
        position = theirs.get(gap.contract.key)
        return [_by_cost(gap, position) if position and not gap.held else _by_cash(gap, state.limit, paid)]
    if len(legs) != 2 or legs[0].ratio != 1 or legs[1].ratio != -1:  # noqa: PLR2004 - a roll has two legs
        return None
    old, new = (gaps[leg.contract.key] for leg in legs)
    position = theirs.get(new.contract.key)
    if position is None or new.held:
        entry = _entry(book, state, old.contract)
        return [
            _Deal(Price(entry), _nothing(old)),
            _Deal(Price(max(entry + state.limit, Decimal(0))), _nothing(new)),
        ]
    sold = _by_cost(new, position)
    rest = None if paid is None else paid - _cash_of(new, sold)
    return [_by_cash(old, Price(min(state.limit - sold.price, Decimal(0))), rest), sold]


def _by_cost(gap: Gap, position: BrokerPosition) -> _Deal:
    """What the broker's average cost implies; what is left of it is commission."""
    net = abs(position.average_cost) / gap.contract.multiplier
    return _all_in(gap, net)


def _by_cash(gap: Gap, limit: Price, paid: Decimal | None) -> _Deal:
    """What the cash implies where it can be the order's, else its limit (a credit is positive)."""
    at_limit = abs(limit)
    if paid is not None:
        net = -paid / gap.change / gap.contract.multiplier
        worse = net - at_limit if gap.change > 0 else at_limit - net
        if net > 0 and worse <= _FEES_A_SHARE:
            return _all_in(gap, net)
    return _Deal(Price(at_limit), _nothing(gap))


def _all_in(gap: Gap, net: Decimal) -> _Deal:
    """A net price a share as the cent on the side that leaves a commission, and that commission."""
    price = to_tick(net, CENT, toward=Toward.UP if gap.change < 0 else Toward.DOWN)
    cost = abs(price - net) * gap.contract.multiplier * abs(gap.change)
    return _Deal(price, Money(cost, gap.contract.currency))


def _cash_of(gap: Gap, deal: _Deal) -> Decimal:
    return -gap.contract.value_of(deal.price, gap.change).amount - deal.cost.amount


def _entry(book: Book, state: OrderState, contract: Contract) -> Decimal:
    trade = book.trades.get(state.order.trade)
    leg = None if trade is None else trade.legs.get(contract.key)
    return Decimal(0) if leg is None else leg.entry


def _nothing(gap: Gap) -> Money:
    return Money(Decimal(0), gap.contract.currency)


def _fill(seen: BrokerObserved, state: OrderState, gap: Gap, deal: _Deal, number: int) -> OrderFilled:
    fill = Fill(
        exec_id=f"inferred/{state.key}/{number}.01",
        order_ref=state.key,
        broker_id=state.broker_id or 0,
        client_id=state.client_id or 0,
        perm_id=state.perm_id,
        contract=gap.contract,
        quantity=gap.change,
        price=deal.price,
        at=seen.at,
        commission=deal.cost,
    )
    return OrderFilled(at=seen.at, key=state.key, fill=fill)
