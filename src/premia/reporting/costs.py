"""What positions cost and what closing them earned, by three conventions that are never mixed.

Ours counts an option's premium when the option ends, assigned or not, with fees apart. The broker's
averages cost with commissions in it and lets the premium of an assigned option go into the shares.
The tax basis does as the broker does, but lot by lot, first in first out. Over a whole campaign all
three earn the same; on the way they differ, and each answers another question.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from premia.domain.instrument import Contract, Option, Stock
from premia.domain.money import Price
from premia.reporting.moves import How, Move

_NOTHING = Decimal(0)


class Convention(NamedTuple):
    """How costs are counted.

    Attributes:
        lots: Keep lots apart, first in first out; otherwise average them.
        fees: Fees are part of cost and proceeds.
        carry: The cost of an assigned or exercised option goes into the shares that it brings.
    """

    lots: bool
    fees: bool
    carry: bool


OURS = Convention(lots=False, fees=False, carry=False)
BROKER = Convention(lots=False, fees=True, carry=True)
TAX = Convention(lots=True, fees=True, carry=True)


class Lot(msgspec.Struct, frozen=True):
    """Signed quantity of one contract with its signed cost in USD (negative: money received)."""

    opened: datetime
    quantity: int
    cost: Decimal


class Realised(msgspec.Struct, frozen=True):
    """What the closing part of a movement earned, USD; a movement without such a part has none."""

    sequence: int
    at: datetime
    contract: Contract
    quantity: int
    how: How
    result: Decimal
    order: str = ""
    reported: Decimal | None = None


class Costs(NamedTuple):
    """Open lots by contract key, and all results so far."""

    lots: dict[str, tuple[Lot, ...]]
    realised: tuple[Realised, ...]

    def basis(self, contract: Contract) -> Decimal | None:
        """Cost a share (a contract's share, for options) of what is held; None where nothing is."""
        lots = self.lots.get(contract.key, ())
        quantity = sum(lot.quantity for lot in lots)
        if not quantity:
            return None
        return sum((lot.cost for lot in lots), _NOTHING) / (quantity * contract.multiplier)


def costs(moves: Iterable[Move], convention: Convention) -> Costs:
    """Lots and results of movements, in their order, by a convention."""
    lots: dict[str, tuple[Lot, ...]] = {}
    realised: list[Realised] = []
    for move in moves:
        if move.how in ("assigned", "exercised") and isinstance(move.contract, Option):
            realised += _delivered(lots, move, convention)
        elif move.into is not None:
            lots[move.into.key] = _split(lots.pop(move.contract.key, ()), move)
        else:
            realised += _booked(lots, move, _paid(move, convention), convention)
    return Costs({key: held for key, held in lots.items() if held}, tuple(realised))


def _paid(move: Move, convention: Convention) -> Decimal:
    """Signed money for a movement: what was held before has its cost, the rest a price."""
    if move.how == "held before":
        return move.cost * move.quantity
    paid = move.contract.value_of(move.price, move.quantity).amount
    return paid + move.fee if convention.fees else paid


def _booked(
    lots: dict[str, tuple[Lot, ...]], move: Move, paid: Decimal, convention: Convention
) -> list[Realised]:
    """Move lots; the part that closes is realised, the part that opens becomes a lot."""
    held = lots.get(move.contract.key, ())
    quantity = sum(lot.quantity for lot in held)
    closing = _toward_zero(quantity, move.quantity)
    opening = move.quantity - closing
    found: list[Realised] = []
    if closing:
        part = paid * closing / move.quantity
        released, held = _release(held, -closing)
        found.append(
            Realised(
                move.sequence,
                move.at,
                move.contract,
                closing,
                move.how,
                -part - released,
                move.order,
                move.reported,
            )
        )
    if opening:
        held = _join(held, Lot(move.at, opening, paid * opening / move.quantity), convention)
    lots[move.contract.key] = held
    return found


def _delivered(lots: dict[str, tuple[Lot, ...]], move: Move, convention: Convention) -> list[Realised]:
    """An option turns into shares at its strike, with or without its own cost."""
    option = move.contract
    if not isinstance(option, Option):
        return []
    stock = Stock(option.symbol, option.currency)
    paid = stock.value_of(Price(option.strike), move.shares).amount
    if convention.fees:
        paid += move.fee
    found: list[Realised] = []
    if convention.carry:
        released, rest = _release(lots.get(option.key, ()), -move.quantity)
        lots[option.key] = rest
        paid += released
    else:
        found += _booked(lots, move, _NOTHING, convention)
    shares = Move(move.sequence, move.at, stock, move.shares, move.how)
    return [*found, *_booked(lots, shares, paid, convention)]


def _split(held: tuple[Lot, ...], move: Move) -> tuple[Lot, ...]:
    """The lots after a split: other quantities, the same costs; what does not divide goes to later lots."""
    found: list[Lot] = []
    before = after = 0
    for lot in held:
        before += lot.quantity
        quantity = before * move.becomes // -move.quantity - after
        after += quantity
        found.append(Lot(lot.opened, quantity, lot.cost))
    return tuple(found)


def _toward_zero(held: int, quantity: int) -> int:
    """The part of a signed movement that closes what is held."""
    if held * quantity >= 0:
        return 0
    return quantity if abs(quantity) <= abs(held) else -held


def _release(held: tuple[Lot, ...], quantity: int) -> tuple[Decimal, tuple[Lot, ...]]:
    """Take `quantity` (of the sign of what is held) out of the oldest lots: its cost, and what is left."""
    released, left = _NOTHING, quantity
    rest: list[Lot] = []
    for lot in held:
        taken = min(left, lot.quantity, key=abs) if left else 0
        cost = lot.cost * taken / lot.quantity
        released += cost
        left -= taken
        if taken != lot.quantity:
            rest.append(Lot(lot.opened, lot.quantity - taken, lot.cost - cost))
    return released, tuple(rest)


def _join(held: tuple[Lot, ...], lot: Lot, convention: Convention) -> tuple[Lot, ...]:
    if convention.lots or not held:
        return (*held, lot)
    first = held[0]
    return (Lot(first.opened, first.quantity + lot.quantity, first.cost + lot.cost),)
