"""Which strikes are worth a market data line: a guess before the first look, a better one after it.

A chain of a liquid fund has thousands of series, and a delta band holds a few of each expiration.
From the underlying's price and volatility the absolute delta of every listed strike is estimated; the
few nearest to the wanted delta are asked for. Only when none of them lies where it should is the
volatility that they showed used to look again. A guess costs accuracy of the look, never of a trade:
what is traded on is the delta and the quote that the broker delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.domain.chain import Row
from premia.domain.instrument import Right
from premia.domain.market import Scan
from premia.pricing import black_scholes
from premia.pricing.terms import Carry, OptionTerms

STRIKES_PER_EXPIRY = 4
DEFAULT_VOL = 0.30
"""Annualised fraction, where the broker tells no volatility; the second look corrects it."""

RATE = 0.03
_SKEW_PER_DEVIATION = 0.15
_VOL_FLOOR, _VOL_CAP = 0.6, 2.0
_CLOSE_ENOUGH = 0.04
_SLACK = 0.10


class Outlook(NamedTuple):
    """An expiration seen from now: price, volatility (annualised fraction), years (ACT/365)."""

    spot: float
    vol: float
    years: float


def estimated_deltas(strikes: Sequence[Decimal], right: Right, outlook: Outlook) -> NDArray[np.float64]:
    """Absolute delta of each strike under a volatility that rises toward low strikes, shape (n,)."""
    levels = np.array([float(strike) for strike in strikes])
    years = max(outlook.years, 1 / 365)
    deviations = np.log(levels / outlook.spot) / (outlook.vol * np.sqrt(years))
    vols = outlook.vol * np.clip(1 - _SKEW_PER_DEVIATION * deviations, _VOL_FLOOR, _VOL_CAP)
    return _deltas(levels, right, outlook, vols)


def implied_deltas(
    strikes: Sequence[Decimal], right: Right, outlook: Outlook, seen: Sequence[Row]
) -> NDArray[np.float64] | None:
    """Absolute delta of each strike by the volatilities that were seen; None where none was, shape (n,)."""
    points = sorted((float(row.contract.strike), row.greeks.iv) for row in seen if row.greeks.iv)
    if not points:
        return None
    levels = np.array([float(strike) for strike in strikes])
    vols = np.interp(levels, [strike for strike, _ in points], [vol for _, vol in points])
    return _deltas(levels, right, outlook, vols)


def target_of(scan: Scan) -> float:
    """The absolute delta that a scan looks for first: the one it names, else the middle of its band."""
    return (scan.delta_min + scan.delta_max) / 2 if scan.delta_target is None else scan.delta_target


def first_look(strikes: Sequence[Decimal], scan: Scan, outlook: Outlook, most: int) -> tuple[Decimal, ...]:
    """The strikes of an expiration to ask for first, ascending, at most `most`."""
    allowed = within(strikes, scan)
    if not allowed:
        return ()
    deltas = estimated_deltas(allowed, scan.right, outlook)
    near = (deltas >= scan.delta_min - _SLACK) & (deltas <= scan.delta_max + _SLACK)
    order = np.argsort(np.abs(deltas - target_of(scan)), kind="stable")
    # Where the grid is coarser than the band, the two nearest strikes still tell whether one fits.
    chosen = [i for rank, i in enumerate(order) if near[i] or rank < 2][:most]  # noqa: PLR2004 - one strike on either side
    return tuple(allowed[i] for i in sorted(chosen))


def next_look(
    strikes: Sequence[Decimal], scan: Scan, outlook: Outlook, seen: Sequence[Row], asked: frozenset[Decimal]
) -> tuple[Decimal, ...]:
    """The strikes to ask for after a look, ascending; empty where the look was good enough or taught nothing.

    Args:
        strikes: All listed strikes.
        scan: What is wanted.
        outlook: The expiration.
        seen: Rows of this expiration and right that came.
        asked: Strikes asked for so far, those included that do not exist.
    """
    if _satisfied(scan, seen):
        return ()
    fresh = [strike for strike in within(strikes, scan) if strike not in asked]
    deltas = implied_deltas(fresh, scan.right, outlook, seen) if fresh else None
    if deltas is None:
        return ()
    order = np.argsort(np.abs(deltas - target_of(scan)), kind="stable")[:2]
    useful = [i for i in order if scan.delta_min - _SLACK <= deltas[i] <= scan.delta_max + _SLACK]
    return tuple(sorted(fresh[i] for i in useful))


def within(strikes: Sequence[Decimal], scan: Scan) -> tuple[Decimal, ...]:
    """The strikes inside a scan's own bounds."""
    low, high = scan.strike_min, scan.strike_max
    return tuple(s for s in strikes if (low is None or s >= low) and (high is None or s <= high))


def _satisfied(scan: Scan, seen: Sequence[Row]) -> bool:
    """Whether a row lies in the band and near enough to the wanted delta."""
    deltas = [abs(row.greeks.delta) for row in seen if row.greeks.delta is not None]
    inside = [delta for delta in deltas if scan.delta_min <= delta <= scan.delta_max]
    return any(abs(delta - target_of(scan)) <= _CLOSE_ENOUGH for delta in inside)


def _deltas(
    levels: NDArray[np.float64], right: Right, outlook: Outlook, vols: NDArray[np.float64]
) -> NDArray[np.float64]:
    years = np.full(levels.shape, max(outlook.years, 1 / 365))
    terms = OptionTerms(levels, years, np.full(levels.shape, float(right.sign)))
    return np.abs(black_scholes.delta(terms, Carry(outlook.spot, RATE), vols))
