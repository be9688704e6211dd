"""The recorded market: the chains of `recorded` answering as the model market does.

What was not recorded is not known: an option without a row has no quote, an expiry settled in the
morning has no value unless the caller gives it, and the close of a day that the recording lacks must
be given or asking for it is an error. Delta is the recorded one; gamma, theta and vega follow from the
recorded volatility. Where a stock's recording has no volatility at all, it follows from the mid by the
American value; for an index it stays unknown. Splits and dividends come from whoever opens the market.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from premia.domain.dates import session_of, years
from premia.domain.errors import MarketDataError
from premia.domain.instrument import Contract, Index, Option, Settlement, Stock
from premia.domain.money import CENT, Price, Toward, from_ten_thousandths, to_tick
from premia.domain.quote import DataKind, Greeks, Quote
from premia.domain.sessions import Sessions
from premia.exchange.market_reference import Reference
from premia.exchange.rates import short_rate
from premia.exchange.recorded import RecordedUnderlying, Snapshots
from premia.exchange.terms import ContractIds, Numbered, strike_code
from premia.exchange.types import Bar
from premia.exchange.types_market import Dividend, Listing, Split
from premia.exchange.underlyings import realised_volatility
from premia.exchange.underlyings_tape import REALISED_WINDOW
from premia.pricing import american, black_scholes
from premia.pricing.terms import Carry, OptionTerms
from premia.store.panel import exact

DISPLAYED = 10
"""Contracts shown on each side; the recordings have no sizes."""
_LOOK_BACK = 10
_MONTH_DAYS = 30.0
_NEAR = 0.01  # strikes within one percent of the spot are at the money
_UNIX_DAY = date(1970, 1, 1).toordinal()


class RecordedMarket(Reference):
    """A market of recorded daily chains."""

    def __init__(self, recorded: Sequence[RecordedUnderlying], sessions: Sessions) -> None:
        """Index the recordings; the calendar must hold every recorded expiry.

        Raises:
            MarketDataError: Where a recording does not fit the calendar, or two share a symbol.
        """
        by_symbol = {one.contract.symbol: one for one in recorded}
        if not recorded or len(by_symbol) != len(recorded):
            raise MarketDataError("A recorded market needs underlyings with symbols of their own.")
        classes = [(symbol, root) for symbol, one in by_symbol.items() for root in one.panel.roots]
        ids = ContractIds(classes, sessions.first.day, sessions.last.day)
        super().__init__(
            {symbol: (one.contract, one.settings) for symbol, one in by_symbol.items()}, sessions, ids
        )
        self.sessions = sessions
        self._recorded = by_symbol
        self._snapshots = {symbol: Snapshots(one, sessions) for symbol, one in by_symbol.items()}
        self._tapes = {symbol: self._tape(symbol) for symbol in by_symbol}
        self._iv30: dict[tuple[str, int], float] = {}
        self._hv30: dict[tuple[str, date], float | None] = {}

    def snapshots(self, symbol: str) -> Snapshots:
        """The recording of an underlying.

        Raises:
            MarketDataError: Where the market has no such symbol.
        """
        self.underlier(symbol)
        return self._snapshots[symbol]

    def row(self, option: Option, number: int, at: datetime) -> int:
        """Row of an option in a snapshot; -1 where it was not recorded or has stopped trading at `at`."""
        return -1 if self._stopped(option, at) else self.snapshots(option.symbol).row(number, option)

    def is_live(self, snapshots: Snapshots, number: int, at: datetime) -> bool:
        """Whether a snapshot's quotes are live at an instant: until the close of its session."""
        return self._kind(snapshots, number, at) is DataKind.LIVE

    def greeks_in(self, snapshots: Snapshots, number: int, options: Sequence[Option]) -> list[Greeks]:
        """Greeks of options that are in a snapshot."""
        rows = snapshots.rows(number, options)
        return self._read_greeks(snapshots, number, list(options), rows)

    def spot(self, symbol: str, at: datetime) -> float:
        """Latest known price of the underlying: of a snapshot, or an official close."""
        self.underlier(symbol)
        instants, prices = self._tapes[symbol]
        place = bisect_right(instants, at) - 1
        if place < 0:
            raise MarketDataError(f"{symbol}: no price is recorded until {at.isoformat()}.")
        return prices[place]

    def quotes(self, contracts: Sequence[Contract], at: datetime) -> list[Quote]:
        """Recorded bids and offers, one a contract; of an underlying none, since none was recorded."""
        found: dict[Contract, Quote] = {}
        for symbol in dict.fromkeys(contract.symbol for contract in contracts):
            mine = [one for one in dict.fromkeys(contracts) if one.symbol == symbol]
            options = [one for one in mine if isinstance(one, Option)]
            snapshots = self.snapshots(symbol)
            number = snapshots.number_at(at)
            as_of, kind = snapshots.all[number].at, self._kind(snapshots, number, at)
            found.update(
                {one: self._underlying_quote(one, at, kind) for one in mine if not isinstance(one, Option)}
            )
            panel = snapshots.recorded.panel
            for option, row in zip(options, self._rows(snapshots, number, options, at), strict=True):
                bid = None if row < 0 else _side(int(panel.quotes["bid"][row]))
                ask = None if row < 0 else _side(int(panel.quotes["ask"][row]))
                sizes = [DISPLAYED if side is not None else 0 for side in (bid, ask)]
                found[option] = Quote(bid, ask, as_of, *sizes, kind=kind)
        return [found[contract] for contract in contracts]

    def greeks(self, contracts: Sequence[Option], at: datetime) -> list[Greeks]:
        """Recorded greeks, one an option; all None where neither they nor a mid are known."""
        found: dict[Option, Greeks] = {}
        for symbol in dict.fromkeys(contract.symbol for contract in contracts):
            options = [one for one in dict.fromkeys(contracts) if one.symbol == symbol]
            snapshots = self.snapshots(symbol)
            number = snapshots.number_at(at)
            rows = np.array(self._rows(snapshots, number, options, at), dtype=np.int64)
            chosen = [option for option, row in zip(options, rows.tolist(), strict=True) if row >= 0]
            found.update(
                zip(chosen, self._read_greeks(snapshots, number, chosen, rows[rows >= 0]), strict=True)
            )
        return [found.get(contract, Greeks()) for contract in contracts]

    def fair(self, contracts: Sequence[Contract], at: datetime) -> NDArray[np.float64]:
        """Mid per share, shape (n,); the last one known within ten snapshots, or what an expiry was worth."""
        return np.array([self._worth(contract, at) for contract in contracts], dtype=np.float64)

    def last(self, contract: Contract, at: datetime) -> Price | None:
        """Last trade: of an underlying its price, of an option the recorded one; None where none was."""
        if not isinstance(contract, Option):
            return to_tick(self.spot(contract.symbol, at), CENT, toward=Toward.NEAREST)
        row = self._row(contract, at)
        return None if row < 0 else _side(int(self._recorded[contract.symbol].panel.last[row]))

    def previous_close(self, contract: Contract, at: datetime) -> Price | None:
        """Of an underlying the official close before the session of `at`, of an option the mid before it."""
        before = self.sessions.before(self.sessions.on_or_before(session_of(at)).day)
        if not isinstance(contract, Option):
            known = self._recorded[contract.symbol].closes.get(before.day)
            return None if known is None else Price(known)
        if before.closes < self.snapshots(contract.symbol).all[0].at:
            return None
        return self.quotes([contract], before.closes)[0].mid

    def open_interest(self, option: Option, at: datetime) -> int:
        """Recorded open contracts; zero where not recorded."""
        row = self._row(option, at)
        return 0 if row < 0 else max(int(self._recorded[option.symbol].panel.open_interest[row]), 0)

    def volume(self, contract: Contract, at: datetime) -> int:
        """Recorded contracts of the day; zero where not recorded, and for underlyings."""
        row = self._row(contract, at) if isinstance(contract, Option) else -1
        return 0 if row < 0 else max(int(self._recorded[contract.symbol].panel.volume[row]), 0)

    def iv30(self, symbol: str, at: datetime) -> float | None:
        """At-the-money 30-day volatility from the recorded ones, linear in variance; None where unknown."""
        snapshots = self.snapshots(symbol)
        number = snapshots.number_at(at)
        known = self._iv30.get((symbol, number))
        if known is None:
            known = self._iv30[symbol, number] = self._month(snapshots, number)
        return None if math.isnan(known) else known

    def _month(self, snapshots: Snapshots, number: int) -> float:
        snapshot, panel = snapshots.all[number], snapshots.recorded.panel
        start, stop = snapshot.start, snapshot.stop
        iv = panel.iv[start:stop]
        away = np.abs(panel.quotes["strike"][start:stop] / (snapshot.spot * 10_000) - 1.0)
        near = np.flatnonzero((away < _NEAR) & (iv > 0.0))
        first, last = int(panel.day_groups[number]), int(panel.day_groups[number + 1])
        group = np.searchsorted(panel.groups["stop"][first:last], near + start, side="right")
        left = panel.groups["expiry"][first:last][group] - (snapshot.day.toordinal() - _UNIX_DAY)
        total: dict[int, list[float]] = {}
        for span, value in zip(left.tolist(), iv[near].tolist(), strict=True):
            if span > 0:
                total.setdefault(span, []).append(value)
        spans = [span for span in sorted(total) if total[span]]
        if not spans:
            return math.nan
        means = [sum(iv * iv for iv in total[span]) / len(total[span]) * span for span in spans]
        return math.sqrt(float(np.interp(_MONTH_DAYS, spans, means)) / _MONTH_DAYS)

    def hv30(self, symbol: str, at: datetime) -> float | None:
        """Realised volatility of 30 sessions until the last close; None unless all their closes are known."""
        self.underlier(symbol)
        last = self.sessions.on_or_before(session_of(at))
        last = last if at >= last.closes else self.sessions.before(last.day)
        if (symbol, last.day) not in self._hv30:
            self._hv30[symbol, last.day] = self._realised(symbol, last.day)
        return self._hv30[symbol, last.day]

    def _realised(self, symbol: str, last: date) -> float | None:
        first = last - timedelta(days=70)
        days = [one.day for one in self.sessions.between(first, last)][-REALISED_WINDOW - 1 :]
        closes = [self._recorded[symbol].closes.get(day) for day in days]
        known = np.array([float(close) for close in closes if close is not None])
        if known.size < REALISED_WINDOW + 1:
            return None
        return float(realised_volatility(known, REALISED_WINDOW)[-1])

    def close(self, symbol: str, day: date) -> Decimal:
        """Official close of a session.

        Raises:
            MarketDataError: Where neither the recording nor the caller gave it.
        """
        self.underlier(symbol)
        known = self._recorded[symbol].closes.get(day)
        if known is None:
            raise MarketDataError(
                f"{symbol}: the official close of {day} is neither in the recording nor given. "
                f"Give it in `closes` when the market is opened."
            )
        return known

    def settlement_value(self, symbol: str, day: date) -> Decimal | None:
        """Opening settlement value as given by the caller; None where it is not known."""
        self.underlier(symbol)
        return self._recorded[symbol].settlements.get(day)

    def dividends(self, symbol: str) -> Sequence[Dividend]:
        """As given, by ex-date."""
        self.underlier(symbol)
        return self._recorded[symbol].dividends

    def splits(self, symbol: str) -> Sequence[Split]:
        """As given, by ex-date."""
        self.underlier(symbol)
        return self._recorded[symbol].splits

    def earnings(self, symbol: str) -> tuple[date, ...]:
        """As given, ascending; none where nobody gave them."""
        self.underlier(symbol)
        return self._recorded[symbol].earnings or ()

    def rate(self, at: datetime) -> float:
        """Risk-free rate, continuously compounded, annualised fraction."""
        return short_rate(session_of(at))

    def listed(self, symbol: str, at: datetime) -> Listing:
        """The series of the latest snapshot that have not expired before the day of `at`."""
        snapshots = self.snapshots(symbol)
        return snapshots.listing(snapshots.number_at(at), session_of(at))

    def is_listed(self, option: Option, at: datetime) -> bool:
        """Whether exactly this option is in the latest snapshot and has not expired before that day."""
        snapshots = self.snapshots(option.symbol)
        row = snapshots.row(snapshots.number_at(at), option)
        return row >= 0 and option.expiry >= session_of(at)

    def by_con_id(self, con_id: int) -> Contract | None:
        """The contract that a number stands for; None where it is no number of this market."""
        found = self.read(con_id)
        if not isinstance(found, Numbered):
            return found
        snapshots = self._snapshots[found.symbol]
        if found.strike is not None:
            return snapshots.option(found.expiry, found.strike, found.right, found.trading_class)
        for strike in snapshots.strikes(found.expiry):
            if strike_code(strike) == found.code:
                return snapshots.option(found.expiry, strike, found.right, found.trading_class)
        return None

    def bars(self, contract: Contract, end: datetime, days: int, bar_seconds: int, what: str) -> list[Bar]:
        """One bar a session, of a single price: the official close, or an option's recorded mid.

        Raises:
            MarketDataError: For bars shorter than a day and for anything but prices; none were recorded.
        """
        if bar_seconds != 86_400 or what not in ("TRADES", "MIDPOINT"):  # noqa: PLR2004 - seconds of a day
            raise MarketDataError(
                f"{what} of {contract.key} in bars of {bar_seconds} s was not recorded. Ask for daily TRADES."
            )
        wanted = [
            one for one in self.sessions.between(self.sessions.first.day, session_of(end)) if one.opens < end
        ]
        found: list[Bar] = []
        for session in wanted[-days:]:
            value = self._bar_value(contract, session.day)
            if value is not None:
                found.append(Bar(session.opens, value, value, value, value, 0))
        return found

    def _bar_value(self, contract: Contract, day: date) -> float | None:
        if not isinstance(contract, Option):
            known = self._recorded[contract.symbol].closes.get(day)
            return None if known is None else float(known)
        for snapshot in self.snapshots(contract.symbol).all:
            if snapshot.day == day:
                mid = self.quotes([contract], snapshot.at)[0].mid
                return None if mid is None else float(mid)
        return None

    def _tape(self, symbol: str) -> tuple[list[datetime], list[float]]:
        recorded, snapshots = self._recorded[symbol], self._snapshots[symbol]
        points = {snapshot.at: snapshot.spot for snapshot in snapshots.all}
        for day, close in recorded.closes.items():
            if self.sessions.first.day <= day <= self.sessions.last.day:
                session = self.sessions.get(day)
                if session is not None:
                    points[session.closes] = float(close)
        instants = sorted(points)
        return instants, [points[at] for at in instants]

    def _kind(self, snapshots: Snapshots, number: int, at: datetime) -> DataKind:
        session = self.sessions.on_or_before(snapshots.all[number].day)
        return DataKind.LIVE if at < session.closes else DataKind.FROZEN

    def _underlying_quote(self, contract: Contract, at: datetime, kind: DataKind) -> Quote:
        if isinstance(contract, Index):
            return Quote(None, None, at, kind=kind)
        spot = self.spot(contract.symbol, at)
        bid = to_tick(spot - 0.005, CENT, toward=Toward.DOWN)
        return Quote(bid, Price(bid + CENT), at, DISPLAYED * 100, DISPLAYED * 100, kind)

    def _rows(self, snapshots: Snapshots, number: int, options: Sequence[Option], at: datetime) -> list[int]:
        """Row of each option; -1 where it was not recorded or has stopped trading."""
        return [-1 if self._stopped(option, at) else snapshots.row(number, option) for option in options]

    def _stopped(self, option: Option, at: datetime) -> bool:
        last = self.last_trade(option)
        day = session_of(at)
        return day > last or (day == last and at >= self.sessions.on_or_before(last).closes)

    def _row(self, option: Option, at: datetime) -> int:
        snapshots = self.snapshots(option.symbol)
        return self._rows(snapshots, snapshots.number_at(at), [option], at)[0]

    def _worth(self, contract: Contract, at: datetime) -> float:
        if not isinstance(contract, Option):
            return self.spot(contract.symbol, at)
        if self._stopped(contract, at):
            return self._settled_worth(contract, at)
        snapshots = self.snapshots(contract.symbol)
        quotes, number = snapshots.recorded.panel.quotes, snapshots.number_at(at)
        for earlier in range(number, max(number - _LOOK_BACK, -1), -1):
            row = snapshots.row(earlier, contract)
            if row >= 0 and quotes["ask"][row] > 0:
                return (max(int(quotes["bid"][row]), 0) + int(quotes["ask"][row])) / 20_000.0
        return float(contract.intrinsic(Decimal(repr(self.spot(contract.symbol, at)))))

    def _settled_worth(self, option: Option, at: datetime) -> float:
        recorded = self._recorded[option.symbol]
        values = recorded.settlements if option.settlement is Settlement.CASH_AM else recorded.closes
        known = values.get(option.expiry)
        opened = at >= self.sessions.on_or_before(option.expiry).opens
        spot = known if known is not None and opened else Decimal(repr(self.spot(option.symbol, at)))
        return float(option.intrinsic(spot))

    def _read_greeks(
        self, snapshots: Snapshots, number: int, options: list[Option], rows: NDArray[np.int64]
    ) -> list[Greeks]:
        if not options:
            return []
        snapshot, panel = snapshots.all[number], snapshots.recorded.panel
        terms = OptionTerms(
            panel.quotes["strike"][rows] / 10_000.0,
            np.array([years(option.expiry, snapshot.at) for option in options]),
            np.array([option.right.sign for option in options]),
        )
        carry = Carry(snapshot.spot, short_rate(snapshot.day))
        recorded_iv = np.nan_to_num(exact(panel.iv[rows]))
        iv = recorded_iv
        if isinstance(snapshots.recorded.contract, Stock) and (recorded_iv <= 0.0).any():
            ask = panel.quotes["ask"][rows]
            mid = np.where(ask > 0, (np.maximum(panel.quotes["bid"][rows], 0) + ask) / 20_000.0, np.nan)
            solved = american.implied_volatility(mid, terms, carry)
            iv = np.where(recorded_iv > 0.0, recorded_iv, solved)
        model = black_scholes.greeks(terms, carry, np.where(iv > 0.0, iv, 0.2))
        recorded_delta = exact(panel.quotes["delta"][rows])
        own = (recorded_iv > 0.0) & np.isfinite(recorded_delta)
        delta = np.where(own, recorded_delta, model.delta)
        columns = (iv, delta, model.gamma, model.theta, model.vega)
        return [
            Greeks(*row, underlying=snapshot.spot) if row[0] > 0.0 else Greeks()
            for row in zip(*(column.tolist() for column in columns), strict=True)
        ]


def _side(units: int) -> Price | None:
    return from_ten_thousandths(units) if units > 0 else None
