"""From what a source says to rows of a panel: every row is kept or dropped for a reason that is counted.

Prices become whole 1/10,000 USD; what was not quoted, and a side of zero, becomes -1. Rows are dropped that
cannot be used or that say the same twice; everything else is kept as it is, however odd.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.domain.sessions import Session, Sessions
from premia.store.forms import Reading
from premia.store.panel import NEW_GROUP, NOT_QUOTED, PRICE_MAX, Days, Int32s, Int64s, Rows
from premia.store.quality import DROPPED, Report
from premia.store.rows import contract_keys
from premia.store.tables import NO_DAY, Floats

SCALE = 10_000
BEFORE_CLOSE = timedelta(minutes=15)
"""How long before the close a snapshot is placed whose time the source does not say."""
_EPOCH = date(1970, 1, 1)
_COPY_ROWS = 50
"""Rows that a day must have before its equality with the day before is no accident."""
Flags = NDArray[np.bool_]


class Taken(NamedTuple):
    """What was kept of a reading, and what became of the rest.

    Attributes:
        rows: In the order of `build`'s needs: any.
        days: The days that have rows, ascending.
    """

    symbol: str
    roots: tuple[str, ...]
    rows: Rows
    days: Days
    report: Report


def take(reading: Reading, sessions: Sessions, before: Reading | None = None) -> Taken:
    """Keep what can be used of a reading.

    Args:
        reading: Rows as the source has them.
        sessions: Of the exchange; a row of a day outside of them is dropped.
        before: The part before this one, against which its first day is held; None where it is the first.
    """
    chosen = _Chosen(reading)
    chosen.drop("no_day", reading.day == NO_DAY)
    chosen.drop("no_expiry", reading.expiry == NO_DAY)
    chosen.drop("no_strike", ~(reading.strike > 0.0))
    chosen.drop("no_right", reading.right == 0)
    chosen.drop("expired", reading.expiry < reading.day)
    chosen.drop("beyond_columns", _beyond(reading))
    closed = _closed(reading.day, sessions)
    if closed.size:
        chosen.drop("no_session", np.isin(reading.day, closed))
    kept = chosen.kept()
    for day in copied_days(kept, before):
        chosen.drop("copied_day", reading.day == day)
    if chosen.changed:
        kept = chosen.kept()
    strike = _prices(kept.strike)
    repeated = _repeated(kept, strike)
    if repeated.any():
        chosen.drop_kept("duplicate", repeated)
        kept, strike = chosen.kept(), strike[~repeated]
    report = Report(reading.symbol, reading.day.size, kept.day.size, chosen.dropped)
    rows = Rows(
        day=kept.day,
        expiry=kept.expiry,
        strike=strike,
        right=kept.right,
        root=kept.root,
        bid=_prices(kept.bid),
        ask=_prices(kept.ask),
        last=_prices(kept.last),
        volume=_counts(kept.volume),
        open_interest=_counts(kept.open_interest),
        iv=kept.iv,
        delta=kept.delta,
    )
    return Taken(reading.symbol, reading.roots, rows, _days(kept, sessions), report)


def copied_days(reading: Reading, before: Reading | None = None) -> list[int]:
    """Days whose rows are those of the day before, quote for quote: what a source saved on a holiday.

    A day of fewer than 50 rows is never taken for a copy.
    """
    days, starts, count = day_runs(reading.day)
    # Few days have the sums of the day before, and only of these is every quote compared.
    alike = count >= _COPY_ROWS
    alike[1:] &= count[1:] == count[:-1]
    for column in (reading.strike, reading.bid, reading.ask):
        sums = _sums(reading.day, starts, column)
        alike[1:] &= sums[1:] == sums[:-1]
    found: list[int] = []
    for place in np.flatnonzero(alike).tolist():
        if place:
            last = _sheet(reading, int(days[place - 1]))
        elif before is not None and before.day.size:
            last = _sheet(before, int(before.day.max()))
        else:
            continue
        sheet = _sheet(reading, int(days[place]))
        if sheet.shape == last.shape and np.array_equal(sheet, last, equal_nan=True):
            found.append(int(days[place]))
    return found


class _Chosen:
    """Which rows of a reading are kept, and how many were dropped why."""

    def __init__(self, reading: Reading) -> None:
        self.dropped: dict[str, int] = {}
        self.changed = False
        self._reading = reading
        self._keep: Flags | None = None

    def drop(self, reason: str, wrong: Flags) -> None:
        if not wrong.any():
            return
        keep = np.ones(wrong.size, dtype=np.bool_) if self._keep is None else self._keep
        count = int((keep & wrong).sum())
        if count:
            self.dropped[reason] = self.dropped.get(reason, 0) + count
            self._keep, self.changed = keep & ~wrong, True

    def drop_kept(self, reason: str, wrong: Flags) -> None:
        """The same of truth values of the kept rows alone."""
        places = np.arange(self._reading.day.size) if self._keep is None else np.flatnonzero(self._keep)
        whole = np.zeros(self._reading.day.size, dtype=np.bool_)
        whole[places[wrong]] = True
        self.drop(reason, whole)

    def kept(self) -> Reading:
        self.changed = False
        return self._reading if self._keep is None else self._reading.taken(self._keep)


def day_runs(day: Int32s) -> tuple[Int32s, Int64s, Int64s]:
    """The days that occur, ascending, the first row of each, and how many rows each has."""
    if day.size and (day[1:] >= day[:-1]).all():  # as most sources have it: nothing is to be sorted
        starts = np.concatenate(([0], np.flatnonzero(day[1:] != day[:-1]) + 1))
        return day[starts], starts, np.diff(np.append(starts, day.size))
    return np.unique(day, return_index=True, return_counts=True)


def _sums(day: Int32s, starts: Int64s, column: Floats) -> Floats:
    """Sum of a column by day; what is not a number counts nothing."""
    known = np.where(np.isnan(column), 0.0, column)
    if starts.size and (day[1:] >= day[:-1]).all():
        return np.add.reduceat(known, starts)
    return np.bincount(np.unique(day, return_inverse=True)[1], known).astype(np.float64)


def _closed(day: Int32s, sessions: Sessions) -> Int32s:
    """Days on which the exchange does not trade."""
    known = np.array([(one.day - _EPOCH).days for one in sessions], dtype=np.int64)
    days = day_runs(day)[0]
    return days[~np.isin(days, known)]


def _beyond(reading: Reading) -> Flags:
    most = PRICE_MAX / SCALE
    wrong = reading.strike > most
    for column in (reading.bid, reading.ask, reading.last):
        wrong |= column > most
    return wrong


def _repeated(reading: Reading, strike: Int32s) -> Flags:
    """Rows of a contract that an earlier row of the same day has already."""
    from premia.store.compiled import steps  # noqa: PLC0415 - loads a compiler

    day = reading.day
    if not day.size or steps(day, reading.expiry, reading.root, reading.right, strike).max() <= NEW_GROUP:
        return np.zeros(day.size, dtype=np.bool_)
    key = contract_keys(reading.expiry, reading.root, reading.right, strike)
    order = np.lexsort((key, day))  # stable: of equal rows the first stays
    same = np.zeros(key.size, dtype=np.bool_)
    same[1:] = (np.diff(key[order]) == 0) & (np.diff(day[order]) == 0)
    repeated = np.zeros(key.size, dtype=np.bool_)
    repeated[order] = same
    return repeated


def _sheet(reading: Reading, day: int) -> Floats:
    """What a day's rows say, in one order, shape (columns, rows)."""
    rows = reading.day == day
    columns = [reading.expiry, reading.root, reading.right, reading.strike]
    quoted = [reading.bid, reading.ask, reading.last, reading.volume]
    sheet = np.stack([column[rows].astype(np.float64) for column in (*columns, *quoted)])
    return sheet[:, np.lexsort(sheet[3::-1])]


def _prices(values: Floats) -> Int32s:
    """USD as whole 1/10,000; what is not a number, zero or below is -1."""
    with np.errstate(invalid="ignore"):
        scaled = np.rint(values * SCALE)
        return np.where(scaled > 0.0, scaled, NOT_QUOTED).astype(np.int32)


def _counts(values: Floats) -> Int32s:
    with np.errstate(invalid="ignore"):
        return np.where(values >= 0.0, np.minimum(values, PRICE_MAX), -1).astype(np.int32)


def _days(reading: Reading, sessions: Sessions) -> Days:
    """One entry a day: of its rows the first that names a price counts."""
    day = day_runs(reading.day)[0]
    found = [sessions.get(_EPOCH + timedelta(days=one)) for one in day.tolist()]
    at = np.array([_instant(one) for one in found if one is not None], dtype=np.int64)
    columns = (_first_known(reading.day, day, column) for column in (reading.spot, reading.close))
    return Days(day, at, *columns)


def _first_known(days: Int32s, wanted: Int32s, column: Floats) -> Int64s:
    known = np.flatnonzero(column > 0.0)
    places, first, _ = day_runs(days[known])
    values = np.full(wanted.size, NOT_QUOTED, dtype=np.int64)
    values[np.searchsorted(wanted, places)] = np.rint(column[known[first]] * SCALE).astype(np.int64)
    return values


def _instant(session: Session) -> int:
    return round((session.closes - BEFORE_CLOSE).timestamp()) * 1_000_000


__all__ = ["BEFORE_CLOSE", "DROPPED", "SCALE", "Taken", "copied_days", "take"]
