"""Option chains that know last trades and volatilities, and no bid or ask: quotes are modelled around them.

The value of an option is the model's at the source's volatility, or its last trade where it traded on that
day; around it stands the spread of `pricing.spread` for the kind of underlying. Nobody ever showed such
quotes: the source's notes say so. An option with neither value stays without a quote.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from premia.exchange.rates import short_rate
from premia.pricing import black_scholes
from premia.pricing.spread import BookClass, SpreadInputs, quotes
from premia.pricing.terms import Carry, OptionTerms
from premia.pricing.ticks import TickClass
from premia.store.forms import Form, Reading, readings
from premia.store.kinds import kind_of

FORM = Form(
    "last_price",
    bid=(),
    ask=(),
    close=("underlying_price",),
    notes=("MODELLED QUOTES: the source has no bid and ask; both come from the spread model.",),
)
_EPOCH = date(1970, 1, 1)
_YEAR = 365.0


def read(path: Path, symbol: str = "") -> Iterator[Reading]:
    """The rows of a file with modelled quotes; arguments and errors are those of `forms.readings`."""
    for reading in readings(FORM, path, symbol):
        yield with_quotes(reading)


def with_quotes(reading: Reading) -> Reading:
    """The same rows with bids and asks of the spread model around their values."""
    spot = np.where(reading.spot > 0.0, reading.spot, np.nan)
    left = (reading.expiry - reading.day).astype(np.float64)
    rates = {day: short_rate(_EPOCH + timedelta(days=day)) for day in np.unique(reading.day).tolist()}
    rate = np.array([rates[day] for day in reading.day.tolist()])
    terms = OptionTerms(reading.strike, left / _YEAR, reading.right)
    model = black_scholes.greeks(terms, Carry(spot, rate), np.nan_to_num(reading.iv, nan=0.2))
    solved = np.isfinite(reading.iv) & (spot > 0.0)
    traded = (reading.volume > 0.0) & (reading.last > 0.0)
    value = np.where(solved, model.value, np.where(traded, reading.last, np.nan))
    delta = np.where(np.isfinite(reading.delta), reading.delta, np.where(spot > 0.0, model.delta, 0.0))
    known = value > 0.0
    book, tick = _classes(reading.symbol)
    bid, ask = np.full(value.size, np.nan), np.full(value.size, np.nan)
    if known.any():
        bid[known], ask[known] = quotes(SpreadInputs(value[known], delta[known], left[known]), book, tick)
    return reading._replace(bid=bid, ask=ask)


def _classes(symbol: str) -> tuple[BookClass, TickClass]:
    kind = kind_of(symbol)
    if kind == "index":
        return BookClass.INDEX, TickClass.INDEX
    return (BookClass.ETF, TickClass.FINE) if kind == "fund" else (BookClass.STOCK, TickClass.PENNY)
