"""How far wealth fell from its highs, how long, and whether it came back.

Wealth is given with its first value: without it a loss in the very first period is not seen. With deposits
or withdrawals it is the time-weighted index (`flows.time_weighted`), never the worth of the account: a
deposit would hide a fall, and a withdrawal look like one.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from premia.metrics.returns import wealth
from premia.metrics.series import Floats, UnusableSeries, floats


class Drawdown(msgspec.Struct, frozen=True):
    """One fall below an earlier high, in places of the wealth that it was found in.

    Attributes:
        depth: Deepest fall, a negative fraction of the high.
        peak: The last place at the high.
        trough: The place of the deepest fall, the first of several.
        recovery: The first place at the high again; None while it has not been reached: the fall is then
            *censored*, and its lengths are what they came to so far.
        last: The last place that was looked at, the recovery or the end.
    """

    depth: float
    peak: int
    trough: int
    recovery: int | None
    last: int

    @property
    def censored(self) -> bool:
        """Whether the series ended before the high was reached again."""
        return self.recovery is None

    @property
    def to_trough(self) -> int:
        """Periods from the high to the trough."""
        return self.trough - self.peak

    @property
    def length(self) -> int:
        """Periods from the high to the recovery, or to the end."""
        return self.last - self.peak

    @property
    def underwater(self) -> int:
        """Values below the high."""
        return self.last - self.peak - (0 if self.recovery is None else 1)


def depths(worth: ArrayLike) -> Floats:
    """Fall of each value below the highest so far, as a fraction not above zero; shape (n,).

    Args:
        worth: Wealth with its first value, shape (n,); the first is above zero.

    Raises:
        UnusableSeries: If wealth begins at zero or below, where no fraction of it means anything.
    """
    series = floats(worth, "values of wealth")
    if series.size and series[0] <= 0.0:
        raise UnusableSeries(f"wealth begins at {series[0]}; a fall is a fraction of what was there before.")
    return series / np.maximum.accumulate(series) - 1.0


def drawdowns(worth: ArrayLike) -> tuple[Drawdown, ...]:
    """Every fall below an earlier high, in order of time; the last one may be censored."""
    below = depths(worth)
    under = np.concatenate([[False], below < 0.0, [False]])
    edges = np.flatnonzero(under[1:] != under[:-1])
    found: list[Drawdown] = []
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        trough = start + int(np.argmin(below[start:stop]))
        recovery = stop if stop < below.size else None
        last = below.size - 1 if recovery is None else recovery
        found.append(Drawdown(float(below[trough]), start - 1, trough, recovery, last))
    return tuple(found)


def deepest(worth: ArrayLike) -> Drawdown | None:
    """The deepest fall, the first of several; None where wealth never fell."""
    return min(drawdowns(worth), key=lambda one: one.depth, default=None)


def longest(worth: ArrayLike) -> Drawdown | None:
    """The fall that lasted the most periods, the first of several; None where wealth never fell."""
    return max(drawdowns(worth), key=lambda one: one.length, default=None)


def max_drawdown(returns: ArrayLike) -> float:
    """Depth of the deepest fall of what one unit becomes: a negative fraction, 0.0 without a fall."""
    return float(np.min(depths(wealth(returns))))


def underwater_share(worth: ArrayLike) -> float | None:
    """Share of the values, the first left out, that lie below an earlier high; None for fewer than two."""
    below = depths(worth)
    return None if below.size <= 1 else float(np.mean(below[1:] < 0.0))
