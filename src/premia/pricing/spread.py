"""How wide option quotes are: half the bid-ask spread as a function of what one knows of an option.

The logarithm of the half-spread is a smooth function of the price, the days left, how far the option is
in the money and the VIX, with one set of coefficients for index options, for a liquid fund and for
single stocks, and it is never below half a tick. `liquidity` multiplies it for one underlying: 1 is the
middle of the recorded names, 0.3 like NVDA, 4 like LLY. The coefficients were fitted on recorded chains;
docs/explanation/spread_model.md says on which, how well, and where it does not hold.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from premia.pricing.terms import Floats
from premia.pricing.ticks import TickClass, tick_sizes

REFERENCE_VIX = 0.15
_PRICES = (0.02, 400.0)
_DAYS = (1.0, 400.0)
_WIDEST = 0.9
"""A half-spread is at most this share of the price, and at least half a tick."""


class SpreadShape(NamedTuple):
    """Coefficients of the logarithm of the half-spread (in currency per share).

    Attributes:
        base: At a price of 1.00, one day, out of the money, VIX 15.
        price: Per unit of the logarithm of the price.
        price_squared: Per square of it.
        days: Per unit of the logarithm of calendar days to expiry.
        depth: Per unit of absolute delta above 0.5.
        depth_squared: Per square of it.
        vix: Per unit of the logarithm of VIX over 15.
    """

    base: float
    price: float
    price_squared: float
    days: float
    depth: float
    depth_squared: float
    vix: float


class BookClass(Enum):
    """Which market the option trades in; the value is its fitted shape."""

    INDEX = SpreadShape(-3.302, 0.499, -0.027, 0.119, 2.984, -0.552, 0.465)
    ETF = SpreadShape(-7.480, 1.689, -0.185, 0.123, 3.539, -6.351, 0.958)
    STOCK = SpreadShape(-3.738, 0.414, 0.005, 0.175, 0.599, 3.643, 0.75)  # the VIX chosen, not fitted


class SpreadInputs(NamedTuple):
    """What the width of a quote depends on; scalars or (n,).

    Attributes:
        price: Model value per share.
        delta: Of the option, with or without its sign.
        days: Calendar days to expiry, fractions allowed.
    """

    price: ArrayLike
    delta: ArrayLike
    days: ArrayLike


def half_spread(
    inputs: SpreadInputs,
    book: BookClass,
    tick_class: TickClass,
    vix: float = REFERENCE_VIX,
    liquidity: float = 1.0,
) -> Floats:
    """Half the bid-ask spread of each option, currency per share, before rounding to ticks.

    Args:
        inputs: Price, delta and days of the options.
        book: The market they trade in.
        tick_class: Their price steps; half of one is the least.
        vix: Level of the VIX as a fraction (0.15 for 15).
        liquidity: Factor of the underlying; 1 is typical, below 1 is tighter.

    Returns:
        Array of the broadcast shape, at least one-dimensional.
    """
    price = np.atleast_1d(np.asarray(inputs.price, dtype=np.float64))
    shape = book.value
    log_price = np.log(np.clip(price, *_PRICES))
    log_days = np.log(np.clip(np.asarray(inputs.days, dtype=np.float64), *_DAYS))
    depth = np.maximum(np.abs(np.asarray(inputs.delta, dtype=np.float64)) - 0.5, 0.0)
    log_half = (
        shape.base
        + shape.price * log_price
        + shape.price_squared * log_price**2
        + shape.days * log_days
        + shape.depth * depth
        + shape.depth_squared * depth**2
        + shape.vix * np.log(vix / REFERENCE_VIX)
    )
    least = 0.5 * tick_sizes(price, tick_class)
    return np.maximum(np.minimum(liquidity * np.exp(log_half), _WIDEST * price), least)


def quotes(
    inputs: SpreadInputs,
    book: BookClass,
    tick_class: TickClass,
    vix: float = REFERENCE_VIX,
    liquidity: float = 1.0,
) -> tuple[Floats, Floats]:
    """Bid and ask of each option on its tick grid, around its model value.

    Returns:
        Bids (0.0 where nobody bids) and asks (at least one tick, and above the bid), each (n,).
    """
    price = np.atleast_1d(np.asarray(inputs.price, dtype=np.float64))
    half = half_spread(inputs, book, tick_class, vix, liquidity)
    low, high = np.maximum(price - half, 0.0), price + half
    bid_tick, ask_tick = tick_sizes(low, tick_class), tick_sizes(high, tick_class)
    # Nine decimals keep 1.15 / 0.05 from falling a hair below 23 steps.
    bid = np.floor(np.round(low / bid_tick, 9)) * bid_tick
    ask = np.maximum(np.ceil(np.round(high / ask_tick, 9)) * ask_tick, ask_tick)
    above = np.where(ask > bid, ask, bid + ask_tick)
    return np.asarray(np.round(bid, 4), np.float64), np.asarray(np.round(above, 4), np.float64)
