"""An implied-volatility surface that follows from one number, the 30-day at-the-money volatility.

The smile is Gatheral and Jacquier's surface SVI with the power-law curvature: total variance depends on
log-moneyness only through the at-the-money variance of its expiry, so the smile keeps its shape in
standardised moneyness, steeper for short expiries. For the shapes here the two theorems of that paper
hold, and there is neither butterfly nor calendar arbitrage at any strike (tests check densities too).
The at-the-money term structure is a variance that reverts to a long-run level, which itself moves a
little with the present one; it passes through the 30-day level exactly.

`INDEX_SHAPE` was fitted on S&P 500 chains of 2019 (41 days) and the VIX term structure since 2008,
`STOCK_SHAPE` on ten stocks of 2025; docs/explanation/pricing.md states how well they fit. The VIX lies above
at-the-money volatility, because it also weighs the expensive puts: the mean ratio is 0.867.

Source: J. Gatheral, A. Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance (2014).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from premia.pricing.terms import Carry, Floats

LEVEL_YEARS = 30.0 / 365.0
"""The expiry at which the level of a surface is stated."""
ATM_TO_VIX = 0.867
"""At-the-money 30-day volatility of the S&P 500 over the VIX, mean of 41 days of 2019."""
_LONG_RUN_CAP = 0.9
"""Share of the 30-day variance that the long-run level may explain: the present variance stays positive."""
_SHORTEST = 0.25 / 365.0


class SurfaceShape(NamedTuple):
    """What a surface is beside its level.

    Attributes:
        skew: Correlation between moves of price and volatility, -1 to 1; negative lifts puts.
        curvature: Strength of the smile; free of butterfly arbitrage while `(1 + |skew|) * curvature`
            is below 4 and `(1 + |skew|) * curvature**2` at most 4.
        decay: How fast the smile flattens with at-the-money variance, in (0, 0.5].
        long_run: Annualised volatility to which the term structure tends when the level is there too.
        stickiness: Share of the present level in the long-run one, 0 to 1.
        reversion: Speed per year at which variance reverts.
    """

    skew: float
    curvature: float
    decay: float
    long_run: float
    stickiness: float
    reversion: float


INDEX_SHAPE = SurfaceShape(
    skew=-0.652, curvature=1.283, decay=0.440, long_run=0.1645, stickiness=0.1, reversion=3.37
)
STOCK_SHAPE = SurfaceShape(
    skew=-0.214, curvature=0.703, decay=0.5, long_run=0.28, stickiness=0.5, reversion=3.37
)
"""Single stocks: the common smile of ten names of 2025; the term structure is chosen, not fitted."""


class Surface(NamedTuple):
    """A surface at one instant.

    Attributes:
        level: At-the-money-forward volatility of 30 days, annualised fraction.
        shape: Skew, curvature and term structure.
    """

    level: float
    shape: SurfaceShape = INDEX_SHAPE

    def vols(self, log_moneyness: ArrayLike, years: ArrayLike) -> Floats:
        """Annualised implied volatility of each option, the same for calls and puts.

        Args:
            log_moneyness: Logarithm of strike over the forward of the option's own expiry.
            years: ACT/365 years to expiry; less than a quarter of a day counts as that.
        """
        k = np.atleast_1d(np.asarray(log_moneyness, dtype=np.float64))
        time = np.maximum(np.asarray(years, dtype=np.float64), _SHORTEST)
        total = self.atm_vols(time) ** 2 * time
        skew, decay = self.shape.skew, self.shape.decay
        bent = self.shape.curvature / (total**decay * (1.0 + total) ** (1.0 - decay)) * k
        smile = 0.5 * (1.0 + skew * bent + np.sqrt((bent + skew) ** 2 + 1.0 - skew * skew))
        return np.sqrt(total * smile / time)

    def atm_vols(self, years: ArrayLike) -> Floats:
        """Annualised at-the-money-forward volatility of each expiry; total variance grows with time."""
        time = np.maximum(np.atleast_1d(np.asarray(years, dtype=np.float64)), _SHORTEST)
        speed = self.shape.reversion
        weight = _mean_weight(speed, np.float64(LEVEL_YEARS))
        sticky = self.shape.stickiness
        target = (self.shape.long_run ** (1.0 - sticky) * self.level**sticky) ** 2
        variance = self.level * self.level
        long_run = min(target, _LONG_RUN_CAP * variance / (1.0 - float(weight)))
        present = long_run + (variance - long_run) / weight
        return np.sqrt(long_run + (present - long_run) * _mean_weight(speed, time))


def index_surface(vix: float) -> Surface:
    """The S&P 500's surface at a level of the VIX, given as a fraction (0.16 for 16)."""
    return Surface(ATM_TO_VIX * vix, INDEX_SHAPE)


def forward(carry: Carry, years: ArrayLike) -> Floats:
    """Forward price per share for each number of ACT/365 years."""
    spot, rate, income, time = (
        np.asarray(column, dtype=np.float64)
        for column in (carry.spot, carry.rate, carry.dividend_yield, years)
    )
    return np.atleast_1d(spot * np.exp((rate - income) * time))


def _mean_weight(speed: float, years: Floats | np.float64) -> Floats:
    """Average over the time to expiry of what is left of a deviation from the long run."""
    return np.asarray(-np.expm1(-speed * years) / (speed * years))
