"""Price steps of US options: which prices an order or a quote may have.

The step depends on the class of the option and on whether the price is below 3.00. Orders for several
legs may be priced in whole cents in every class but the S&P 500's, where the net moves in 0.05.

Source: Cboe and IB contract pages (penny programme; SPX 0.05 below 3.00 and 0.10 from there).
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike

from premia.pricing.terms import Floats

SPLIT_PRICE = 3.0
"""From this price per share on, the larger step applies."""


class TickClass(Enum):
    """A group of option classes that share their price steps."""

    FINE = "fine"  # SPY, QQQ, IWM
    PENNY = "penny"  # other classes of the penny programme
    INDEX = "index"  # SPX
    OTHER = "other"  # classes outside the penny programme

    @property
    def steps(self) -> tuple[Decimal, Decimal]:
        """The steps below 3.00 and from 3.00 on."""
        return _STEPS[self]

    def step(self, price: Decimal) -> Decimal:
        """The step at one price per share."""
        below, above = _STEPS[self]
        return below if price < Decimal(3) else above


_STEPS = {
    TickClass.FINE: (Decimal("0.01"), Decimal("0.01")),
    TickClass.PENNY: (Decimal("0.01"), Decimal("0.05")),
    TickClass.INDEX: (Decimal("0.05"), Decimal("0.10")),
    TickClass.OTHER: (Decimal("0.05"), Decimal("0.10")),
}


def tick_sizes(price: ArrayLike, tick_class: TickClass) -> Floats:
    """The price step at each price per share; array of the shape of `price`, at least one-dimensional."""
    low, high = (float(step) for step in tick_class.steps)
    return np.where(np.atleast_1d(np.asarray(price, dtype=np.float64)) < SPLIT_PRICE, low, high)
