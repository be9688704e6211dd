"""The loop of a screen: one pass over quotes in the order of their days, in plain Python that is compiled.

It holds nothing but the position of each underlying and the best candidate of its day, so a file of any size
goes through it piece by piece.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from premia.store.panel import Int32s

SCALE = 10_000
PPM = 1_000_000

STATE = np.dtype(
    [
        ("day", "<i4"),
        ("held", "?"),
        ("ended", "?"),
        ("opened", "<i4"),
        ("expiry", "<i4"),
        ("strike", "<i8"),
        ("credit", "<i8"),
        ("last_ask", "<i8"),
        ("found", "?"),
        ("best_days_off", "<i4"),
        ("best_expiry", "<i4"),
        ("best_delta_off", "<f8"),
        ("best_strike", "<i8"),
        ("best_bid", "<i8"),
        ("best_ask", "<i8"),
    ]
)
"""Position of an underlying and best candidate of its day; prices in 1/10,000 USD."""

RULE = np.dtype(
    [
        ("right", "<i4"),
        ("dte_min", "<i4"),
        ("dte_max", "<i4"),
        ("dte_target", "<i4"),
        ("delta", "<f8"),
        ("profit_ppm", "<i8"),
        ("dte_exit", "<i4"),
    ]
)
"""What is sold and when it is closed; +1 sells calls, -1 puts."""

TRADE = np.dtype(
    [
        ("underlying", "<i4"),
        ("opened", "<i4"),
        ("closed", "<i4"),
        ("expiry", "<i4"),
        ("strike", "<i8"),
        ("credit", "<i8"),
        ("cost", "<i8"),
    ]
)
"""A trade that has ended: days since 1970, prices in 1/10,000 USD a share."""

Records = NDArray[np.void]
Record = Any
"""One record of these, altered in place."""
Floats = NDArray[np.float64]


def screen_rows(  # noqa: PLR0913, PLR0917 - columns: records of arrays are slow to compile
    underlying: Int32s,
    day: Int32s,
    expiry: Int32s,
    right: NDArray[np.int8],
    strike: Floats,
    bid: Floats,
    ask: Floats,
    delta: Floats,
    states: Records,
    rule: Records,
    trades: Records,
) -> int:
    """Walk over rows; returns how many trades ended, or -1 where days do not ascend.

    Args:
        underlying: Place in `states` of each row.
        day: Of the quote, days since 1970-01-01.
        expiry: Days since 1970-01-01.
        right: +1 call, -1 put.
        strike: USD.
        bid: USD; none where it is not above zero.
        ask: USD; none where it is not above zero.
        delta: Signed.
        states: One a underlying, altered.
        rule: One record.
        trades: Filled from the first on; as many as there are days is always enough.
    """
    want = rule[0]
    count = 0
    for row in range(day.size):
        state = states[underlying[row]]
        if day[row] != state["day"]:
            if day[row] < state["day"]:
                return -1
            count += turn(state, underlying[row], day[row], trades, count)
        if right[row] != want["right"]:
            continue
        dte = expiry[row] - day[row]
        if state["held"]:
            if expiry[row] == state["expiry"] and round(strike[row] * SCALE) == state["strike"]:
                count += meet(state, underlying[row], ask[row], dte, want, trades, count)
        elif not state["ended"] and want["dte_min"] <= dte <= want["dte_max"] and bid[row] > 0.0:
            consider(state, expiry[row], strike[row], bid[row], ask[row], abs(delta[row]), dte, want)
    return count


def turn(state: Record, underlying: int, day: int, trades: Record, count: int) -> int:
    """A new day: sell yesterday's best, let go of what expired or vanished. 1 where a trade ended."""
    if state["found"]:
        state["held"], state["found"] = True, False
        state["opened"], state["expiry"] = state["day"], state["best_expiry"]
        state["strike"], state["credit"] = state["best_strike"], state["best_bid"]
        state["last_ask"] = state["best_ask"]
    state["day"], state["ended"] = day, False
    if state["held"] and day > state["expiry"]:
        end(state, underlying, state["expiry"], state["last_ask"], trades, count)
        state["ended"] = False
        return 1
    return 0


def meet(  # noqa: PLR0913, PLR0917 - as above
    state: Record, underlying: int, ask: float, dte: int, want: Record, trades: Record, count: int
) -> int:
    """The held contract's quote of today: close it where the rule says so. 1 where it was closed."""
    if not ask > 0.0:
        return 0
    cost = round(ask * SCALE)
    state["last_ask"] = cost
    if cost * PPM <= want["profit_ppm"] * state["credit"] or dte <= want["dte_exit"]:
        end(state, underlying, state["day"], cost, trades, count)
        return 1
    return 0


def consider(  # noqa: PLR0913, PLR0917 - as above
    state: Record,
    expiry: int,
    strike: float,
    bid: float,
    ask: float,
    delta: float,
    dte: int,
    want: Record,
) -> None:
    """Keep a nearer candidate: by days, then the earlier, by delta, then the lower strike."""
    days_off, delta_off = abs(dte - want["dte_target"]), abs(delta - want["delta"])
    if not delta_off >= 0.0:
        return
    place = round(strike * SCALE)
    best = (state["best_days_off"], state["best_expiry"], state["best_delta_off"], state["best_strike"])
    if state["found"] and (days_off, expiry, delta_off, place) >= best:
        return
    state["found"] = True
    state["best_days_off"], state["best_expiry"] = days_off, expiry
    state["best_delta_off"], state["best_strike"] = delta_off, place
    state["best_bid"] = round(bid * SCALE)
    state["best_ask"] = round(ask * SCALE) if ask > 0.0 else 0


def end(state: Record, underlying: int, day: int, cost: int, trades: Record, count: int) -> None:
    """Write a trade that has ended; nothing is sold on the day on which one was closed."""
    trade = trades[count]
    trade["underlying"], trade["opened"], trade["closed"] = underlying, state["opened"], day
    trade["expiry"], trade["strike"] = state["expiry"], state["strike"]
    trade["credit"], trade["cost"] = state["credit"], cost
    state["held"], state["ended"] = False, True
