"""Invented prices: a seeded path of stochastic volatility for a stock, a fund or an index.

The logarithm of the daily volatility reverts to its long-run level and is correlated with the returns
(falling prices raise it); returns share one market factor, so that invented symbols move together.
A quarter of each day's variance falls overnight; high and low of the day have the exact distribution
of the extremes of a Brownian bridge from open to close. Stocks jump on the opening after an
announcement of earnings and drop by their dividends. Implied volatility is the volatility expected over
the next 30 days, times a premium. Every number is counted by (seed, symbol, day), so a longer path
begins with the shorter one.

Sources: the exponential Ornstein-Uhlenbeck volatility model (Scott, Journal of Financial and
Quantitative Analysis 22, 1987); extremes of a bridge from its reflection principle.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from premia.domain.instrument import Index, Stock
from premia.domain.sessions import Sessions
from premia.exchange.noise import normals, uniform, uniforms
from premia.exchange.types_market import Dividend, UnderlyingSettings
from premia.exchange.underlyings import VOL_MAX, VOL_MIN, DailyHistory, UnderlyingSetup, checked_history
from premia.exchange.underlyings_fund import Quarters

_STEP = 1.0 / 252.0
_REVERSION = 6.0
_VOL_OF_VOL = 1.2
_OVERNIGHT = 0.25
_IMPLIED_PREMIUM = 1.08
"""Implied over expected volatility; about what sellers of options have earned on average."""
_LEAST_PRICE = 0.5
_EARNINGS_MONTHS = (1, 4, 7, 10)


class Kind(Enum):
    """What an invented underlying is."""

    STOCK = "stock"
    FUND = "fund"
    INDEX = "index"


class StockModel(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of one invented underlying.

    Attributes:
        price: At the first session, currency per share.
        vol: Long-run annualised volatility, a fraction.
        market: Correlation of its returns with the market factor, 0 to 1.
        leverage: Correlation of returns and volatility, -1 to 0.
        drift: Expected return a year, dividends included, a fraction.
        dividend_yield: Dividends a year over price, a fraction; zero pays none.
        earnings_move: Standard deviation of the log move on an announcement; zero has none.
        liquidity: Width of its option spreads as a multiple of the typical one.
    """

    symbol: str
    kind: Kind = Kind.STOCK
    price: float = 100.0
    vol: float = 0.25
    market: float = 0.6
    leverage: float = -0.5
    drift: float = 0.07
    dividend_yield: float = 0.015
    earnings_move: float = 0.05
    liquidity: float = 1.0


def settings_of(kind: Kind, name: str) -> UnderlyingSettings:
    """Ticks and margin class that are usual for a kind of underlying."""
    if kind is Kind.STOCK:
        return UnderlyingSettings(name, "stock", "PENNY")
    if kind is Kind.FUND:
        return UnderlyingSettings(name, "broad_etf", "FINE", etf=True)
    return UnderlyingSettings(name, "broad_index", "INDEX")


def model_of(symbol: str, kind: Kind, seed: int) -> StockModel:
    """Parameters that follow from a symbol: prices of 30 to 400, volatilities of 18 to 55 % for stocks."""
    place, size, wide = (uniform(seed, "model", symbol, word) for word in ("vol", "price", "liquidity"))
    price = round(30.0 * (400.0 / 30.0) ** size, 2)
    if kind is Kind.INDEX:
        return StockModel(
            symbol=symbol,
            kind=kind,
            price=round(2_000.0 * 3.0**size, 2),
            vol=0.13 + 0.07 * place,
            market=0.95,
            leverage=-0.75,
            dividend_yield=0.0,
            earnings_move=0.0,
        )
    if kind is Kind.FUND:
        return StockModel(
            symbol=symbol,
            kind=kind,
            price=price,
            vol=0.14 + 0.10 * place,
            market=0.9,
            leverage=-0.7,
            earnings_move=0.0,
            liquidity=0.7 + 0.6 * wide,
        )
    return StockModel(
        symbol=symbol,
        price=price,
        vol=0.18 + 0.37 * place,
        market=0.35 + 0.35 * uniform(seed, "model", symbol, "market"),
        dividend_yield=0.03 * uniform(seed, "model", symbol, "yield"),
        earnings_move=0.03 + 0.05 * place,
        liquidity=0.4 * 4.0**wide,
    )


def invented(
    model: StockModel, sessions: Sessions, days: tuple[date, ...], calendar: Quarters, seed: int
) -> UnderlyingSetup:
    """An underlying with an invented history of the given sessions.

    Args:
        model: Its parameters.
        sessions: A calendar that reaches a year and two months beyond the last day.
        days: Sessions of the history, ascending.
        calendar: Ex-dates of its dividends, later ones than the last day included.
        seed: Of the market.
    """
    earnings = _announcements(model, sessions, days, seed)
    moves = _moves(model, days, earnings, seed)
    columns, dividends = _prices(model, days, moves, calendar)
    implied = np.clip(_implied(model, moves.vol), VOL_MIN, VOL_MAX)
    volume = np.exp(15.0 + 0.35 * normals(seed, "shares", model.symbol, _ordinals(days)))
    history = checked_history(model.symbol, days, columns, np.rint(volume), implied)
    return _setup(model, history, dividends, earnings)


class _Moves(NamedTuple):
    """Log moves of each session, shape (n,): overnight, open to close, and its extremes from the open."""

    overnight: NDArray[np.float64]
    session: NDArray[np.float64]
    top: NDArray[np.float64]
    bottom: NDArray[np.float64]
    vol: NDArray[np.float64]  # at the close


def _moves(model: StockModel, days: tuple[date, ...], earnings: tuple[date, ...], seed: int) -> _Moves:
    number = _ordinals(days)
    own = normals(seed, "return", model.symbol, number)
    shock = model.market * normals(seed, "market", number) + math.sqrt(1.0 - model.market**2) * own
    other = normals(seed, "vol", model.symbol, number)
    vol = _volatility(model, model.leverage * shock + math.sqrt(1.0 - model.leverage**2) * other)
    before = np.concatenate(([model.vol], vol[:-1]))
    daily = before * math.sqrt(_STEP)
    night = _OVERNIGHT * shock + math.sqrt(_OVERNIGHT * (1.0 - _OVERNIGHT)) * normals(
        seed, "night", model.symbol, number
    )
    drift = (model.drift - 0.5 * before**2) * _STEP
    rest = daily * (shock - night) + drift
    spread = -2.0 * (1.0 - _OVERNIGHT) * daily**2
    top, bottom = (
        np.sqrt(rest**2 + spread * np.log(uniforms(seed, word, model.symbol, number)))
        for word in ("top", "bottom")
    )
    overnight = daily * night + _jumps(model, days, earnings, seed)
    return _Moves(overnight, rest, 0.5 * (rest + top), 0.5 * (rest - bottom), vol)


def _volatility(model: StockModel, shocks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Annualised volatility at each close, from shocks of unit variance."""
    level, out = 0.0, np.empty(shocks.size)
    pull, push = 1.0 - _REVERSION * _STEP, _VOL_OF_VOL * math.sqrt(_STEP)
    # Without this the mean of the volatility would lie above its long-run level, by convexity.
    centre = math.log(model.vol) - _VOL_OF_VOL**2 / (4.0 * _REVERSION)
    for i, shock in enumerate(shocks.tolist()):
        level = pull * level + push * shock
        out[i] = centre + level
    return np.exp(out)


def _implied(model: StockModel, vol: NDArray[np.float64]) -> NDArray[np.float64]:
    month = 30.0 / 365.0 * _REVERSION
    weight = -math.expm1(-month) / month
    return _IMPLIED_PREMIUM * vol**weight * model.vol ** (1.0 - weight)


def _jumps(
    model: StockModel, days: tuple[date, ...], earnings: tuple[date, ...], seed: int
) -> NDArray[np.float64]:
    """Log move at each opening because of an announcement after the close before it."""
    jumps = np.zeros(len(days))
    announced = set(earnings)
    for i, before in enumerate(days[:-1]):
        if before in announced:
            jumps[i + 1] = model.earnings_move * float(
                normals(seed, "earnings", model.symbol, before.toordinal())
            )
    return jumps


def _prices(
    model: StockModel, days: tuple[date, ...], moves: _Moves, calendar: Quarters
) -> tuple[list[NDArray[np.float64]], tuple[Dividend, ...]]:
    """Open, high, low and close in cents, and the dividends by which they drop."""
    out = np.empty((4, len(days)))
    dividends: list[Dividend] = []
    due = (
        [] if model.dividend_yield <= 0 else [row for row in zip(*calendar, strict=True) if row[0] > days[0]]
    )
    close = model.price
    for i, day in enumerate(days):
        # What is declared from here on is fixed by the last close that everybody has seen.
        while due and due[0][1] <= day:
            dividends.append(_dividend(due.pop(0), close, model.dividend_yield))
        drop = sum(float(one.amount) for one in dividends if one.ex == day)
        start = max(close * math.exp(moves.overnight[i]) - drop, _LEAST_PRICE)
        levels = [0.0, float(moves.top[i]), float(moves.bottom[i]), float(moves.session[i])]
        out[:, i] = [max(round(start * math.exp(level), 2), _LEAST_PRICE) for level in levels]
        close = float(out[3, i])
    dividends += [_dividend(row, close, model.dividend_yield) for row in due]
    opens, highs, lows, closes = out
    highs, lows = np.maximum(highs, np.maximum(opens, closes)), np.minimum(lows, np.minimum(opens, closes))
    return [opens, highs, lows, closes], tuple(dividends)


def _dividend(row: tuple[date, date, date], close: float, dividend_yield: float) -> Dividend:
    ex, declared, pay = row
    return Dividend(ex, pay, Decimal(round(close * dividend_yield * 25.0)) / 100, declared)


def _announcements(
    model: StockModel, sessions: Sessions, days: tuple[date, ...], seed: int
) -> tuple[date, ...]:
    """Four a year, in the third to fifth week of January, April, July and October; a year ahead too."""
    if model.earnings_move <= 0:
        return ()
    last = days[-1] + timedelta(days=365)
    found: list[date] = []
    for year in range(days[0].year, last.year + 1):
        for month in _EARNINGS_MONTHS:
            wanted = date(
                year, month, 14 + int(14 * uniform(seed, "announcement", model.symbol, year, month))
            )
            if days[0] <= wanted <= last:
                found.append(sessions.on_or_after(wanted).day)
    return tuple(found)


def _setup(
    model: StockModel, history: DailyHistory, dividends: tuple[Dividend, ...], earnings: tuple[date, ...]
) -> UnderlyingSetup:
    name = f"Synthetic {model.kind.value} {model.symbol} (simulated, not a security)"
    return UnderlyingSetup(
        contract=Index(model.symbol) if model.kind is Kind.INDEX else Stock(model.symbol),
        settings=settings_of(model.kind, name),
        history=history,
        dividends=dividends,
        earnings=earnings,
        earnings_move=model.earnings_move,
        calm_vol=model.vol,
        liquidity=model.liquidity,
        half_spread=0.0001 if model.kind is Kind.STOCK else 0.00003,
        open_interest=5_000 if model.kind is Kind.STOCK else 20_000,
    )


def _ordinals(days: tuple[date, ...]) -> NDArray[np.int64]:
    return np.array([day.toordinal() for day in days], dtype=np.int64)
