"""The records of a sweep: parameters, state, open options and what is told of a run.

Prices are whole 1/10,000 USD a share as in rules, days count from 1970-01-01, and money is counted in
`GRAIN`s of 1e-10 USD: fees a share are exact in it, and eight bytes hold nine hundred million dollars.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np

GRAIN = 10**10
"""Grains of money in a dollar."""
PRICE = 10**6
"""Grains in 1/10,000 USD: the unit of prices."""
CONTRACT = 100 * PRICE
"""Grains that one contract is worth at a price of 1/10,000 USD a share."""
CENT = 10**8
MICRO = 10**4
PPM = 10**6
"""Fractions of capital and losses are whole millionths."""

LEGS = 24
"""The most open options of a configuration on one underlying."""

WAIT, MIN_DELTA, RECOVER = range(3)
"""What shares under water do, as a number."""

(
    SELL,
    TOOK,
    STOPPED,
    DEFENDED,
    CLOSED,
    ROLLED_OUT,
    ROLLED_IN,
    EXPIRED,
    ASSIGNED,
    CALLED,
    EARLY,
) = range(11)
"""What becomes of an option, as a number."""

_FLOATS = (
    "put_delta_min",
    "put_delta_max",
    "put_delta_aim",
    "call_delta_min",
    "call_delta_max",
    "call_delta_aim",
    "underwater_delta_min",
    "spread_max",
    "take_profit",
    "take_profit_late",
    "stop_at",
    "roll_delta",
    "roll_delta_max",
    "per_year_fund",
    "per_year_stock",
)
_WHOLES = (
    "dte_min",
    "dte_max",
    "credit",
    "fees",
    "fees_a_share",
    "put_strike_max",
    "call_strike_min",
    "contracts_max",
    "underwater",
    "loss_ppm",
    "called_welcome",
    "avoids_earnings",
    "weight_ppm",
    "expirations",
    "spread_always",
    "open_interest_min",
    "late_dte",
    "roll_dte",
    "roll_credit_min",
    "rolls_max",
    "trade_days_max",
    "otherwise_close",
)
WANT = np.dtype([*((name, "<f8") for name in _FLOATS), *((name, "<i8") for name in _WHOLES)])
"""The wheel's parameters for one symbol, as numbers; prices in 1/10,000 USD a share."""

LEG = np.dtype(
    [
        (name, "<i8")
        for name in (
            "right",
            "expiry",
            "strike",
            "quantity",
            "entry",
            "row",
            "double_mark",
            "marked",
            "opened",
            "rolls",
            "seen",
            "doing",
            "new_row",
            "least",
        )
    ]
)
"""A short option: contracts above zero, its latest row, twice its mark and when that was, what is planned."""

STATE = np.dtype(
    [
        *(
            (name, "<i8")
            for name in (
                "cash",
                "shares",
                "share_cost",
                "premium",
                "dividends",
                "share_result",
                "fees",
                "legs",
                "paid",
                "earned",
                "trades",
                "closed",
                "won",
                "assigned",
                "called",
                "early",
                "rolls",
                "stops",
                "takes",
                "defended",
                "expired",
                "overflow",
                "logged",
            )
        ),
        *((name, "<f8") for name in ("equity", "margin_peak")),
    ]
)
"""One configuration on one underlying: cash, campaign, counts, and what was measured; money in grains."""

DEED = np.dtype(
    [(name, "<i8") for name in ("day", "what", "right", "expiry", "strike", "quantity", "price", "trade")]
)
"""One thing that became of an option; `quantity` is signed as traded, `trade` the day of the first sale."""

T_co = TypeVar("T_co", covariant=True)


class Column(Protocol[T_co]):
    """An array as compiled code reads it."""

    def __getitem__(self, place: int, /) -> T_co:
        """The value at a place."""
        ...

    def __len__(self) -> int:
        """How many values there are."""
        ...


class Grid(Protocol):
    """A table of numbers that compiled code adds to."""

    def __getitem__(self, place: tuple[int, int], /) -> float:
        """The value at a row and a column."""
        ...

    def __setitem__(self, place: tuple[int, int], value: float, /) -> None:
        """Put a value at a row and a column."""
        ...


class Want(Protocol):
    """`WANT`, read."""

    put_delta_min: float
    put_delta_max: float
    put_delta_aim: float
    call_delta_min: float
    call_delta_max: float
    call_delta_aim: float
    underwater_delta_min: float
    spread_max: float
    take_profit: float
    take_profit_late: float
    stop_at: float
    roll_delta: float
    roll_delta_max: float
    per_year_fund: float
    per_year_stock: float
    dte_min: int
    dte_max: int
    credit: int
    fees: int
    fees_a_share: int
    put_strike_max: int
    call_strike_min: int
    contracts_max: int
    underwater: int
    loss_ppm: int
    called_welcome: int
    avoids_earnings: int
    weight_ppm: int
    expirations: int
    spread_always: int
    open_interest_min: int
    late_dte: int
    roll_dte: int
    roll_credit_min: int
    rolls_max: int
    trade_days_max: int
    otherwise_close: int


class Leg(Protocol):
    """`LEG`, read and written."""

    right: int
    expiry: int
    strike: int
    quantity: int
    entry: int
    row: int
    double_mark: int
    marked: int
    opened: int
    rolls: int
    seen: int
    doing: int
    new_row: int
    least: int


class State(Protocol):
    """`STATE`, read and written."""

    cash: int
    shares: int
    share_cost: int
    premium: int
    dividends: int
    share_result: int
    fees: int
    legs: int
    paid: int
    earned: int
    trades: int
    closed: int
    won: int
    assigned: int
    called: int
    early: int
    rolls: int
    stops: int
    takes: int
    defended: int
    expired: int
    overflow: int
    logged: int
    equity: float
    margin_peak: float


class Deed(Protocol):
    """`DEED`, written."""

    day: int
    what: int
    right: int
    expiry: int
    strike: int
    quantity: int
    price: int
    trade: int


class Quoted(Protocol):
    """`premia.store.panel.QUOTE`, read."""

    strike: int
    bid: int
    ask: int
    delta: float


class Run(Protocol):
    """`premia.store.panel.GROUP`, read."""

    expiry: int
    root: int
    right: int
    start: int
    stop: int
