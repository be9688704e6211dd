"""What a margin calculation reads, and what it answers.

Plain exact values: positions with a mark, underlyings with a price and a class, the kind of account,
and the requirement with the groups that it was made of, so that a person can check the sum by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum

import msgspec

from premia.domain.instrument import Contract
from premia.domain.money import Money

ZERO = Decimal(0)


class MarginClass(Enum):
    """The group of underlyings that share margin rates; which one an underlying is in, the broker decides."""

    STOCK = "stock"  # single stocks, narrow indices and narrow funds
    BROAD_ETF = "broad_etf"  # SPY, IWM, usually QQQ
    BROAD_INDEX = "broad_index"  # SPX, XSP, RUT, NDX
    VIX = "vix"  # options on the VIX; expiries do not offset each other


class AccountKind(Enum):
    """What an account may do: only `MARGIN` may borrow, sell short and leave short options uncovered."""

    CASH = "cash"
    IRA = "ira"
    MARGIN = "margin"


class Underlying(msgspec.Struct, frozen=True):
    """What the margin of options depends on beside the options.

    Attributes:
        spot: Price per share, or level of the index.
        kind: Class of margin rates.
        leverage: Factor of a leveraged or inverse fund, without its sign (3 for a -3x fund).
    """

    spot: Decimal
    kind: MarginClass = MarginClass.STOCK
    leverage: int = 1


class Position(msgspec.Struct, frozen=True):
    """A holding, or a trade that would become one.

    Attributes:
        quantity: Signed contracts or shares.
        mark: Price per share at which it is valued; for a trade the price of the trade.
    """

    contract: Contract
    quantity: int
    mark: Decimal


class RegT(msgspec.Struct, frozen=True):
    """The rules of one account.

    Attributes:
        account: Its kind.
        min_per_contract: Least requirement of an uncovered short option, per contract, as some brokers have.
        scaled_minimum: Whether the 10 % minimum of a leveraged fund is multiplied by its factor too.
    """

    account: AccountKind = AccountKind.MARGIN
    min_per_contract: Decimal = ZERO
    scaled_minimum: bool = True

    @property
    def borrows(self) -> bool:
        """Whether the account may borrow and be short."""
        return self.account is AccountKind.MARGIN


class Group(msgspec.Struct, frozen=True):
    """Positions that are margined together.

    Attributes:
        name: What they form: `naked put`, `vertical`, `iron condor`, `covered call`, `long stock` and so on.
        positions: The part of each holding that belongs to the group.
        initial: Requirement in the account's currency.
        maintenance: Likewise.
    """

    name: str
    positions: tuple[Position, ...]
    initial: Decimal
    maintenance: Decimal


class Requirement(msgspec.Struct, frozen=True):
    """What equity with loan value must cover.

    Attributes:
        initial: To open.
        maintenance: To keep; below it the broker liquidates.
        groups: How `initial` comes about; their maintenance may sum to more than `maintenance`, which
            is taken over the pairing that is best for it.
        refusals: What this kind of account may not hold, in words; empty where all is allowed.
    """

    initial: Money
    maintenance: Money
    groups: tuple[Group, ...]
    refusals: tuple[str, ...] = ()


def net(positions: Iterable[Position]) -> tuple[Position, ...]:
    """One position for each contract, in order of first appearance, with its last mark; flat ones vanish."""
    merged: dict[Contract, Position] = {}
    for position in positions:
        before = merged.get(position.contract)
        quantity = position.quantity + (before.quantity if before else 0)
        merged[position.contract] = Position(position.contract, quantity, position.mark)
    return tuple(position for position in merged.values() if position.quantity != 0)
