"""What a trade does to an account's buying power, by our own margin rules.

The answer is the requirement after less the requirement before, together with the premium that the trade
brings or costs. The broker's what-if is asked before an order; this is for sizing and explaining.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from premia.domain.instrument import Option
from premia.domain.money import Money
from premia.margin.holdings import Position, RegT, Requirement, Underlying
from premia.margin.reg_t import STANDARD, requirement


class Impact(msgspec.Struct, frozen=True):
    """Requirements around a trade.

    Attributes:
        before: Of what is held.
        after: Of it with the trade.
        credit: Premium received (positive) or paid, of the options of the trade; fees are not in it.
    """

    before: Requirement
    after: Requirement
    credit: Money

    @property
    def initial_change(self) -> Money:
        """By how much the initial requirement grows."""
        return self.after.initial - self.before.initial

    @property
    def maintenance_change(self) -> Money:
        """By how much the maintenance requirement grows."""
        return self.after.maintenance - self.before.maintenance

    @property
    def buying_power(self) -> Money:
        """By how much available funds fall: growth of the initial requirement, less the premium.

        Shares bought or sold at their mark change cash and stock value alike, so they count only
        by their requirement.
        """
        return self.initial_change - self.credit


def impact(
    held: Sequence[Position],
    added: Sequence[Position],
    underlyings: Mapping[str, Underlying],
    rules: RegT = STANDARD,
) -> Impact:
    """The effect of a trade on what an account requires.

    Args:
        held: Positions before, with their marks.
        added: The trade's legs, signed, marked at the trade's prices.
        underlyings: Price and class of every symbol in either.
        rules: The kind of account and the broker's minimum.

    Raises:
        MarketDataError: If an underlying is missing.
    """
    before = requirement(held, underlyings, rules)
    after = requirement([*held, *added], underlyings, rules)
    premium = sum(
        (
            -leg.quantity * leg.mark * leg.contract.multiplier
            for leg in added
            if isinstance(leg.contract, Option)
        ),
        Decimal(0),
    )
    return Impact(before, after, Money(premium, after.initial.currency))
