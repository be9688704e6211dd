"""Facts that nobody reports: concluded from the broker's positions and cash, each booked once.

IB sends no event for assignment, exercise, expiry, dividends and interest, and it does not tell what was
there before Premia came. Which of these an observation means is decided in `engine`; here they are only told.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from premia.domain.event import Event
from premia.domain.instrument import Contract, Option
from premia.domain.market import Dividend
from premia.domain.money import Money
from premia.domain.order import Fill
from premia.domain.position import BrokerPosition


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


class Mapped(msgspec.Struct, frozen=True):
    """A position that became another one without a trade: what it was, and what it is."""

    before: Contract
    after: Contract
    held: int
    becomes: int


class SplitInferred(Event, frozen=True, tag="split_inferred"):
    """Shares were split: `denominator` old ones are `numerator` new ones; options follow, cost stays."""

    symbol: str
    numerator: int
    denominator: int
    changes: tuple[Mapped, ...]


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
