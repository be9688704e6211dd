"""How much was at stake: the part of the time, of the capital, and of the market's moves.

Exposure is what stands behind a return. Two strategies that earned the same are not alike if one of them
tied up all of its capital and the other a third.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from premia.metrics.series import UnusableSeries, beside, floats, ratio


class Exposure(msgspec.Struct, frozen=True):
    """What was committed, by what the account was worth.

    Attributes:
        in_market: Share of the periods with anything at stake; None without periods.
        average: Mean of the shares over all periods, those without a stake included.
        average_in_market: Mean over the periods with a stake; None without one.
        highest, lowest: The extreme shares; a short exposure is negative.
    """

    in_market: float | None
    average: float | None
    average_in_market: float | None
    highest: float | None
    lowest: float | None


def exposure(committed: ArrayLike, worth: ArrayLike) -> Exposure:
    """Shares of the account's worth over time.

    Args:
        committed: What is at stake at each time in USD, shape (n,): cash behind puts and shares at their
            price for use of capital, margin for what the broker asks, or dollar delta (signed) for how
            much of the underlying's moves the account takes part in.
        worth: Net liquidation at the same times in USD, shape (n,), above zero.

    Raises:
        UnusableSeries: If the account was worth nothing at some time.
    """
    stake = floats(committed, "stakes")
    base = beside(worth, stake, "values of the account")
    if np.any(base <= 0.0):
        raise UnusableSeries(f"the account was worth {np.min(base):.2f} USD; no share of that is a share.")
    if not stake.size:
        return Exposure(None, None, None, None, None)
    share = stake / base
    active = share[share != 0.0]
    return Exposure(
        in_market=active.size / share.size,
        average=float(np.mean(share)),
        average_in_market=ratio(float(np.sum(active)), active.size),
        highest=float(np.max(share)),
        lowest=float(np.min(share)),
    )


def return_on_capital(profit: float, capital: ArrayLike, days: ArrayLike) -> float | None:
    """Profit a year by the capital-days that earned it, without compounding; None without capital-days.

    Args:
        profit: Sum over all trades in USD.
        capital: What each of them tied up in USD, shape (n,).
        days: Calendar days for which each did, shape (n,).
    """
    tied = floats(capital, "capitals")
    used = float(np.sum(tied * beside(days, tied, "days")))
    return None if used <= 0.0 else profit / used * 365.0
