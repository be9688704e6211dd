"""Past prices of a model market, as a broker's history shows them.

Daily bars of an underlying are the history's own; the bar of a session that is still open, and all
shorter bars, come from the same minute path as the quotes, so they agree with what a client saw. Prices
before a split are divided by it once it has happened. Bars of options are sampled from their quotes at
half hours, and at the bar's own ends where bars are shorter. Volatility bars hold the implied (30 days,
at the money) or the realised level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from premia.domain.dates import session_of
from premia.domain.errors import MarketDataError
from premia.domain.instrument import Contract, Option
from premia.domain.quote import Quote
from premia.domain.sessions import Session
from premia.exchange.bridge import Ohlc
from premia.exchange.types import Bar
from premia.exchange.underlyings_tape import Tape

DAY_SECONDS = 86_400
_PRICES = ("TRADES", "MIDPOINT", "BID", "ASK")
_SAMPLE = timedelta(minutes=30)
_MOST_OPTION_SESSIONS = 260


class Readable(Protocol):
    """What bars are made from."""

    def tape(self, symbol: str) -> Tape:
        """Prices by the minute."""
        ...

    def quotes(self, contracts: Sequence[Contract], at: datetime) -> list[Quote]:
        """Both sides at an instant."""
        ...

    def iv30_path(self, symbol: str, row: int) -> NDArray[np.float64]:
        """Implied level at the opening of a session and after each of its minutes; NaN where unknown."""
        ...


class Bars:
    """The history of every contract of one market."""

    def __init__(self, market: Readable) -> None:
        self._market = market
        self._levels: dict[tuple[str, int], Bar] = {}  # of sessions that are over; one small value each

    def read(self, contract: Contract, end: datetime, days: int, bar_seconds: int, what: str) -> list[Bar]:
        """Bars of the last `days` sessions until `end` (the one still open included), oldest first.

        Args:
            contract: Whose history.
            end: No bar starts at or after it, and no price is later.
            days: Sessions, not calendar days; fewer come back where the history starts later.
            bar_seconds: 86,400 for a bar a session, else a multiple of 60.
            what: TRADES, MIDPOINT, BID, ASK, OPTION_IMPLIED_VOLATILITY or HISTORICAL_VOLATILITY.

        Raises:
            MarketDataError: Where there is no such history: an unknown `what`, a bar that is no whole
                number of minutes, the volatility of an option, bars of a volatility shorter than a day.
        """
        if days < 1 or bar_seconds < 60 or bar_seconds % 60 or (bar_seconds > DAY_SECONDS):  # noqa: PLR2004 - seconds of a minute
            raise MarketDataError(
                f"Bars of {bar_seconds} s over {days} sessions do not exist; a bar is a multiple of 60 s, "
                f"a day at the most."
            )
        tape = self._market.tape(contract.symbol)
        rows = self._rows(tape, end, days)
        if what in _PRICES:
            if isinstance(contract, Option):
                return self._option(contract, rows, end, bar_seconds, what)
            return self._underlying(tape, rows, end, bar_seconds)
        if isinstance(contract, Option) or bar_seconds != DAY_SECONDS:
            raise MarketDataError(
                f"{what} of {contract.key} in bars of {bar_seconds} s is not kept; ask for days."
            )
        if what == "OPTION_IMPLIED_VOLATILITY":
            return self._implied(contract.symbol, rows, end)
        if what == "HISTORICAL_VOLATILITY":
            return _realised(tape, [row for row in rows if tape.session(row).closes <= end])
        raise MarketDataError(
            f"{what} is no kind of history; kinds are {', '.join(_PRICES)} and two volatilities."
        )

    def _rows(self, tape: Tape, end: datetime, days: int) -> list[int]:
        last = tape.setup.history.days[-1]
        if session_of(end) > last:
            end = tape.session(len(tape.setup.history.days) - 1).closes
        row = tape.moment(end).row
        return list(range(max(row - days + 1, 0), row + 1))

    def _underlying(self, tape: Tape, rows: list[int], end: datetime, bar_seconds: int) -> list[Bar]:
        found: list[Bar] = []
        history = tape.setup.history
        for row in rows:
            session = tape.session(row)
            shares = tape.shares_since(row, end)
            if bar_seconds == DAY_SECONDS and end >= session.closes:
                volume = int(float(history.volume[row]) * shares)
                found.append(Bar(session.opens, *_divided(history.prices(row), shares), volume))
                continue
            path = tape.path(row) / shares
            length = path.size - 1
            step = length if bar_seconds == DAY_SECONDS else bar_seconds // 60
            until = min(max((end - session.opens) // timedelta(minutes=1), 0), length)
            for start in range(0, length, step):
                if session.opens + timedelta(minutes=start) >= end:
                    break
                stop = min(start + step, until)
                seen = np.round(path[start : stop + 1], 2)
                volume = int(float(history.volume[row]) * shares * (stop - start) / length)
                found.append(_bar(session.opens + timedelta(minutes=start), seen, volume))
        return found

    def _option(
        self, option: Option, rows: list[int], end: datetime, bar_seconds: int, what: str
    ) -> list[Bar]:
        tape = self._market.tape(option.symbol)
        found: list[Bar] = []
        for row in rows[-_MOST_OPTION_SESSIONS:]:
            session = tape.session(row)
            step = timedelta(seconds=bar_seconds)
            start = session.opens
            while start < min(session.closes, end):
                stop = min(start + step, session.closes, end)
                seen = self._sampled(option, session, start, stop, _SIDES[what])
                if seen.size:
                    found.append(_bar(start, seen, 0))
                start += step
        return found

    def _sampled(
        self,
        option: Option,
        session: Session,
        start: datetime,
        stop: datetime,
        side: Callable[[Quote], float | None],
    ) -> NDArray[np.float64]:
        # The last minute of a session is sampled before its close: at the close an expiring option is gone.
        final = min(stop, session.closes - timedelta(minutes=1))
        times = [start]
        while times[-1] + _SAMPLE < final:
            times.append(times[-1] + _SAMPLE)
        values = [
            side(self._market.quotes([option], one)[0]) for one in dict.fromkeys([*times, max(final, start)])
        ]
        return np.array([value for value in values if value is not None])

    def _implied(self, symbol: str, rows: list[int], end: datetime) -> list[Bar]:
        tape = self._market.tape(symbol)
        found: list[Bar] = []
        for row in rows:
            session = tape.session(row)
            bar = self._levels.get((symbol, row)) if end >= session.closes else None
            if bar is None:
                minutes = max((min(end, session.closes) - session.opens) // timedelta(minutes=1), 0)
                levels = self._market.iv30_path(symbol, row)[: minutes + 1]
                bar = None if np.isnan(levels[0]) else _bar(session.opens, levels, 0)
            if bar is not None:
                found.append(bar)
                if end >= session.closes:
                    self._levels[symbol, row] = bar
        return found


def _realised(tape: Tape, rows: list[int]) -> list[Bar]:
    levels = tape.realised_daily()[rows]
    return [
        _bar(tape.session(row).opens, np.array([level]), 0)
        for row, level in zip(rows, levels.tolist(), strict=True)
        if not np.isnan(level)
    ]


def _divided(prices: Ohlc, shares: float) -> Ohlc:
    return prices if shares == 1.0 else Ohlc(*(round(price / shares, 2) for price in prices))


def _bar(at: datetime, values: NDArray[np.float64], volume: int) -> Bar:
    return Bar(at, float(values[0]), float(values.max()), float(values.min()), float(values[-1]), volume)


def _mid(quote: Quote) -> float | None:
    return None if quote.mid is None else float(quote.mid)


def _bid(quote: Quote) -> float | None:
    return None if quote.bid is None else float(quote.bid)


def _ask(quote: Quote) -> float | None:
    return None if quote.ask is None else float(quote.ask)


_SIDES: dict[str, Callable[[Quote], float | None]] = {
    "TRADES": _mid,
    "MIDPOINT": _mid,
    "BID": _bid,
    "ASK": _ask,
}
