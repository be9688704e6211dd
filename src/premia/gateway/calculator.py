"""The two calculators that clients may ask: an option's price at a volatility, and the reverse.

Both start from what the market's own model says now and move from there with the American model of
`pricing`, so that asking for the present volatility gives the present price, whatever dividends the
market knows of.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
import numpy as np

from premia.domain.dates import years
from premia.domain.instrument import Option
from premia.domain.quote import Greeks
from premia.pricing import american
from premia.pricing.terms import Carry, OptionTerms


class Asked(msgspec.Struct, frozen=True):
    """What a calculation is about; `spot` per share, 0 for the market's own."""

    option: Option
    at: datetime
    rate: float
    spot: float

    def terms(self) -> OptionTerms:
        """The option as pricing takes it."""
        left = np.array([years(self.option.expiry, self.at)])
        return OptionTerms(np.array([float(self.option.strike)]), left, np.array([self.option.right.sign]))

    def carry(self, spot: float) -> Carry:
        """The market as pricing takes it, without dividends: only differences are used."""
        return Carry(np.array([spot]), self.rate)


def price_at(
    asked: Asked, now: Greeks, price: float | None, volatility: float
) -> tuple[Greeks, float | None]:
    """Sensitivities and price at a volatility (annualised fraction); None without a model value."""
    if price is None or now.iv is None or now.underlying is None:
        return Greeks(), None
    spot = asked.spot or now.underlying
    moved = _value(asked, spot, volatility) - _value(asked, now.underlying, now.iv)
    return msgspec.structs.replace(now, iv=volatility, underlying=spot), max(price + moved, 0.0)


def volatility_at(asked: Asked, now: Greeks, price: float | None, wanted: float) -> Greeks:
    """Sensitivities at the volatility that explains a price per share; nothing where none does."""
    if price is None or now.iv is None or now.underlying is None:
        return Greeks()
    spot = asked.spot or now.underlying
    target = wanted - price + _value(asked, now.underlying, now.iv)
    found = float(american.implied_volatility(np.array([target]), asked.terms(), asked.carry(spot))[0])
    if not np.isfinite(found) or found <= 0:
        return Greeks(underlying=spot)
    return msgspec.structs.replace(now, iv=found, underlying=spot)


def _value(asked: Asked, spot: float, volatility: float) -> float:
    return float(american.value(asked.terms(), asked.carry(spot), np.array([volatility]))[0])
