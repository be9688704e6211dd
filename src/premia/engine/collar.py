"""How far a limit may lie from the market that it was decided on.

The collar is drawn around the middle that the decision saw, as wide as some spreads of that moment, and never
narrower than a few cents or a part of the price: a market one cent wide still moves. The planner lays ladders
inside it and the last gate refuses what lies outside, so a lawful order never meets its edge.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from premia.domain.instrument import Option, Right
from premia.domain.money import Price
from premia.domain.order import Order


class Collar(NamedTuple):
    """Width of the collar on each side of the middle; the widest of the three holds.

    Attributes:
        spreads: Whole bid-ask distances.
        floor: USD a share.
        part: Fraction of the middle.
    """

    spreads: Decimal = Decimal(1)
    floor: Decimal = Decimal("0.10")
    part: Decimal = Decimal("0.10")

    def width(self, mid: Price, natural: Price) -> Decimal:
        """USD a share that a limit may lie from the middle."""
        spread = 2 * abs(mid - natural)
        return max(self.spreads * spread, self.floor, self.part * abs(mid))

    def lowest(self, mid: Price, natural: Price) -> Price:
        """The lowest net credit a share inside the collar."""
        return Price(mid - self.width(mid, natural))


def outside(order: Order, limit: Price, collar: Collar) -> str:
    """Why a limit lies outside the collar of its order, in words with numbers; empty where it does not."""
    if order.mid is None or order.natural is None:
        return "the market that it was decided on is not recorded, so no price can be judged"
    width = collar.width(order.mid, order.natural)
    if abs(limit - order.mid) <= width:
        return ""
    away = abs(limit - order.mid)
    return (
        f"limit {limit:.2f} is {away:.2f} from the middle {order.mid:.2f} at decision, {width:.2f} is allowed"
    )


def through_value(order: Order, limit: Price, spot: Decimal | None, collar: Collar) -> str:
    """Why a single option would change hands through what it is worth at once; empty where it would not.

    Sold below what exercising brings, or bought above the most that it can ever be worth (the strike of a
    put, the share of a call).
    """
    (leg, *others) = order.combo.legs
    option = leg.contract
    if others or not isinstance(option, Option) or order.mid is None or order.natural is None:
        return ""
    room = max(collar.floor, abs(order.mid - order.natural))
    paid = abs(limit) / abs(leg.ratio)
    if leg.ratio > 0:
        most = option.strike if option.right is Right.PUT else spot
        if most is not None and limit < 0 and paid > most + room:
            return f"{paid:.2f} for {option.key}, which can never be worth more than {most:.2f}"
        return ""
    if spot is None:
        return ""
    value = option.intrinsic(spot)
    if limit / abs(leg.ratio) < value - room:
        return f"{limit:.2f} for {option.key}, which is worth {value:.2f} by exercise at {spot:.2f}"
    return ""
