"""The passes over every row of a panel that are compiled: links between days, and what looks wrong.

Loading this module loads the compiler, so only what needs it imports it, when it is needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from premia.store.panel import Int32s, Int64s, Panel

_njit: Any = import_module("numba").njit
_KINDS = (
    "no_quote",
    "zero_bid",
    "one_sided",
    "crossed",
    "locked",
    "stale",
    "vertical",
    "butterfly",
    "parity",
    "gaps",
    "vanished",
)
_PARITY_REACH = 0.1
"""Put-call parity is held against strikes within this share of the spot, where rates matter little."""
_RATE_MOST = 0.08
_TELLING_DELTA = 0.1
"""Below this delta a quote may stay as it is while the underlying moves by 1 %."""
_STRIKES_MOST = 4096


def links(groups: NDArray[np.void], strikes: Int32s) -> Int32s:
    """Row of each contract on its next recorded day, -1 where it has none, shape (n,).

    Args:
        groups: Runs of rows in the panel's order.
        strikes: Of each row, ascending within a group.
    """
    order = np.lexsort((groups["start"], groups["right"], groups["root"], groups["expiry"]))
    terms = groups[["expiry", "root", "right"]][order]
    fresh = np.ones(order.size, dtype=np.bool_)
    fresh[1:] = terms[1:] != terms[:-1]
    bounds = np.append(np.flatnonzero(fresh), order.size)
    starts, stops = groups["start"][order].astype(np.int64), groups["stop"][order].astype(np.int64)
    found = np.full(strikes.size, -1, dtype=np.int32)
    _link(bounds.astype(np.int64), starts, stops, np.ascontiguousarray(strikes), found)
    return found


def steps(
    day: Int32s, expiry: Int32s, root: NDArray[np.int16], right: NDArray[np.int8], strike: Int32s
) -> NDArray[np.uint8]:
    """How each row stands to the one before it in the panel's order, shape (n,).

    0 continues its group, 1 begins a group, 2 has the same contract on the same day, 3 is out of order.
    """
    found = np.empty(day.size, dtype=np.uint8)
    _step(day, expiry, root, right, strike, found)
    return found


def count_suspicious(panel: Panel) -> dict[str, int]:
    """Counts of what looks wrong row by row; the keys are those of `quality.SUSPICIOUS`."""
    counts = np.zeros(len(_KINDS), dtype=np.int64)
    day = np.repeat(np.arange(panel.days.day.size), np.diff(panel.day_groups))
    places = (panel.days.day, panel.days.spot, day, panel.day_groups)
    _count(*places, panel.groups, panel.quotes, panel.next, counts)
    return dict(zip(_KINDS, counts.tolist(), strict=True))


@_njit(cache=True)
def _step(
    day: Int32s,
    expiry: Int32s,
    root: NDArray[np.int16],
    right: NDArray[np.int8],
    strike: Int32s,
    found: NDArray[np.uint8],
) -> None:
    for row in range(day.size):
        before = row - 1
        if row == 0:
            found[row] = 1
        elif day[row] != day[before]:
            found[row] = 1 if day[row] > day[before] else 3
        elif expiry[row] != expiry[before]:
            found[row] = 1 if expiry[row] > expiry[before] else 3
        elif root[row] != root[before]:
            found[row] = 1 if root[row] > root[before] else 3
        elif right[row] != right[before]:
            found[row] = 1 if right[row] > right[before] else 3
        elif strike[row] == strike[before]:
            found[row] = 2
        else:
            found[row] = 0 if strike[row] > strike[before] else 3


@_njit(cache=True)
def _link(bounds: Int64s, starts: Int64s, stops: Int64s, strikes: Int32s, found: Int32s) -> None:
    """Walk the groups of each series day by day, with the last row of every strike seen so far."""
    seen = np.empty(64, dtype=np.int32)
    rows = np.empty(64, dtype=np.int32)
    merged = np.empty(64, dtype=np.int32)
    merged_rows = np.empty(64, dtype=np.int32)
    for series in range(bounds.size - 1):
        count = 0
        for group in range(bounds[series], bounds[series + 1]):
            start, stop = starts[group], stops[group]
            most = count + stop - start
            if merged.size < most:
                merged = np.empty(2 * most, dtype=np.int32)
                merged_rows = np.empty(2 * most, dtype=np.int32)
            i, row, j = 0, start, 0
            while i < count or row < stop:
                if row == stop or (i < count and seen[i] < strikes[row]):
                    merged[j], merged_rows[j] = seen[i], rows[i]
                    i += 1
                else:
                    if i < count and seen[i] == strikes[row]:
                        found[rows[i]] = row
                        i += 1
                    merged[j], merged_rows[j] = strikes[row], row
                    row += 1
                j += 1
            count = j
            seen, merged = merged, seen
            rows, merged_rows = merged_rows, rows


@_njit(cache=True)
def _count(  # noqa: PLR0913, PLR0917 - the columns of a panel: records of arrays are slow to compile
    days: Int32s,
    spots: Int64s,
    group_day: Int64s,
    day_groups: Int64s,
    groups: Any,  # noqa: ANN401 - an array of records, typed when it is compiled
    quotes: Any,  # noqa: ANN401 - as above
    following: Int32s,
    counts: Int64s,
) -> None:
    number_of_days = days.size
    for place in range(groups.size):
        group, day = groups[place], group_day[place]
        _rows(group.start, group.stop, quotes, counts)
        _neighbours(group.start, group.stop, group.right, quotes, counts)
        last_day = days[number_of_days - 1]
        for row in range(group.start, group.stop):
            after = following[row]
            if after < 0:
                # Options that settle in the morning are not quoted on their last day, nor is anything on one
                # that was not recorded: only a day before the expiry can miss a contract.
                goes_on = day + 1 < number_of_days and last_day >= group.expiry
                counts[10] += goes_on and days[day + 1] < group.expiry
                continue
            day_after = day + 1
            while (
                groups[day_groups[day_after + 1] - 1].stop <= after
                or day_groups[day_after] == (day_groups[day_after + 1])
            ):
                day_after += 1
            counts[9] += day_after > day + 1
            first, second = quotes[row], quotes[after]
            moved = abs(spots[day_after] - spots[day]) * 100 >= spots[day] and spots[day] > 0
            same = first.bid == second.bid and first.ask == second.ask and first.bid > 0
            counts[5] += same and moved and spots[day_after] > 0 and abs(first.delta) >= _TELLING_DELTA
        if group.right < 0 and place + 1 < groups.size:
            other = groups[place + 1]
            pair = other.right > 0 and other.expiry == group.expiry and other.root == group.root
            if pair and group_day[place + 1] == day and spots[day] > 0:
                years = (group.expiry - days[day]) / 365.0
                counts[8] += _parity(
                    group.start, group.stop, other.start, other.stop, quotes, spots[day], years
                )


@_njit(cache=True)
def _rows(start: int, stop: int, quotes: Any, counts: Int64s) -> None:  # noqa: ANN401 - as above
    """What one row tells."""
    for row in range(start, stop):
        bid, ask = quotes[row].bid, quotes[row].ask
        if bid <= 0:
            counts[0 if ask <= 0 else 1] += 1
        elif ask <= 0:
            counts[2] += 1
        elif bid > ask:
            counts[3] += 1
        elif bid == ask:
            counts[4] += 1


@_njit(cache=True)
def _neighbours(start: int, stop: int, right: int, quotes: Any, counts: Int64s) -> None:  # noqa: ANN401 - as above
    """Gains that are certain: a vertical at a credit or above its width, a butterfly at a credit.

    What is bought pays its ask, what is sold gets its bid; crossed rows tell nothing.
    """
    before, middle = -1, -1
    for row in range(start, stop):
        if quotes[row].bid <= 0 or quotes[row].ask < quotes[row].bid:
            continue
        if middle >= 0:
            low, high = quotes[middle], quotes[row]
            rich, poor = (high, low) if right < 0 else (low, high)
            width = high.strike - low.strike
            counts[6] += poor.bid > rich.ask or rich.bid - poor.ask > width
            if before >= 0:
                wing = quotes[before]
                near, far = low.strike - wing.strike, width
                cost = (far * wing.ask + near * high.ask) / (near + far)
                counts[7] += low.bid > cost
        before, middle = middle, row


@_njit(cache=True)
def _parity(  # noqa: PLR0913, PLR0917 - as above
    put: int,
    puts_end: int,
    call: int,
    calls_end: int,
    quotes: Any,  # noqa: ANN401 - as above
    spot: int,
    years: float,
) -> int:
    """Pairs whose forward lies outside what the middle pair of the expiry says.

    Each pair near the money bounds the forward: sold and bought at the quotes, it lies between
    strike + call bid - put ask and strike + call ask - put bid. Early exercise and interest widen the bounds.
    """
    low, high = np.empty(_STRIKES_MOST), np.empty(_STRIKES_MOST)
    count = 0
    while put < puts_end and call < calls_end and count < _STRIKES_MOST:
        a, b = quotes[put], quotes[call]
        if a.strike < b.strike:
            put += 1
            continue
        if a.strike > b.strike:
            call += 1
            continue
        put += 1
        call += 1
        near = abs(a.strike - spot) <= _PARITY_REACH * spot
        if near and 0 < a.bid <= a.ask and 0 < b.bid <= b.ask:
            slack = _RATE_MOST * years * a.strike
            low[count] = a.strike + b.bid - a.ask - slack
            high[count] = a.strike + b.ask - a.bid + slack
            count += 1
    if count < 3:  # noqa: PLR2004 - two cannot say which of them is wrong
        return 0
    middle = np.median((low[:count] + high[:count]) / 2.0)
    wrong = 0
    for place in range(count):
        wrong += low[place] > middle or high[place] < middle
    return wrong
