"""At-the-money implied volatility of thirty days, read off quoted chains, and what it is of the VIX.

The VIX is no volatility that an at-the-money option trades at: it averages a whole strip of options, whose
puts below the money are dearer. Whoever prices at-the-money options off the VIX scales it down; by how much
is measured here from chains, a day at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from premia.pricing.implied_vol import implied_volatility
from premia.pricing.terms import CALL, PUT, YEAR_DAYS, Carry, Floats, OptionTerms

HORIZON_DAYS = 30
NEAR = 0.02
"""How far from the spot, as a fraction of it, a strike still says something about the money."""
NEAREST_DAYS = (23, 37)
"""Where no two expiries enclose the thirty days, the nearest one stands for them if it lies in here."""
_POINTS = 3
"""Quotes that an expiry has near the money, on both sides of the spot, before it is read."""


class Quotes(NamedTuple):
    """Options of one underlying at one moment, each of shape (n,).

    Attributes:
        days: Calendar days to expiry.
        moneyness: Strike by spot.
        vol: Implied volatility, annualised fraction; NaN where there is none.
    """

    days: Floats
    moneyness: Floats
    vol: Floats


class Pairs(NamedTuple):
    """Calls and puts of one strike and expiry at one moment, each of shape (n,); prices a share."""

    days: Floats
    strike: Floats
    call: Floats
    put: Floats


def quotes_of(pairs: Pairs, spot: float, rate: float) -> Quotes:
    """Implied volatilities of calls and puts on the forward that their own prices imply.

    The forward of each expiry is the median over its strikes near the money of what parity says, so that
    neither dividends nor a stale spot are needed.

    Args:
        pairs: Mid prices.
        spot: Of the underlying at the same moment.
        rate: Riskless, continuously compounded, annualised fraction.
    """
    near = np.abs(pairs.strike / spot - 1.0) <= NEAR
    days, strike, call, put = (column[near] for column in pairs)
    years = days / YEAR_DAYS
    parity = strike + np.exp(rate * years) * (call - put)
    forward = np.empty_like(parity)
    for one in np.unique(days):
        forward[days == one] = np.median(parity[days == one])
    # Priced on the forward: a yield that equals the rate keeps it where it is.
    carry = Carry(forward, rate, rate)
    vols = [
        implied_volatility(price, OptionTerms(strike, years, sign), carry)
        for price, sign in ((call, CALL), (put, PUT))
    ]
    return Quotes(np.tile(days, 2), np.tile(strike / spot, 2), np.concatenate(vols))


def thirty_day_vol(quotes: Quotes) -> float | None:
    """At-the-money volatility of thirty days.

    In each expiry a line is laid through the smile near the money; between two expiries total variance is
    in proportion to time.

    Returns:
        Annualised fraction; None where no expiry near thirty days can be read.
    """
    usable = (np.abs(quotes.moneyness - 1.0) <= NEAR) & np.isfinite(quotes.vol) & (quotes.vol > 0.0)
    at: list[tuple[float, float]] = []
    for days in np.unique(quotes.days[usable]).tolist():
        chosen = usable & (quotes.days == days)
        vol = _at_the_money(quotes.moneyness[chosen], quotes.vol[chosen])
        if vol is not None and days > 0.0:
            at.append((float(days), vol))
    before = [one for one in at if one[0] <= HORIZON_DAYS]
    after = [one for one in at if one[0] >= HORIZON_DAYS]
    if before and after:
        (d0, v0), (d1, v1) = before[-1], after[0]
        part = 0.0 if d1 == d0 else (HORIZON_DAYS - d0) / (d1 - d0)
        variance = (1.0 - part) * v0 * v0 * d0 + part * v1 * v1 * d1
        return float(np.sqrt(variance / HORIZON_DAYS))
    close = [one for one in at if NEAREST_DAYS[0] <= one[0] <= NEAREST_DAYS[1]]
    return min(close, key=lambda one: abs(one[0] - HORIZON_DAYS))[1] if close else None


def _at_the_money(moneyness: Floats, vol: Floats) -> float | None:
    """The smile at the money by a line through the quotes around it; None where they lie on one side."""
    distance = np.log(moneyness)
    if vol.size < _POINTS or np.min(distance) > 0.0 or np.max(distance) < 0.0:
        return None
    centred = distance - np.mean(distance)
    square = float(np.sum(centred**2))
    slope = 0.0 if square == 0.0 else float(np.sum(centred * vol)) / square
    return float(np.mean(vol)) - slope * float(np.mean(distance))
