"""Small recorded markets with prices that can be checked: Black-Scholes at a flat volatility, in cents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from premia.adapters.calendars import NEW_YORK, sessions
from premia.domain.instrument import Index, Stock
from premia.domain.sessions import Sessions
from premia.exchange.recorded import RecordedUnderlying
from premia.exchange.recorded_market import RecordedMarket
from premia.exchange.stochastic import Kind, settings_of
from premia.exchange.types_market import Dividend, Split
from premia.pricing import black_scholes
from premia.pricing.terms import Carry, OptionTerms
from premia.store.panel import Days, Panel, Rows, build

UNIX_DAY = date(1970, 1, 1).toordinal()
FIRST = date(2022, 1, 3)
RATE = 0.02
STRIKES = np.arange(60.0, 151.0, 2.5)


class Story(NamedTuple):
    """A path of an underlying; `spots` one a session from `first` on."""

    symbol: str
    spots: Sequence[float]
    kind: Kind = Kind.FUND
    first: date = FIRST
    vol: float = 0.25
    half: float = 0.02
    strikes: np.ndarray = STRIKES
    dividends: tuple[Dividend, ...] = ()
    splits: tuple[Split, ...] = ()
    earnings: tuple[date, ...] | None = None
    missing: frozenset[date] = frozenset()
    volume: int = 500


def calendar(first: date = FIRST, days: int = 900) -> Sessions:
    """Sessions from well before the first day to beyond the last expiry."""
    return sessions(NEW_YORK, first - timedelta(days=110), first + timedelta(days=days))


def walk(count: int, seed: int, start: float = 100.0, vol: float = 0.012) -> list[float]:
    """Prices of a random walk, in whole cents."""
    moves = np.random.default_rng(seed).normal(0.0002, vol, count)
    return np.round(start * np.exp(np.cumsum(moves)), 2).tolist()


def panel_of(story: Story, cal: Sessions) -> tuple[Panel, Mapping[date, Decimal]]:
    """The panel of a story, and its official closes."""
    days = [one.day for one in cal.between(story.first, cal.last.day)][: len(story.spots)]
    fridays = [
        one.day for one in cal.between(story.first, days[-1] + timedelta(days=75)) if is_friday(one.day, cal)
    ]
    blocks = [
        _block(story, day, spot, [one for one in fridays if day <= one][:10])
        for day, spot in zip(days, story.spots, strict=True)
        if day not in story.missing
    ]
    columns = [np.concatenate(parts) for parts in zip(*blocks, strict=True)]
    count = columns[0].size
    kept = [(day, spot) for day, spot in zip(days, story.spots, strict=True) if day not in story.missing]
    spot = np.array([round(price * 10_000) for _, price in kept], dtype=np.int64)
    rows = Rows(
        day=columns[0].astype(np.int32),
        expiry=columns[1].astype(np.int32),
        strike=units(columns[2]),
        right=columns[3].astype(np.int8),
        root=np.zeros(count, dtype=np.int16),
        bid=units(columns[4]),
        ask=units(columns[5]),
        last=np.full(count, -1, dtype=np.int32),
        volume=np.full(count, story.volume, dtype=np.int32),
        open_interest=np.full(count, 1_000, dtype=np.int32),
        iv=np.full(count, story.vol, dtype=np.float32),
        delta=columns[6].astype(np.float32),
    )
    numbers = np.array([day.toordinal() - UNIX_DAY for day, _ in kept], dtype=np.int32)
    built = build(
        story.symbol, story.kind.value, (story.symbol,), Days(numbers, np.zeros_like(spot), spot, spot), rows
    )
    return built, {day: Decimal(str(price)) for day, price in zip(days, story.spots, strict=True)}


def is_friday(day: date, cal: Sessions) -> bool:
    """Whether a session is the last of its week, on which options expire."""
    return cal.after(day).day.isocalendar().week != day.isocalendar().week


def recorded(story: Story, cal: Sessions) -> RecordedUnderlying:
    """A story as a recorded underlying."""
    panel, closes = panel_of(story, cal)
    own = Index(story.symbol) if story.kind is Kind.INDEX else Stock(story.symbol)
    return RecordedUnderlying(
        contract=own,
        settings=settings_of(story.kind, story.symbol),
        panel=panel,
        closes=closes,
        settlements={},
        dividends=story.dividends,
        splits=story.splits,
        earnings=story.earnings,
    )


def a_recorded_market(*stories: Story) -> RecordedMarket:
    """A market of stories that begin on one day."""
    cal = calendar(stories[0].first)
    return RecordedMarket([recorded(story, cal) for story in stories], cal)


def units(prices: np.ndarray) -> np.ndarray:
    """Prices in 1/10,000 USD; -1 where there is none."""
    return np.where(prices > 0.0, np.rint(prices * 10_000), -1).astype(np.int32)


def _block(story: Story, day: date, spot: float, expiries: Sequence[date]) -> tuple[np.ndarray, ...]:
    """Columns of a day: day, expiry, strike, right, bid, ask, delta."""
    parts = [_run(story, day, spot, expiry, right) for expiry in expiries for right in (-1, 1)]
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def _run(story: Story, day: date, spot: float, expiry: date, right: int) -> tuple[np.ndarray, ...]:
    strikes = story.strikes
    left = np.full(strikes.size, max((expiry - day).days, 0.02) / 365.0)
    terms, carry = OptionTerms(strikes, left, np.full(strikes.size, right)), Carry(spot, RATE)
    value = black_scholes.value(terms, carry, story.vol)
    delta = black_scholes.greeks(terms, carry, np.full(strikes.size, story.vol)).delta
    half = np.maximum(0.01, story.half * value)
    bid, ask = np.floor((value - half) * 100) / 100, np.ceil((value + half) * 100) / 100
    ones = np.ones(strikes.size)
    return (
        ones * (day.toordinal() - UNIX_DAY),
        ones * (expiry.toordinal() - UNIX_DAY),
        strikes,
        ones * right,
        bid,
        ask,
        delta,
    )
