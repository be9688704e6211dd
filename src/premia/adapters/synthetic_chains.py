"""Option chains that nobody traded: a seeded set of any size, to measure speed on and to try things out.

Each underlying follows a path with volatility that comes and goes and an occasional jump; each day has
the next eight weekly expiries and the four monthly ones after them, each with strikes that are fixed
when it is listed, so that a contract can be followed until it expires. Volatilities are skewed, quotes
stand on their tick grid around the model's value at the fitted spreads, cash dividends fall on their
ex-dates, and the first underlying splits four for one halfway. Every number is a function of the seed
and of what it is for (`exchange.noise`): the same settings give the same bytes anywhere.

No result on such a set says anything about a market.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from premia.exchange.noise import normal, normals, uniform, uniforms
from premia.pricing import bulk
from premia.pricing.spread import BookClass, SpreadInputs, quotes
from premia.pricing.terms import Carry, OptionTerms
from premia.pricing.ticks import TickClass
from premia.store.events import CashDividend, Events, ShareSplit
from premia.store.forms import Reading

Floats = NDArray[np.float64]
Days = NDArray[np.int32]
_EPOCH = date(1970, 1, 1)
_YEAR_SESSIONS = 252
_WEEKLY, _MONTHLY = 8, 4
_RATE = 0.03
_SPLIT = 4
_NICE = (0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0)
_FRIDAY = 4
_PAYMENT_DELAY, _NOTICE = timedelta(days=14), timedelta(days=21)


class Settings(NamedTuple):
    """Which set to make.

    Attributes:
        trading: Sessions of the exchange from the first day on, in days since 1970; they go on for a year and
            a half after the last day, because options expire on them.
        seed: Of every number.
        underlyings: How many; they are called SYN0, SYN1 and so on.
        sessions: How many days have quotes, from the first on.
        strikes: Of each expiry, twelve of which are listed on every day.
    """

    trading: tuple[int, ...]
    seed: int = 1
    underlyings: int = 10
    sessions: int = 1305
    strikes: int = 60

    @property
    def symbols(self) -> tuple[str, ...]:
        """Tickers."""
        return tuple(f"SYN{number}" for number in range(self.underlyings))

    @property
    def rows(self) -> int:
        """Quotes of the whole set."""
        return self.underlyings * self.sessions * (_WEEKLY + _MONTHLY) * self.strikes * 2


class Course(NamedTuple):
    """One underlying, day by day, shape (d,).

    Attributes:
        days: Days since 1970-01-01.
        spot: At the snapshot, USD.
        close: Official close, USD.
        vol: At-the-money volatility of a month, annualised.
        scale: What a share of the first day is on this one: 1, and 4 after the split.
        dividends: USD a share by ex-date.
    """

    days: Days
    spot: Floats
    close: Floats
    vol: Floats
    scale: Floats
    dividends: dict[date, float]


def chains(settings: Settings, symbol: str) -> Iterator[Reading]:
    """The quotes of an underlying, a year of sessions at a time, in the panel's order."""
    course = course_of(settings, symbol)
    expiries, listed = _expiries(settings)
    strikes = _strikes(settings, course, expiries, listed)
    for start in range(0, settings.sessions, _YEAR_SESSIONS):
        stop = min(start + _YEAR_SESSIONS, settings.sessions)
        yield _year(settings, symbol, course, _Listing(expiries, listed[start:stop], strikes), start)


def events_of(settings: Settings) -> Events:
    """Dividends and the split of the set."""
    dividends: list[CashDividend] = []
    for symbol in settings.symbols:
        for day, amount in course_of(settings, symbol).dividends.items():
            paid = Decimal(repr(amount))
            dividends.append(CashDividend(symbol, day, paid, day + _PAYMENT_DELAY, day - _NOTICE))
    split = _days(settings)[settings.sessions // 2]
    splits = (ShareSplit(settings.symbols[0], _date(split), _SPLIT, 1),)
    return Events(splits=splits, dividends=tuple(dividends))


def write_parquet(settings: Settings, folder: Path) -> tuple[Path, ...]:
    """Write the set in Premia's own form, one file an underlying, and its events as `events.csv`.

    Returns:
        The files of chains, by symbol.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for symbol in settings.symbols:
        path = folder / f"{symbol}.parquet"
        writer: parquet.ParquetWriter | None = None
        for reading in chains(settings, symbol):
            table = _table(reading)
            writer = writer or parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()
        paths.append(path)
    (folder / "events.csv").write_text(_events_csv(events_of(settings)), encoding="utf-8")
    return tuple(paths)


def course_of(settings: Settings, symbol: str) -> Course:
    """How the underlying moved."""
    seed, count = settings.seed, settings.sessions
    days = _days(settings)
    number = np.arange(count, dtype=np.int64)
    base = 0.16 + 0.24 * uniform(seed, symbol, "vol")
    state = np.empty(count)
    level = normal(seed, symbol, "state")
    for place, shock in enumerate(normals(seed, symbol, "state", number).tolist()):
        level = 0.97 * level + 0.243 * shock  # a standard deviation of one in the long run
        state[place] = level
    vol = base * np.exp(0.25 * state)
    move = vol / np.sqrt(_YEAR_SESSIONS) * normals(seed, symbol, "move", number)
    jump = np.where(uniforms(seed, symbol, "jump", number) < 1 / 250, 0.05, 0.0)
    move += jump * normals(seed, symbol, "jump size", number) + 0.06 / _YEAR_SESSIONS - 0.5 * vol**2 / 252
    scale = np.ones(count)
    if symbol == settings.symbols[0]:
        scale[count // 2 :] = _SPLIT
    start = 40.0 + 260.0 * uniform(seed, symbol, "price")
    close = np.empty(count)
    spot = np.empty(count)
    before, paid = start, {}
    ex_dates = _ex_dates(days)
    last_part = normals(seed, symbol, "afternoon", number) * vol / np.sqrt(_YEAR_SESSIONS * 26)
    for place in range(count):
        if place and scale[place] != scale[place - 1]:
            before /= scale[place] / scale[place - 1]
        day = int(days[place])
        if day in ex_dates and uniform(seed, symbol, "pays") > 0.3:  # noqa: PLR2004 - seven of ten pay
            paid[_date(day)] = round(before * 0.005, 2)
            before -= paid[_date(day)]
        close[place] = round(before * float(np.exp(move[place])), 2)
        spot[place] = round(float(close[place] * np.exp(last_part[place])), 2)
        before = float(close[place])
    return Course(days, spot, close, vol, scale, paid)


class _Listing(NamedTuple):
    """Expiries (days since 1970), the twelve of each day as places in them, and their strikes, (e, k)."""

    expiries: Days
    listed: NDArray[np.int64]
    strikes: Floats


def _days(settings: Settings) -> Days:
    return np.array(settings.trading[: settings.sessions], dtype=np.int32)


def _expiries(settings: Settings) -> tuple[Days, NDArray[np.int64]]:
    """Every expiry, and of each day the places of its twelve: eight weekly ones, four monthly after them."""
    known = np.array(settings.trading, dtype=np.int64)
    fridays = [day for day in range(int(known[0]), int(known[-1]) + 1) if _date(day).weekday() == _FRIDAY]
    # Where a Friday is no session the options end on the session before it.
    ends = known[np.searchsorted(known, fridays, side="right") - 1]
    monthly = np.array([15 <= _date(day).day <= 21 for day in fridays])  # noqa: PLR2004 - the third Friday
    days = _days(settings)
    firsts = np.searchsorted(ends, days)
    listed = np.empty((days.size, _WEEKLY + _MONTHLY), dtype=np.int64)
    months = np.flatnonzero(monthly)
    for place, first in enumerate(firsts.tolist()):
        listed[place, :_WEEKLY] = np.arange(first, first + _WEEKLY)
        later = months[np.searchsorted(months, first + _WEEKLY) :]
        listed[place, _WEEKLY:] = later[:_MONTHLY]
    return ends.astype(np.int32), listed


def _strikes(settings: Settings, course: Course, expiries: Days, listed: NDArray[np.int64]) -> Floats:
    """Strikes of each expiry in shares of the first day, shape (e, k): a grid around the spot when listed."""
    strikes = np.zeros((expiries.size, settings.strikes))
    names, firsts = np.unique(listed, return_index=True)
    for expiry, flat in zip(names.tolist(), firsts.tolist(), strict=True):
        day = flat // listed.shape[1]
        spot = course.spot[day] * course.scale[day]
        years = (int(expiries[expiry]) - int(course.days[day])) / 365
        wide = spot * min(0.9, 3.5 * float(course.vol[day]) * max(years, 0.1) ** 0.5)
        step = next((one for one in _NICE if one * settings.strikes / 2 >= wide), _NICE[-1])
        lowest = max(round(float(spot / step)) - settings.strikes // 2, 1)
        strikes[expiry] = (lowest + np.arange(settings.strikes)) * step
    return strikes


def _year(settings: Settings, symbol: str, course: Course, listing: _Listing, start: int) -> Reading:
    """Quotes of some sessions, in the order of day, expiry, right and strike."""
    count, series = listing.listed.shape
    days = slice(start, start + count)
    shape = (count, series, 2, settings.strikes)

    def spread(values: NDArray[np.generic], axes: int) -> NDArray[np.generic]:
        shaped = values.reshape(values.shape + (1,) * (4 - axes))
        return np.broadcast_to(shaped, shape).reshape(-1)

    day = np.asarray(spread(course.days[days], 1), dtype=np.int32)
    expiry = np.asarray(spread(listing.expiries[listing.listed], 2), dtype=np.int32)
    spot = np.asarray(spread(course.spot[days], 1), dtype=np.float64)
    vol = np.asarray(spread(course.vol[days], 1), dtype=np.float64)
    scale = course.scale[days].reshape(-1, 1, 1)
    by_series = listing.strikes[listing.listed] / scale
    strike = np.broadcast_to(by_series[:, :, None, :], shape).reshape(-1)
    right = np.broadcast_to(np.array([-1, 1], dtype=np.int8)[None, None, :, None], shape).reshape(-1)
    left = np.maximum(expiry - day, 0.25)
    iv = skewed(vol, np.log(strike / spot), left / 365)
    terms = OptionTerms(strike, left / 365, right.astype(np.float64))
    model = bulk.greeks(terms, Carry(spot, _RATE), iv)
    bid, ask = quotes(SpreadInputs(model.value, model.delta, left), BookClass.STOCK, TickClass.PENNY)
    number = np.arange(day.size, dtype=np.int64) + start * series * 2 * settings.strikes
    luck = uniforms(settings.seed, symbol, "volume", number)
    near = np.exp(-np.abs(np.log(strike / spot)) / (vol * np.sqrt(left / 365) + 0.01))
    return Reading(
        symbol=symbol,
        roots=(symbol,),
        day=day,
        expiry=expiry,
        right=right,
        root=np.zeros(day.size, dtype=np.int16),
        strike=strike,
        bid=bid,
        ask=ask,
        last=np.round(model.value, 2),
        volume=np.floor(400.0 * near * luck**4 / luck.mean()),
        open_interest=np.floor(5_000.0 * near * luck),
        iv=iv.astype(np.float32),
        delta=model.delta.astype(np.float32),
        spot=spot,
        close=np.asarray(spread(course.close[days], 1), dtype=np.float64),
    )


def skewed(vol: Floats, moneyness: Floats, years: Floats) -> Floats:
    """Volatility of each option: higher for low strikes, a little for high ones, flatter far out.

    Args:
        vol: At the money, annualised.
        moneyness: Logarithm of strike over spot.
        years: To expiry.
    """
    far = np.clip(moneyness / (vol * np.sqrt(np.maximum(years, 0.02))), -4.0, 4.0)
    return np.asarray(vol * (1.0 - 0.09 * far + 0.025 * far**2), dtype=np.float64)


def _ex_dates(days: Days) -> set[int]:
    """The first session on or after the 10th of every third month."""
    found: set[int] = set()
    last = (0, 0)
    for day in days.tolist():
        at = _date(day)
        if at.month % 3 == 2 and at.day >= 10 and last != (at.year, at.month):  # noqa: PLR2004 - the tenth
            found.add(day)
            last = (at.year, at.month)
    return found


def _table(reading: Reading) -> pa.Table:
    count = reading.day.size
    same = pa.array(np.zeros(count, dtype=np.int32))
    sides = pa.array((reading.right < 0).astype(np.int32))
    return pa.table(
        {
            "date": pa.array(reading.day, pa.int32()).cast(pa.date32()),
            "underlying": pa.DictionaryArray.from_arrays(same, pa.array([reading.symbol])),
            "underlying_price": reading.spot,
            "underlying_close": reading.close,
            "expiry": pa.array(reading.expiry, pa.int32()).cast(pa.date32()),
            "strike": reading.strike,
            "right": pa.DictionaryArray.from_arrays(sides, pa.array(["C", "P"])),
            "bid": reading.bid,
            "ask": reading.ask,
            "last": reading.last,
            "volume": reading.volume.astype(np.int32),
            "open_interest": reading.open_interest.astype(np.int32),
            "iv": reading.iv,
            "delta": reading.delta,
        }
    )


def _events_csv(events: Events) -> str:
    lines = ["kind,symbol,date,amount,pay,declared"]
    lines += [f"split,{one.symbol},{one.day},{one.numerator / one.denominator:g},," for one in events.splits]
    lines += [
        f"dividend,{one.symbol},{one.day},{one.amount},{one.pay},{one.declared}" for one in events.dividends
    ]
    return "\n".join([*lines, ""])


def _date(number: int) -> date:
    return _EPOCH + timedelta(days=int(number))


__all__: Sequence[str] = ["Course", "Settings", "chains", "course_of", "events_of", "skewed", "write_parquet"]
