"""Orders: priced instructions with a key of their own, and where each stands.

A key is `strategy/symbol/slot/session/attempt`; it goes to the broker as the order's reference and
comes back in every execution. Broker ids are facts learned later. The states only move forward.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

import msgspec

from premia.domain.combo import Combo
from premia.domain.instrument import Contract, Option
from premia.domain.intent import Purpose
from premia.domain.money import Money, Price

UNANSWERED = "what_if_unanswered"
"""Why an order is dropped whose margin the broker did not tell: its next pass decides again, soon."""

ENDING = "shutdown"
"""Why an order is dropped that the end of the process left unsent: the next process decides again, soon."""


class Then(Enum):
    """What follows when an order has reached the end of its ladder and of its patience."""

    CANCEL = "cancel"
    LEAVE = "leave"  # it rests at its last price until the day ends it
    NATURAL = "natural"  # it goes to what filled when it was decided, rests once more, and is cancelled


class Ladder(msgspec.Struct, frozen=True):
    """How an order walks from its first price to its worst one, on market time.

    Attributes:
        steps: How many steps lie between first and worst price.
        every: Market time between two steps.
        patience: Market time after the last step before what follows.
        start: Where it begins, as a part of the way from the middle to the natural price; negative is better.
        floor: Where it ends at the latest, as a part of the same way.
        keep: Part of the middle's credit that is never given up; orders that pay have none.
        then: What follows.
    """

    steps: int
    every: timedelta
    patience: timedelta
    start: Decimal = Decimal(0)
    floor: Decimal = Decimal(1)
    keep: Decimal = Decimal(0)
    then: Then = Then.CANCEL

    @property
    def walk(self) -> timedelta:
        """Market time from the first price to what follows."""
        return self.every * self.steps + self.patience

    @property
    def length(self) -> timedelta:
        """Market time from the first price to the end of all patience."""
        return self.walk + (self.patience if self.then is Then.NATURAL else timedelta(0))


class Follow(msgspec.Struct, frozen=True):
    """What is sold once an order has bought back the first half of a roll.

    Attributes:
        contract: The new option.
        least: Net credit a share that the whole roll is to bring at least.
    """

    contract: Option
    least: Price


class Order(msgspec.Struct, frozen=True):
    """A priced instruction; only the planner makes one, and only from an `Approved`.

    Attributes:
        key: `wheel/SPY/put/2026-01-15/1`, carried to the broker as the order's reference.
        slot: The place it fills; a slot has at most one living order.
        combo: Legs, from the point of view of the wanted position change.
        quantity: Units, above zero.
        limit: Net credit a share (negative: a debit) of the first price.
        worst: Where the ladder ends.
        tick: Price step of the combo.
        reserved: Cash promised to it.
        trade: Trade it opens, closes or rolls.
        mid, natural: Net credit a share at the middle and at what filled, when it was decided.
        spot: Price of the underlying then; None where the decision did not say.
        follow: What is sold after it, where it is the first half of a roll in two orders.
        last: Where it goes after its patience; None where the ladder does not say so.
    """

    key: str
    strategy: str
    symbol: str
    slot: str
    purpose: Purpose
    combo: Combo
    quantity: int
    limit: Price
    worst: Price
    tick: Decimal
    ladder: Ladder
    reserved: Money
    trade: str
    session: date
    reason: str
    mid: Price | None = None
    natural: Price | None = None
    spot: Decimal | None = None
    last: Price | None = None
    follow: Follow | None = None

    @property
    def series(self) -> str:
        """The part of the key that its attempts share: `wheel/SPY/put`."""
        return self.key.rsplit("/", 2)[0]


class Stage(Enum):
    """Where one of our orders stands, in the order in which it goes."""

    PLANNED = "planned"  # approved and priced, margin asked for
    CLEARED = "cleared"  # the broker's margin figures allow it; it waits its turn
    REQUESTED = "requested"  # to be sent; no broker id yet, so certainly not sent
    ASSIGNED = "assigned"  # broker id durable; may or may not have been sent
    WORKING = "working"
    CANCELLING = "cancelling"
    UNKNOWN = "unknown"  # no evidence either way; blocks its slot until a person speaks
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    NEVER_SENT = "never_sent"

    @property
    def terminal(self) -> bool:
        """Whether nothing can follow."""
        return self in (Stage.FILLED, Stage.CANCELLED, Stage.REJECTED, Stage.NEVER_SENT)


class OrderState(msgspec.Struct, frozen=True):
    """An order of ours and what has become of it.

    Attributes:
        filled: Whole units filled.
        leg_filled: Signed contracts filled by contract key; sums to `filled` units once all legs have come.
        limit: The price that was asked for last, net credit a share.
        agreed: The price at which the broker has said that it works; None before it said so.
        refusals, refused_at: Changes of its price that the broker refused in a row, and when the last one.
        broker_id: Order id at the broker; None until it is assigned.
        since: Market time at which it was requested.
    """

    order: Order
    stage: Stage
    limit: Price
    since: datetime
    filled: int = 0
    leg_filled: dict[str, int] = {}
    broker_id: int | None = None
    client_id: int | None = None
    perm_id: int = 0
    sent_at: datetime | None = None
    why: str = ""
    agreed: Price | None = None
    refusals: int = 0
    refused_at: datetime | None = None

    @property
    def key(self) -> str:
        """The order's key."""
        return self.order.key

    @property
    def in_flight(self) -> bool:
        """Whether it may be on its way to the broker without an acknowledgement."""
        return self.stage in (Stage.REQUESTED, Stage.ASSIGNED)

    @property
    def remaining(self) -> int:
        """Units not filled yet."""
        return self.order.quantity - self.filled


class Fill(msgspec.Struct, frozen=True):
    """One execution of one contract, the broker's word for what happened.

    Attributes:
        exec_id: Unique at the broker; a correction repeats it up to the last dot.
        order_ref: The key that our order carried; other text, or none, for orders that are not ours.
        quantity: Signed shares or contracts.
        price: Per share.
        commission: All-in cost; None until the broker has reported it.
        realized: The broker's realised P&L; None on openings or until reported.
    """

    exec_id: str
    order_ref: str
    broker_id: int
    client_id: int
    perm_id: int
    contract: Contract
    quantity: int
    price: Price
    at: datetime
    commission: Money | None = None
    realized: Money | None = None

    def corrects(self, earlier: Fill) -> bool:
        """Whether this is a later word about the same execution; an earlier one may come after it."""
        return self.root == earlier.root and _revision(self) > _revision(earlier)

    @property
    def root(self) -> str:
        """What stays the same when the broker corrects the execution."""
        return self.exec_id.rpartition(".")[0] or self.exec_id


def _revision(fill: Fill) -> int:
    """What follows the last dot of an execution's number."""
    last = fill.exec_id.rpartition(".")[2]
    return int(last) if last.isdigit() else 0


class ObservedOrder(msgspec.Struct, frozen=True):
    """An order as the broker tells it, ours or somebody else's.

    Attributes:
        quantity: Signed units of `combo` (positive buys the legs as written).
        limit: Net credit a share as we count it; None for an order without a limit.
        status: The broker's word, `Submitted`, `Filled`, ...; a hint, never the truth of fills.
        done: Whether the broker says it can change no more.
    """

    order_ref: str
    broker_id: int
    client_id: int
    perm_id: int
    combo: Combo
    quantity: int
    limit: Price | None
    filled: int
    remaining: int
    status: str
    done: bool


class MarginQuote(msgspec.Struct, frozen=True):
    """What the broker says that an order would change, in account currency; None is "did not say"."""

    initial_change: Decimal | None
    maintenance_change: Decimal | None
    equity_after: Decimal | None
    initial_after: Decimal | None
    commission: Decimal | None
    warning: str = ""
