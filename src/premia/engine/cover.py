"""Whether shares and long calls cover every short call after an order, counted for the whole account.

Deliberately not the arithmetic of the rule `covered`, which counts by campaign: this one knows only contracts
and signed quantities. A long call covers a short one that expires no later. Working orders count as filled
where they sell calls or shares, and not at all where they would only help.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from premia.domain.book import Book
from premia.domain.combo import Leg
from premia.domain.instrument import Contract, Index, Option, Right, Stock
from premia.domain.intent import Purpose
from premia.domain.order import OrderState, Stage
from premia.rules.exposure import strangers

_PLANNED = (Stage.PLANNED, Stage.CLEARED)


class _Calls(NamedTuple):
    """Calls of one expiry, as shares: negative is short."""

    expiry: date
    shares: int


def naked_calls(book: Book, state: OrderState) -> int:
    """Shares that are missing under short calls once an order has filled; zero where it sells neither.

    Args:
        book: Open state of the account.
        state: The order that is about to be sent or changed; the part of it not filled counts.
    """
    legs = state.order.combo.legs
    if not _sells(legs):
        return 0
    symbols = {leg.contract.symbol for leg in legs}
    return max(_missing(book, state, symbol) for symbol in symbols)


def strange(book: Book, state: OrderState) -> str:
    """Why a leg is nothing that an order of ours may name; empty where all are."""
    for leg in state.order.combo.legs:
        contract = leg.contract
        if isinstance(contract, Index):
            return f"{contract.key} is an index, which cannot be traded"
        if isinstance(contract, Option) and contract.expiry < book.session:
            return f"{contract.key} has expired"
        if isinstance(contract, Option) and contract.adjusted and state.order.purpose is Purpose.OPEN:
            return f"{contract.key} delivers something else than its name says"
    return ""


def closes_too_much(book: Book, state: OrderState) -> str:
    """Why a leg that is said to close would open the other side instead; empty where none would."""
    order = state.order
    if order.purpose is Purpose.OPEN:
        return ""
    for leg in order.combo.legs:
        if order.purpose is Purpose.ROLL and leg.ratio < 0:
            continue
        held, moved = book.holding(leg.contract), _left(state, leg) + _closing(book, leg, state.key)
        if moved == 0:  # this leg has filled, and another is still to be told
            continue
        if held * moved >= 0 or abs(held) < abs(moved):
            return (
                f"{moved:+d} {leg.contract.key}, all orders counted, would close more than the {held:+d} held"
            )
    return ""


def _left(state: OrderState, leg: Leg) -> int:
    """Signed contracts of a leg that have not filled yet; legs of one order may be told one by one."""
    return leg.ratio * state.order.quantity - state.leg_filled.get(leg.contract.key, 0)


def _closing(book: Book, leg: Leg, but: str) -> int:
    """Signed contracts of a leg that other living orders close at the same time."""
    return sum(
        _left(state, other)
        for state in book.orders.values()
        if state.key != but and state.stage not in _PLANNED and state.order.purpose is not Purpose.OPEN
        for other in state.order.combo.legs
        if other.contract.key == leg.contract.key and other.ratio * leg.ratio > 0
    )


def _sells(legs: Iterable[Leg]) -> bool:
    return any(leg.ratio < 0 and (_is_call(leg) or isinstance(leg.contract, Stock)) for leg in legs)


def _is_call(leg: Leg) -> bool:
    return isinstance(leg.contract, Option) and leg.contract.right is Right.CALL


def _missing(book: Book, state: OrderState, symbol: str) -> int:
    calls = [
        _Calls(held.contract.expiry, held.quantity * held.contract.multiplier)
        for held in book.holdings.values()
        if isinstance(held.contract, Option)
        and held.contract.right is Right.CALL
        and held.contract.symbol == symbol
    ]
    shares = book.shares(symbol)
    for contract, left in _promises(book, state):
        if contract.symbol != symbol:
            continue
        if isinstance(contract, Stock):
            shares += min(left, 0)
        elif isinstance(contract, Option) and contract.right is Right.CALL:
            calls.append(_Calls(contract.expiry, left * contract.multiplier))
    return _uncovered(calls) - shares


def _promises(book: Book, state: OrderState) -> Iterator[tuple[Contract, int]]:
    """What the order itself, and every living order that sells calls or shares, will still move."""
    for other in book.orders.values():
        living = other.stage not in _PLANNED and _sells(other.order.combo.legs)
        if living or other.key == state.key:
            yield from ((leg.contract, _left(other, leg)) for leg in other.order.combo.legs)
    for stranger in strangers(book):
        if _sells(stranger.combo.legs):
            yield from ((leg.contract, leg.ratio * stranger.remaining) for leg in stranger.combo.legs)


def _uncovered(calls: Iterable[_Calls]) -> int:
    """Shares called by short calls that no long call of the same or a later expiry covers."""
    by_expiry: dict[date, list[int]] = {}
    for expiry, shares in calls:
        by_expiry.setdefault(expiry, []).append(shares)
    pool = uncovered = 0
    for expiry in sorted(by_expiry, reverse=True):
        net = sum(by_expiry[expiry])
        covered = min(pool, max(-net, 0))
        uncovered += max(-net, 0) - covered
        pool += max(net, 0) - covered
    return uncovered
