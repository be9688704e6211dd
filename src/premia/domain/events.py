"""Every fact that can stand in a journal.

An event is past tense and frozen; `at` is market time. Those in the first group arrive from outside,
those in the second are conclusions that `decide` drew, and a few of the second (named *effect*) make
`run` do something once they are durable. Kinds are journal names: they are never renamed, only added.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from premia.domain.account import AccountState
from premia.domain.event import Event
from premia.domain.events_control import (
    ClockCompared,
    CommandAnswered,
    DataLost,
    DataRestored,
    HoursCompared,
    LinkLost,
    LinkRestored,
    LiveConsented,
    OperatorCommand,
    RunSkipped,
    TradingHalted,
    TradingReleased,
    TriggerCrossed,
)
from premia.domain.events_inferred import (
    AssignmentInferred,
    BaselineTaken,
    CashBooked,
    CashSettlementInferred,
    CashUnexplained,
    DividendDeclared,
    DividendExpected,
    ExerciseInferred,
    ExpiryInferred,
    ExternalChange,
    InterestAccrued,
    InterestExpected,
    PositionAdopted,
    PositionLeft,
    SplitInferred,
)
from premia.domain.intent import Evidence, Intent, Passed
from premia.domain.known import Known, Unknown
from premia.domain.money import Money, Price
from premia.domain.order import Fill, MarginQuote, ObservedOrder, Order
from premia.domain.position import BrokerPosition

# What arrives.


class Connected(Event, frozen=True, tag="connected"):
    """A session with the broker stands: which account, which client, what kind of account the number says."""

    account: str
    client_id: int
    paper: bool
    server_version: int


class Disconnected(Event, frozen=True, tag="disconnected"):
    """The session with the broker is gone; nothing may be concluded about orders in flight."""

    why: str


class BrokerObserved(Event, frozen=True, tag="broker_observed"):
    """All that the broker says at one instant, read behind one barrier.

    Attributes:
        next_id: The broker's next valid order id, after all that it has seen of this client.
        fills: Executions of the session so far, of all clients.
        orders: Working orders of all clients, and the session's completed ones.
    """

    account: Known[AccountState] | Unknown
    positions: Known[tuple[BrokerPosition, ...]] | Unknown
    orders: Known[tuple[ObservedOrder, ...]] | Unknown
    fills: Known[tuple[Fill, ...]] | Unknown
    next_id: int | None


class CycleStarted(Event, frozen=True, tag="cycle_started"):
    """A pass of the engine began.

    Attributes:
        strategies: Those that take part.
        due: The scheduled times that this pass answers, by strategy; empty where no schedule asked for it.
        why: What asked for it: the times of a schedule, a trigger, a command.
        entries: Whether openings are considered; a pass between runs only looks at what is held.
        config: A short hash of the configuration under which everything in it was decided.
    """

    cycle: str
    session: date
    strategies: tuple[str, ...]
    due: dict[str, datetime] = msgspec.field(default_factory=dict[str, datetime])
    why: str = ""
    entries: bool = True
    config: str = ""


class MarginQuoted(Event, frozen=True, tag="margin_quoted"):
    """The broker's opinion of a planned order, or that it gave none."""

    key: str
    quote: Known[MarginQuote] | Unknown


class OrderAccepted(Event, frozen=True, tag="order_accepted"):
    """The broker has the order: the first acknowledgement, or one after a change of price."""

    key: str
    broker_id: int
    perm_id: int
    limit: Price | None = None
    held: bool = False


class OrderRejected(Event, frozen=True, tag="order_rejected"):
    """The broker refused the order for good, in its code and words."""

    key: str
    code: int
    text: str


class ReplaceRefused(Event, frozen=True, tag="replace_refused"):
    """The broker kept the order as it was and refused a change of price; the order still works."""

    key: str
    code: int
    text: str


class OrderFilled(Event, frozen=True, tag="order_filled"):
    """One execution of an order of ours."""

    key: str
    fill: Fill


class CommissionReported(Event, frozen=True, tag="commission_reported"):
    """The cost of an execution, which the broker tells after the fill."""

    exec_id: str
    commission: Money
    realized: Money | None = None


class OrderCancelled(Event, frozen=True, tag="order_cancelled"):
    """The broker says that the order works no more."""

    key: str
    why: str


class CancelRefused(Event, frozen=True, tag="cancel_refused"):
    """*Effect.* The broker found nothing to take back, so that something has ended it: look what."""

    key: str
    code: int
    text: str


class BrokerWarned(Event, frozen=True, tag="broker_warned"):
    """A message of the broker that kills nothing, kept because a person may want it."""

    code: int
    text: str
    key: str = ""


# What follows.


class CycleEnded(Event, frozen=True, tag="cycle_ended"):
    """A pass of the engine is over: how many intents, approvals and refusals it made.

    Attributes:
        again: Nothing could be decided for want of the broker or the market; a scheduled pass is made again.
    """

    cycle: str
    intents: int
    approved: int
    refused: int
    passed: int
    note: str = ""
    again: bool = False


class CandidatePassed(Event, frozen=True, tag="candidate_passed"):
    """Something was considered and left."""

    cycle: str
    passed: Passed


class IntentRefused(Event, frozen=True, tag="intent_refused"):
    """A rule stopped an intent."""

    cycle: str
    intent: Intent
    rule: str
    reason: str
    evidence: Evidence


class MarginRequested(Event, frozen=True, tag="margin_requested"):
    """*Effect.* An approved and priced order, whose margin is asked for before it is sent."""

    cycle: str
    order: Order
    evidence: Evidence
    notes: tuple[str, ...] = ()


class OrderRequested(Event, frozen=True, tag="order_requested"):
    """*Effect.* An order is to be sent; at most one is between here and its acknowledgement."""

    key: str


class OrderIdAssigned(Event, frozen=True, tag="order_id_assigned"):
    """The broker id under which an order will be sent; durable before it is sent."""

    key: str
    broker_id: int
    client_id: int


class ReplaceRequested(Event, frozen=True, tag="replace_requested"):
    """*Effect.* A working order goes to the next price of its ladder."""

    key: str
    limit: Price


class CancelRequested(Event, frozen=True, tag="cancel_requested"):
    """*Effect.* A working order is to be taken back; with `broker_id`, only the copy of it under that id."""

    key: str
    why: str
    broker_id: int = 0


class OrderDropped(Event, frozen=True, tag="order_dropped"):
    """A planned order ended before it was sent: what-if or the broker's words spoke against it."""

    key: str
    rule: str
    reason: str
    evidence: Evidence


class OrderNeverSent(Event, frozen=True, tag="order_never_sent"):
    """Proof that an order never reached the broker; it is decided afresh and its id used again."""

    key: str
    why: str


class OrderUnknown(Event, frozen=True, tag="order_unknown"):
    """An order that may or may not live at the broker; its slot and reserve stay blocked."""

    key: str
    why: str


class OrderAdopted(Event, frozen=True, tag="order_adopted"):
    """An order without acknowledgement was found at the broker by its reference."""

    key: str
    broker_id: int
    client_id: int
    perm_id: int


class RollAbandoned(Event, frozen=True, tag="roll_abandoned"):
    """The second half of a roll in two orders is not made any more: the trade stays flat."""

    trade: str
    units: int
    why: str


class CopiesSeen(Event, frozen=True, tag="copies_seen"):
    """What works at the broker under one reference of ours; more than the book has is an alarm.

    Attributes:
        perm_ids: The broker's permanent numbers of those that work, lowest first.
        broker_ids: Their order ids in the same order; 0 where another client number sent it.
    """

    key: str
    perm_ids: tuple[int, ...]
    broker_ids: tuple[int, ...]


class DiscrepancySeen(Event, frozen=True, tag="discrepancy_seen"):
    """*Effect.* Broker and ledger disagree: look again, and book it only when both looks are equal."""

    fingerprint: str
    note: str


class SymbolBlocked(Event, frozen=True, tag="symbol_blocked"):
    """A symbol takes no new entry: why, and what ends it (a date of positions, or a person)."""

    symbol: str
    why: str
    until_session: date | None


class SymbolUnblocked(Event, frozen=True, tag="symbol_unblocked"):
    """A symbol may trade again, and what showed it."""

    symbol: str
    why: str


class CampaignEnded(Event, frozen=True, tag="campaign_ended"):
    """A campaign is flat again: its whole result, and the figures by which it is judged."""

    campaign: str
    strategy: str
    symbol: str
    opened: datetime
    premium: Money
    fees: Money
    dividends: Money
    share_result: Money
    result: Money
    capital_days: Decimal
    annualised: float | None


class TradeEnded(Event, frozen=True, tag="trade_ended"):
    """A trade is flat again; `result` is net of fees, shares it turned into not included."""

    trade: str
    campaign: str
    how: str
    credit: Money
    fees: Money
    result: Money
    rolls: int


AnyEvent = (
    Connected
    | Disconnected
    | BrokerObserved
    | CycleStarted
    | MarginQuoted
    | OrderAccepted
    | OrderRejected
    | ReplaceRefused
    | OrderFilled
    | CommissionReported
    | OrderCancelled
    | CancelRefused
    | BrokerWarned
    | CycleEnded
    | CandidatePassed
    | IntentRefused
    | MarginRequested
    | OrderRequested
    | OrderIdAssigned
    | ReplaceRequested
    | CancelRequested
    | OrderDropped
    | OrderNeverSent
    | OrderUnknown
    | OrderAdopted
    | CopiesSeen
    | RollAbandoned
    | BaselineTaken
    | PositionAdopted
    | PositionLeft
    | AssignmentInferred
    | ExerciseInferred
    | ExpiryInferred
    | CashSettlementInferred
    | SplitInferred
    | ExternalChange
    | DividendDeclared
    | DividendExpected
    | InterestAccrued
    | InterestExpected
    | CashBooked
    | CashUnexplained
    | DiscrepancySeen
    | SymbolBlocked
    | SymbolUnblocked
    | CampaignEnded
    | TradeEnded
    | OperatorCommand
    | CommandAnswered
    | TradingHalted
    | TradingReleased
    | RunSkipped
    | HoursCompared
    | ClockCompared
    | TriggerCrossed
    | LinkLost
    | LinkRestored
    | DataLost
    | DataRestored
    | LiveConsented
)
