"""Ready-made markets from plain values: nothing here reads a file or asks for the date.

`default_market` is the one that the demo, the tutorial and most tests run on: a fund at a tenth of
the S&P 500 with the real VIX behind its options. `synthetic_market` invents any number of stocks,
funds and an index from a seed. Loading (packages, files, calendars) is the business of adapters.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec
import numpy as np

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Index, Stock
from premia.domain.sessions import Sessions
from premia.exchange.market import Market
from premia.exchange.stochastic import Kind, StockModel, invented, settings_of
from premia.exchange.types_market import Dividend, Split, UnderlyingSettings
from premia.exchange.underlyings import VOL_MAX, VOL_MIN, DailyHistory, UnderlyingSetup, checked_history
from premia.exchange.underlyings_fund import Quarters, fund_history, month_end, quarters
from premia.pricing.surface import ATM_TO_VIX

FUND_SYMBOL = "SPTEN"
FUND_NAME = "Synthetic fund at one tenth of the S&P 500 (simulated, not a security)"
FUND_YIELD = 0.019
"""Dividend yield of the S&P 500 in 2014-2018 was 1.8 to 2.1 % a year."""
CALM_VIX = 0.15
PAST = timedelta(days=550)
"""How much history lies before the first trading day: a year and a half, for volatility ranks of a year."""
LOOK_AHEAD = timedelta(days=500)
"""How far a calendar must reach beyond the last price: options a year ahead, and dividends beyond them."""

GAP_SESSIONS = 5
"""So many sessions in a row may be missing from a history; a halt is not longer."""
_WARM_UP = 20
_DECAY = 0.94
_PREMIUM = 1.1
"""Implied over realised volatility, where only the latter is known; the usual premium of sellers."""


class FileSeries(msgspec.Struct, frozen=True):
    """A history with its corporate actions, by ex-date: cash a share, and new shares for an old one."""

    symbol: str
    kind: Kind
    history: DailyHistory
    dividends: tuple[tuple[date, Decimal], ...] = ()
    splits: tuple[tuple[date, int], ...] = ()


def default_market(index: DailyHistory, sessions: Sessions, seed: int = 1) -> Market:
    """The fund at a tenth of an index.

    Args:
        index: The S&P 500, with the VIX (as a fraction) in `vol`.
        sessions: New York's, reaching `LOOK_AHEAD` beyond the last price.
        seed: Of the minutes, the noise and the sizes.
    """
    level = index._replace(vol=index.vol * ATM_TO_VIX)
    history, dividends = fund_history(
        level, dividend_calendar(history=index, sessions=sessions), scale=0.1, dividend_yield=FUND_YIELD
    )
    setup = UnderlyingSetup(
        contract=Stock(FUND_SYMBOL),
        settings=UnderlyingSettings(FUND_NAME, "broad_etf", "FINE", etf=True),
        history=history,
        dividends=dividends,
        calm_vol=CALM_VIX * ATM_TO_VIX,
        open_interest=30_000,
    )
    return Market([setup], sessions, seed)


def dividend_calendar(history: DailyHistory, sessions: Sessions) -> Quarters:
    """Quarterly ex-dates from the first session of a history until a year beyond its last one."""
    last = min(history.days[-1] + timedelta(days=400), sessions.last.day - timedelta(days=62))
    return quarters(sessions, history.days[0], last)


def synthetic_market(
    models: Sequence[StockModel], sessions: Sessions, start: date, end: date, seed: int = 1
) -> Market:
    """Invented underlyings that can be traded from `start` to `end`.

    Args:
        models: Their parameters (`stochastic.model_of` makes them from a symbol).
        sessions: From `PAST` before `start` to `LOOK_AHEAD` beyond `end`.
        start: First trading day; the sessions of the calendar before it are the past that history shows.
        end: Last trading day.
        seed: Of everything; one seed is one market.

    Raises:
        MarketDataError: Where `end` is before `start`, or the models do not have symbols of their own.
    """
    days = tuple(session.day for session in sessions.between(sessions.first.day, end))
    if end < start or not days:
        raise MarketDataError(f"A market from {start} to {end} has no session. Give an end after the start.")
    calendar = quarters(sessions, days[0], end + timedelta(days=400))
    setups = [invented(model, sessions, days, calendar, seed) for model in models]
    return Market(setups, sessions, seed)


def history_market(series: Sequence[FileSeries], sessions: Sessions, seed: int = 1) -> Market:
    """Underlyings with histories of their own.

    Args:
        series: Prices of each; where implied volatility is not known, 1.1 times the exponentially
            weighted realised one stands in for it, from the 21st session on.
        sessions: From before the first price to `LOOK_AHEAD` beyond the last one.
        seed: Of the minutes, the noise and the sizes.

    Raises:
        MarketDataError: Where a history has prices on a day without a session, or lacks more than
            `GAP_SESSIONS` sessions in a row (fewer are filled with the close before them).
    """
    setups: list[UnderlyingSetup] = []
    for one in series:
        history = _with_volatility(_filled(one, sessions), one.splits)
        dividends = tuple(
            Dividend(
                ex,
                sessions.on_or_before(month_end(ex.year, ex.month + 1)).day,
                amount,
                sessions.on_or_before(max(ex - timedelta(days=21), sessions.first.day)).day,
            )
            for ex, amount in one.dividends
        )
        setups.append(
            UnderlyingSetup(
                contract=Index(one.symbol) if one.kind is Kind.INDEX else Stock(one.symbol),
                settings=settings_of(one.kind, f"{one.symbol} (simulated on recorded prices)"),
                history=history,
                dividends=dividends,
                splits=tuple(Split(ex, ratio, 1) for ex, ratio in one.splits),
                calm_vol=_calm(history),
            )
        )
    return Market(setups, sessions, seed)


def _calm(history: DailyHistory) -> float:
    known = history.vol[np.isfinite(history.vol)]
    return float(np.median(known)) if known.size else CALM_VIX


def _filled(one: FileSeries, sessions: Sessions) -> DailyHistory:
    """The history with a still day at the last close for each session that it lacks."""
    history = one.history
    rows = {day: row for row, day in enumerate(history.days)}
    days = [session.day for session in sessions.between(history.days[0], history.days[-1])]
    closed = sorted(set(history.days) - set(days))
    if closed:
        raise MarketDataError(
            f"{one.symbol}: the history has prices for {closed[0]}, on which the exchange is closed "
            f"({len(closed)} such days). Remove them."
        )
    source: list[int] = []
    missing = 0
    for day in days:
        missing = 0 if day in rows else missing + 1
        if missing > GAP_SESSIONS:
            raise MarketDataError(
                f"{one.symbol}: the history has no price for {GAP_SESSIONS + 1} sessions until {day}. "
                f"Complete the file, or cut it to one side of the gap."
            )
        source.append(rows.get(day, source[-1] if source else 0))
    take = np.array(source)
    still = np.array([day not in rows for day in days])
    close = history.close[take]
    prices = [np.where(still, close, column[take]) for column in (history.open, history.high, history.low)]
    volume = np.where(still, 0.0, history.volume[take])
    return checked_history(one.symbol, days, [*prices, close], volume, history.vol[take])


def _with_volatility(history: DailyHistory, splits: tuple[tuple[date, int], ...]) -> DailyHistory:
    if np.isfinite(history.vol).any():
        return history
    factor = np.ones(len(history.days))
    for ex, ratio in splits:
        factor[np.array([day >= ex for day in history.days])] *= ratio
    squares = np.diff(np.log(history.close * factor)) ** 2
    vol = np.full(len(history.days), np.nan)
    if squares.size >= _WARM_UP:
        level = float(squares[:_WARM_UP].mean())
        for i in range(_WARM_UP, squares.size + 1):
            vol[i] = level
            level = _DECAY * level + (1.0 - _DECAY) * float(squares[min(i, squares.size - 1)])
        vol = np.clip(_PREMIUM * np.sqrt(252.0 * vol), VOL_MIN, VOL_MAX)
    return history._replace(vol=vol)
