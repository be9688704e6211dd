"""The words between the data side of the simulated market and its accounts: listings, terms, actions.

`MarketSource` is what `Exchange` needs from a market; the shipped one draws its prices from history
and surfaces, the one of the tests reads them from a table. Every answer is a pure function of the
seed, the contract and the market time, so any number of readers in any order sees one market.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from premia.domain.instrument import Contract, Index, Option, Right, Settlement, Stock, Style
from premia.domain.money import Price
from premia.domain.quote import Greeks, Quote
from premia.domain.sessions import Sessions
from premia.exchange.types import Bar, Terms


class Dividend(msgspec.Struct, frozen=True):
    """A cash dividend per share.

    Who holds before the open of `ex` is paid on `pay`; nobody knows of it before `declared`.
    """

    ex: date
    pay: date
    amount: Decimal
    declared: date


class Split(msgspec.Struct, frozen=True):
    """From the open of `ex`, `denominator` old shares are `numerator` new ones."""

    ex: date
    numerator: int
    denominator: int


class DividendOutlook(msgspec.Struct, frozen=True):
    """Dividends as IB's generic tick 456 states them; per share, None where nothing is declared."""

    past_year: Decimal
    next_year: Decimal
    next_date: date | None
    next_amount: Decimal | None


class Series(msgspec.Struct, frozen=True):
    """All strikes of one expiry and trading class that exist at an instant, ascending."""

    expiry: date
    strikes: tuple[Decimal, ...]
    trading_class: str
    style: Style = Style.AMERICAN
    settlement: Settlement = Settlement.SHARES
    multiplier: int = 100

    def option(self, symbol: str, strike: Decimal, right: Right, currency: str = "USD") -> Option:
        """The option of this series at a strike."""
        return Option(
            symbol=symbol,
            expiry=self.expiry,
            strike=strike,
            right=right,
            currency=currency,
            multiplier=self.multiplier,
            trading_class=self.trading_class,
            style=self.style,
            settlement=self.settlement,
        )


class Listing(msgspec.Struct, frozen=True):
    """The option series of one underlying that exist at an instant, by expiry."""

    symbol: str
    series: tuple[Series, ...]

    def has(self, option: Option) -> bool:
        """Whether exactly this option exists."""
        name = option.trading_class or option.symbol
        return any(
            one.expiry == option.expiry
            and one.trading_class == name
            and one.settlement is option.settlement
            and one.multiplier == option.multiplier
            and option.strike in one.strikes
            for one in self.series
        )


class OptionClass(msgspec.Struct, frozen=True):
    """One class of options as chain parameters state it: strikes are the union over all expiries."""

    exchange: str
    trading_class: str
    multiplier: int
    expiries: tuple[date, ...]
    strikes: tuple[Decimal, ...]


class Pattern(msgspec.Struct, frozen=True):
    """A search for contracts; what is empty matches everything.

    Attributes:
        kind: `STK`, `IND` or `OPT`.
        expiry: Empty, `YYYYMM` or `YYYYMMDD`.
    """

    symbol: str
    kind: str
    expiry: str = ""
    strike: Decimal | None = None
    right: Right | None = None
    trading_class: str = ""


class UnderlyingSettings(msgspec.Struct, frozen=True):
    """What does not move about an underlying.

    Attributes:
        margin_class: A value of `premia.margin.reg_t.MarginClass`: stock, broad_etf, broad_index, vix.
        tick_class: A name of `premia.pricing.ticks.TickClass`: FINE, PENNY, INDEX, OTHER.
        etf: Whether it is a fund.
        leverage: 2 or 3 for a leveraged fund.
    """

    long_name: str
    margin_class: str = "stock"
    tick_class: str = "OTHER"
    etf: bool = False
    leverage: int = 1


class MarketSource(Protocol):
    """Prices, listings and corporate actions, each a pure function of seed, contract and market time."""

    @property
    def sessions(self) -> Sessions:
        """The trading days that the market knows."""
        ...

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every underlying."""
        ...

    def spot(self, symbol: str, at: datetime) -> float:
        """Price of the underlying; outside hours the last close."""
        ...

    def quotes(self, contracts: Sequence[Contract], at: datetime) -> list[Quote]:
        """Best bids and offers, one a contract."""
        ...

    def greeks(self, contracts: Sequence[Option], at: datetime) -> list[Greeks]:
        """Model values, one an option."""
        ...

    def fair(self, contracts: Sequence[Contract], at: datetime) -> NDArray[np.float64]:
        """Value per share before rounding to ticks, shape (n,)."""
        ...

    def last(self, contract: Contract, at: datetime) -> Price | None:
        """Last trade per share."""
        ...

    def previous_close(self, contract: Contract, at: datetime) -> Price | None:
        """Close of the session before that of `at`, per share."""
        ...

    def open_interest(self, option: Option, at: datetime) -> int:
        """Open contracts as of the evening before."""
        ...

    def volume(self, contract: Contract, at: datetime) -> int:
        """Contracts or shares traded in the session so far."""
        ...

    def iv30(self, symbol: str, at: datetime) -> float | None:
        """Implied 30-day volatility of the underlying, annualised fraction."""
        ...

    def hv30(self, symbol: str, at: datetime) -> float | None:
        """Realised 30-day volatility of the underlying, annualised fraction."""
        ...

    def close(self, symbol: str, day: date) -> Decimal:
        """Official close of a session."""
        ...

    def settlement_value(self, symbol: str, day: date) -> Decimal | None:
        """Opening settlement value of an AM-settled expiry; None where it is not known."""
        ...

    def dividends(self, symbol: str) -> Sequence[Dividend]:
        """Every dividend of the data, by ex-date, declared or not."""
        ...

    def splits(self, symbol: str) -> Sequence[Split]:
        """Every split of the data, by ex-date."""
        ...

    def rate(self, at: datetime) -> float:
        """Risk-free rate, continuously compounded, annualised fraction."""
        ...

    def listed(self, symbol: str, at: datetime) -> Listing:
        """The option series that exist at an instant."""
        ...

    def is_listed(self, option: Option, at: datetime) -> bool:
        """Whether exactly this option exists at an instant; on the evening of its last day it still does."""
        ...

    def by_con_id(self, con_id: int) -> Contract | None:
        """The contract that a number stands for; None where it is no number of this market."""
        ...

    def terms(self, contract: Contract) -> Terms:
        """Details of a contract; in them the contract under the one name by which the market knows it."""
        ...

    def underlier(self, symbol: str) -> Stock | Index:
        """The contract of an underlying."""
        ...

    def bars(self, contract: Contract, end: datetime, days: int, bar_seconds: int, what: str) -> list[Bar]:
        """Past prices up to `end`."""
        ...

    def settings(self, symbol: str) -> UnderlyingSettings:
        """What does not move about an underlying."""
        ...
