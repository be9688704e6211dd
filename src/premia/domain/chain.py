"""Columns of option quotes of one underlying, at one instant or at many.

Rows of one snapshot are adjacent and `starts` holds where each snapshot begins; a live chain has
one, a history thousands, and both are this type. Prices are whole 1/10,000 USD, because 1.10 <= 0.5
* 2.20 is true in float64 and false from float32. What was not quoted is -1, what has no model value
is NaN: neither is ever zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.domain.instrument import Option, Right
from premia.domain.money import from_ten_thousandths, ten_thousandths
from premia.domain.quote import DataKind, Greeks, Quote

NOT_QUOTED = -1

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Row(NamedTuple):
    """One option with its quote and greeks, ready for a row of a chain.

    `open_interest` is None where the source did not say.
    """

    contract: Option
    quote: Quote
    greeks: Greeks
    open_interest: int | None


class Columns(NamedTuple):
    """One snapshot as columns, ordered by expiry, right (puts first) and strike; see `Chain` for their units.

    Attributes:
        bid_size, ask_size: Contracts shown, shape (n,).
        as_of: Microseconds since 1970-01-01 UTC, of all rows.
    """

    contracts: tuple[Option, ...]
    expiry: Ints
    strike: Ints
    right: Ints
    bid: Ints
    ask: Ints
    delta: Floats
    iv: Floats
    open_interest: Ints
    bid_size: Ints
    ask_size: Ints
    as_of: int


class Chain:
    """Option quotes of one underlying as columns of equal length n, grouped by snapshot.

    Attributes:
        symbol: Ticker of the underlying.
        contracts: The series of each row.
        expiry: Days since 1970-01-01, shape (n,).
        strike: 1/10,000 USD, shape (n,).
        right: +1 call, -1 put, shape (n,).
        bid, ask: 1/10,000 USD a share, -1 where that side has no quote, shape (n,).
        delta, iv, theta, vega: As `Greeks`, NaN where missing, shape (n,).
        open_interest: Contracts, -1 where unknown, shape (n,).
        as_of: Microseconds since 1970-01-01 UTC at which the row was true, shape (n,).
        starts: Index of the first row of each snapshot, ending with n, shape (snapshots + 1,).
        kind: How fresh the data are.
    """

    def __init__(self, symbol: str, rows: Sequence[Row], kind: DataKind = DataKind.LIVE) -> None:
        """One snapshot from rows, ordered by expiry, right (puts first) and strike."""
        ordered = sorted(rows, key=lambda r: (r.contract.expiry, r.contract.right.sign, r.contract.strike))
        self.symbol = symbol
        self.kind = kind
        self.contracts: tuple[Option, ...] = tuple(row.contract for row in ordered)
        self.expiry: Ints = _ints([days_of(row.contract.expiry) for row in ordered])
        self.strike: Ints = _ints([ten_thousandths(row.contract.strike) for row in ordered])
        self.right: Ints = _ints([row.contract.right.sign for row in ordered])
        self.bid: Ints = _ints([_units(row.quote.bid) for row in ordered])
        self.ask: Ints = _ints([_units(row.quote.ask) for row in ordered])
        self.delta: Floats = _floats([row.greeks.delta for row in ordered])
        self.iv: Floats = _floats([row.greeks.iv for row in ordered])
        self.theta: Floats = _floats([row.greeks.theta for row in ordered])
        self.vega: Floats = _floats([row.greeks.vega for row in ordered])
        self.open_interest: Ints = _ints(
            [NOT_QUOTED if row.open_interest is None else row.open_interest for row in ordered]
        )
        self.as_of: Ints = _ints([_microseconds(row.quote.as_of) for row in ordered])
        self._sizes: tuple[tuple[int, int], ...] = tuple(
            (row.quote.bid_size, row.quote.ask_size) for row in ordered
        )
        self.starts: Ints = _ints([0, len(ordered)])

    @classmethod
    def of(cls, symbol: str, columns: Columns, kind: DataKind = DataKind.LIVE) -> Chain:
        """One snapshot from columns that are in order already; theta and vega are not known."""
        chain = cls(symbol, (), kind)
        count = len(columns.contracts)
        chain.contracts = columns.contracts
        chain.expiry, chain.strike, chain.right = columns.expiry, columns.strike, columns.right
        chain.bid, chain.ask = columns.bid, columns.ask
        chain.delta, chain.iv = columns.delta, columns.iv
        chain.theta = chain.vega = np.full(count, np.nan)
        chain.open_interest = columns.open_interest
        chain.as_of = np.full(count, columns.as_of, dtype=np.int64)
        chain._sizes = tuple(zip(columns.bid_size.tolist(), columns.ask_size.tolist(), strict=True))
        chain.starts = _ints([0, count])
        return chain

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.contracts)

    def quote(self, row: int) -> Quote:
        """The quote of a row, as a ledger value."""
        bid, ask = int(self.bid[row]), int(self.ask[row])
        sizes = self._sizes[row]
        return Quote(
            bid=None if bid == NOT_QUOTED else from_ten_thousandths(bid),
            ask=None if ask == NOT_QUOTED else from_ten_thousandths(ask),
            as_of=datetime.fromtimestamp(int(self.as_of[row]) / 1e6, tz=UTC),
            bid_size=sizes[0],
            ask_size=sizes[1],
            kind=self.kind,
        )

    def greeks(self, row: int) -> Greeks:
        """The model values of a row; None where they are missing."""
        return Greeks(
            iv=_known(self.iv[row]),
            delta=_known(self.delta[row]),
            theta=_known(self.theta[row]),
            vega=_known(self.vega[row]),
        )

    def find(self, contract: Option) -> int | None:
        """The row of a contract; None where the chain does not hold it."""
        try:
            return self.contracts.index(contract)
        except ValueError:
            return None

    def rows(self, right: Right) -> Ints:
        """Indices of all puts, or of all calls, in order of expiry and strike."""
        return np.flatnonzero(self.right == right.sign)


def days_of(day: date) -> int:
    """A date as the columns hold it: days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def expiry_of(days: int) -> date:
    """The date of an `expiry` column's value."""
    return date.fromordinal(int(days) + date(1970, 1, 1).toordinal())


def strike_of(units: int) -> Decimal:
    """The strike of a `strike` column's value."""
    return from_ten_thousandths(units)


def _units(price: Decimal | None) -> int:
    return NOT_QUOTED if price is None else ten_thousandths(price)


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)


def _ints(values: Sequence[int]) -> Ints:
    return np.asarray(values, dtype=np.int64)


def _floats(values: Sequence[float | None]) -> Floats:
    return np.asarray([np.nan if value is None else value for value in values], dtype=np.float64)
