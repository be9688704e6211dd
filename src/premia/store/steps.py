"""The price steps on which recorded quotes lie: what the quotes themselves say, and no table of classes.

A recording does not tell in which steps its options trade, and a table of usual steps is wrong for the one
underlying that is not usual. Quotes that fit ten cents everywhere trade in ten cents; one that does not is
proof of a finer step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from premia.store.panel import Int64s, Panel

LOW_PRICE = 30_000
"""From 3 USD on, in 1/10,000 USD, options may trade in coarser steps."""
CENT = 100
_STEPS = (1_000, 500, CENT)
_ROWS = 1 << 20


class Steps(NamedTuple):
    """Steps in 1/10,000 USD below 3 USD, and from there on; never finer than a cent."""

    low: int
    high: int

    def at(self, prices: Int64s) -> Int64s:
        """The step at each price in 1/10,000 USD; same shape."""
        return np.where(prices < LOW_PRICE, self.low, self.high).astype(np.int64)


def price_steps(panel: Panel) -> Steps:
    """The coarsest of 10, 5 and 1 cent on which all quotes lie, for low and for high prices on their own.

    Where there is no quote, or quotes lie between cents, it is a cent.

    Args:
        panel: Quotes of any number of rows; they are read in parts, and no further than need be.
    """
    found = {True: _STEPS[0], False: _STEPS[0]}
    seen = {True: False, False: False}
    for start in range(0, panel.quotes.size, _ROWS):
        for side in ("bid", "ask"):
            prices = panel.quotes[side][start : start + _ROWS]
            for low in (True, False):
                chosen = prices[(prices > 0) & ((prices < LOW_PRICE) == low)]
                seen[low] |= bool(chosen.size)
                while found[low] > CENT and np.any(chosen % found[low]):
                    found[low] = _STEPS[_STEPS.index(found[low]) + 1]
        if max(found.values()) == CENT:
            break
    return Steps(*(found[low] if seen[low] else CENT for low in (True, False)))
