"""What anybody may ask the market at its present instant; nothing of it changes anything.

These questions are split in two because a class that answers all of them would be long: prices, and
listings. `Exchange` is both, and adds orders and accounts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from premia.domain.dates import session_of
from premia.domain.instrument import Contract, Index, Option, Right
from premia.domain.money import Price
from premia.domain.quote import Greeks, Quote
from premia.exchange.exchange_state import State
from premia.exchange.settlement import last_trading_day
from premia.exchange.types import Bar, Terms
from premia.exchange.types_market import DividendOutlook, OptionClass, Pattern

_YEAR = timedelta(days=365)
_SESSIONS_AHEAD = 5


class PriceWindow:
    """Prices at the market's present."""

    _state: State

    def quote(self, contract: Contract) -> Quote:
        """Best bid and offer of one contract."""
        return self._state.market.quotes([contract], self._state.now)[0]

    def quotes(self, contracts: Sequence[Contract]) -> list[Quote]:
        """Best bids and offers, one a contract, in the order asked for."""
        return self._state.market.quotes(contracts, self._state.now)

    def greeks(self, contracts: Sequence[Option]) -> list[Greeks]:
        """Model values, one an option, in the order asked for."""
        return self._state.market.greeks(contracts, self._state.now)

    def open_interest(self, option: Option) -> int:
        """Open contracts as of the evening before."""
        return self._state.market.open_interest(option, self._state.now)

    def volume(self, contract: Contract) -> int:
        """Contracts or shares traded in the session so far."""
        return self._state.market.volume(contract, self._state.now)

    def last(self, contract: Contract) -> Price | None:
        """Price of the last trade, per share."""
        return self._state.market.last(contract, self._state.now)

    def previous_close(self, contract: Contract) -> Price | None:
        """Close of the session before the present one, per share."""
        return self._state.market.previous_close(contract, self._state.now)

    def iv30(self, symbol: str) -> float | None:
        """Implied 30-day volatility, annualised fraction (IB's generic tick 106)."""
        return self._state.market.iv30(symbol, self._state.now)

    def hv30(self, symbol: str) -> float | None:
        """Realised 30-day volatility, annualised fraction (IB's generic tick 104)."""
        return self._state.market.hv30(symbol, self._state.now)

    def dividends(self, symbol: str) -> DividendOutlook:
        """Sums of the past and the coming twelve months and the next dividend, as far as it is declared.

        The coming year is the past year's sum where nothing else is known, as IB states it.
        """
        today = session_of(self._state.now)
        known = self._state.market.dividends(symbol)
        past = sum((one.amount for one in known if today - _YEAR < one.ex <= today), Decimal(0))
        coming = [one for one in known if one.declared <= today < one.ex]
        first = coming[0] if coming else None
        return DividendOutlook(
            past_year=past,
            next_year=max(past, sum((one.amount for one in coming), Decimal(0))),
            next_date=first.ex if first is not None else None,
            next_amount=first.amount if first is not None else None,
        )

    def bars(self, contract: Contract, end: datetime, days: int, bar_seconds: int, what: str) -> list[Bar]:
        """Past prices; never later than the market's present."""
        return self._state.market.bars(contract, min(end, self._state.now), days, bar_seconds, what)


class ListingWindow:
    """Listings and hours at the market's present."""

    _state: State

    def is_open(self, contract: Contract) -> bool:
        """Whether the contract trades now: in session, and not after its last trading day."""
        return self._state.is_open(contract)

    def terms(self, contract: Contract) -> Terms:
        """Details of a contract."""
        return self._state.market.terms(contract)

    def find(self, pattern: Pattern) -> list[Terms]:
        """Details of every listed contract that matches, by expiry, strike and right."""
        if pattern.symbol not in self._state.market.symbols:
            return []
        own = self._state.market.underlier(pattern.symbol)
        if pattern.kind != "OPT":
            is_index = isinstance(own, Index)
            return [self._state.market.terms(own)] if is_index == (pattern.kind == "IND") else []
        return [self._state.market.terms(one) for one in self._options(pattern)]

    def by_con_id(self, con_id: int) -> Contract | None:
        """The contract of the market's own number; None where there is none."""
        return self._state.market.by_con_id(con_id)

    def option_classes(self, symbol: str) -> list[OptionClass]:
        """One row a trading class; strikes are the union over its expiries, as IB sends them."""
        if symbol not in self._state.market.symbols:
            return []
        rows: dict[tuple[str, int], tuple[set[date], set[Decimal]]] = {}
        for one in self._state.market.listed(symbol, self._state.now).series:
            expiries, strikes = rows.setdefault((one.trading_class, one.multiplier), (set(), set()))
            expiries.add(one.expiry)
            strikes.update(one.strikes)
        return [
            OptionClass("SMART", name, multiplier, tuple(sorted(expiries)), tuple(sorted(strikes)))
            for (name, multiplier), (expiries, strikes) in rows.items()
        ]

    def trading_hours(self, contract: Contract) -> list[tuple[datetime, datetime]]:
        """Opening and close of today, if it trades, and of the next sessions."""
        sessions = self._state.market.sessions
        today = session_of(self._state.now)
        last = last_trading_day(contract, sessions) if isinstance(contract, Option) else sessions.last.day
        found: list[tuple[datetime, datetime]] = []
        for one in sessions.between(today, min(last, today + timedelta(days=2 * _SESSIONS_AHEAD))):
            if len(found) < _SESSIONS_AHEAD:
                found.append((one.opens, one.closes))
        return found

    def _options(self, pattern: Pattern) -> list[Option]:
        currency = self._state.market.underlier(pattern.symbol).currency
        found: list[Option] = []
        for one in self._state.market.listed(pattern.symbol, self._state.now).series:
            named = pattern.trading_class in ("", one.trading_class)
            if not named or not _digits(one.expiry).startswith(pattern.expiry):
                continue
            for strike in one.strikes if pattern.strike is None else _only(pattern.strike, one.strikes):
                found.extend(
                    one.option(pattern.symbol, strike, right, currency)
                    for right in Right
                    if pattern.right in (None, right)
                )
        return sorted(found, key=lambda o: (o.expiry, o.trading_class, o.strike, o.right.value))


@lru_cache(maxsize=1024)
def _digits(day: date) -> str:
    """A day as patterns name it."""
    return f"{day:%Y%m%d}"


def _only(strike: Decimal, strikes: Sequence[Decimal]) -> Sequence[Decimal]:
    """The one of these ascending strikes that is equal to another; nothing where none is."""
    at = bisect_left(strikes, strike)
    return strikes[at : at + 1] if at < len(strikes) and strikes[at] == strike else ()
