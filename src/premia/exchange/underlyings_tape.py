"""An underlying by the minute: price, volatility level and closes at any instant.

A `Tape` reads history through the intraday bridge. Its resolution is one minute: any instant means
the start of its minute. Outside trading hours the last close stands; before the first session of the
history, and from the opening of the session after its last one, there is no price and asking is an error.

Implied volatility moves with the price during the day: the level goes from yesterday's close to
today's, and on the way it rises `LEVERAGE` times as much (relatively) as the price is below the
straight line between the two closes.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.domain.dates import new_york, session_of
from premia.domain.errors import MarketDataError
from premia.domain.money import CENT, Price, Toward, to_tick
from premia.domain.sessions import Session, Sessions
from premia.exchange.bridge import intraday_path
from premia.exchange.underlyings import VOL_MAX, VOL_MIN, UnderlyingSetup, realised_volatility

LEVERAGE = 5.0
"""Relative rise of the volatility level for a relative fall of the price within a day."""
_PATHS_KEPT = 512
_MINUTE = timedelta(minutes=1)
_SPLITS_AT = time(8, 0)
REALISED_WINDOW = 30


class Moment(NamedTuple):
    """An instant as an underlying's tape sees it.

    Attributes:
        row: Row of the history: the session of the instant, or the last one before it.
        minute: Whole minutes since that session's opening; its length when it has closed.
        as_of: When the price was true: the start of the minute, or the close.
        open: Whether the instant lies in trading hours.
        shares: New shares for an old one by splits since `as_of`; prices of the tape are divided by it.
    """

    row: int
    minute: int
    as_of: datetime
    open: bool
    shares: float = 1.0


class Tape:
    """Prices and volatility levels of one underlying at any instant; pure but for a cache of paths."""

    def __init__(self, setup: UnderlyingSetup, sessions: Sessions, seed: int) -> None:
        self.setup = setup
        self._seed = seed
        self._sessions = tuple(self._session(sessions, day) for day in setup.history.days)
        self._rows = {day: row for row, day in enumerate(setup.history.days)}
        self._calendar = sessions
        self._paths: dict[int, NDArray[np.float64]] = {}
        self._levels: dict[int, NDArray[np.float64]] = {}
        self._moments: dict[datetime, Moment] = {}
        self._growth = self._adjusted_closes()
        self._realised = realised_volatility(self._growth, REALISED_WINDOW)

    def moment(self, at: datetime) -> Moment:
        """The minute of an instant.

        Raises:
            MarketDataError: Where the history has no price for it.
        """
        known = self._moments.get(at)
        if known is None:
            known = self._find(at)
            if len(self._moments) >= _PATHS_KEPT:
                self._moments.clear()
            self._moments[at] = known
        return known

    def session(self, row: int) -> Session:
        """The session of a row of the history."""
        return self._sessions[row]

    def row(self, day: date) -> int:
        """The row of a session.

        Raises:
            MarketDataError: Where the history has no such session.
        """
        row = self._rows.get(day)
        if row is None:
            raise MarketDataError(f"{self._span()} {day} is not one of them.")
        return row

    def path(self, row: int) -> NDArray[np.float64]:
        """Prices of a session at the open and after each minute; the last element is the close."""
        path = self._paths.get(row)
        if path is None:
            history, session = self.setup.history, self._sessions[row]
            minutes = (session.closes - session.opens) // _MINUTE
            day = history.days[row].toordinal()
            path = intraday_path(history.prices(row), minutes, self._seed, self.setup.symbol, day)
            _make_room(self._paths)
            self._paths[row] = path
        return path

    def spot_at(self, moment: Moment) -> float:
        """Price at a moment of this tape, currency per share."""
        return float(self.path(moment.row)[moment.minute]) / moment.shares

    def shares_since(self, row: int, at: datetime) -> float:
        """New shares for an old one by the splits after a row's session; they take effect at 8:00."""
        factor = 1.0
        for split in self.setup.splits:
            if split.ex > self.setup.history.days[row] and at >= new_york(split.ex, _SPLITS_AT):
                factor *= split.numerator / split.denominator
        return factor

    def vol_at(self, moment: Moment) -> float:
        """At-the-money 30-day implied volatility at a moment, annualised fraction; NaN where unknown."""
        return float(self.vol_path(moment.row)[moment.minute])

    def vol_path(self, row: int) -> NDArray[np.float64]:
        """The same at the opening of a session and after each of its minutes; NaN where unknown."""
        levels = self._levels.get(row)
        if levels is None:
            history, path = self.setup.history, self.path(row)
            today = float(history.vol[row])
            before = float(history.vol[row - 1]) if row > 0 else today
            before = before if before > 0.0 else today
            close = float(history.close[row])
            base = float(self._growth[row - 1] / self._growth[row]) * close if row > 0 else float(path[0])
            done = np.linspace(0.0, 1.0, path.size)
            straight = base ** (1.0 - done) * close**done
            free = before ** (1.0 - done) * today**done * (straight / path) ** LEVERAGE
            levels = np.clip(free, VOL_MIN, VOL_MAX)
            _make_room(self._levels)
            self._levels[row] = levels
        return levels

    def close(self, row: int) -> Decimal:
        """Official close of a row, in cents."""
        return to_tick(float(self.setup.history.close[row]), CENT, toward=Toward.NEAREST)

    def previous_close(self, moment: Moment) -> Price | None:
        """Close of the session before the moment's, in shares of then; None on the first one."""
        if moment.row == 0:
            return None
        shares = self.shares_since(moment.row - 1, moment.as_of) * moment.shares
        close = float(self.setup.history.close[moment.row - 1]) / shares
        return to_tick(close, CENT, toward=Toward.NEAREST)

    def realised_at(self, moment: Moment) -> float | None:
        """Volatility of the last 30 daily log returns up to the last close; None until there are enough."""
        session = self._sessions[moment.row]
        row = moment.row if moment.as_of >= session.closes else moment.row - 1
        return None if row < 0 or np.isnan(self._realised[row]) else float(self._realised[row])

    def realised_daily(self) -> NDArray[np.float64]:
        """The same at the close of every row; NaN until there are enough."""
        return self._realised

    def _find(self, at: datetime) -> Moment:
        day = session_of(at)
        session = self._calendar.get(day)
        if session is None or at < session.opens:
            before = self._calendar.before(day)
            row = self._rows.get(before.day)
            if row is None:
                raise MarketDataError(f"{self._span()} There is no price at {at.isoformat()}.")
            shares = self.shares_since(row, at) if self.setup.splits else 1.0
            return Moment(
                row, (before.closes - before.opens) // _MINUTE, before.closes, open=False, shares=shares
            )
        row = self._rows.get(day)
        if row is None:
            raise MarketDataError(f"{self._span()} There is no price at {at.isoformat()}.")
        if at >= session.closes:
            return Moment(row, (session.closes - session.opens) // _MINUTE, session.closes, open=False)
        minute = (at - session.opens) // _MINUTE
        return Moment(row, minute, session.opens + minute * _MINUTE, open=True)

    def _adjusted_closes(self) -> NDArray[np.float64]:
        """Closes as if every split of the data had been made before the first row; for returns only."""
        factor = np.ones(len(self.setup.history.days))
        for split in self.setup.splits:
            after = np.array([day >= split.ex for day in self.setup.history.days])
            factor[after] *= split.numerator / split.denominator
        return self.setup.history.close * factor

    def _span(self) -> str:
        days = self.setup.history.days
        return f"{self.setup.symbol} has prices for {len(days)} sessions from {days[0]} to {days[-1]}."

    def _session(self, sessions: Sessions, day: date) -> Session:
        session = sessions.get(day)
        if session is None:
            raise MarketDataError(
                f"{self.setup.symbol}: the history has prices for {day}, on which the exchange is closed. "
                f"Remove that row or use the calendar of its exchange."
            )
        return session


def _make_room(kept: dict[int, NDArray[np.float64]]) -> None:
    while len(kept) >= _PATHS_KEPT:
        kept.pop(next(iter(kept)))
