"""What a broker sells, or buys back, when an account's excess liquidity is below zero.

There is no call and no grace: short options go first, those with the greatest requirement before
others, then long options, then shares, until the excess is no longer below zero. The orders are the
broker's own (client 0) and trade at once at the natural price.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from decimal import Decimal

import msgspec

from premia.domain.account import AccountKind
from premia.domain.instrument import Contract, Option
from premia.exchange.accounts import Change, Measure, Standing, measure, standing
from premia.exchange.accounts_marks import Marks
from premia.exchange.ledger import Account
from premia.exchange.types import OrderKind, OrderTicket, TicketLeg, TimeInForce

_BROKER = 0
_ROOM = 3
"""Times what prices alone can have cost that the excess must cover for an account to be left alone."""


class Cushion(msgspec.Struct, frozen=True):
    """Excess liquidity at the last look, with the prices and the standing that it was computed from."""

    excess: Decimal
    spots: dict[str, Decimal]
    at: Standing


def sales(
    account: Account, marks: Marks, used: int, cushions: MutableMapping[str, Cushion]
) -> Iterator[OrderTicket]:
    """Market orders that bring the account back, in order; none while its excess is not below zero.

    Only margin accounts that hold something are looked at. The caller fills each order before it
    takes the next, because each is chosen on the books as they then are.

    The ids of the orders count down from minus `used`, the liquidation orders of this market so far;
    `cushions` holds the last looks of the week, by account, and is kept up to date.
    """
    if account.kind is not AccountKind.MARGIN or not account.held():
        return
    if _cushioned(account, marks, cushions):
        return
    tried: set[Contract] = set()
    while True:
        at = standing(account)
        now = measure(account, at, marks)
        cushions[account.name] = Cushion(now.excess, _spots(at, marks), at)
        if now.excess >= 0:
            return
        target = _next(at, tried, marks)
        if target is None:
            return
        tried.add(target)
        used += 1
        yield OrderTicket(
            client_id=_BROKER,
            order_id=-used,
            account=account.name,
            legs=(TicketLeg(target, 1),),
            quantity=-_needed(account, at, target, marks, now),
            kind=OrderKind.MARKET,
            limit=None,
            tif=TimeInForce.DAY,
            order_ref="liquidation",
        )


def _cushioned(account: Account, marks: Marks, cushions: Mapping[str, Cushion]) -> bool:
    """Whether the excess of the last look still covers what prices can have done to it since.

    A position loses at most its shares times the move of the underlying, and its requirement grows by
    less than that again; the rest is room for volatility. At the latest the next week looks afresh.
    """
    last, at = cushions.get(account.name), standing(account)
    if last is None or last.at != at:
        return False
    moved = sum(
        (
            abs(quantity)
            * contract.multiplier
            * abs(marks.spot(contract.symbol) - last.spots[contract.symbol])
            for contract, quantity in at.quantities.items()
        ),
        Decimal(0),
    )
    return last.excess > _ROOM * moved


def _spots(at: Standing, marks: Marks) -> dict[str, Decimal]:
    return {contract.symbol: marks.spot(contract.symbol) for contract in at.quantities}


def _next(at: Standing, tried: set[Contract], marks: Marks) -> Contract | None:
    """Short options by value at risk, long options, then shares; None when nothing is left to try."""

    def rank(contract: Contract) -> tuple[int, Decimal, str]:
        quantity = at.quantities[contract]
        size = abs(contract.value_of(marks.of(contract), quantity).amount)
        if isinstance(contract, Option):
            at_risk = contract.strike * contract.multiplier * abs(quantity)
            return (0, -at_risk, contract.key) if quantity < 0 else (1, -size, contract.key)
        return 2, -size, contract.key

    left = [one for one in at.quantities if one not in tried]
    return min(left, key=rank, default=None)


def _needed(account: Account, at: Standing, target: Contract, marks: Marks, now: Measure) -> int:
    """The smallest signed part of a position whose sale brings the excess to zero; else all of it."""
    held = account.quantity(target)
    sign = 1 if held > 0 else -1
    low, high = 1, abs(held)
    while low < high:
        middle = (low + high) // 2
        part = middle * sign
        proceeds = target.value_of(marks.of(target), part).amount
        after = measure(account, at.after(Change(((target, -part),), -proceeds)), marks)
        if after.excess >= 0 > now.excess:
            high = middle
        else:
            low = middle + 1
    return low * sign
