"""How much a symbol can bear: puts for the money that is left, calls for the shares that carry none.

Plain functions of numbers. Amounts and prices a share are in one unit of money, whole or exact: the engine
hands in decimals, a sweep whole numbers.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from premia.domain.rule import rule

LOT = 100
N = TypeVar("N", int, Decimal)


@rule
def has_room(left: N, held_at: N) -> bool:
    """Whether a put could be paid for at all, before one is looked for.

    A new strike is never thought to lie below half of what the symbol was held at.

    Args:
        left: Money that the symbol may still take.
        held_at: The least price a share at which it was held or written on; zero where it is new.
    """
    return left > 0 and 2 * left >= held_at * LOT


@rule
def puts_to_sell(left: N, value: N, open_puts: int, contracts_max: int) -> int:
    """Contracts of a put that money and limit allow; below one for none.

    Args:
        left: Money that the symbol may still take, above zero.
        value: What one contract takes if assigned.
        open_puts: Contracts short already.
        contracts_max: Most contracts short at a time.
    """
    return min(int(left // value), contracts_max - open_puts)


@rule
def free_shares(campaign: int, written_by_it: int, account: int, written: int) -> int:
    """Shares that a new call may be written on: the campaign's and the account's both have to suffice."""
    return max(min(campaign - written_by_it, account - written), 0)


@rule
def calls_to_sell(free: int) -> int:
    """Contracts of a call that free shares cover."""
    return free // LOT


@rule
def is_welcome(sign: int, wanted: bool, strike: N, even: N) -> bool:  # noqa: FBT001 - a rule's parameters are told by place
    """Whether losing the shares to an option at this strike is welcome: a call not below break-even.

    Args:
        sign: +1 for a call, -1 for a put.
        wanted: Whether being called is welcome at all.
        strike: A share.
        even: The break-even a share; zero where there is none.
    """
    return sign > 0 and wanted and strike >= even
