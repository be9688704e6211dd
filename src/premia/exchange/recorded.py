"""Recorded option chains: quotes exactly as somebody saved them, once a day.

A panel of the store holds the quotes of one underlying, `Snapshots` finds rows in them. Nothing is
repaired: a contract that was not recorded on a day has no quote on it, a crossed pair stays crossed. A
snapshot lies at the instant that the recording gives it; where that is no instant of the session, or none
is given, it lies `BEFORE_CLOSE` before the close. From then until the close its quotes are live, at all
other times the last snapshot stands, marked frozen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import msgspec
import numpy as np

from premia.domain.chain import expiry_of, strike_of
from premia.domain.errors import MarketDataError
from premia.domain.instrument import Index, Option, Right, Settlement, Stock, Style
from premia.domain.money import TEN_THOUSANDTHS, ten_thousandths
from premia.domain.sessions import Session, Sessions
from premia.exchange.types_market import Dividend, Listing, Series, Split, UnderlyingSettings
from premia.pricing.ticks import TickClass
from premia.store.panel import Int64s, Panel
from premia.store.steps import Steps, price_steps

BEFORE_CLOSE = timedelta(minutes=15)
_KEPT = 16
_UNIX_DAY = date(1970, 1, 1).toordinal()


class RecordedUnderlying(msgspec.Struct, frozen=True):
    """One underlying of a recorded market.

    Attributes:
        panel: Its quotes, with its price at each snapshot; a trading class named as the underlying is
            AM-settled where the underlying is an index.
        closes: Official closes; of more days than the recording where the caller knows them.
        settlements: Opening settlement values of AM-settled expiries, by day; what is absent is not known.
        dividends, splits: By ex-date.
        earnings: Announcement dates, ascending; None where nobody gave them.
    """

    contract: Stock | Index
    settings: UnderlyingSettings
    panel: Panel
    closes: Mapping[date, Decimal]
    settlements: Mapping[date, Decimal]
    dividends: tuple[Dividend, ...] = ()
    splits: tuple[Split, ...] = ()
    earnings: tuple[date, ...] | None = None


def tick_class_of(usual: str, panel: Panel) -> str:
    """The class of price steps in which a recorded underlying trades.

    Args:
        usual: A name of `premia.pricing.ticks.TickClass`: that of its kind.
        panel: Its quotes.

    Returns:
        The usual one, unless a quote lies off its steps; then the coarsest that is finer and holds all.
    """
    if usual == "FINE":
        return usual
    steps = price_steps(panel)
    return next((name for name in (usual, "PENNY") if _holds(name, steps)), "FINE")


def _holds(name: str, steps: Steps) -> bool:
    """Whether prices on some steps are prices of a class."""
    low, high = (int(tick * TEN_THOUSANDTHS) for tick in TickClass[name].steps)
    return steps.low % low == 0 and steps.high % high == 0


class Snapshot(NamedTuple):
    """One day of a recording: its place in the panel, its rows, and the underlying's price."""

    number: int
    day: date
    at: datetime
    start: int
    stop: int
    spot: float


class Snapshots:
    """Finds the rows of one underlying's recording."""

    def __init__(self, recorded: RecordedUnderlying, sessions: Sessions) -> None:
        """Index the days.

        Raises:
            MarketDataError: Where nothing is recorded, a day is no session, or a day lacks its price.
        """
        self.recorded = recorded
        panel = recorded.panel
        symbol = recorded.contract.symbol
        if panel.quotes.size == 0:
            raise MarketDataError(f"{symbol}: the recording holds no quote. Import its chains first.")
        self._all: list[Snapshot] = []
        spots = panel.days.spot.tolist()
        for number, ordinal in enumerate(panel.days.day.tolist()):
            day, rows = expiry_of(ordinal), panel.rows_of(number)
            session = sessions.get(day)
            if session is None or spots[number] <= 0:
                lack = "the exchange was closed" if session is None else "no price of the underlying is given"
                raise MarketDataError(
                    f"{symbol}: the recording has rows for {day}, but {lack}. Remove that day."
                )
            at = _placed(int(panel.days.at[number]), session)
            spot = spots[number] / TEN_THOUSANDTHS
            self._all.append(Snapshot(number, day, at, rows.start, rows.stop, spot))
        self._instants = [one.at for one in self._all]
        self._runs: dict[int, Runs] = {}
        self._listings: dict[tuple[int, date], Listing] = {}
        self._places = {name: i for i, name in enumerate(panel.roots)}

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

    def runs(self, number: int) -> Runs:
        """Runs of rows of one snapshot, by expiry, place of the class and sign of the right."""
        known = self._runs.get(number)
        if known is None:
            panel = self.recorded.panel
            first, last = int(panel.day_groups[number]), int(panel.day_groups[number + 1])
            known = {
                (expiry, root, right): (start, stop)
                for expiry, root, right, start, stop in panel.groups[first:last].tolist()
            }
            if len(self._runs) >= _KEPT:
                self._runs.pop(next(iter(self._runs)))
            self._runs[number] = known
        return known

    def row(self, number: int, option: Option) -> int:
        """Row of an option in one snapshot; -1 where it was not recorded."""
        root = self._places.get(option.trading_class or option.symbol, -1)
        plain = self.settles(option.trading_class or option.symbol)[1] is option.settlement
        if root < 0 or not plain or option.multiplier != 100:  # noqa: PLR2004 - shares of a contract
            return -1
        run = self.runs(number).get((option.expiry.toordinal() - _UNIX_DAY, root, option.right.sign))
        if run is None:
            return -1
        strikes = self.recorded.panel.quotes["strike"]
        wanted = ten_thousandths(option.strike)
        place = run[0] + int(np.searchsorted(strikes[run[0] : run[1]], wanted))
        return place if place < run[1] and int(strikes[place]) == wanted else -1

    def rows(self, number: int, options: Sequence[Option]) -> Int64s:
        """Row of each option in one snapshot, shape (n,); -1 where it was not recorded."""
        return np.array([self.row(number, option) for option in options], dtype=np.int64)

    def listing(self, number: int, day: date) -> Listing:
        """The series of one snapshot that have not expired before `day`."""
        known = self._listings.get((number, day))
        if known is None:
            known = self._listed(number, day)
            if len(self._listings) >= _KEPT:
                self._listings.clear()
            self._listings[number, day] = known
        return known

    def strikes(self, expiry: date) -> list[Decimal]:
        """All strikes that were ever recorded of an expiry, ascending."""
        panel, wanted = self.recorded.panel, expiry.toordinal() - _UNIX_DAY
        found: set[int] = set()
        for group in panel.groups[panel.groups["expiry"] == wanted].tolist():
            found.update(panel.quotes["strike"][group[3] : group[4]].tolist())
        return [strike_of(value) for value in sorted(found)]

    def option(self, expiry: date, strike: Decimal, right: Right, trading_class: str) -> Option:
        """The option of these terms as this underlying settles it."""
        symbol = self.recorded.contract.symbol
        style, settlement = self.settles(trading_class)
        name = "" if trading_class == symbol else trading_class
        return Option(symbol, expiry, strike, right, trading_class=name, style=style, settlement=settlement)

    def option_at(self, row: int, run: tuple[int, int, int]) -> Option:
        """The option of a row that lies in the run of an expiry, a class and a right."""
        expiry, root, sign = run
        right = Right.CALL if sign > 0 else Right.PUT
        strike = strike_of(int(self.recorded.panel.quotes["strike"][row]))
        return self.option(expiry_of(expiry), strike, right, self.recorded.panel.roots[root])

    def settles(self, trading_class: str) -> tuple[Style, Settlement]:
        """Style and settlement of a class: shares, or for an index cash in the morning or at the close."""
        if isinstance(self.recorded.contract, Stock):
            return Style.AMERICAN, Settlement.SHARES
        morning = trading_class == self.recorded.contract.symbol
        return Style.EUROPEAN, Settlement.CASH_AM if morning else Settlement.CASH_PM

    def _listed(self, number: int, day: date) -> Listing:
        panel, earliest = self.recorded.panel, day.toordinal() - _UNIX_DAY
        strikes: dict[tuple[int, int], set[int]] = {}
        for (expiry, root, _right), (start, stop) in self.runs(number).items():
            if expiry >= earliest:
                strikes.setdefault((expiry, root), set()).update(panel.quotes["strike"][start:stop].tolist())
        series: list[Series] = []
        for (expiry, root), found in sorted(strikes.items()):
            name = panel.roots[root]
            style, settlement = self.settles(name)
            exact = tuple(strike_of(value) for value in sorted(found))
            series.append(Series(expiry_of(expiry), exact, name, style, settlement))
        return Listing(self.recorded.contract.symbol, tuple(series))


Runs = dict[tuple[int, int, int], tuple[int, int]]
"""First row and the one after the last, by expiry (days since 1970), class and sign of the right."""


def _placed(microseconds: int, session: Session) -> datetime:
    """The instant of a snapshot within its session."""
    at = datetime.fromtimestamp(microseconds / 1e6, tz=UTC)
    return at if session.opens <= at < session.closes else session.closes - BEFORE_CLOSE
