"""One session by the minute, from its open, high, low and close.

Daily history knows four prices a day; a market needs one a minute. The bridge chooses the minutes
of the high and of the low (near the ends of the day more often than in its middle, the low first on
a rising day more often than not), joins the four prices by Brownian bridges whose volatility is
that of the day's range, and folds what would leave the range back into it. So the path starts at
the open, touches high and low exactly, never leaves them, and ends at the close. What lies between
is invented; the four prices are the day's own.

Sources: Parkinson, Journal of Business 53 (1980), for the volatility of a range; Levy's arcsine law
for the time of an extreme.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.exchange.noise import normals, uniform


class Ohlc(NamedTuple):
    """Open, high, low and close of one session, currency per share; high >= open, close >= low > 0."""

    open: float
    high: float
    low: float
    close: float


def intraday_path(prices: Ohlc, minutes: int, seed: int, *parts: str | int) -> NDArray[np.float64]:
    """Prices at the open and after each minute of a session.

    Args:
        prices: The day's four prices.
        minutes: Length of the session; at least 4.
        seed: Of the market.
        parts: What names this path, such as symbol and day.

    Returns:
        Shape (minutes + 1,): element 0 is the open, element `minutes` the close; the maximum is the
        high and the minimum the low, to the last bit.
    """
    anchors = _anchors(prices, minutes, seed, *parts)
    low, high = math.log(prices.low), math.log(prices.high)
    # A driftless walk of daily variance v has a mean squared log range of 4 ln 2 v.
    step = (high - low) / math.sqrt(4.0 * math.log(2.0) * minutes)
    shocks = np.concatenate(([0.0], normals(seed, "bridge", *parts, np.arange(1, minutes + 1)))) * step
    walk = np.cumsum(shocks)
    at = np.array(sorted(anchors))
    wanted = np.log(np.array([anchors[i] for i in at.tolist()]))
    minute = np.arange(minutes + 1)
    path = walk + np.interp(minute, at, wanted - walk[at])
    folded = np.exp(_fold(path, low, high))
    folded = np.clip(folded, prices.low, prices.high)
    for i, price in anchors.items():
        folded[i] = price
    return folded


def _anchors(prices: Ohlc, minutes: int, seed: int, *parts: str | int) -> dict[int, float]:
    """Minute -> price of the points that the path must pass through exactly."""
    fixed = {0: prices.open, minutes: prices.close}
    ends = tuple(fixed.values())
    wanted = [price for price in (prices.high, prices.low) if price not in ends]
    if len(wanted) == 2:  # noqa: PLR2004 - both extremes lie inside the day
        rise = (prices.close - prices.open) / (prices.high - prices.low)
        high_first = uniform(seed, "order", *parts) < min(max(0.5 - 0.5 * rise, 0.05), 0.95)
        wanted = wanted if high_first else wanted[::-1]
    # Arcsine law: extremes crowd at the ends of the day.
    draws = sorted(
        math.sin(0.5 * math.pi * uniform(seed, "extreme", *parts, i)) ** 2 for i in range(len(wanted))
    )
    earliest = 1
    for i, (draw, price) in enumerate(zip(draws, wanted, strict=True)):
        latest = minutes - len(wanted) + i
        earliest = max(earliest, min(round(draw * minutes), latest))
        fixed[earliest] = price
        earliest += 1
    return fixed


def _fold(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Reflect values at both ends of the range as often as needed; values inside stay."""
    width = high - low
    if width <= 0.0:
        return np.full_like(values, low)
    phase = np.mod(values - low, 2.0 * width)
    return low + np.minimum(phase, 2.0 * width - phase)
