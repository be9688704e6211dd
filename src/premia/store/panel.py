"""All option quotes of one underlying over time: the columns that everything on history reads.

Rows lie in one order: by day, expiry, trading class, right (puts first) and strike. So the rows of a day
are adjacent, and within it those of an expiry, a class and a right, by ascending strike: such a run is a
`group`, found through `day_groups` without looking at a row, and a strike or a delta inside it by bisection.
`next` leads from each row to the same contract's row on the next recorded day.

Prices are whole 1/10,000 USD a share, as in rules. What was not quoted is -1, never zero; what has no
model value is NaN. Every column may be a view of a file: nothing here writes into one.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Right

NOT_QUOTED = -1
PRICE_MAX = 2**31 - 1
"""The highest price of the columns of four bytes: 214,748.3647 USD."""

QUOTE = np.dtype([("strike", "<i4"), ("bid", "<i4"), ("ask", "<i4"), ("delta", "<f4")])
"""One quote, 16 bytes: prices in 1/10,000 USD, a side without a quote -1; delta signed, NaN where unknown."""

GROUP = np.dtype([("expiry", "<i4"), ("root", "<i2"), ("right", "<i2"), ("start", "<i4"), ("stop", "<i4")])
"""A run of rows of one day: expiry in days since 1970, place in `roots`, +1 call or -1 put, rows."""

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]


class Rows(NamedTuple):
    """Quotes in any order, one a row, all of shape (n,): what a panel is built of.

    Attributes:
        day, expiry: Days since 1970-01-01.
        strike, bid, ask, last: 1/10,000 USD a share; a side that was not quoted is -1.
        right: +1 call, -1 put.
        root: Place of the trading class in the panel's `roots`.
        volume, open_interest: Contracts; -1 where unknown.
        iv, delta: Annualised fraction and signed delta a share; NaN where unknown.
    """

    day: Int32s
    expiry: Int32s
    strike: Int32s
    right: NDArray[np.int8]
    root: NDArray[np.int16]
    bid: Int32s
    ask: Int32s
    last: Int32s
    volume: Int32s
    open_interest: Int32s
    iv: Float32s
    delta: Float32s

    def taken(self, order: Int64s) -> Rows:
        """Some of the rows, in the order given."""
        return Rows(
            day=self.day[order],
            expiry=self.expiry[order],
            strike=self.strike[order],
            right=self.right[order],
            root=self.root[order],
            bid=self.bid[order],
            ask=self.ask[order],
            last=self.last[order],
            volume=self.volume[order],
            open_interest=self.open_interest[order],
            iv=self.iv[order],
            delta=self.delta[order],
        )


class Days(NamedTuple):
    """What is known of the underlying on each recorded day, ascending, all of shape (d,).

    Attributes:
        day: Days since 1970-01-01.
        at: Microseconds since 1970-01-01 UTC of the snapshot.
        spot: Price of the underlying at the snapshot, 1/10,000 USD; -1 where unknown.
        close: Official close, 1/10,000 USD; -1 where unknown.
    """

    day: Int32s
    at: Int64s
    spot: Int64s
    close: Int64s


class Panel(NamedTuple):
    """One underlying over d days, n rows and g groups.

    Attributes:
        symbol: Ticker of the underlying.
        kind: `stock`, `fund` or `index`.
        roots: Trading classes.
        days: The underlying, day by day.
        day_groups: Groups of day i are `day_groups[i]` to `day_groups[i + 1]`, shape (d + 1,).
        groups: Runs of rows, `GROUP`, shape (g,).
        quotes: `QUOTE`, shape (n,).
        last: Last trade, 1/10,000 USD, -1 where none, shape (n,).
        iv: Annualised fraction, NaN where unknown, shape (n,).
        volume, open_interest: Contracts, -1 where unknown, shape (n,).
        next: Row of the same contract on the next recorded day; -1 where it has none, shape (n,).
    """

    symbol: str
    kind: str
    roots: tuple[str, ...]
    days: Days
    day_groups: Int64s
    groups: NDArray[np.void]
    quotes: NDArray[np.void]
    last: Int32s
    iv: Float32s
    volume: Int32s
    open_interest: Int32s
    next: Int32s

    def day_number(self, day: date) -> int | None:
        """Place of a day among the recorded ones; None where it was not recorded."""
        wanted = day.toordinal() - _UNIX_DAY
        place = int(np.searchsorted(self.days.day, wanted))
        return place if place < self.days.day.size and int(self.days.day[place]) == wanted else None

    def rows_of(self, number: int) -> slice:
        """Rows of a day, by its place."""
        first, last = int(self.day_groups[number]), int(self.day_groups[number + 1])
        if first == last:
            return slice(0, 0)
        return slice(int(self.groups["start"][first]), int(self.groups["stop"][last - 1]))

    def row(self, number: int, expiry: int, root: int, right: Right, strike: int) -> int:
        """Row of a contract on a day, by the day's place; -1 where it was not recorded.

        Args:
            number: Place of the day.
            expiry: Days since 1970-01-01.
            root: Place of the trading class.
            right: Put or call.
            strike: 1/10,000 USD.
        """
        for at in range(int(self.day_groups[number]), int(self.day_groups[number + 1])):
            group = self.groups[at]
            if (int(group["expiry"]), int(group["root"]), int(group["right"])) == (expiry, root, right.sign):
                start, stop = int(group["start"]), int(group["stop"])
                place = start + int(np.searchsorted(self.quotes["strike"][start:stop], strike))
                return place if place < stop and int(self.quotes["strike"][place]) == strike else -1
        return -1


_UNIX_DAY = date(1970, 1, 1).toordinal()
DECIMALS = 6
NEW_GROUP, REPEATED, UNORDERED = 1, 2, 3
"""How a row stands to the one before it, where it does not just continue the group (0)."""
_MANY = 100_000
"""Rows from which on a panel is worth loading the compiler for."""


def exact(values: Float32s) -> Float64s:
    """Deltas or volatilities of four bytes as they were written, to six decimals: 0.3 and not 0.30000001.

    Whoever compares one with a bound takes it from here, so that all decide alike.
    """
    return np.round(values.astype(np.float64), DECIMALS)


def build(symbol: str, kind: str, roots: tuple[str, ...], days: Days, rows: Rows) -> Panel:
    """A panel from rows in any order.

    Args:
        symbol: Ticker of the underlying.
        kind: `stock`, `fund` or `index`.
        roots: Trading classes.
        days: One entry a recorded day, ascending; every row's day is among them.
        rows: Quotes; no contract twice on a day.

    Raises:
        MarketDataError: Where days do not ascend, a row's day is not among them, or a contract appears twice.
    """
    if (np.diff(days.day) <= 0).any():
        raise MarketDataError(f"{symbol}: the days of a panel must ascend. Sort them, each once.")
    sorted_rows, fresh = _in_order(symbol, rows)
    starts = np.flatnonzero(fresh)
    number = np.searchsorted(days.day, sorted_rows.day[starts])
    if starts.size and (number.max() >= days.day.size or (days.day[number] != sorted_rows.day[starts]).any()):
        raise MarketDataError(f"{symbol}: rows lie on days of which the underlying is not known.")
    groups = np.zeros(starts.size, dtype=GROUP)
    groups["expiry"], groups["root"] = sorted_rows.expiry[starts], sorted_rows.root[starts]
    groups["right"], groups["start"] = sorted_rows.right[starts], starts
    groups["stop"] = np.append(starts[1:], fresh.size) if starts.size else starts
    quotes = np.zeros(fresh.size, dtype=QUOTE)
    for name in ("strike", "bid", "ask", "delta"):
        quotes[name] = getattr(sorted_rows, name)
    return Panel(
        symbol=symbol,
        kind=kind,
        roots=roots,
        days=days,
        day_groups=np.searchsorted(number, np.arange(days.day.size + 1)).astype(np.int64),
        groups=groups,
        quotes=quotes,
        last=sorted_rows.last,
        iv=sorted_rows.iv,
        volume=sorted_rows.volume,
        open_interest=sorted_rows.open_interest,
        next=_next(sorted_rows, groups, quotes),
    )


def _in_order(symbol: str, rows: Rows) -> tuple[Rows, NDArray[np.bool_]]:
    """The rows in the panel's order, and which of them begin a group."""
    terms = (rows.day, rows.expiry, rows.root, rows.right, rows.strike)
    if rows.day.size >= _MANY:
        from premia.store.compiled import steps  # noqa: PLC0415 - loads a compiler

        found = steps(*terms)
        if found.max() <= NEW_GROUP:
            return rows, found == NEW_GROUP
    order = np.lexsort(terms[::-1])
    sorted_rows = rows.taken(order)
    fresh = np.ones(order.size, dtype=np.bool_)
    fresh[1:] = ~_same_group(sorted_rows)
    if (~fresh[1:] & (np.diff(sorted_rows.strike) == 0)).any():
        raise MarketDataError(f"{symbol}: a contract appears twice on a day. Drop one of the two rows.")
    return sorted_rows, fresh


def _same_group(rows: Rows) -> NDArray[np.bool_]:
    """Whether each row but the first continues the group of the one before, shape (n - 1,)."""
    return (
        (np.diff(rows.day) == 0)
        & (np.diff(rows.expiry) == 0)
        & (np.diff(rows.root) == 0)
        & (np.diff(rows.right) == 0)
    )


def _next(rows: Rows, groups: NDArray[np.void], quotes: NDArray[np.void]) -> Int32s:
    """Row of the same contract on its next recorded day, shape (n,)."""
    if rows.day.size >= _MANY:
        from premia.store.compiled import links  # noqa: PLC0415 - loads a compiler

        return links(groups, quotes["strike"])
    order = np.lexsort((rows.day, rows.strike, rows.right, rows.root, rows.expiry))
    before, after = order[:-1], order[1:]
    same = (
        (rows.expiry[before] == rows.expiry[after])
        & (rows.root[before] == rows.root[after])
        & (rows.right[before] == rows.right[after])
        & (rows.strike[before] == rows.strike[after])
    )
    found = np.full(order.size, -1, dtype=np.int32)
    found[before[same]] = after[same]
    return found
