"""What the simulated market knows of an underlying before a single minute is drawn.

A `DailyHistory` holds four prices, a volume and a level of implied volatility for each session; an
`UnderlyingSetup` adds what does not move and the corporate actions. Both are plain arrays and
values: where they come from (a package, a file, a formula) is the business of adapters and of
`scenarios`. `checked_history` is the one door, and it refuses what cannot be a price.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Index, Stock
from premia.exchange.bridge import Ohlc
from premia.exchange.types_market import Dividend, Split, UnderlyingSettings

VOL_MIN, VOL_MAX = 0.03, 3.0
"""Levels of 30-day implied volatility outside these are taken for errors of the data."""


class DailyHistory(NamedTuple):
    """Sessions of one underlying in ascending order, one row a session.

    Attributes:
        days: The sessions.
        open, high, low, close: Currency per share, as traded then (not adjusted); shape (n,).
        volume: Shares; shape (n,), zero where unknown.
        vol: At-the-money 30-day implied volatility at the close, annualised fraction; NaN where unknown.
    """

    days: tuple[date, ...]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    vol: NDArray[np.float64]

    def prices(self, row: int) -> Ohlc:
        """The four prices of one session."""
        return Ohlc(
            float(self.open[row]), float(self.high[row]), float(self.low[row]), float(self.close[row])
        )


class UnderlyingSetup(msgspec.Struct, frozen=True, kw_only=True):
    """One underlying of a model market.

    Attributes:
        contract: A stock or fund, or an index (options European and settled in cash).
        settings: Ticks, margin class, names.
        history: Its past.
        dividends, splits: Corporate actions, ascending by ex-date.
        earnings: Announcement dates (after the close), ascending.
        earnings_move: Standard deviation of the log move on an announcement; what options price in.
        calm_vol: The level of 30-day volatility at which its option spreads are ordinary.
        liquidity: Width of its option spreads as a multiple of the typical one; below 1 is tighter.
        half_spread: Half the bid-ask distance of the underlying itself, as a fraction of its price.
        open_interest: Open contracts of an at-the-money monthly option, in round numbers.
    """

    contract: Stock | Index
    settings: UnderlyingSettings
    history: DailyHistory
    dividends: tuple[Dividend, ...] = ()
    splits: tuple[Split, ...] = ()
    earnings: tuple[date, ...] = ()
    earnings_move: float = 0.0
    calm_vol: float = 0.15
    liquidity: float = 1.0
    half_spread: float = 0.00002
    open_interest: int = 20_000

    @property
    def symbol(self) -> str:
        """Its ticker."""
        return self.contract.symbol


def checked_history(
    symbol: str,
    days: Sequence[date],
    ohlc: Sequence[Sequence[float] | NDArray[np.float64]],
    volume: Sequence[float] | NDArray[np.float64] | None = None,
    vol: Sequence[float] | NDArray[np.float64] | None = None,
) -> DailyHistory:
    """A history whose numbers can be prices.

    Args:
        symbol: Named in errors.
        days: Ascending, without repeats.
        ohlc: Open, high, low and close, four sequences as long as `days`.
        volume: Shares; zero where absent.
        vol: Implied 30-day volatility as a fraction; absent or not a number is unknown.

    Raises:
        MarketDataError: Naming the first row at fault: out of order, not a positive number, or a
            high below (a low above) another price of its day.
    """
    n = len(days)
    if n == 0:
        raise MarketDataError(f"{symbol}: no row of prices was found. At least one session is needed.")
    columns = [np.asarray(column, dtype=np.float64) for column in ohlc]
    extra = np.zeros(n) if volume is None else np.nan_to_num(np.asarray(volume, dtype=np.float64))
    level = np.full(n, np.nan) if vol is None else np.asarray(vol, dtype=np.float64)
    sizes = sorted({column.shape for column in (*columns, extra, level)})
    if sizes != [(n,)]:
        raise MarketDataError(f"{symbol}: {n} days, but columns of the shapes {sizes}. All need one length.")
    _check_days(symbol, days)
    _check_prices(symbol, days, columns)
    _check_vol(symbol, days, level)
    opens, highs, lows, closes = columns
    return DailyHistory(tuple(days), opens, highs, lows, closes, extra, level)


def _check_days(symbol: str, days: Sequence[date]) -> None:
    for before, after in pairwise(days):
        if after <= before:
            raise MarketDataError(
                f"{symbol}: {after} follows {before}. Sort the rows by date and keep one row a day."
            )


def _check_prices(symbol: str, days: Sequence[date], columns: list[NDArray[np.float64]]) -> None:
    names = ("open", "high", "low", "close")
    for name, column in zip(names, columns, strict=True):
        wrong = np.flatnonzero(~(np.isfinite(column) & (column > 0)))
        if wrong.size:
            row = int(wrong[0])
            raise MarketDataError(
                f"{symbol} {days[row]}: {name} is {column[row]}; a price above zero is needed. "
                f"Remove the row or correct it ({wrong.size} such rows)."
            )
    opens, highs, lows, closes = columns
    wrong = np.flatnonzero((highs < np.maximum(opens, closes)) | (lows > np.minimum(opens, closes)))
    if wrong.size:
        row = int(wrong[0])
        raise MarketDataError(
            f"{symbol} {days[row]}: open {opens[row]}, high {highs[row]}, low {lows[row]}, "
            f"close {closes[row]}: the high must be the largest and the low the smallest "
            f"({wrong.size} such rows)."
        )


def _check_vol(symbol: str, days: Sequence[date], vol: NDArray[np.float64]) -> None:
    wrong = np.flatnonzero(np.isfinite(vol) & ((vol < VOL_MIN) | (vol > VOL_MAX)))
    if wrong.size:
        row = int(wrong[0])
        raise MarketDataError(
            f"{symbol} {days[row]}: implied volatility is {vol[row]}; a fraction from {VOL_MIN} to {VOL_MAX} "
            f"is needed (0.18 is 18 %)."
        )


def realised_volatility(closes: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Annualised standard deviation of the last `window` log returns at each close; NaN before them.

    Args:
        closes: Prices without splits in them, shape (n,).
        window: Returns in the sample; at least 2.

    Returns:
        Fractions (0.18 is 18 %), shape (n,); 252 sessions a year, sample standard deviation.
    """
    out = np.full(closes.shape, np.nan)
    if closes.size > window:
        returns = np.lib.stride_tricks.sliding_window_view(np.diff(np.log(closes)), window)
        out[window:] = returns.std(axis=1, ddof=1) * np.sqrt(252.0)
    return out
