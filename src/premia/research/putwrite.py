"""The Cboe S&P 500 PutWrite Index (PUT) by its rules.

PUT sells each month as many one-month puts at the money as its Treasury bills can pay for, if every one of
them is exercised. It rolls on the days of BXM; between the settlement of the old puts and the sale of the new
ones it holds bills alone, where BXM holds the index.

Source: Cboe, "Cboe S&P 500 PutWrite Index methodology" (2014).
"""

from __future__ import annotations

import math

import numpy as np

from premia.pricing.terms import PUT, Floats
from premia.research.index_days import (
    STRIKE_STEP,
    IndexDays,
    Replay,
    Roll,
    marks,
    months_held,
    sold,
    years_at_close,
)


def put_strike(reference: float, step: float = STRIKE_STEP) -> float:
    """Strike of PUT's put: the first listed one at or below the reference value of the index."""
    return math.floor(reference / step) * step


def puts_sold(money: float, strike: float, premium: float, rate: float) -> float:
    """How many puts an index worth `money` sells, so that its bills will pay for every strike.

    Args:
        money: Worth of the index.
        strike: Of the puts.
        premium: Received for each, points; it buys bills too.
        rate: What bills earn until the puts expire, a fraction for that time and not a year.
    """
    return money / (strike / (1.0 + rate) - premium)


def putwrite_to_settlement(money: float, puts: float, strike: float, settlement: float) -> float:
    """Growth of a put-write from the sale of its puts to their settlement, a fraction."""
    return puts * (strike - max(strike - settlement, 0.0)) / money - 1.0


def putwrite(index: IndexDays, step: float = STRIKE_STEP) -> Replay:
    """PUT from the first roll day on, with bills of one month; arguments as for `buywrite`."""
    money, puts = 100.0, 0.0
    rolls: list[Roll] = []
    levels: list[Floats] = []
    for held in months_held(index.day):
        start = held.start
        if rolls:
            money *= 1.0 + putwrite_to_settlement(money, puts, rolls[-1].strike, float(index.opening[start]))
        roll = sold(index, held, put_strike(float(index.sale[start]), step), PUT)
        years = years_at_close(index, held)
        # A bill's rate is the one of the day that it was bought on, until it matures.
        rate = float(index.rate[start])
        puts = puts_sold(money, roll.strike, roll.premium, math.expm1(rate * float(years[0])))
        bills = roll.strike * np.exp(-rate * years)
        levels.append(puts * (bills - marks(index, held, roll.strike, PUT)))
        rolls.append(roll)
    level = np.concatenate(levels)
    return Replay(index.day[-level.size :], 100.0 * level / level[0], tuple(rolls))
