"""Quotes: the two sides of a market at one instant, and what kind of data they are.

`mid` is derived, `natural` is the price that fills now. A side without an offer is None, never a
number; a quote without both sides, crossed, or not live is not tradable, and says why.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

import msgspec

from premia.domain.money import Price


class DataKind(Enum):
    """How fresh the source says its data are; only `LIVE` may be traded on."""

    LIVE = "live"
    FROZEN = "frozen"
    DELAYED = "delayed"
    DELAYED_FROZEN = "delayed_frozen"


class Greeks(msgspec.Struct, frozen=True):
    """Model values of one option per share; None is a value that was not delivered.

    Attributes:
        iv: Annualised implied volatility as a fraction.
        delta: Per 1 USD of the underlying, signed (puts negative).
        gamma: Delta per 1 USD.
        theta: USD a share per calendar day.
        vega: USD a share per volatility point.
        underlying: Price of the underlying that the model used.
    """

    iv: float | None = None
    delta: float | None = None
    gamma: float | None = None
    theta: float | None = None
    vega: float | None = None
    underlying: float | None = None


class Quote(msgspec.Struct, frozen=True):
    """Best bid and offer of one contract at `as_of` (market time), per share; sizes in contracts."""

    bid: Price | None
    ask: Price | None
    as_of: datetime
    bid_size: int = 0
    ask_size: int = 0
    kind: DataKind = DataKind.LIVE

    @property
    def mid(self) -> Price | None:
        """Half-way between the sides; None where a side is missing."""
        if self.bid is None or self.ask is None:
            return None
        return Price((self.bid + self.ask) / 2)

    @property
    def width(self) -> Price | None:
        """Ask less bid; None where a side is missing."""
        if self.bid is None or self.ask is None:
            return None
        return Price(self.ask - self.bid)

    def natural(self, quantity: int) -> Price | None:
        """The price that fills now: the ask for a purchase (positive), the bid for a sale."""
        return self.ask if quantity > 0 else self.bid

    def age(self, at: datetime) -> timedelta:
        """Market time since the quote was true."""
        return at - self.as_of

    def fault(self) -> str | None:
        """Why nothing may be traded on this quote, in words; None where it may."""
        if self.kind is not DataKind.LIVE:
            return f"data are {self.kind.value}, not live"
        if self.bid is None or self.ask is None:
            return "one side has no quote" if self.bid is not self.ask else "no quote"
        if self.bid < 0 or self.ask <= 0:
            return f"bid {self.bid} and ask {self.ask} are no market"
        if self.bid > self.ask:
            return f"crossed: bid {self.bid} above ask {self.ask}"
        return None


NO_PRICE = Decimal(-1)
"""The broker's sign for a side without an offer; adapters turn it into None."""
