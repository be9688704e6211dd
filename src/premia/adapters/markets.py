"""Opens a simulated market by name: the shipped one, an invented one, a file of prices, recorded chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from premia.adapters.calendars import NEW_YORK, sessions
from premia.adapters.chain_files import ByDay, holds_chains, read_chains
from premia.adapters.history_arch import sp500
from premia.adapters.price_files import read_prices
from premia.domain.chain import expiry_of
from premia.domain.errors import MarketDataError
from premia.exchange.market import Market
from premia.exchange.recorded_market import RecordedMarket
from premia.exchange.scenarios import (
    LOOK_AHEAD,
    PAST,
    FileSeries,
    default_market,
    history_market,
    synthetic_market,
)
from premia.exchange.stochastic import Kind, StockModel, model_of

_WARMING = 21
"""Sessions of prices after which realised volatility, and with it that of options, is known."""
RECORDED_PAST = timedelta(days=100)
"""How far the calendar of a recording reaches back: realised volatility of 30 sessions needs closes."""


class Opened(NamedTuple):
    """A market from a file, and the first day on which it shows all it can."""

    market: Market | RecordedMarket
    first: date


class _Priced(NamedTuple):
    market: Market
    first: date


class _Replayed(NamedTuple):
    market: RecordedMarket
    first: date


def sp500_market(seed: int = 1) -> Market:
    """The shipped market: a fund at a tenth of the S&P 500, options from 2014-01-03 to 2018-12-31."""
    history = sp500()
    calendar = sessions(NEW_YORK, history.days[0], history.days[-1] + LOOK_AHEAD)
    return default_market(history, calendar, seed)


def invented_market(symbols: Sequence[str], start: date, seed: int = 1, years: float = 1.0) -> Market:
    """Invented underlyings that trade from `start` on.

    Args:
        symbols: Each a ticker, with `:fund` or `:index` after it for what is no stock.
        start: First trading day, of any year.
        seed: Of everything.
        years: How long the market lasts.

    Raises:
        MarketDataError: Where a symbol is not of that form, or appears twice.
    """
    models = [_model(symbol, seed) for symbol in symbols]
    end = start + timedelta(days=round(years * 365))
    calendar = sessions(NEW_YORK, start - PAST, end + LOOK_AHEAD)
    return synthetic_market(models, calendar, start, end, seed)


def _model(text: str, seed: int) -> StockModel:
    symbol, _, word = text.partition(":")
    kinds = {kind.value: kind for kind in Kind}
    if not symbol or (word or "stock") not in kinds:
        raise MarketDataError(
            f"{text!r} is no invented underlying. Write a ticker, with :fund or :index after it "
            f"for what is no stock."
        )
    return model_of(symbol, kinds[word or "stock"], seed)


def price_file_market(path: Path, seed: int = 1, kinds: Mapping[str, Kind] | None = None) -> Market:
    """A market on the daily prices of a CSV or Parquet file (`price_files` says which columns).

    Args:
        path: The file.
        seed: Of the minutes, the noise and the sizes.
        kinds: What is no stock, by symbol.

    Raises:
        SourceUnavailable: Where the file cannot be read.
        MarketDataError: Where its rows are no prices, or do not fit the calendar.
    """
    return _on_prices(path, seed, {} if kinds is None else kinds).market


def _on_prices(path: Path, seed: int, kinds: Mapping[str, Kind]) -> _Priced:
    found = read_prices(path)
    first = min(one.history.days[0] for one in found)
    last = max(one.history.days[-1] for one in found)
    calendar = sessions(NEW_YORK, first - timedelta(days=10), last + LOOK_AHEAD)
    series = [
        FileSeries(one.symbol, kinds.get(one.symbol, Kind.STOCK), one.history, one.dividends, one.splits)
        for one in found
    ]
    days = calendar.between(first, last)
    return _Priced(history_market(series, calendar, seed), days[min(_WARMING, len(days) - 1)].day)


def recorded_market(
    path: Path,
    closes: Mapping[str, ByDay] | None = None,
    settlements: Mapping[str, ByDay] | None = None,
) -> RecordedMarket:
    """A market of the recorded chains of a Parquet file (`chain_files` says which columns).

    Args:
        path: The file.
        closes: Official closes by symbol and day of sessions that the recording lacks.
        settlements: Opening settlement values by symbol and day, without which AM expiries stay open.

    Raises:
        SourceUnavailable: Where the file cannot be read.
        MarketDataError: Where its rows are no chains, or do not fit the calendar.
    """
    return _of_chains(path, closes, settlements).market


def _of_chains(
    path: Path, closes: Mapping[str, ByDay] | None, settlements: Mapping[str, ByDay] | None
) -> _Replayed:
    recorded = read_chains(path, closes, settlements)
    first = expiry_of(min(int(one.panel.days.day[0]) for one in recorded))
    last = expiry_of(max(int(one.panel.groups["expiry"].max()) for one in recorded))
    calendar = sessions(NEW_YORK, first - RECORDED_PAST, last + timedelta(days=10))
    return _Replayed(RecordedMarket(recorded, calendar), first)


def file_market(path: Path, seed: int = 1) -> Opened:
    """The market that a file holds: recorded chains where a Parquet file has strikes, else daily prices.

    Raises:
        SourceUnavailable: Where the file cannot be read.
        MarketDataError: Where its rows cannot be used.
    """
    return Opened(*(_of_chains(path, None, None) if holds_chains(path) else _on_prices(path, seed, {})))
