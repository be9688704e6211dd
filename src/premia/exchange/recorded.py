"""Recorded option chains: quotes exactly as somebody saved them, once a day.

A `RecordedChain` holds the columns of one underlying, sorted by day; `Snapshots` finds rows in them.
Nothing is repaired: a contract that was not recorded on a day has no quote on it, a side of zero is
no side, a crossed pair stays crossed. Each day's snapshot is placed `BEFORE_CLOSE` before the close,
because the recordings do not say when they were taken: from then until the close its quotes are
live, at all other times the last snapshot stands, marked frozen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Index, Option, Right, Settlement, Stock, Style
from premia.domain.sessions import Sessions
from premia.exchange.types_market import Listing, Series, UnderlyingSettings

BEFORE_CLOSE = timedelta(minutes=15)
_STRIKE_SCALE = 1000
_KEY_STRIKES = 1_000_000_000
_ORDERS_KEPT = 16


class RecordedChain(NamedTuple):
    """Columns of one underlying's recorded options, one row a quote; all of shape (n,), ascending by day.

    Attributes:
        day, expiry: Proleptic ordinals of dates.
        strike: Currency per share.
        right: +1 call, -1 put.
        root: Position in `roots` of the trading class.
        roots: Trading classes; one named as the underlying is AM-settled where the underlying is an index.
        bid, ask, last: Currency per share; zero or not a number is none.
        volume, open_interest: Contracts.
        iv, delta, gamma: As recorded; zero or not a number in `iv` is not known.
    """

    day: NDArray[np.int64]
    expiry: NDArray[np.int64]
    strike: NDArray[np.float64]
    right: NDArray[np.int64]
    root: NDArray[np.int64]
    roots: tuple[str, ...]
    bid: NDArray[np.float64]
    ask: NDArray[np.float64]
    last: NDArray[np.float64]
    volume: NDArray[np.int64]
    open_interest: NDArray[np.int64]
    iv: NDArray[np.float64]
    delta: NDArray[np.float64]
    gamma: NDArray[np.float64]


class RecordedUnderlying(msgspec.Struct, frozen=True):
    """One underlying of a recorded market.

    Attributes:
        prices: Price of the underlying at each snapshot, by day.
        closes: Official closes; of more days than the recording where the caller knows them.
        settlements: Opening settlement values of AM-settled expiries, by day; what is absent is not known.
    """

    contract: Stock | Index
    settings: UnderlyingSettings
    chain: RecordedChain
    prices: Mapping[date, float]
    closes: Mapping[date, Decimal]
    settlements: Mapping[date, Decimal]


class Snapshot(NamedTuple):
    """One day of a recording: its rows are `start` to `stop` of the chain."""

    day: date
    at: datetime
    start: int
    stop: int


class Snapshots:
    """Finds the rows of one underlying's recording."""

    def __init__(self, recorded: RecordedUnderlying, sessions: Sessions) -> None:
        """Index the days.

        Raises:
            MarketDataError: Where a row's day is no session, days do not ascend, or a day lacks its price.
        """
        self.recorded = recorded
        chain = recorded.chain
        symbol = recorded.contract.symbol
        if chain.day.size == 0 or (np.diff(chain.day) < 0).any():
            raise MarketDataError(
                f"{symbol}: recorded rows must be there and ascend by day. Sort the recording."
            )
        days, starts = np.unique(chain.day, return_index=True)
        stops = [*starts.tolist()[1:], chain.day.size]
        self._all: list[Snapshot] = []
        for ordinal, start, stop in zip(days.tolist(), starts.tolist(), stops, strict=True):
            day = date.fromordinal(ordinal)
            session = sessions.get(day)
            if session is None or day not in recorded.prices:
                lack = "the exchange was closed" if session is None else "no price of the underlying is given"
                raise MarketDataError(
                    f"{symbol}: the recording has rows for {day}, but {lack}. Remove that day."
                )
            self._all.append(Snapshot(day, session.closes - BEFORE_CLOSE, start, stop))
        self._instants = [one.at for one in self._all]
        self._orders: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._listings: dict[tuple[int, date], Listing] = {}
        self._places = {name: i for i, name in enumerate(chain.roots)}

    @property
    def all(self) -> Sequence[Snapshot]:
        """Every snapshot, ascending."""
        return self._all

    def number_at(self, at: datetime) -> int:
        """Number of the latest snapshot that is not after an instant.

        Raises:
            MarketDataError: Where none is that early.
        """
        number = bisect_right(self._instants, at) - 1
        if number < 0:
            raise MarketDataError(
                f"{self.recorded.contract.symbol}: the recording starts at {self._instants[0].isoformat()}; "
                f"there is nothing at {at.isoformat()}."
            )
        return number

    def rows(self, number: int, options: Sequence[Option]) -> NDArray[np.int64]:
        """Row of each option in one snapshot, shape (n,); -1 where it was not recorded."""
        keys, order = self._order(number)
        wanted = np.array([self._key(option) for option in options], dtype=np.int64)
        at = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
        return np.where(keys[at] == wanted, order[at], -1)

    def listing(self, number: int, day: date) -> Listing:
        """The series of one snapshot that have not expired before `day`."""
        known = self._listings.get((number, day))
        if known is None:
            known = self._listed(self._all[number], day)
            if len(self._listings) >= _ORDERS_KEPT:
                self._listings.clear()
            self._listings[number, day] = known
        return known

    def option(self, expiry: date, strike: Decimal, right: Right, trading_class: str) -> Option:
        """The option of these terms as this underlying settles it."""
        symbol = self.recorded.contract.symbol
        style, settlement = self.settles(trading_class)
        name = "" if trading_class == symbol else trading_class
        return Option(symbol, expiry, strike, right, trading_class=name, style=style, settlement=settlement)

    def settles(self, trading_class: str) -> tuple[Style, Settlement]:
        """Style and settlement of a class: shares, or for an index cash in the morning or at the close."""
        if isinstance(self.recorded.contract, Stock):
            return Style.AMERICAN, Settlement.SHARES
        morning = trading_class == self.recorded.contract.symbol
        return Style.EUROPEAN, Settlement.CASH_AM if morning else Settlement.CASH_PM

    def _listed(self, snapshot: Snapshot, day: date) -> Listing:
        chain, rows = self.recorded.chain, slice(snapshot.start, snapshot.stop)
        alive = chain.expiry[rows] >= day.toordinal()
        groups = chain.expiry[rows][alive] * len(chain.roots) + chain.root[rows][alive]
        strikes = chain.strike[rows][alive]
        series: list[Series] = []
        for group in np.unique(groups):
            expiry, root = divmod(int(group), len(chain.roots))
            values = np.unique(strikes[groups == group])
            name: str = chain.roots[root]
            style, settlement = self.settles(name)
            exact = tuple(exact_strike(value) for value in values.tolist())
            series.append(Series(date.fromordinal(expiry), exact, name, style, settlement))
        return Listing(self.recorded.contract.symbol, tuple(series))

    def _key(self, option: Option) -> int:
        name = option.trading_class or option.symbol
        root = self._places.get(name, -1)
        plain = self.settles(name)[1] is option.settlement and option.multiplier == 100  # noqa: PLR2004 - shares of a contract
        if root < 0 or not plain:
            return -1
        place = (option.expiry.toordinal() * len(self._places) + root) * 2 + (option.right is Right.PUT)
        return place * _KEY_STRIKES + int(option.strike * _STRIKE_SCALE)

    def _order(self, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sorted keys of a snapshot's rows, and the row of each."""
        known = self._orders.get(number)
        if known is None:
            snapshot, chain = self._all[number], self.recorded.chain
            rows = slice(snapshot.start, snapshot.stop)
            place = (chain.expiry[rows] * len(chain.roots) + chain.root[rows]) * 2 + (chain.right[rows] < 0)
            keys = place * _KEY_STRIKES + np.rint(chain.strike[rows] * _STRIKE_SCALE).astype(np.int64)
            order = np.argsort(keys, kind="stable")
            known = keys[order], order + snapshot.start
            if len(self._orders) >= _ORDERS_KEPT:
                self._orders.pop(next(iter(self._orders)))
            self._orders[number] = known
        return known


def exact_strike(value: float) -> Decimal:
    """A strike as an exact decimal of at most three places, without idle zeros after the point."""
    return (Decimal(round(value * _STRIKE_SCALE)) / _STRIKE_SCALE).normalize() + Decimal(0)
