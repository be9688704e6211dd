"""European options: Black-Scholes-Merton values, greeks and probabilities, and Black's formula on futures.

Values are per share and exact to about 1e-14 of the spot. The probability to expire in the money is
N(+-d2) and not the delta; the two differ by three points for a 25-delta put of 45 days. At expiry the
value is intrinsic and the delta 0 or +-1, by choice +-0.5 exactly at the strike.

Source: R. Merton, "Theory of rational option pricing" (1973); F. Black, "The pricing of commodity
contracts" (1976). Pinned against QuantLib 1.44.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from premia.pricing.normal import cdf, density
from premia.pricing.terms import YEAR_DAYS, Carry, Flags, Flat, Floats, GreekArrays, OptionTerms, broadcast

_POINT = 0.01
"""One volatility point, and one percentage point of a rate."""
_BLOCK = 8192
"""Options computed at a time, so that what is between input and answer stays in the processor's cache."""


class _Parts(NamedTuple):
    """What value and greeks have in common."""

    stock: Floats  # spot discounted by the dividend yield
    cash: Floats  # strike discounted by the rate
    width: Floats  # volatility times the root of time
    d1: Floats
    d2: Floats
    dead: Flags  # neither time nor volatility left


def value(terms: OptionTerms, carry: Carry, vol: ArrayLike) -> Floats:
    """Value of each European option per share; never below the discounted intrinsic value.

    Args:
        terms: Strike, years to expiry, sign of the right.
        carry: Spot, rate and dividend yield.
        vol: Annualised volatility as a fraction.

    Returns:
        Shape of the broadcast inputs. NaN where an input is NaN.

    Raises:
        ShapeMismatch: If the inputs do not broadcast to one shape.
    """
    return value_of(broadcast(terms, carry, vol))


def value_of(flat: Flat) -> Floats:
    """`value` for inputs that are arrays of one shape already."""
    if flat.spot.ndim == 1 and flat.spot.size > _BLOCK:
        return np.concatenate([value_of(block) for block in flat.blocks(_BLOCK)])
    parts = _parts(flat)
    n1, n2 = cdf(flat.sign * np.stack((parts.d1, parts.d2)))
    raw = flat.sign * (parts.stock * n1 - parts.cash * n2)
    return np.maximum(raw, np.maximum(flat.sign * (parts.stock - parts.cash), 0.0))


def greeks(terms: OptionTerms, carry: Carry, vol: ArrayLike) -> GreekArrays:
    """Value and greeks of each European option: vega per volatility point, theta per calendar day.

    At expiry gamma, vega, theta and rho are zero, and delta is 0, +-1, or +-0.5 at the strike.

    Raises:
        ShapeMismatch: If the inputs do not broadcast to one shape.
    """
    return greeks_of(broadcast(terms, carry, vol))


def greeks_of(flat: Flat) -> GreekArrays:
    """`greeks` for inputs that are arrays of one shape already."""
    if flat.spot.ndim == 1 and flat.spot.size > _BLOCK:
        blocks = [greeks_of(block) for block in flat.blocks(_BLOCK)]
        return GreekArrays(*(np.concatenate(columns) for columns in zip(*blocks, strict=True)))
    parts = _parts(flat)
    sign = flat.sign
    n1, n2 = cdf(sign * np.stack((parts.d1, parts.d2)))
    bell = np.where(parts.dead, 0.0, density(parts.d1))
    width = np.where(parts.dead, 1.0, parts.width)
    root = np.sqrt(flat.years)
    safe_root = np.where(root > 0.0, root, 1.0)
    raw = sign * (parts.stock * n1 - parts.cash * n2)
    decay = -parts.stock * bell * flat.vol / (2.0 * safe_root)
    carried = sign * (flat.dividend_yield * parts.stock * n1 - flat.rate * parts.cash * n2)
    return GreekArrays(
        value=np.maximum(raw, np.maximum(sign * (parts.stock - parts.cash), 0.0)),
        delta=sign * (parts.stock / flat.spot) * n1,
        gamma=parts.stock * bell / (flat.spot * flat.spot * width),
        vega=parts.stock * bell * root * _POINT,
        theta=np.where(root > 0.0, decay + carried, 0.0) / YEAR_DAYS,
        rho=sign * flat.years * parts.cash * n2 * _POINT,
        itm=n2,
    )


def delta(terms: OptionTerms, carry: Carry, vol: ArrayLike) -> Floats:
    """The delta of `greeks` alone, for whoever only wants to place strikes."""
    flat = broadcast(terms, carry, vol)
    parts = _parts(flat)
    return flat.sign * (parts.stock / flat.spot) * cdf(flat.sign * parts.d1)


def itm_probability(terms: OptionTerms, carry: Carry, vol: ArrayLike) -> Floats:
    """Risk-neutral probability that each option expires in the money; 0.5 exactly at the strike at expiry."""
    flat = broadcast(terms, carry, vol)
    return cdf(flat.sign * _parts(flat).d2)


def black76(terms: OptionTerms, forward: ArrayLike, rate: ArrayLike, vol: ArrayLike) -> Floats:
    """Value of each European option on a future (of the same expiry, for VIX options), per share.

    Args:
        terms: Strike, years to expiry, sign of the right.
        forward: Price of the future.
        rate: Risk-free rate that discounts the pay-off.
        vol: Annualised volatility of the future as a fraction.
    """
    return value(terms, Carry(forward, rate, rate), vol)


def bounds(terms: OptionTerms, carry: Carry) -> tuple[Floats, Floats]:
    """Lowest and highest value of each European option that no arbitrage allows, per share."""
    flat = broadcast(terms, carry, 0.0)
    stock = flat.spot * np.exp(-flat.dividend_yield * flat.years)
    cash = flat.strike * np.exp(-flat.rate * flat.years)
    return np.maximum(flat.sign * (stock - cash), 0.0), np.where(flat.sign > 0.0, stock, cash)


def _parts(flat: Flat) -> _Parts:
    stock = flat.spot * np.exp(-flat.dividend_yield * flat.years)
    cash = flat.strike * np.exp(-flat.rate * flat.years)
    width = flat.vol * np.sqrt(flat.years)
    dead = width <= 0.0
    log_ratio = np.log(flat.spot / flat.strike) + (flat.rate - flat.dividend_yield) * flat.years
    # Without time or volatility the outcome is certain: d is infinite, and zero exactly at the strike.
    certain = np.where(log_ratio == 0.0, 0.0, np.copysign(np.inf, log_ratio))
    moneyness = np.where(dead, certain, log_ratio / np.where(dead, 1.0, width))
    return _Parts(stock, cash, width, moneyness + 0.5 * width, moneyness - 0.5 * width, dead)
