"""The inputs that every pricing function shares, and their broadcasting to one shape.

`OptionTerms` is what the contract says, `Carry` is what the market says about the underlying. Both
hold scalars or arrays; `broadcast` makes flat float64 arrays of one shape from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premia.domain.errors import InvariantViolated

Floats = NDArray[np.float64]
"""Array of float64."""
Flags = NDArray[np.bool_]
"""Array of truth values."""

CALL = 1.0
PUT = -1.0
YEAR_DAYS = 365.0


class ShapeMismatch(InvariantViolated):
    """Inputs of a pricing function whose shapes do not broadcast to one."""


class OptionTerms(NamedTuple):
    """What option contracts say.

    Attributes:
        strike: Per share.
        years: ACT/365 years to expiry; zero or less means that it expires now.
        sign: +1 for a call, -1 for a put (`Right.sign`).
    """

    strike: ArrayLike
    years: ArrayLike
    sign: ArrayLike


class Carry(NamedTuple):
    """What holding the underlying costs and yields.

    Attributes:
        spot: Price of the underlying per share.
        rate: Risk-free rate, continuously compounded, annualised fraction.
        dividend_yield: Continuous dividend yield, annualised fraction.
    """

    spot: ArrayLike
    rate: ArrayLike
    dividend_yield: ArrayLike = 0.0


class OneOption(NamedTuple):
    """All inputs of one option as plain numbers, for compiled code; the fields of `Flat`.

    Attributes:
        spot: Price of the underlying per share.
        strike: Per share.
        years: ACT/365 years to expiry.
        vol: Annualised volatility as a fraction.
        rate: Risk-free rate, continuously compounded, annualised fraction.
        dividend_yield: Continuous dividend yield, annualised fraction.
        sign: +1.0 for a call, -1.0 for a put.
    """

    spot: float
    strike: float
    years: float
    vol: float
    rate: float
    dividend_yield: float
    sign: float


class OneGreeks(NamedTuple):
    """Value and sensitivities of one option, in the units of `GreekArrays`."""

    value: float
    delta: float
    gamma: float
    vega: float
    theta: float
    rho: float
    itm: float


class GreekArrays(NamedTuple):
    """Value and sensitivities of options, each of one shape.

    Attributes:
        value: Currency per share.
        delta: Per 1.00 of the underlying; negative for puts.
        gamma: Delta per 1.00 of the underlying.
        vega: Per volatility point (0.01).
        theta: Per calendar day.
        rho: Per percentage point of the rate (0.01).
        itm: Risk-neutral probability to expire in the money; not the delta.
    """

    value: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats
    itm: Floats


class AmericanArrays(NamedTuple):
    """Value per share of American options and its first two derivatives by the spot, each of one shape."""

    value: Floats
    delta: Floats
    gamma: Floats


class Flat(NamedTuple):
    """All inputs as float64 arrays of one shape, at least one-dimensional."""

    spot: Floats
    strike: Floats
    years: Floats
    vol: Floats
    rate: Floats
    dividend_yield: Floats
    sign: Floats

    def where(self, chosen: Flags | NDArray[np.intp]) -> Flat:
        """Only the chosen elements, by truth values or by numbers; one-dimensional."""
        return Flat(*(column[chosen] for column in self))

    def blocks(self, size: int) -> Iterator[Flat]:
        """Consecutive pieces of at most `size` elements, of one-dimensional inputs."""
        for start in range(0, self.spot.size, size):
            yield Flat(*(column[start : start + size] for column in self))


def broadcast(terms: OptionTerms, carry: Carry, vol: ArrayLike) -> Flat:
    """All inputs as float64 arrays of one shape; years below zero become zero.

    Raises:
        ShapeMismatch: If the inputs do not broadcast to one shape.
    """
    columns = (carry.spot, terms.strike, terms.years, vol, carry.rate, carry.dividend_yield, terms.sign)
    raw = [np.asarray(column, dtype=np.float64) for column in columns]
    try:
        shape = np.broadcast(*raw).shape or (1,)
    except ValueError as error:
        shapes = ", ".join(str(column.shape) for column in raw)
        raise ShapeMismatch(
            f"spot, strike, years, vol, rate, yield and sign have the shapes {shapes}; "
            "give each one value or one value for each option."
        ) from error
    spot, strike, years, sigma, rate, dividend, sign = (
        column if column.shape == shape else np.broadcast_to(column, shape) for column in raw
    )
    return Flat(spot, strike, np.maximum(years, 0.0), sigma, rate, dividend, sign)
