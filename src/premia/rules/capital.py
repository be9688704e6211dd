"""One verdict for all limits that are a share of net liquidation, in one set of words."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from premia.domain.intent import Intent
from premia.rules.answers import PASS, Answer, Shrink, refuse
from premia.rules.exposure import Room


class Limit(NamedTuple):
    """A limit with what is used of it.

    Attributes:
        share: Fraction of net liquidation that the limit is.
        what: The limit in words: `30% of net liquidation for a fund`.
    """

    room: Room
    share: Decimal
    what: str


def judge(intent: Intent, limit: Limit) -> Answer:
    """Pass, fewer units, or a refusal; with the smallest account where one unit is above the whole limit."""
    room = limit.room
    if room.units >= intent.quantity:
        return PASS
    left = max(room.left, Decimal(0))
    numbers = (
        f"{intent.quantity} x {room.unit:,.0f} USD, {left:,.0f} left of {room.limit:,.0f} ({limit.what}), "
        f"{room.used:,.0f} in use"
    )
    if room.units >= 1:
        return Shrink(room.units, f"{numbers}: {room.units} of {intent.quantity}")
    facts = {"unit_usd": room.unit, "limit_usd": room.limit, "used_usd": room.used}
    if room.unit <= room.limit:
        return refuse(numbers, **facts)
    smallest = room.unit / limit.share
    return refuse(
        f"{numbers}; the smallest account that could trade it has {smallest:,.0f} USD",
        smallest_account_usd=smallest,
        **facts,
    )
