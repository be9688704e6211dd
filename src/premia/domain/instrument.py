"""What can be traded or watched: stocks, indices and option series.

A `Contract` is one of three frozen values without any broker's id; adapters map them to their own.
`value_of` is the only bridge from a price per share to money, because only the contract knows its
multiplier. `key` is the name by which journals, logs and dictionaries know a contract.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache

import msgspec

from premia.domain.money import Money, Price


class Right(Enum):
    """What the holder of an option may do: buy (call) or sell (put)."""

    CALL = "C"
    PUT = "P"

    __hash__ = object.__hash__  # members are unique; contracts are hashed all the time

    @property
    def sign(self) -> int:
        """+1 for a call, -1 for a put, as pricing formulas write it."""
        return 1 if self is Right.CALL else -1


class Style(Enum):
    """When an option may be exercised."""

    AMERICAN = "american"
    EUROPEAN = "european"

    __hash__ = object.__hash__


class Settlement(Enum):
    """What changes hands at exercise: shares, or cash by the close (PM) or by an opening value (AM)."""

    SHARES = "shares"
    CASH_PM = "cash_pm"
    CASH_AM = "cash_am"

    __hash__ = object.__hash__


class Stock(msgspec.Struct, frozen=True, tag="stock"):
    """A share or fund, by its ticker."""

    symbol: str
    currency: str = "USD"

    @property
    def key(self) -> str:
        """The ticker."""
        return self.symbol

    @property
    def multiplier(self) -> int:
        """One: a price of a share is its value."""
        return 1

    def value_of(self, price: Price, quantity: int) -> Money:
        """Signed value of `quantity` shares at `price`."""
        return Money(price * quantity, self.currency)


class Index(msgspec.Struct, frozen=True, tag="index"):
    """An index: it can be watched and written on, never held."""

    symbol: str
    currency: str = "USD"

    @property
    def key(self) -> str:
        """The ticker."""
        return self.symbol

    @property
    def multiplier(self) -> int:
        """One: an index has a level, not a value."""
        return 1

    def value_of(self, price: Price, quantity: int) -> Money:
        """Signed value of `quantity` units at `price`."""
        return Money(price * quantity, self.currency)


class Option(msgspec.Struct, frozen=True, tag="option"):
    """One option series.

    Attributes:
        symbol: Ticker of the underlying.
        expiry: Expiration date; the last trading day is the session before it when `settlement` is `CASH_AM`.
        strike: Per share.
        multiplier: Shares a contract; a number other than 100 marks an adjusted contract.
        trading_class: The exchange's class (`SPXW`); the symbol where empty.
        adjusted: Whether a corporate action changed what it delivers.
    """

    symbol: str
    expiry: date
    strike: Decimal
    right: Right
    currency: str = "USD"
    multiplier: int = 100
    trading_class: str = ""
    style: Style = Style.AMERICAN
    settlement: Settlement = Settlement.SHARES
    adjusted: bool = False

    @property
    def key(self) -> str:
        """`SPY 2026-01-16 480 P`, led by the trading class where it differs from the symbol."""
        return _key_of(self)

    def value_of(self, price: Price, quantity: int) -> Money:
        """Signed value of `quantity` contracts at `price` a share."""
        return Money(price * self.multiplier * quantity, self.currency)

    def intrinsic(self, spot: Decimal) -> Price:
        """What exercising is worth now, per share; never below zero."""
        return Price(max((spot - self.strike) * self.right.sign, Decimal(0)))

    @property
    def strike_value(self) -> Money:
        """What is paid or received for the shares of one contract at the strike."""
        return Money(self.strike * self.multiplier, self.currency)


Contract = Stock | Index | Option
Underlier = Stock | Index


@lru_cache(maxsize=16_384)
def _key_of(option: Option) -> str:
    """The name of an option; books and journals ask for it over and over."""
    own = option.trading_class in ("", option.symbol)
    name = option.symbol if own else f"{option.symbol}/{option.trading_class}"
    return f"{name} {option.expiry.isoformat()} {strike_text(option.strike)} {option.right.value}"


def strike_text(strike: Decimal) -> str:
    """A strike without idle zeros: `480`, `97.5`."""
    text = f"{strike:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
