"""The model market: real or invented prices by the minute, with options quoted on a surface.

`Market` joins the parts: a tape for each underlying (history through the intraday bridge), a lister
(which options exist), a quoter (their prices). It is pure: an answer is a function of the seed, the
contract and the market time, and of nothing that was asked before; what it keeps are caches. Outside
trading hours the last session's closing quotes stand, marked frozen. An option that is not listed, or
has expired, has a quote without sides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from premia.domain.dates import session_of
from premia.domain.errors import MarketDataError
from premia.domain.instrument import Contract, Index, Option, Settlement, Stock, Style
from premia.domain.money import CENT, Price, Toward, to_tick
from premia.domain.quote import DataKind, Greeks, Quote
from premia.domain.sessions import Sessions
from premia.exchange.listing import Lister
from premia.exchange.market_bars import Bars
from premia.exchange.market_interest import Popularity
from premia.exchange.market_reference import Reference
from premia.exchange.noise import uniform, uniforms
from premia.exchange.quotes import Quoter
from premia.exchange.rates import short_rate
from premia.exchange.terms import ContractIds, Numbered, strike_code
from premia.exchange.types import Bar
from premia.exchange.types_market import Dividend, Listing, Split
from premia.exchange.underlyings import UnderlyingSetup
from premia.exchange.underlyings_tape import Tape

_NOTHING = Quote(None, None, datetime.min.replace(tzinfo=UTC))


class Market(Reference):
    """A market whose prices follow from daily histories, a surface and a seed."""

    def __init__(self, setups: Sequence[UnderlyingSetup], sessions: Sessions, seed: int) -> None:
        """Join the parts; the calendar must reach a year and a week beyond the last session of every history.

        Raises:
            MarketDataError: Where two underlyings share a symbol, or none is given.
        """
        if not setups or len({setup.symbol for setup in setups}) != len(setups):
            names = ", ".join(setup.symbol for setup in setups)
            raise MarketDataError(
                f"A market needs underlyings with symbols of their own; these are: {names or 'none'}."
            )
        underlyings = {setup.symbol: (setup.contract, setup.settings) for setup in setups}
        ids = ContractIds(_classes(setups), sessions.first.day, sessions.last.day)
        super().__init__(underlyings, sessions, ids)
        self.sessions = sessions
        self.seed = seed
        self._setups = {setup.symbol: setup for setup in setups}
        self._tapes = {setup.symbol: Tape(setup, sessions, seed) for setup in setups}
        self._listers = {setup.symbol: Lister(setup, sessions) for setup in setups}
        self._quoters = {symbol: Quoter(tape, seed) for symbol, tape in self._tapes.items()}
        self._bars = Bars(self)
        self._popularity = Popularity(self)

    def tape(self, symbol: str) -> Tape:
        """Prices by the minute of an underlying.

        Raises:
            MarketDataError: Where the market has no such symbol.
        """
        self.underlier(symbol)
        return self._tapes[symbol]

    def setup(self, symbol: str) -> UnderlyingSetup:
        """Everything that an underlying was given at the start.

        Raises:
            MarketDataError: Where the market has no such symbol.
        """
        self.underlier(symbol)
        return self._setups[symbol]

    def spot(self, symbol: str, at: datetime) -> float:
        """Price of the underlying, currency per share; outside hours the last close."""
        tape = self.tape(symbol)
        return tape.spot_at(tape.moment(at))

    def quotes(self, contracts: Sequence[Contract], at: datetime) -> list[Quote]:
        """Best bids and offers, one a contract."""
        found: list[Quote] = [_NOTHING] * len(contracts)
        options: dict[str, list[int]] = {}
        for i, contract in enumerate(contracts):
            if isinstance(contract, Option):
                options.setdefault(contract.symbol, []).append(i)
            else:
                found[i] = self._underlying_quote(contract, at)
        for symbol, places in options.items():
            listed, empty = self._split_by_listing(symbol, contracts, places, at)
            quotes = self._quoters[symbol].quotes([option for _, option in listed], at)
            for (i, _), quote in zip(listed, quotes, strict=True):
                found[i] = quote
            for i in empty:
                found[i] = Quote(None, None, at)
        return found

    def greeks(self, contracts: Sequence[Option], at: datetime) -> list[Greeks]:
        """Model values, one an option; all None where it is not listed."""
        found = [Greeks()] * len(contracts)
        options: dict[str, list[int]] = {}
        for i, contract in enumerate(contracts):
            options.setdefault(contract.symbol, []).append(i)
        for symbol, places in options.items():
            listed, _ = self._split_by_listing(symbol, contracts, places, at)
            values = self._quoters[symbol].greeks([option for _, option in listed], at)
            for (i, _), greeks in zip(listed, values, strict=True):
                found[i] = greeks
        return found

    def fair(self, contracts: Sequence[Contract], at: datetime) -> NDArray[np.float64]:
        """Value per share before rounding to ticks, shape (n,), never not a number.

        What has expired, and what has no model value because its volatility is not known, is worth its
        intrinsic value.
        """
        values = np.empty(len(contracts))
        for symbol in dict.fromkeys(contract.symbol for contract in contracts):
            rows = [i for i, one in enumerate(contracts) if one.symbol == symbol]
            options = {i: one for i in rows if isinstance(one := contracts[i], Option)}
            values[rows] = self.spot(symbol, at)
            if options:
                values[list(options)] = self._quoters[symbol].values(list(options.values()), at)
                for i, option in options.items():
                    if math.isnan(values[i]):
                        values[i] = self._intrinsic(option, at)
        return values

    def last(self, contract: Contract, at: datetime) -> Price | None:
        """Last trade: of an underlying its price, of an option one side of its present quote.

        None where an option has not traded today, or nobody bids for it.
        """
        if not isinstance(contract, Option):
            return to_tick(self.spot(contract.symbol, at), CENT, toward=Toward.NEAREST)
        quote = self.quotes([contract], at)[0]
        if quote.bid is None or self.volume(contract, at) == 0:
            return None
        minute = int(quote.as_of.timestamp()) // 60
        bought = uniform(self.seed, "last", self.terms(contract).con_id, minute) < 0.5  # noqa: PLR2004 - a coin
        return quote.ask if bought else quote.bid

    def previous_close(self, contract: Contract, at: datetime) -> Price | None:
        """Close of the session before that of `at`; of an option its closing mid, None where it had none."""
        tape = self.tape(contract.symbol)
        moment = tape.moment(at)
        if not isinstance(contract, Option):
            return tape.previous_close(moment)
        if moment.row == 0:
            return None
        then = tape.session(moment.row - 1).closes
        mid = self.quotes([contract], then)[0].mid
        return None if mid is None else to_tick(mid, CENT, toward=Toward.NEAREST)

    def open_interest(self, option: Option, at: datetime) -> int:
        """Open contracts as of the evening before; zero where not listed."""
        if not self.is_listed(option, at):
            return 0
        return self._popularity.open_interest(option, at)

    def volume(self, contract: Contract, at: datetime) -> int:
        """Contracts or shares traded in the session so far."""
        tape = self.tape(contract.symbol)
        moment = tape.moment(at)
        done = moment.minute / (tape.path(moment.row).size - 1)
        if isinstance(contract, Option):
            return self._popularity.volume(contract, at, done) if self.is_listed(contract, at) else 0
        return int(float(tape.setup.history.volume[moment.row]) * done)

    def iv30(self, symbol: str, at: datetime) -> float | None:
        """Implied 30-day volatility of the underlying, annualised fraction; None where unknown."""
        self.underlier(symbol)
        return self._quoters[symbol].iv30(at)

    def iv30_path(self, symbol: str, row: int) -> NDArray[np.float64]:
        """Implied 30-day volatility at the opening of a session and after each minute; NaN where unknown."""
        self.underlier(symbol)
        return self._quoters[symbol].iv30_path(row)

    def hv30(self, symbol: str, at: datetime) -> float | None:
        """Realised volatility of the last 30 sessions, annualised fraction; None until there are enough."""
        tape = self.tape(symbol)
        return tape.realised_at(tape.moment(at))

    def close(self, symbol: str, day: date) -> Decimal:
        """Official close of a session.

        Raises:
            MarketDataError: Where the history has no such session.
        """
        tape = self.tape(symbol)
        return tape.close(tape.row(day))

    def settlement_value(self, symbol: str, day: date) -> Decimal | None:
        """Opening value of an index, at which its morning-settled options settle: the open of the session.

        None for what has no such options, and for a day that the history does not have.
        """
        setup = self.setup(symbol)
        if not isinstance(setup.contract, Index) or day not in setup.history.days:
            return None
        row = self.tape(symbol).row(day)
        return Decimal(to_tick(float(setup.history.open[row]), CENT, toward=Toward.NEAREST))

    def dividends(self, symbol: str) -> Sequence[Dividend]:
        """Every dividend of the data, by ex-date, declared or not."""
        return self.setup(symbol).dividends

    def splits(self, symbol: str) -> Sequence[Split]:
        """Every split of the data, by ex-date."""
        return self.setup(symbol).splits

    def earnings(self, symbol: str) -> tuple[date, ...]:
        """Every announcement date of the data (after the close of that day), ascending."""
        return self.setup(symbol).earnings

    def rate(self, at: datetime) -> float:
        """Risk-free rate, continuously compounded, annualised fraction."""
        return short_rate(session_of(at))

    def listed(self, symbol: str, at: datetime) -> Listing:
        """The option series that exist on the New York day of an instant, expiries of that day included."""
        self.underlier(symbol)
        return self._listers[symbol].listing(session_of(at))

    def is_listed(self, option: Option, at: datetime) -> bool:
        """Whether an option exists at an instant; on the evening of its last day it still does."""
        self.underlier(option.symbol)
        return self._listers[option.symbol].has(option, session_of(at))

    def by_con_id(self, con_id: int) -> Contract | None:
        """The contract that a number stands for; None where it is no number of this market."""
        found = self.read(con_id)
        if not isinstance(found, Numbered):
            return found
        index = isinstance(self.underlier(found.symbol), Index)
        strikes = (
            (found.strike,) if found.strike is not None else self._listers[found.symbol].ever(found.expiry)
        )
        style, settlement = Style.AMERICAN, Settlement.SHARES
        if index:
            style = Style.EUROPEAN
            settlement = Settlement.CASH_AM if found.trading_class == found.symbol else Settlement.CASH_PM
        for strike in strikes:
            if strike_code(strike) == found.code:
                name = "" if found.trading_class == found.symbol else found.trading_class
                return Option(
                    found.symbol,
                    found.expiry,
                    strike,
                    found.right,
                    trading_class=name,
                    style=style,
                    settlement=settlement,
                )
        return None

    def bars(self, contract: Contract, end: datetime, days: int, bar_seconds: int, what: str) -> list[Bar]:
        """Past prices of up to `days` sessions until `end`, oldest first (see `market_bars`)."""
        return self._bars.read(contract, end, days, bar_seconds, what)

    def _split_by_listing(
        self, symbol: str, contracts: Sequence[Contract], places: list[int], at: datetime
    ) -> tuple[list[tuple[int, Option]], list[int]]:
        """The options at these places that exist, with their places, and the places of those that do not."""
        self.underlier(symbol)
        lister, day = self._listers[symbol], session_of(at)
        listed: list[tuple[int, Option]] = []
        empty: list[int] = []
        for i in places:
            option = contracts[i]
            if isinstance(option, Option) and lister.has(option, day):
                listed.append((i, option))
            else:
                empty.append(i)
        return listed, empty

    def _underlying_quote(self, contract: Stock | Index, at: datetime) -> Quote:
        tape = self.tape(contract.symbol)
        moment = tape.moment(at)
        kind = DataKind.LIVE if moment.open else DataKind.FROZEN
        if isinstance(contract, Index):
            return Quote(None, None, moment.as_of, kind=kind)
        spot = tape.spot_at(moment)
        half = max(spot * tape.setup.half_spread, 0.0025)
        number = int(moment.as_of.timestamp()) // 60
        left, right = uniforms(self.seed, "size", contract.symbol, number, np.arange(2)).tolist()
        bid = to_tick(spot - half, CENT, toward=Toward.DOWN)
        ask = to_tick(spot + half, CENT, toward=Toward.UP)
        return Quote(bid, ask, moment.as_of, 100 * (1 + int(left * 20)), 100 * (1 + int(right * 20)), kind)

    def _intrinsic(self, option: Option, at: datetime) -> float:
        """Intrinsic value without a model: by what the option settled at, else by the present price."""
        tape = self.tape(option.symbol)
        moment = tape.moment(at)
        if self.last_trade(option) > tape.setup.history.days[moment.row]:
            return float(option.intrinsic(Decimal(repr(tape.spot_at(moment)))))
        if option.settlement is Settlement.CASH_AM:
            value = self.settlement_value(option.symbol, option.expiry)
            known = value is not None and at >= self.sessions.on_or_after(option.expiry).opens
            return float(option.intrinsic(value if known and value is not None else tape.close(moment.row)))
        return float(option.intrinsic(self.close(option.symbol, option.expiry)))


def _classes(setups: Sequence[UnderlyingSetup]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for setup in setups:
        found.append((setup.symbol, setup.symbol))
        if isinstance(setup.contract, Index):
            found.append((setup.symbol, f"{setup.symbol}W"))
    return found
