"""Values that a source of option quotes lacks, computed and counted: volatility, delta, underlying.

A volatility is that of the mid where both sides are quoted and the price of the underlying is known: of
options on an index the European one, on shares and funds the American one, because these may be exercised
early; deltas likewise. Dividends are not in it. Where no volatility explains the mid it stays unknown. A
missing price of the underlying follows from put-call parity at the strike where put and call are worth
nearly the same.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from premia.exchange.rates import short_rate
from premia.pricing import bulk
from premia.pricing.terms import Carry, Floats, OptionTerms
from premia.store.events import Events
from premia.store.intake import SCALE, Taken
from premia.store.panel import Days, Int64s, Rows
from premia.store.rows import contract_keys

_EPOCH = date(1970, 1, 1)
_YEAR = 365.0
_SAME_DAY = 0.25
"""Days left to an option on its last one, a quarter of an hour before the close and all of the settlement."""


class _Market(NamedTuple):
    """Spot and rate of every row, shape (n,); NaN where the spot is not known."""

    spot: Floats
    rate: Floats


def with_closes(taken: Taken, events: Events) -> Taken:
    """The days with official closes of the events where the source has none."""
    known = {
        (one.day - _EPOCH).days: round(one.value * SCALE)
        for one in events.closes
        if one.symbol == taken.symbol
    }
    if not known:
        return taken
    days = taken.days
    told = np.array([known.get(day, -1) for day in days.day.tolist()], dtype=np.int64)
    return taken._replace(days=days._replace(close=np.where(days.close > 0, days.close, told)))


def filled(taken: Taken, kind: str) -> Taken:
    """The rows with what they lack, and the report with how many values that were.

    Args:
        taken: Rows and days of one underlying.
        kind: `stock`, `fund` or `index`.
    """
    counts: dict[str, int] = {}
    days = taken.days
    if (days.spot <= 0).any():
        days, counts["spot of days"] = _with_spots(taken)
    rows = taken.rows
    if not (np.isnan(rows.iv).any() or np.isnan(rows.delta).any()):
        return taken._replace(days=days, report=replace(taken.report, filled=counts))
    market = _market(rows, days)
    wanted = np.flatnonzero(np.isnan(rows.iv) & (rows.bid > 0) & (rows.ask >= rows.bid) & (market.spot > 0.0))
    if wanted.size:
        iv = rows.iv.copy()
        iv[wanted] = _volatilities(rows.taken(wanted), _at(market, wanted), kind)
        counts["iv"] = int(np.isfinite(iv[wanted]).sum())
        rows = rows._replace(iv=iv)
    wanted = np.flatnonzero(np.isnan(rows.delta) & (rows.iv > 0.0) & (market.spot > 0.0))
    if wanted.size:
        delta = rows.delta.copy()
        delta[wanted] = _deltas(rows.taken(wanted), _at(market, wanted), kind)
        counts["delta"] = int(np.isfinite(delta[wanted]).sum())
        rows = rows._replace(delta=delta)
    found = {name: count for name, count in counts.items() if count}
    return taken._replace(rows=rows, days=days, report=replace(taken.report, filled=found))


def _volatilities(rows: Rows, market: _Market, kind: str) -> Floats:
    mid = (rows.bid + rows.ask.astype(np.int64)) / (2.0 * SCALE)
    invert = bulk.implied_volatility if kind == "index" else bulk.american_implied_volatility
    return invert(mid, _terms(rows), Carry(*market)).vol


def _deltas(rows: Rows, market: _Market, kind: str) -> Floats:
    value = bulk.greeks if kind == "index" else bulk.american
    return value(_terms(rows), Carry(*market), rows.iv).delta


def _terms(rows: Rows) -> OptionTerms:
    left = np.maximum(rows.expiry - rows.day, _SAME_DAY)
    return OptionTerms(rows.strike / SCALE, left / _YEAR, rows.right.astype(np.float64))


def _market(rows: Rows, days: Days) -> _Market:
    place = np.searchsorted(days.day, rows.day)
    rates = np.array([short_rate(_EPOCH + timedelta(days=day)) for day in days.day.tolist()])
    return _Market(np.where(days.spot > 0, days.spot / SCALE, np.nan)[place], rates[place])


def _at(market: _Market, places: NDArray[np.intp]) -> _Market:
    return _Market(market.spot[places], market.rate[places])


def _with_spots(taken: Taken) -> tuple[Days, int]:
    """The days with spots from put-call parity where there is none, and how many these are."""
    spot = taken.days.spot.copy()
    for place in np.flatnonzero(spot <= 0).tolist():
        spot[place] = _parity_spot(taken.rows, int(taken.days.day[place]))
    found = int(((spot > 0) & (taken.days.spot <= 0)).sum())
    return taken.days._replace(spot=spot), found


def _parity_spot(rows: Rows, day: int) -> int:
    """Price of the underlying from the first expiry after a day that has quoted pairs; -1 where none has."""
    quoted = rows.taken(np.flatnonzero((rows.day == day) & (rows.bid > 0) & (rows.ask >= rows.bid)))
    mid = (quoted.bid + quoted.ask.astype(np.int64)) / 2.0
    rate = short_rate(_EPOCH + timedelta(days=day))
    for expiry in np.unique(quoted.expiry[quoted.expiry > day]).tolist():
        keys: list[Int64s] = []
        places: list[NDArray[np.intp]] = []
        for right in (1, -1):
            mine = np.flatnonzero((quoted.expiry == expiry) & (quoted.right == right))
            side = quoted.taken(mine)
            keys.append(contract_keys(side.expiry, side.root, np.ones_like(side.right), side.strike))
            places.append(mine)
        _, calls, puts = np.intersect1d(keys[0], keys[1], return_indices=True)
        if calls.size:
            apart = mid[places[0][calls]] - mid[places[1][puts]]
            nearest = int(np.argmin(np.abs(apart)))
            strike = float(quoted.strike[places[0][calls[nearest]]])
            return round(strike * float(np.exp(-rate * (expiry - day) / _YEAR)) + float(apart[nearest]))
    return -1
