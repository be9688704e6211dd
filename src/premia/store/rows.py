"""From a panel back to its rows, and single contracts found by their terms.

A contract's terms fit into one whole number of 64 bits, in the panel's own order: by expiry, trading
class, right and strike. So contracts are sorted, compared and joined as numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.store.panel import Days, Int32s, Int64s, Panel, Rows

_STRIKE_BITS = 31
_RIGHT_BITS = 1
_ROOT_BITS = 10


def contract_keys(
    expiry: NDArray[np.integer], root: NDArray[np.integer], right: NDArray[np.integer], strike: Int32s
) -> Int64s:
    """One number a contract, ascending in the panel's order within a day, shape (n,).

    Args:
        expiry: Days since 1970-01-01.
        root: Place of the trading class, below 1,024.
        right: +1 call, -1 put.
        strike: 1/10,000 USD, not negative.
    """
    key = expiry.astype(np.int64)
    key = (key << _ROOT_BITS) | root
    key = (key << _RIGHT_BITS) | (right > 0)
    return (key << _STRIKE_BITS) | strike


def rows_of(panel: Panel) -> Rows:
    """The rows that a panel was built of, in its order."""
    lengths = panel.groups["stop"] - panel.groups["start"]
    days = np.repeat(panel.days.day, np.diff(panel.day_groups))
    return Rows(
        day=np.repeat(days, lengths).astype(np.int32),
        expiry=np.repeat(panel.groups["expiry"], lengths),
        strike=panel.quotes["strike"],
        right=np.repeat(panel.groups["right"], lengths).astype(np.int8),
        root=np.repeat(panel.groups["root"], lengths),
        bid=panel.quotes["bid"],
        ask=panel.quotes["ask"],
        last=panel.last,
        volume=panel.volume,
        open_interest=panel.open_interest,
        iv=panel.iv,
        delta=panel.quotes["delta"],
    )


def rows_joined(parts: Sequence[Rows]) -> Rows:
    """The rows of several parts, one after the other."""
    columns: list[NDArray[Any]] = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Rows(*columns)


def days_joined(parts: Sequence[Days]) -> Days:
    """The days of several parts, one after the other."""
    columns: list[NDArray[Any]] = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Days(*columns)


def days_taken(days: Days, places: NDArray[np.intp]) -> Days:
    """Some of the days, in the order given."""
    columns: list[NDArray[Any]] = [column[places] for column in days]
    return Days(*columns)


class Contracts(NamedTuple):
    """Contracts with a row of each, shape (k,), ascending by `key` where they came from `joined`."""

    key: Int64s
    row: Int64s

    @classmethod
    def empty(cls) -> Contracts:
        """None."""
        nothing = np.zeros(0, dtype=np.int64)
        return cls(nothing, nothing)

    def meeting(self, other: Contracts) -> tuple[Int64s, Int64s]:
        """Places here and in `other` of the contracts that both have."""
        _, here, there = np.intersect1d(self.key, other.key, assume_unique=True, return_indices=True)
        return here.astype(np.int64), there.astype(np.int64)

    def without(self, places: Int64s) -> Contracts:
        """All but those at some places."""
        return Contracts(np.delete(self.key, places), np.delete(self.row, places))

    def still_listed(self, day: int) -> Contracts:
        """Those that expire after a day (since 1970-01-01)."""
        keep = (self.key >> (_STRIKE_BITS + _RIGHT_BITS + _ROOT_BITS)) > day
        return Contracts(self.key[keep], self.row[keep])

    def moved(self, rows: int) -> Contracts:
        """The same, their rows so many further down."""
        return Contracts(self.key, self.row + rows)

    def joined(self, other: Contracts) -> Contracts:
        """Both as one, ascending."""
        key, row = np.concatenate((self.key, other.key)), np.concatenate((self.row, other.row))
        order = np.argsort(key, kind="stable")
        return Contracts(key[order], row[order])


def contracts_of(panel: Panel, places: Int64s) -> Contracts:
    """Terms of some rows of a panel."""
    group = np.searchsorted(panel.groups["stop"], places, side="right")
    groups = panel.groups[group]
    keys = contract_keys(groups["expiry"], groups["root"], groups["right"], panel.quotes["strike"][places])
    return Contracts(keys, places.astype(np.int64))
