"""Positions and what they cost, three numbers that are never mixed.

The broker's average cost nets the premium into assigned shares; the tax basis follows tax lots; the
campaign's break-even is ours and lives in `campaign`. A `Holding` is a plain signed quantity.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from premia.domain.instrument import Contract


class Holding(msgspec.Struct, frozen=True):
    """Signed quantity of one contract that our own facts explain."""

    contract: Contract
    quantity: int


class BrokerPosition(msgspec.Struct, frozen=True):
    """A position as the broker tells it.

    Attributes:
        average_cost: The broker's, per share or contract with multiplier and commissions in it. For
            assigned shares it already nets the premium: never subtract a premium from it again.
        market_price: The broker's mark per share; None where it did not say.
    """

    contract: Contract
    quantity: int
    average_cost: Decimal
    market_price: Decimal | None = None
