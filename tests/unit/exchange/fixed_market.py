"""A market whose every price is written down by the test: step functions of time, nothing drawn.

It answers everything that the exchange asks of a market. A price holds from its instant until the
next one given; a contract without a quote has none. Times are New York wall-clock texts such as
`2024-03-15 10:00`. Build it first, trade on it afterwards.
"""

# ruff: noqa: ARG002 - the questions of an exchange carry more than a table needs to answer them

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import blake2b

import msgspec
import numpy as np
from numpy.typing import NDArray

from premia.domain.dates import NEW_YORK, new_york, session_of
from premia.domain.instrument import Contract, Index, Option, Right, Settlement, Stock, Style
from premia.domain.money import Price
from premia.domain.quote import Greeks, Quote
from premia.domain.sessions import Session, Sessions
from premia.exchange.types import Bar, Terms
from premia.exchange.types_market import Dividend, Listing, Series, Split, UnderlyingSettings

ENDLESS = 1_000_000
"""A displayed size that never binds."""


def at(text: str) -> datetime:
    """The UTC instant of a New York time such as `2024-03-15 10:00`."""
    return (
        datetime.fromisoformat(text)
        .replace(tzinfo=NEW_YORK)
        .astimezone(new_york(date(2024, 1, 1), time()).tzinfo)
    )


def weekdays(first: date, last: date, holidays: Iterable[date] = ()) -> Sessions:
    """Sessions from 9:30 to 16:00 on every weekday that is no holiday."""
    closed = set(holidays)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return Sessions(
        Session(day, new_york(day, time(9, 30)), new_york(day, time(16, 0)))
        for day in days
        if day.weekday() < 5 and day not in closed
    )


def a_put(expiry: str, strike: str, symbol: str = "ABC") -> Option:
    """An American put, settled in shares."""
    return Option(symbol, date.fromisoformat(expiry), Decimal(strike), Right.PUT)


def a_call(expiry: str, strike: str, symbol: str = "ABC") -> Option:
    """An American call, settled in shares."""
    return Option(symbol, date.fromisoformat(expiry), Decimal(strike), Right.CALL)


class Steps(msgspec.Struct):
    """A step function of time."""

    times: list[datetime]
    values: list[object]

    def at(self, when: datetime) -> object | None:
        """The value that holds at an instant; None before the first one."""
        i = bisect_right(self.times, when) - 1
        return self.values[i] if i >= 0 else None

    def put(self, when: datetime, value: object) -> None:
        """Let a value hold from an instant on."""
        i = bisect_right(self.times, when)
        self.times.insert(i, when)
        self.values.insert(i, value)


class FixedMarket:
    """Prices by table; see the module."""

    def __init__(self, first: str, last: str, holidays: Iterable[str] = (), rate: float = 0.0) -> None:
        self.sessions = weekdays(
            date.fromisoformat(first), date.fromisoformat(last), (date.fromisoformat(one) for one in holidays)
        )
        self.asked = 0
        """How often quotes were asked for."""
        self._rate = Steps([new_york(self.sessions.first.day, time(0))], [rate])
        self._own: dict[str, Stock | Index] = {}
        self._spots: dict[str, Steps] = {}
        self._closes: dict[tuple[str, date], Decimal] = {}
        self._settings: dict[str, UnderlyingSettings] = {}
        self._dividends: dict[str, list[Dividend]] = {}
        self._splits: dict[str, list[Split]] = {}
        self._quotes: dict[Contract, Steps] = {}
        self._options: dict[str, list[Option]] = {}
        self._settlements: dict[tuple[str, date], Decimal] = {}

    # What a test writes down

    def stock(
        self, symbol: str, prices: Mapping[str, str], settings: UnderlyingSettings | None = None
    ) -> Stock:
        """A stock whose price is given by instant; it is quoted a cent around it, without limit of size."""
        own = Stock(symbol)
        self._list(own, prices, settings or UnderlyingSettings(f"{symbol} Corp."))
        return own

    def index(
        self, symbol: str, levels: Mapping[str, str], settings: UnderlyingSettings | None = None
    ) -> Index:
        """An index whose level is given by instant."""
        own = Index(symbol)
        self._list(own, levels, settings or UnderlyingSettings(symbol, "broad_index", "INDEX"))
        return own

    def quote(
        self, contract: Contract, when: str, bid: str | None, ask: str | None, size: int = ENDLESS
    ) -> None:
        """From an instant on, a contract's bid, offer and displayed size; an option becomes listed by it."""
        value = (None if bid is None else Decimal(bid), None if ask is None else Decimal(ask), size)
        self._quotes.setdefault(contract, Steps([], [])).put(at(when), value)
        if isinstance(contract, Option) and contract not in self._options.setdefault(contract.symbol, []):
            self._options[contract.symbol].append(contract)

    def close_at(self, symbol: str, day: str, value: str) -> None:
        """The official close of a day, where it is not the price at that time."""
        self._closes[symbol, date.fromisoformat(day)] = Decimal(value)

    def settle_at(self, symbol: str, day: str, value: str) -> None:
        """The opening settlement value of a day."""
        self._settlements[symbol, date.fromisoformat(day)] = Decimal(value)

    def dividend(self, symbol: str, ex: str, pay: str, amount: str) -> None:
        """A cash dividend per share, declared long ago."""
        days = date.fromisoformat(ex), date.fromisoformat(pay)
        self._dividends[symbol].append(Dividend(*days, Decimal(amount), declared=self.sessions.first.day))

    def split(self, symbol: str, ex: str, numerator: int, denominator: int) -> None:
        """A split effective on a day."""
        self._splits[symbol].append(Split(date.fromisoformat(ex), numerator, denominator))

    def rate_from(self, when: str, rate: float) -> None:
        """The continuously compounded rate from an instant on."""
        self._rate.put(at(when), rate)

    def _list(self, own: Stock | Index, prices: Mapping[str, str], settings: UnderlyingSettings) -> None:
        self._own[own.symbol] = own
        table = Steps([], [])
        for when, price in prices.items():
            table.put(at(when), Decimal(price))
        self._spots[own.symbol] = table
        self._settings[own.symbol] = settings
        self._dividends.setdefault(own.symbol, [])
        self._splits.setdefault(own.symbol, [])

    # What the exchange asks

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(self._own)

    def underlier(self, symbol: str) -> Stock | Index:
        return self._own[symbol]

    def settings(self, symbol: str) -> UnderlyingSettings:
        return self._settings[symbol]

    def level(self, symbol: str, when: datetime) -> Decimal:
        """The exact price of an underlying."""
        found = self._spots[symbol].at(when)
        assert isinstance(found, Decimal), f"{symbol} has no price at {when}; give it one."
        return found

    def spot(self, symbol: str, at: datetime) -> float:
        return float(self.level(symbol, at))

    def quotes(self, contracts: Sequence[Contract], at: datetime) -> list[Quote]:
        self.asked += 1
        return [self._quote(one, at) for one in contracts]

    def _quote(self, contract: Contract, when: datetime) -> Quote:
        table = self._quotes.get(contract)
        found = table.at(when) if table is not None else None
        if found is not None:
            bid, ask, size = found  # type: ignore[misc]  # rows are written by `quote` above
            return Quote(bid, ask, when, size, size)
        if isinstance(contract, Stock):
            level = self.level(contract.symbol, when)
            cent = Decimal("0.01")
            return Quote(Price(level - cent), Price(level + cent), when, ENDLESS, ENDLESS)
        return Quote(None, None, when)

    def greeks(self, contracts: Sequence[Option], at: datetime) -> list[Greeks]:
        return [Greeks(underlying=self.spot(one.symbol, at)) for one in contracts]

    def fair(self, contracts: Sequence[Contract], at: datetime) -> NDArray[np.float64]:
        return np.array([float(self._fair(one, at)) for one in contracts])

    def _fair(self, contract: Contract, when: datetime) -> Decimal:
        quote = self._quote(contract, when)
        if quote.mid is not None:
            return quote.mid
        level = self.level(contract.symbol, when)
        return contract.intrinsic(level) if isinstance(contract, Option) else level

    def last(self, contract: Contract, at: datetime) -> Price | None:
        return self._quote(contract, at).mid

    def previous_close(self, contract: Contract, at: datetime) -> Price | None:
        before = self.sessions.before(session_of(at))
        return Price(self.close(contract.symbol, before.day))

    def open_interest(self, option: Option, at: datetime) -> int:
        return 100 if option in self._options.get(option.symbol, []) else 0

    def volume(self, contract: Contract, at: datetime) -> int:
        return 0

    def iv30(self, symbol: str, at: datetime) -> float | None:
        return 0.2

    def hv30(self, symbol: str, at: datetime) -> float | None:
        return 0.2

    def close(self, symbol: str, day: date) -> Decimal:
        known = self._closes.get((symbol, day))
        return known if known is not None else self.level(symbol, new_york(day, time(16, 0)))

    def settlement_value(self, symbol: str, day: date) -> Decimal | None:
        return self._settlements.get((symbol, day))

    def dividends(self, symbol: str) -> Sequence[Dividend]:
        return self._dividends[symbol]

    def splits(self, symbol: str) -> Sequence[Split]:
        return self._splits[symbol]

    def rate(self, at: datetime) -> float:
        found = self._rate.at(at)
        return found if isinstance(found, float) else 0.0

    def listed(self, symbol: str, at: datetime) -> Listing:
        rows: dict[tuple[date, str, Style, Settlement, int], set[Decimal]] = {}
        for one in self._options.get(symbol, []):
            key = (one.expiry, one.trading_class or one.symbol, one.style, one.settlement, one.multiplier)
            rows.setdefault(key, set()).add(one.strike)
        return Listing(
            symbol,
            tuple(
                Series(expiry, tuple(sorted(strikes)), name, style, settlement, multiplier)
                for (expiry, name, style, settlement, multiplier), strikes in rows.items()
            ),
        )

    def is_listed(self, option: Option, at: datetime) -> bool:
        return self.listed(option.symbol, at).has(option)

    def by_con_id(self, con_id: int) -> Contract | None:
        everything = [*self._own.values(), *(one for rows in self._options.values() for one in rows)]
        return next((one for one in everything if self.terms(one).con_id == con_id), None)

    def terms(self, contract: Contract) -> Terms:
        if isinstance(contract, Option) and contract.trading_class == contract.symbol:
            contract = msgspec.structs.replace(contract, trading_class="")
        con_id = int.from_bytes(blake2b(contract.key.encode(), digest_size=4).digest(), "big") >> 1
        cent, nickel = Decimal("0.01"), Decimal("0.05")
        option = isinstance(contract, Option)
        kind = "" if option else "INDEX" if isinstance(contract, Index) else "COMMON"
        high = nickel if option else cent
        last = contract.expiry if isinstance(contract, Option) else None
        name = self._settings[contract.symbol].long_name
        return Terms(con_id, contract, name, "SMART", "TEST", cent, high, cent, last, kind)

    def bars(self, contract: Contract, end: datetime, days: int, bar_seconds: int, what: str) -> list[Bar]:
        past = [one for one in self.sessions if one.closes <= end][-days:]
        closes = [(one.opens, float(self.close(contract.symbol, one.day))) for one in past]
        return [Bar(opens, close, close, close, close, 0) for opens, close in closes]
