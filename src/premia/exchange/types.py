"""The words between the simulated market and whoever trades on it (the gateway, or an engine in process).

A client sends `OrderTicket`s; the market answers with `Report`s, in the order in which things
happened. Nothing here knows a wire format or a strategy.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum

import msgspec

from premia.domain.instrument import Contract
from premia.domain.money import Money, Price


class OrderKind(Enum):
    """How an order is priced."""

    LIMIT = "LMT"
    MARKET = "MKT"


class TimeInForce(Enum):
    """How long an order works."""

    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"


class TicketState(Enum):
    """Where an order stands at the market."""

    PRE_SUBMITTED = "PreSubmitted"  # accepted outside trading hours, waits for the open
    SUBMITTED = "Submitted"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    INACTIVE = "Inactive"  # refused

    @property
    def terminal(self) -> bool:
        """Whether the order can change no more."""
        return self in (TicketState.FILLED, TicketState.CANCELLED, TicketState.INACTIVE)


class TicketLeg(msgspec.Struct, frozen=True):
    """One leg of an order: signed ratio per unit (long is positive for a bought unit)."""

    contract: Contract
    ratio: int


class OrderTicket(msgspec.Struct, frozen=True):
    """An order as a client sends it.

    Attributes:
        client_id: The API client; with `order_id` it names the order.
        order_id: The client's own number, above every one it used before.
        account: The account that pays.
        legs: One leg with ratio 1 for a single contract; several for a combo that trades as one.
        quantity: Signed units: positive buys the legs as written, negative sells them.
        limit: Price per unit and share; for a combo the signed net of the legs bought (negative: a credit).
        order_ref: Free text, kept for the order's life and shown in executions.
    """

    client_id: int
    order_id: int
    account: str
    legs: tuple[TicketLeg, ...]
    quantity: int
    kind: OrderKind
    limit: Price | None
    tif: TimeInForce = TimeInForce.DAY
    order_ref: str = ""


class Execution(msgspec.Struct, frozen=True):
    """One fill of one leg (or of the combo itself, then `contract` is None).

    Attributes:
        exec_id: Unique; a correction keeps all up to the last dot and raises what follows.
        perm_id: The market's own number of the order, unique for ever.
        quantity: Signed shares or contracts of the leg.
        price: Per share.
        commission: Commission and fees of this execution, a cost is positive; None for a combo's own line.
        realized: Result of the closing part by average cost, commission in it; None on opening executions.
        cumulative: Units of the order filled so far, this execution included.
        average: Average price of the order per unit so far.
    """

    exec_id: str
    perm_id: int
    client_id: int
    order_id: int
    account: str
    contract: Contract | None
    quantity: int
    price: Price
    at: datetime
    venue: str
    order_ref: str
    cumulative: int
    average: Decimal
    commission: Money | None = None
    realized: Money | None = None


class OrderView(msgspec.Struct, frozen=True):
    """An order as the market sees it now."""

    ticket: OrderTicket
    perm_id: int
    state: TicketState
    filled: int
    remaining: int
    average: Decimal
    last_price: Decimal
    accepted_at: datetime
    done_at: datetime | None = None
    why: str = ""


class Holding(msgspec.Struct, frozen=True):
    """A position with its average cost as IB states it.

    Attributes:
        quantity: Signed contracts or shares; zero on the day on which it was closed.
        average_cost: Money per contract or share, commissions in it, multiplier in it. Shares that came
            by assignment of a put carry strike less the premium received, as IB does.
        market_price: Mark per share.
        realized: Realised P&L of the session.
    """

    account: str
    contract: Contract
    quantity: int
    average_cost: Decimal
    market_price: Decimal
    realized: Decimal = Decimal(0)


class Values(msgspec.Struct, frozen=True):
    """An account's figures, in its currency; each is what the IB tag of the same meaning holds."""

    account: str
    kind: str  # CASH, IRA, MARGIN
    currency: str
    net_liquidation: Decimal
    total_cash: Decimal
    settled_cash: Decimal
    accrued_interest: Decimal
    accrued_dividend: Decimal
    equity_with_loan: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    available_funds: Decimal
    excess_liquidity: Decimal
    buying_power: Decimal
    look_ahead_excess: Decimal
    post_expiration_excess: Decimal
    day_trades_left: int | None  # None: unlimited
    stock_value: Decimal
    option_value: Decimal
    realized: Decimal
    unrealized: Decimal


class WhatIf(msgspec.Struct, frozen=True):
    """What an order would change: requirement and equity before and after, and the expected commission."""

    initial_before: Decimal
    maintenance_before: Decimal
    equity_before: Decimal
    initial_after: Decimal
    maintenance_after: Decimal
    equity_after: Decimal
    commission: Decimal
    warning: str = ""


class Bar(msgspec.Struct, frozen=True):
    """Prices of a period that starts at `at`; volume in shares or contracts."""

    at: datetime
    open: float
    high: float
    low: float
    close: float
    volume: int


class Terms(msgspec.Struct, frozen=True):
    """What a listing's details say: ticks, hours, names.

    Attributes:
        con_id: The simulated market's own number of the contract: a pure function of its terms.
        tick_low: Price step below 3 USD; `tick_high` from 3 USD on.
        last_trade: Last trading date of an option.
    """

    con_id: int
    contract: Contract
    long_name: str
    exchange: str
    primary_exchange: str
    tick_low: Decimal
    tick_high: Decimal
    min_tick: Decimal
    last_trade: date | None
    kind: str  # COMMON, ETF, INDEX for underlyings; empty for options


# What the market reports, in the order in which it happened. `at` is market time.


class Accepted(msgspec.Struct, frozen=True, tag="accepted"):
    """An order is at the market, or an order's change took effect."""

    at: datetime
    order: OrderView


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """An order was not taken, or a change of it was not made; `code` is IB's error number.

    Client, order and code are zero where the report concerns nobody's order: a position that could not be
    settled, for want of a settlement value.
    """

    at: datetime
    client_id: int
    order_id: int
    code: int
    text: str
    order: OrderView | None = None


class Filled(msgspec.Struct, frozen=True, tag="filled"):
    """Executions of one fill, one per leg (and first the combo's own line where there are several legs)."""

    at: datetime
    order: OrderView
    executions: tuple[Execution, ...]


class Cancelled(msgspec.Struct, frozen=True, tag="cancelled"):
    """An order ended without being filled whole."""

    at: datetime
    order: OrderView


class PositionMoved(msgspec.Struct, frozen=True, tag="position_moved"):
    """A position changed without an order: assignment, exercise, expiry, split. No client is told why."""

    at: datetime
    account: str
    contract: Contract
    quantity: int
    cause: str


class CashMoved(msgspec.Struct, frozen=True, tag="cash_moved"):
    """Cash changed without an order: dividend, interest, cash settlement, shares paid at assignment."""

    at: datetime
    account: str
    amount: Money
    cause: str


Report = Accepted | Refused | Filled | Cancelled | PositionMoved | CashMoved
