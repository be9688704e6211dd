"""Two-sided option quotes of one underlying at one minute.

The mid is the model value (American for shares and funds, European for an index) on a volatility
surface whose level is the underlying's own, displaced by a small seeded noise that stays well inside
the spread, so put-call parity holds within the quotes. The sides are the fitted spread model around
it, rounded outward to ticks. A bid below one tick is no bid. All of it is a function of the seed,
the contract and the minute: a contract has one quote, whoever asks and with whatever else.

Time to expiry runs with the market: a calendar day passes evenly during its session and stands still
overnight, so that an option of this afternoon is priced for the part of the day that is left, and
its value runs into the intrinsic one at the close. Announced dividends are known; later ones are
expected as high as the last announced.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from premia.domain.dates import YEAR_DAYS
from premia.domain.instrument import Index, Option, Right, Settlement
from premia.domain.money import Price
from premia.domain.quote import DataKind, Greeks, Quote
from premia.exchange.noise import normals
from premia.exchange.rates import short_rate
from premia.exchange.underlyings import UnderlyingSetup
from premia.exchange.underlyings_tape import Moment, Tape
from premia.pricing import american, black_scholes
from premia.pricing.dividends import CashDividends
from premia.pricing.normal import cdf
from premia.pricing.spread import BookClass, SpreadInputs, half_spread
from premia.pricing.surface import INDEX_SHAPE, STOCK_SHAPE, Surface
from premia.pricing.terms import Carry, OptionTerms
from premia.pricing.ticks import TickClass, tick_sizes

OVERNIGHT = 0.25
"""Share of a day's variance before the opening: what an option settled at the open lives through."""
NOISE = 0.12
"""Standard deviation of the mid around the model value, in half-spreads; cut at two and a half."""
_CALM_VIX = 0.15
_MINUTES_KEPT = 4
_SIZE_LOG_MEAN, _SIZE_LOG_SPREAD = 2.2, 1.1
_SIZE_MAX = 500
_DIVIDEND_DAYS = 380
"""Dividends later than the last expiry listed change no price."""

T = TypeVar("T")
Instant = tuple[datetime, float]
Key = tuple[date, Decimal, bool, bool]
"""An option within its underlying: expiry, strike, whether a call, whether settled in the morning."""


class State(NamedTuple):
    """An underlying as its options see it at one minute."""

    moment: Moment
    day: date
    done: float  # share of the session that has passed
    spot: float
    level: float  # 30-day at-the-money volatility, NaN where unknown
    rate: float
    dividends: CashDividends | None
    number: int  # of the minute, for counted noise

    @property
    def instant(self) -> Instant:
        """What names the minute; a split before the next opening makes another of its close."""
        return self.moment.as_of, self.moment.shares


class Rows(NamedTuple):
    """Options as arrays, shape (n,)."""

    strike: NDArray[np.float64]
    years: NDArray[np.float64]
    right: NDArray[np.int64]  # +1 call, -1 put
    key: NDArray[np.int64]  # expiry, settlement and strike in one number

    @property
    def terms(self) -> OptionTerms:
        """As pricing functions take them."""
        return OptionTerms(self.strike, self.years, self.right)


class Quoter:
    """Option quotes and greeks of one underlying; pure, with a memory of the last few minutes.

    Whoever shows an option to a client asks for its greeks and then for its quote; greeks come with the
    model value, which is kept for the quote.
    """

    def __init__(self, tape: Tape, seed: int) -> None:
        self._tape = tape
        self._seed = seed
        self._setup = tape.setup
        self._european = isinstance(tape.setup.contract, Index)
        self._book = _book_class(tape.setup)
        self._ticks = TickClass[tape.setup.settings.tick_class]
        self._states: dict[Instant, State] = {}
        self._quotes: dict[Instant, dict[Key, Quote]] = {}
        self._greeks: dict[Instant, dict[Key, Greeks]] = {}
        self._models: dict[Instant, dict[Key, float]] = {}

    def state(self, at: datetime) -> State:
        """What the options' prices depend on at an instant.

        Raises:
            MarketDataError: Where the underlying has no price.
        """
        moment = self._tape.moment(at)
        state = self._states.get((moment.as_of, moment.shares))
        if state is None:
            state = self._observed(moment)
            _make_room(self._states)
            self._states[moment.as_of, moment.shares] = state
        # The minute of the close has one state, but a quote of it is live before and frozen after.
        return state if state.moment.open == moment.open else state._replace(moment=moment)

    def quotes(self, options: Sequence[Option], at: datetime) -> list[Quote]:
        """Best bid and offer of each option; neither where it has expired or its volatility is unknown."""
        state = self.state(at)
        known = self._quotes.get(state.instant)
        if known is None:
            _make_room(self._quotes)
            known = self._quotes[state.instant] = {}
        keys = [_key(option) for option in options]
        missing = {key: option for key, option in zip(keys, options, strict=True) if key not in known}
        if missing:
            known.update(zip(missing, self._made(list(missing.values()), state), strict=True))
        if state.moment.open:
            return [known[key] for key in keys]
        return [_frozen(known[key]) for key in keys]

    def values(self, options: Sequence[Option], at: datetime) -> NDArray[np.float64]:
        """Model value per share, shape (n,); NaN where expired or where the volatility is unknown."""
        state = self.state(at)
        rows = self._rows(options, state)
        return np.where(rows.years > 0.0, _exact(self._valued(rows, self._vols(rows, state), state)), np.nan)

    def greeks(self, options: Sequence[Option], at: datetime) -> list[Greeks]:
        """Model greeks of each option; all None where expired or where the volatility is unknown."""
        state = self.state(at)
        known = self._greeks.get(state.instant)
        if known is None:
            _make_room(self._greeks)
            _make_room(self._models)
            known, self._models[state.instant] = {}, {}
            self._greeks[state.instant] = known
        keys = [_key(option) for option in options]
        missing = {key: option for key, option in zip(keys, options, strict=True) if key not in known}
        if missing:
            known.update(zip(missing, self._sensed(list(missing.values()), state), strict=True))
        return [known[key] for key in keys]

    def iv30(self, at: datetime) -> float | None:
        """At-the-money 30-day volatility with the announcements that fall into it; None where unknown."""
        moment = self._tape.moment(at)
        level = float(self.iv30_path(moment.row)[moment.minute])
        return level if math.isfinite(level) else None

    def iv30_path(self, row: int) -> NDArray[np.float64]:
        """The same at the opening of a session and after each of its minutes; NaN where unknown."""
        levels = self._tape.vol_path(row)
        day = self._setup.history.days[row]
        month = date.fromordinal(day.toordinal() + 30)
        count = sum(day <= one < month for one in self._setup.earnings)
        return np.sqrt(levels**2 + count * self._setup.earnings_move**2 * YEAR_DAYS / 30.0)

    def _sensed(self, options: Sequence[Option], state: State) -> list[Greeks]:
        rows = self._rows(options, state)
        vol = self._vols(rows, state)
        carry = Carry(state.spot, state.rate)
        if self._european:
            found = black_scholes.greeks(rows.terms, carry, vol)
        else:
            found = american.greeks(rows.terms, carry, vol, dividends=_until(state.dividends, rows.years))
        models = zip(map(_key, options), found.value.tolist(), strict=True)
        self._models[state.instant].update(models)
        live = (rows.years > 0.0) & np.isfinite(vol)
        columns = [_exact(column) for column in (vol, found.delta, found.gamma, found.theta, found.vega)]
        return [
            Greeks(*row, underlying=state.spot) if alive else Greeks()
            for alive, *row in zip(live.tolist(), *(column.tolist() for column in columns), strict=True)
        ]

    def _observed(self, moment: Moment) -> State:
        tape = self._tape
        day = self._setup.history.days[moment.row]
        length = tape.path(moment.row).size - 1
        done = moment.minute / length
        number = day.toordinal() * 1440 + moment.minute
        return State(
            moment,
            day,
            done,
            tape.spot_at(moment),
            tape.vol_at(moment),
            short_rate(day),
            self._expected(day, done),
            number,
        )

    def _expected(self, day: date, done: float) -> CashDividends | None:
        announced = [one for one in self._setup.dividends if one.declared <= day]
        ahead = [one for one in self._setup.dividends if 0 < (one.ex - day).days <= _DIVIDEND_DAYS]
        if not ahead:
            return None
        usual = announced[-1].amount if announced else ahead[0].amount
        years = [_opening_years(one.ex, day, done) for one in ahead]
        amounts = [float(one.amount if one.declared <= day else usual) for one in ahead]
        return CashDividends(np.array(years), np.array(amounts))

    def _rows(self, options: Iterable[Option], state: State) -> Rows:
        lives: dict[tuple[date, Settlement], float] = {}
        years: list[float] = []
        strikes: list[float] = []
        signs: list[int] = []
        expiries: list[int] = []
        for option in options:
            span = (option.expiry, option.settlement)
            life = lives.get(span)
            if life is None:
                life = lives[span] = _life(option, state)
            years.append(life)
            strikes.append(float(option.strike))
            signs.append(1 if option.right is Right.CALL else -1)
            expiries.append(option.expiry.toordinal() * 2 + (option.settlement is Settlement.CASH_AM))
        strike = np.array(strikes)
        key = np.array(expiries, dtype=np.int64) * 100_000_000 + np.rint(strike * 1000).astype(np.int64)
        return Rows(strike, np.array(years), np.array(signs, dtype=np.int64), key)

    def _vols(self, rows: Rows, state: State) -> NDArray[np.float64]:
        years = np.maximum(rows.years, 1e-9)
        surface = Surface(state.level, INDEX_SHAPE if self._book is not BookClass.STOCK else STOCK_SHAPE)
        ahead = state.spot * np.exp(state.rate * years) - self._paid_by(years, state)
        vol = surface.vols(np.log(rows.strike / ahead), years)
        if not self._setup.earnings:
            return vol
        return np.sqrt(vol**2 + self._announced(years, state) / years)

    def _paid_by(self, years: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        if state.dividends is None:
            return np.zeros_like(years)
        when, amount = state.dividends.columns()
        return np.where(when[None, :] <= years[:, None], amount[None, :], 0.0).sum(axis=1)

    def _announced(self, years: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        """Variance of the announcements between now and each expiry (an announcement follows the close)."""
        ahead = [
            _closing_years(one, state.day, state.done) for one in self._setup.earnings if one >= state.day
        ]
        count = (np.array(ahead)[None, :] < years[:, None]).sum(axis=1) if ahead else np.zeros(years.size)
        return count * self._setup.earnings_move**2

    def _valued(self, rows: Rows, vol: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        carry = Carry(state.spot, state.rate)
        if self._european:
            return black_scholes.value(rows.terms, carry, vol)
        return american.value(rows.terms, carry, vol, dividends=_until(state.dividends, rows.years))

    def _modelled(self, options: Sequence[Option], state: State) -> NDArray[np.float64] | None:
        """The model values that came with the greeks of this minute; None where one of them is missing."""
        known = self._models.get(state.instant, {})
        found = [known.get(_key(option)) for option in options]
        return None if None in found else np.array(found, dtype=np.float64)

    def _made(self, options: Sequence[Option], state: State) -> list[Quote]:
        rows = self._rows(options, state)
        vol = self._vols(rows, state)
        value = self._modelled(options, state)
        if value is None:
            value = self._valued(rows, vol, state)
        live = (rows.years > 0.0) & np.isfinite(value)
        mid = np.where(live, value, 0.0)
        delta = _depth(rows, np.where(live, vol, 0.1), state)
        inputs = SpreadInputs(mid, delta, rows.years * YEAR_DAYS)
        stress = _CALM_VIX * state.level / self._setup.calm_vol if np.isfinite(state.level) else _CALM_VIX
        half = half_spread(inputs, self._book, self._ticks, vix=stress, liquidity=self._setup.liquidity)
        # One look-up for all that is random in a quote: the mid, and the two sizes.
        draws = normals(
            self._seed, "quote", self._setup.symbol, state.number, np.arange(3)[:, None], rows.key, rows.right
        )
        noisy = np.maximum(mid + NOISE * half * np.clip(draws[0], -2.5, 2.5), 0.0)
        mid = _exact(noisy)
        bid, ask = _outward(mid, half, self._ticks)
        spread = _SIZE_LOG_MEAN + _SIZE_LOG_SPREAD * draws[1:] - 0.5 * math.log(self._setup.liquidity)
        sizes = np.clip(np.rint(np.exp(spread)), 1, _SIZE_MAX).astype(np.int64)
        columns = (live, bid, ask, *sizes)
        return [
            _quote(row, state.moment.as_of)
            for row in zip(*(column.tolist() for column in columns), strict=True)
        ]


def _depth(rows: Rows, vol: NDArray[np.float64], state: State) -> NDArray[np.float64]:
    """Absolute European delta, all that the spread model wants to know of an option's place."""
    years = np.maximum(rows.years, 1e-9)
    width = vol * np.sqrt(years)
    ratio = (np.log(state.spot / rows.strike) + state.rate * years) / width + 0.5 * width
    return cdf(rows.right * ratio)


def _quote(row: tuple[bool, int, int, int, int], as_of: datetime) -> Quote:
    live, bid, ask, bid_size, ask_size = row
    if not live:
        return Quote(None, None, as_of)
    if bid <= 0:
        return Quote(None, cents(ask), as_of, 0, ask_size)
    return Quote(cents(bid), cents(ask), as_of, bid_size, ask_size)


def _exact(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values to ten decimals: below them lies the arithmetic of one array or another, not a price."""
    return np.asarray(np.round(values, 10), dtype=np.float64)


@lru_cache(maxsize=65_536)
def cents(count: int) -> Price:
    """The price of a whole number of cents."""
    return Price(Decimal(count).scaleb(-2))


def _outward(
    mid: NDArray[np.float64], half: NDArray[np.float64], ticks: TickClass
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both sides in cents: the bid rounded down, the ask rounded up, and never equal."""
    low, high = np.maximum(mid - half, 0.0), mid + half
    low_tick = np.rint(tick_sizes(low, ticks) * 100.0)
    high_tick = np.rint(tick_sizes(high, ticks) * 100.0)
    bid = np.floor(np.round(low * 100.0 / low_tick, 8)) * low_tick
    ask = np.maximum(np.ceil(np.round(high * 100.0 / high_tick, 8)) * high_tick, bid + low_tick)
    return bid.astype(np.int64), ask.astype(np.int64)


def _frozen(quote: Quote) -> Quote:
    return Quote(quote.bid, quote.ask, quote.as_of, quote.bid_size, quote.ask_size, DataKind.FROZEN)


def _key(option: Option) -> Key:
    return option.expiry, option.strike, option.right is Right.CALL, option.settlement is Settlement.CASH_AM


def _make_room(memory: dict[Instant, T]) -> None:
    while len(memory) >= _MINUTES_KEPT:
        memory.pop(next(iter(memory)))


def _life(option: Option, state: State) -> float:
    if option.settlement is Settlement.CASH_AM:
        # It stops trading at the close before, though its value is only known at the next opening.
        left = _opening_years(option.expiry, state.day, state.done)
        return left if option.expiry > state.day and not _last_close(option.expiry, state) else 0.0
    return max(_closing_years(option.expiry, state.day, state.done), 0.0)


def _last_close(expiry: date, state: State) -> bool:
    return state.done >= 1.0 and (expiry - state.day).days <= 1


def _closing_years(day: date, today: date, done: float) -> float:
    return ((day - today).days + 1.0 - done) / YEAR_DAYS


def _opening_years(day: date, today: date, done: float) -> float:
    return _closing_years(day, today, done) - (1.0 - OVERNIGHT) / YEAR_DAYS


def _until(dividends: CashDividends | None, lives: NDArray[np.float64]) -> CashDividends | None:
    """The dividends that go ex before the last of these options expires; None where none does."""
    if dividends is None:
        return None
    years, amount = dividends.columns()
    kept = years <= np.max(lives, initial=0.0)
    return CashDividends(years[kept], amount[kept]) if kept.any() else None


def _book_class(setup: UnderlyingSetup) -> BookClass:
    if isinstance(setup.contract, Index):
        return BookClass.INDEX
    return BookClass.ETF if setup.settings.etf else BookClass.STOCK
