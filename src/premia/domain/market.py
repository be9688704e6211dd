"""What strategies ask of the market, and what they are shown.

A `MarketRequest` is the union of what the due strategies need; a `MarketView` answers it, part by
part, each with its own time, and says in words what could not be had. A view is never journalled:
the journal keeps the evidence inside each decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from premia.domain.instrument import Option, Right
from premia.domain.known import Known, Unknown
from premia.domain.money import Price
from premia.domain.quote import Greeks, Quote

if TYPE_CHECKING:  # a journal is read without numpy, which a chain's columns need
    from premia.domain.chain import Chain


class Dividend(msgspec.Struct, frozen=True):
    """A cash dividend a share: who holds at the open of `ex` is paid."""

    ex: date
    amount: Decimal
    pay: date | None = None


class Scan(msgspec.Struct, frozen=True):
    """Which options of an underlying a strategy wants to see.

    The source asks for the strikes that can lie in the delta band, widening only when it must; rows
    outside the band may come along, and rows that do not exist are simply absent.

    Attributes:
        right: Puts or calls.
        delta_min, delta_max: The band of absolute delta.
        dte_min, dte_max: Whole calendar days to expiry.
        expirations: How many expirations at the most, the earliest first.
        strike_min, strike_max: Per share; None where unbounded.
        delta_target: The absolute delta wanted most; a source looks there first (None: middle of the band).
    """

    right: Right
    delta_min: float
    delta_max: float
    dte_min: int
    dte_max: int
    expirations: int = 4
    strike_min: Decimal | None = None
    strike_max: Decimal | None = None
    delta_target: float | None = None


class SymbolRequest(msgspec.Struct, frozen=True):
    """What is needed of one underlying.

    Attributes:
        symbol: Its ticker.
        scans: Options to look for.
        contracts: Series that must be quoted whatever their delta: what is held.
    """

    symbol: str
    scans: tuple[Scan, ...] = ()
    contracts: tuple[Option, ...] = ()


class MarketRequest(msgspec.Struct, frozen=True):
    """What a cycle needs to see; one entry a symbol."""

    symbols: tuple[SymbolRequest, ...]


class Underlying(NamedTuple):
    """An underlying as it is now.

    Attributes:
        symbol: Its ticker.
        quote: Its own market; an index has no sides, then `last` speaks.
        last: Last trade or index level; None where unknown.
        previous_close: Official close of the session before; None where unknown.
        iv30, hv30: Annualised fractions, implied and realised over about 30 days; None where unknown.
        fund: Whether it is a fund or index (no earnings) rather than a single stock; None where unknown.
        dividend: The next dividend; `Known(None)` is a known absence.
        earnings: Next earnings date; `Known(None)` for what has none.
        halted: Whether its exchange has halted trading in it.
    """

    symbol: str
    quote: Quote
    last: Price | None
    previous_close: Price | None
    iv30: float | None
    hv30: float | None
    fund: bool | None
    dividend: Known[Dividend | None] | Unknown
    earnings: Known[date | None] | Unknown
    halted: bool = False

    @property
    def spot(self) -> Price | None:
        """The middle of its market, else the last trade."""
        return self.quote.mid if self.quote.mid is not None else self.last


class Seen(NamedTuple):
    """All that could be had of one symbol; `gaps` says in words what could not."""

    underlying: Underlying
    chain: Chain
    gaps: tuple[str, ...] = ()

    def option(self, contract: Option) -> tuple[Quote, Greeks] | None:
        """Quote and greeks of a series; None where it was not delivered."""
        row = self.chain.find(contract)
        return None if row is None else (self.chain.quote(row), self.chain.greeks(row))


class MarketView(NamedTuple):
    """The answer to a request at market time `at`; a symbol without one is `Unknown` with the reason."""

    at: datetime
    symbols: Mapping[str, Seen | Unknown]

    def seen(self, symbol: str) -> Seen | Unknown:
        """What is known of a symbol; `Unknown` where nothing was asked or answered."""
        return self.symbols.get(symbol, Unknown(self.at, f"{symbol} was not part of the market request"))
