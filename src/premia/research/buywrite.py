"""The Cboe S&P 500 BuyWrite Index (BXM) by its rules.

BXM holds the S&P 500 with its dividends and each month sells a one-month call just above the money. On the
third Friday (the session before it, if that is a holiday) the old call settles at the opening value, and the
new one is sold around noon: in between the index holds the S&P alone.

Source: Cboe, "Description of the Cboe S&P 500 BuyWrite Index" (2010).
"""

from __future__ import annotations

import math

import numpy as np

from premia.pricing.terms import CALL, Floats
from premia.research.index_days import STRIKE_STEP, IndexDays, Replay, Roll, marks, months_held, sold


def call_strike(reference: float, step: float = STRIKE_STEP) -> float:
    """Strike of BXM's call: the first listed one at or above the reference value of the index."""
    return math.ceil(reference / step) * step


def buywrite_to_settlement(
    before: float, premium: float, settlement: float, strike: float, paid: float
) -> float:
    """Growth of a buy-write from a mark to the settlement of its call, a fraction.

    Args:
        before: Index at the mark.
        premium: What the call was worth then, points.
        settlement: Opening value at which the call settles.
        strike: Of the call.
        paid: Dividends in between, points.
    """
    return (settlement + paid - max(settlement - strike, 0.0)) / (before - premium) - 1.0


def buywrite(index: IndexDays, step: float = STRIKE_STEP) -> Replay:
    """BXM from the first roll day on.

    Args:
        index: The index and what its options are priced by.
        step: Points between listed strikes.
    """
    rolls: list[Roll] = []
    growth: list[Floats] = []
    carried = 0.0  # what the call sold before was worth at the close before the roll
    for held in months_held(index.day):
        start, over = held.start, slice(held.start, held.stop)
        roll = sold(index, held, call_strike(float(index.sale[start]), step), CALL)
        worth = index.close[over] - marks(index, held, roll.strike, CALL)
        first = float(worth[0]) / (roll.reference - roll.premium)
        if rolls:
            settled = buywrite_to_settlement(
                float(index.close[start - 1]),
                carried,
                float(index.opening[start]),
                rolls[-1].strike,
                float(index.dividend[start]),
            )
            first *= (1.0 + settled) * roll.reference / float(index.opening[start])
        later = (worth[1:] + index.dividend[over][1:]) / worth[:-1]
        growth.append(np.concatenate([[first], later]))
        rolls.append(roll)
        carried = float(index.close[held.stop - 1] - worth[-1])
    level = np.cumprod(np.concatenate(growth), dtype=np.float64)
    return Replay(index.day[-level.size :], 100.0 * level / level[0], tuple(rolls))
