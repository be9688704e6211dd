"""What happened to underlyings beside their prices: the events of a store.

A backtest that does not know of a split sees a crash, and one that does not know of a dividend takes a
price that fell on the ex-date for a loss. All of it is dated by the day on which it takes effect, which is
not the day on which it became known: only `declared` says that, and only for dividends.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise

import msgspec

from premia.domain.errors import MarketDataError


class ShareSplit(msgspec.Struct, frozen=True, order=True):
    """From the open of `day`, `denominator` old shares are `numerator` new ones; strikes follow."""

    symbol: str
    day: date
    numerator: int
    denominator: int


class CashDividend(msgspec.Struct, frozen=True, order=True):
    """USD a share, paid on `pay` to whoever holds before the open of `day`.

    Attributes:
        day: The ex-date.
        amount: USD a share as paid, not adjusted for later splits.
        pay: Day of payment; None where it is not known.
        declared: Day on which it became known; None where that is not known.
    """

    symbol: str
    day: date
    amount: Decimal
    pay: date | None = None
    declared: date | None = None


class SymbolChange(msgspec.Struct, frozen=True, order=True):
    """From `day` on, what traded as `symbol` trades as `to`.

    An empty `to` says that from `day` on `symbol` is another company's: a ticker that is used again.
    """

    symbol: str
    day: date
    to: str = ""


class Delisting(msgspec.Struct, frozen=True, order=True):
    """`day` is the last on which the underlying traded.

    Attributes:
        value: What a share was worth afterwards, USD (cash of a merger, 0 if bankrupt); None where unknown.
    """

    symbol: str
    day: date
    value: Decimal | None = None


class EarlyClose(msgspec.Struct, frozen=True, order=True):
    """On `day` the exchange closed at `at`, `HH:MM` of its own time."""

    day: date
    at: str = "13:00"


class SettlementValue(msgspec.Struct, frozen=True, order=True):
    """Opening settlement value of a trading class (`symbol`) for the AM-settled expiry of `day`."""

    symbol: str
    day: date
    value: Decimal


class OfficialClose(msgspec.Struct, frozen=True, order=True):
    """Official close of an underlying; wanted for sessions that a recording lacks."""

    symbol: str
    day: date
    value: Decimal


class Earnings(msgspec.Struct, frozen=True, order=True):
    """A company reports on `day`; `when` is `before` the open, `after` the close, or empty where unknown."""

    symbol: str
    day: date
    when: str = ""


class Events(msgspec.Struct, frozen=True):
    """Events of all underlyings of a store, each kind ascending by symbol and day."""

    splits: tuple[ShareSplit, ...] = ()
    dividends: tuple[CashDividend, ...] = ()
    symbol_changes: tuple[SymbolChange, ...] = ()
    delistings: tuple[Delisting, ...] = ()
    early_closes: tuple[EarlyClose, ...] = ()
    settlements: tuple[SettlementValue, ...] = ()
    closes: tuple[OfficialClose, ...] = ()
    earnings: tuple[Earnings, ...] = ()

    @property
    def count(self) -> int:
        """How many events there are."""
        return sum(len(getattr(self, kind)) for kind in self.__struct_fields__)


def merged(all_events: Iterable[Events]) -> Events:
    """The events of several sources as one, each once.

    Raises:
        MarketDataError: Where two sources tell different things of one symbol, day and kind.
    """
    found: dict[str, set[tuple[str, msgspec.Struct]]] = {kind: set() for kind in Events.__struct_fields__}
    for events in all_events:
        for kind, known in found.items():
            known |= {(_place(one), one) for one in getattr(events, kind)}
    ordered: dict[str, tuple[msgspec.Struct, ...]] = {}
    for kind, known in found.items():
        rows = sorted(known)
        for (before, told), (after, other) in pairwise(rows):
            if before == after:
                raise MarketDataError(f"The sources contradict each other: {told} and {other}. Drop one.")
        ordered[kind] = tuple(one for _, one in rows)
    return msgspec.convert(ordered, Events, from_attributes=True)


def _place(event: msgspec.Struct) -> str:
    """Symbol and day: there is one event of a kind at each."""
    return f"{getattr(event, 'symbol', '')} {getattr(event, 'day')}"  # noqa: B009 - the base class has no day
