"""What happened to underlyings beside their prices: the events of a store.

A backtest that does not know of a split sees a crash, and one that does not know of a dividend takes a
price that fell on the ex-date for a loss. All of it is dated by the day on which it takes effect, which is
not the day on which it became known: only `declared` says that, and only for dividends.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

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
        MarketDataError: Where two sources tell different things of one symbol, day and kind, or one source
            tells two; dividends alone may be several on a day, a regular and a special one.
    """
    found: dict[str, dict[str, tuple[msgspec.Struct, ...]]] = {name: {} for name in Events.__struct_fields__}
    for events in all_events:
        for kind, known in found.items():
            for place, told in _by_place(getattr(events, kind)).items():
                before = known.setdefault(place, told)
                if before != told or (len(told) > 1 and kind != "dividends"):
                    one, other = (before[0], told[0]) if before != told else told[:2]
                    raise MarketDataError(f"The sources contradict each other: {one} and {other}. Drop one.")
    ordered = {
        kind: [one for place in sorted(known) for one in known[place]] for kind, known in found.items()
    }
    return msgspec.convert(ordered, Events, from_attributes=True)


def _by_place(events: Iterable[msgspec.Struct]) -> dict[str, tuple[msgspec.Struct, ...]]:
    """Events by symbol and day, each once and in one order."""
    found: dict[str, set[msgspec.Struct]] = {}
    for event in events:
        found.setdefault(_place(event), set()).add(event)
    return {place: tuple(sorted(told, key=repr)) for place, told in found.items()}


def _place(event: msgspec.Struct) -> str:
    """Symbol and day."""
    return f"{getattr(event, 'symbol', '')} {getattr(event, 'day')}"  # noqa: B009 - the base class has no day
