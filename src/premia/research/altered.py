"""Recorded quotes as they would be if one thing were otherwise: spreads, volatility, the future.

Each function returns a panel of its own and leaves the one that it was given alone. How much a result owes to
the middle of its quotes, to a point of volatility or to knowing tomorrow is then the same run made again.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.pricing import black_scholes
from premia.pricing.terms import Carry, OptionTerms
from premia.store.panel import NOT_QUOTED, Panel, exact
from premia.store.steps import price_steps

_UNIX_DAY = date(1970, 1, 1).toordinal()
_UNITS = 10_000.0
_POINT = 0.01
_LEAST_VOL = 0.01
_CENT = 100
_YEAR = 365.0
_LAST_HOURS = 0.02  # days that an option is left on its last one


def widened(panel: Panel, factor: float) -> Panel:
    """Spreads that are `factor` times as wide around the same middle; a bid that falls to zero is none.

    Args:
        panel: Quotes as recorded.
        factor: Of the half-spread; 1 leaves them as they are. At least 0.
    """
    quotes = panel.quotes.copy()
    bid, ask = quotes["bid"].astype(np.int64), quotes["ask"].astype(np.int64)
    whole = (bid > 0) & (ask > 0)
    double = bid + ask
    half = np.rint((ask - bid) * factor / 2.0).astype(np.int64)
    lower, upper = double // 2 - half, double - double // 2 + half
    quotes["bid"] = np.where(whole, np.where(lower > 0, lower, NOT_QUOTED), bid)
    quotes["ask"] = np.where(whole, upper, ask)
    return panel._replace(quotes=quotes)


def shifted(panel: Panel, points: float, rate: float = 0.0) -> Panel:
    """Quotes at an implied volatility that is some points higher: both sides move by the change in value.

    Delta and volatility move along. A row without a volatility stays as it is. Sides stay on the price steps
    of the panel and never fall below one; the change is that of a European option, for what differs is a
    change and not a price.

    Args:
        panel: Quotes as recorded.
        points: Volatility points; -1.0 is one point lower.
        rate: Risk-free, continuously compounded, annualised fraction.
    """
    quotes, iv = panel.quotes.copy(), exact(panel.iv)
    flat = _flat(panel)
    known = np.isfinite(iv) & (iv > 0.0) & (flat.spot > 0.0)
    higher = np.maximum(iv + points * _POINT, _LEAST_VOL)
    rows = np.flatnonzero(known)
    some = OptionTerms(flat.strike[rows], flat.years[rows], flat.sign[rows])
    carry = Carry(flat.spot[rows], rate)
    change = black_scholes.value(some, carry, higher[rows]) - black_scholes.value(some, carry, iv[rows])
    steps = price_steps(panel)
    for side, away in (("bid", 0), ("ask", 1)):
        before = quotes[side][rows].astype(np.int64)
        step = steps.at(before)
        after = np.maximum(before + np.rint(change * _UNITS / step).astype(np.int64) * step, steps.low)
        step = steps.at(after)  # beyond 3 USD it may be a coarser one: the bid goes down to it, the ask up
        quotes[side][rows] = np.where(before > 0, (after + away * (step - 1)) // step * step, before)
    quotes["delta"][rows] = black_scholes.greeks(some, carry, higher[rows]).delta
    volatility = panel.iv.copy()
    volatility[rows] = higher[rows]
    return panel._replace(quotes=quotes, iv=volatility)


def another_future(panel: Panel, after: date, seed: int) -> Panel:
    """The same panel until a day, and another one afterwards: prices of options and underlying are altered.

    What was decided until that day must not change; whoever decides otherwise has seen the future.

    Args:
        panel: Quotes as recorded.
        after: The last day that stays.
        seed: Of the alteration.
    """
    last = int(np.searchsorted(panel.days.day, after.toordinal() - _UNIX_DAY, side="right"))
    first_row = panel.rows_of(last).start if last < panel.days.day.size else panel.quotes.size
    draw = np.random.default_rng(seed)
    quotes, iv = panel.quotes.copy(), panel.iv.copy()
    scale = draw.uniform(0.5, 2.0, quotes.size - first_row)
    steps = price_steps(panel)  # in what steps an option trades is no news of the future
    for side in ("bid", "ask"):
        before = quotes[side][first_row:].astype(np.int64)
        altered = np.maximum(np.rint(before * scale).astype(np.int64), steps.low)
        step = steps.at(altered)
        quotes[side][first_row:] = np.where(before > 0, altered // step * step, before)
    quotes["delta"][first_row:] *= draw.uniform(0.5, 1.0, quotes.size - first_row).astype(np.float32)
    iv[first_row:] *= draw.uniform(0.5, 1.5, quotes.size - first_row).astype(np.float32)
    days = panel.days
    spot, close = days.spot.copy(), days.close.copy()
    moves = draw.uniform(0.7, 1.3, spot.size - last)
    for prices in (spot, close):
        prices[last:] = np.where(
            prices[last:] > 0, np.rint(prices[last:] * moves / _CENT).astype(np.int64) * _CENT, prices[last:]
        )
    return panel._replace(quotes=quotes, iv=iv, days=days._replace(spot=spot, close=close))


class _Flat(NamedTuple):
    """Of every row: strike and spot in USD, years left, sign of the right."""

    strike: NDArray[np.float64]
    years: NDArray[np.float64]
    sign: NDArray[np.float64]
    spot: NDArray[np.float64]


def _flat(panel: Panel) -> _Flat:
    groups = panel.groups
    length = (groups["stop"] - groups["start"]).astype(np.int64)
    day_of_group = np.repeat(np.arange(panel.days.day.size), np.diff(panel.day_groups))
    left = (groups["expiry"] - panel.days.day[day_of_group]).astype(np.float64)
    return _Flat(
        strike=panel.quotes["strike"] / _UNITS,
        years=np.repeat(np.maximum(left, _LAST_HOURS) / _YEAR, length),
        sign=np.repeat(groups["right"].astype(np.float64), length),
        spot=np.repeat(panel.days.spot[day_of_group] / _UNITS, length),
    )
