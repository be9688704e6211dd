"""What a broker's statement says of an account: its rows as facts, whatever file they came from.

A statement is the broker's own record, made at night, and the only place where it names assignments,
dividends and fees. Nothing here is inferred and nothing comes from our journal: a row keeps the line of
its file, so that whoever reads of a difference can look at it. Costs are positive, money received is
positive, quantities are signed as everywhere.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum

import msgspec

from premia.domain.dates import new_york
from premia.domain.instrument import Contract, Option

_NOTHING = Decimal(0)


class StatedHow(Enum):
    """How a quantity moved, by the statement's codes."""

    TRADED = "traded"
    ASSIGNED = "assigned"
    EXERCISED = "exercised"
    EXPIRED = "expired"
    ACTION = "corporate action"  # a split and the like; rows of trades never say so


class CashKind(Enum):
    """What a movement of cash without a trade was."""

    DIVIDEND = "dividend"  # payments in lieu of one are the same to us
    WITHHOLDING = "withholding tax"
    INTEREST = "interest"
    FEE = "fee"
    DEPOSIT = "deposit or withdrawal"
    OTHER = "other"


class StatedTrade(msgspec.Struct, frozen=True):
    """One row of trades: an execution, or how an option ended and the shares that came of it.

    Attributes:
        price: Per share; zero for what expired or was assigned.
        cost: Commission, fees and taxes in USD; a cost is positive.
        realised: What the closing part earned by the broker's books, USD; None where the row has none.
        at: When; at the session's midnight in New York where only the day is told.
        execution: The execution's number; empty where the file has none, as in activity statements.
        reference: Our order's key, where the file has it.
    """

    line: int
    contract: Contract
    quantity: int
    price: Decimal
    cost: Decimal
    realised: Decimal | None
    at: datetime
    session: date
    how: StatedHow = StatedHow.TRADED
    execution: str = ""
    reference: str = ""

    @property
    def money(self) -> Decimal:
        """What it moved in cash, USD: value and cost, negative when paid."""
        return -self.price * self.contract.multiplier * self.quantity - self.cost


class CashLine(msgspec.Struct, frozen=True):
    """Cash that no trade moved; `symbol` is empty where none is named."""

    line: int
    kind: CashKind
    amount: Decimal
    day: date
    symbol: str = ""
    text: str = ""


class OptionEvent(msgspec.Struct, frozen=True):
    """An option's assignment, exercise or expiry in its own section; `quantity` is the signed change."""

    line: int
    contract: Option
    quantity: int
    how: StatedHow
    day: date


class CorporateAction(msgspec.Struct, frozen=True):
    """A split, merger, change of name or special dividend: what came and went by it.

    Attributes:
        kind: The broker's code (`FS` a split, `RS` a reverse one, `TC` a merger, `IC` a change of name).
        quantity: Signed change of the contract.
        money: What it moved in cash, USD.
    """

    line: int
    contract: Contract
    kind: str
    quantity: int
    money: Decimal
    day: date
    text: str = ""


class StatedPosition(msgspec.Struct, frozen=True):
    """A position at the end of the statement; `cost` is the signed cost basis in USD, None where not told."""

    line: int
    contract: Contract
    quantity: int
    cost: Decimal | None = None


class CashReport(msgspec.Struct, frozen=True):
    """Cash at both ends of the statement, USD; `totals` are the sums between them by the broker's names."""

    line: int
    starting: Decimal
    ending: Decimal
    totals: dict[str, Decimal] = {}


class StatedResult(msgspec.Struct, frozen=True):
    """Realised result of one symbol or contract over the statement, USD."""

    line: int
    name: str
    amount: Decimal


class Skipped(msgspec.Struct, frozen=True):
    """A row that is not compared, and why."""

    line: int
    why: str


class Statement(msgspec.Struct, frozen=True):
    """One account's statement.

    Attributes:
        source: What kind of file told it.
        first, last: The days that it covers, both included.
        sections: Which parts the file has; what it lacks cannot be compared.
        cash_report: None where the file has none.
    """

    source: str
    account: str
    first: date
    last: date
    sections: frozenset[str] = frozenset()
    trades: tuple[StatedTrade, ...] = ()
    cash: tuple[CashLine, ...] = ()
    option_events: tuple[OptionEvent, ...] = ()
    actions: tuple[CorporateAction, ...] = ()
    positions: tuple[StatedPosition, ...] = ()
    results: tuple[StatedResult, ...] = ()
    cash_report: CashReport | None = None
    skipped: tuple[Skipped, ...] = ()

    @property
    def endings(self) -> tuple[StatedTrade, ...]:
        """How options ended: rows of trades, and events of the options' section that no trade tells."""
        told = [trade for trade in self.trades if trade.how is not StatedHow.TRADED]
        known = {(trade.contract.key, trade.how) for trade in told}
        return (
            *told,
            *(
                _of_event(event)
                for event in self.option_events
                if (event.contract.key, event.how) not in known
            ),
        )


def _of_event(event: OptionEvent) -> StatedTrade:
    return StatedTrade(
        line=event.line,
        contract=event.contract,
        quantity=event.quantity,
        price=_NOTHING,
        cost=_NOTHING,
        realised=None,
        at=new_york(event.day, time(0)),
        session=event.day,
        how=event.how,
    )
