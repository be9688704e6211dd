"""Probabilities of a lognormal path: to touch a price before a date.

"Twice the probability to expire in the money" is the traders' rule; `touch_probability` is exact
for continuous watching without jumps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from premia.pricing.normal import cdf, log_cdf
from premia.pricing.terms import Floats


def touch_probability(
    spot: ArrayLike, barrier: ArrayLike, years: ArrayLike, drift: ArrayLike, vol: ArrayLike
) -> Floats:
    """Probability that the price touches the barrier, from either side, before the years are over.

    Args:
        spot: Price now.
        barrier: Price to be touched, below or above the spot.
        years: ACT/365 years that it is watched, continuously.
        drift: Annualised drift of the price, r - q for the risk-neutral answer.
        vol: Annualised volatility as a fraction.

    Returns:
        Fractions; 1 where the barrier is the spot, 0 where neither time nor volatility is left.

    Source: reflection principle for Brownian motion with drift.
    """
    price, level, time, mu, sigma = np.broadcast_arrays(
        *(
            np.atleast_1d(np.asarray(column, dtype=np.float64))
            for column in (spot, barrier, years, drift, vol)
        )
    )
    distance = np.log(level / price)
    side = np.where(distance > 0.0, -1.0, 1.0)
    width = sigma * np.sqrt(np.maximum(time, 0.0))
    dead = width <= 0.0
    safe = np.where(dead, 1.0, width)
    nu = mu - 0.5 * sigma * sigma
    variance = np.where(sigma > 0.0, sigma * sigma, 1.0)
    direct = cdf(side * (distance - nu * time) / safe)
    reflected = np.exp(2.0 * nu * distance / variance + log_cdf(side * (distance + nu * time) / safe))
    answer = np.where(dead, 0.0, np.minimum(direct + reflected, 1.0))
    return np.where(distance == 0.0, 1.0, answer)
