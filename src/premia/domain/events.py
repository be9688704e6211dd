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
from premia.domain.instrument import Option
from premia.domain.intent import Evidence, Intent, Passed
from premia.domain.known import Known, Unknown
from premia.domain.market import Dividend
from premia.domain.money import Money, Price
from premia.domain.order import Fill, MarginQuote, ObservedOrder, Order
from premia.domain.position import BrokerPosition


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """A fact and the market time at which it was true."""

    at: datetime


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
    """A pass of the engine began."""

    cycle: str
    session: date
    strategies: tuple[str, ...]


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


class BrokerWarned(Event, frozen=True, tag="broker_warned"):
    """A message of the broker that kills nothing, kept because a person may want it."""

    code: int
    text: str
    key: str = ""


# What follows.


class CycleEnded(Event, frozen=True, tag="cycle_ended"):
    """A pass of the engine is over: how many intents, approvals and refusals it made."""

    cycle: str
    intents: int
    approved: int
    refused: int
    passed: int
    note: str = ""


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
    """*Effect.* A working order is to be taken back."""

    key: str
    why: str


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


class BaselineTaken(Event, frozen=True, tag="baseline_taken"):
    """The account as it was when Premia first saw it: where our ledger of cash and positions starts.

    `fills` are the session's executions that these figures already contain.
    """

    cash: Decimal
    positions: tuple[BrokerPosition, ...]
    fills: tuple[Fill, ...] = ()


class PositionAdopted(Event, frozen=True, tag="position_adopted"):
    """A position that was already there joins a campaign at the broker's cost, premium already netted."""

    strategy: str
    position: BrokerPosition
    campaign: str
    trade: str = ""


class PositionLeft(Event, frozen=True, tag="position_left"):
    """A position that was already there is left alone: nothing is sold against it, and why."""

    position: BrokerPosition
    why: str


class AssignmentInferred(Event, frozen=True, tag="assignment_inferred"):
    """Shorts were exercised against us: the option is gone, the shares have moved at the strike.

    `quantity` is the signed change of the option (positive: shorts gone); `fees` what the sale of
    shares costs in regulatory fees; `exercised` the session from which settlement counts.
    """

    contract: Option
    quantity: int
    shares: int
    fees: Money
    exercised: date


class ExerciseInferred(Event, frozen=True, tag="exercise_inferred"):
    """Our long options were exercised: the option is gone, the shares have moved at the strike."""

    contract: Option
    quantity: int
    shares: int
    fees: Money
    exercised: date


class ExpiryInferred(Event, frozen=True, tag="expiry_inferred"):
    """Options ended worthless; `quantity` is the signed change of the position."""

    contract: Option
    quantity: int


class CashSettlementInferred(Event, frozen=True, tag="cash_settlement_inferred"):
    """Options were settled in cash: `amount` moved, negative when we paid."""

    contract: Option
    quantity: int
    amount: Money


class ExternalChange(Event, frozen=True, tag="external_change"):
    """A person or another program traded: the position and cash changed by executions that are not ours."""

    fill: Fill


class DividendDeclared(Event, frozen=True, tag="dividend_declared"):
    """A dividend is known to come."""

    symbol: str
    dividend: Dividend


class DividendExpected(Event, frozen=True, tag="dividend_expected"):
    """We held shares at the open of an ex-date: this much will be paid (or owed, when short)."""

    symbol: str
    ex: date
    shares: int
    amount: Money


class InterestAccrued(Event, frozen=True, tag="interest_accrued"):
    """One calendar day's interest by our own schedule, unrounded: balance, annual rate, amount."""

    day: date
    settled: Money
    rate: float
    amount: Decimal


class InterestExpected(Event, frozen=True, tag="interest_expected"):
    """A month's interest by our own schedule, to be posted early in the next month."""

    month: date
    amount: Money


class CashBooked(Event, frozen=True, tag="cash_booked"):
    """A change of cash that no order made was matched with what we had predicted.

    `cause` is the name of the expectation (`dividend/SPY/2026-03-20`, `interest/2026-02`).
    """

    cause: str
    predicted: Money
    amount: Money


class CashUnexplained(Event, frozen=True, tag="cash_unexplained"):
    """A change of cash that nothing predicted: taken into the ledger, and shown."""

    amount: Money
    note: str


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


class OperatorCommand(Event, frozen=True, tag="operator_command"):
    """What a person asked for, with who and why; `id` makes it happen once."""

    id: str
    verb: str
    target: str
    who: str
    why: str
    arguments: dict[str, str] = {}


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
    | BaselineTaken
    | PositionAdopted
    | PositionLeft
    | AssignmentInferred
    | ExerciseInferred
    | ExpiryInferred
    | CashSettlementInferred
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
)
