"""What the journal has booked, row for row as a broker's statement would tell it.

A statement dates things by the day to which they belong: an assignment by the evening of its exercise, an
expiry by its last day, while the journal learns of both a morning later. So every row here carries its own
session, and cash and positions of a day are those that the rows up to that day add up to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.instrument import Contract, Option, Stock
from premia.domain.statement import CashKind, StatedHow
from premia.reporting.costs import TAX, costs
from premia.reporting.moves import Move, moves
from premia.reporting.replay import Numbered, Step, replay

_NOTHING = Decimal(0)
_INFERRED = "inferred/"
_ENDINGS = {"assigned": StatedHow.ASSIGNED, "exercised": StatedHow.EXERCISED, "expired": StatedHow.EXPIRED}


class BookedTrade(msgspec.Struct, frozen=True):
    """A movement of a contract by our journal.

    Attributes:
        cost: Commission and fees, USD; a cost is positive.
        realised: What its closing part earned, first in first out, costs in it, USD; None if it closed none.
        session: The day to which it belongs by the broker's books.
        execution: The execution's number without its revision; empty where nobody told one.
        inferred: Whether positions told it, so that how price and cost share its money is a guess.
    """

    contract: Contract
    quantity: int
    price: Decimal
    cost: Decimal
    realised: Decimal | None
    session: date
    how: StatedHow
    execution: str = ""
    order: str = ""
    campaign: str = ""
    inferred: bool = False

    @property
    def money(self) -> Decimal:
        """What it moved in cash, USD: value and cost, negative when paid."""
        return -self.price * self.contract.multiplier * self.quantity - self.cost


class BookedCash(msgspec.Struct, frozen=True):
    """Cash that no trade moved, by our journal; `kind` is None where nothing explained it."""

    cause: str
    kind: CashKind | None
    amount: Decimal
    day: date
    symbol: str = ""
    campaign: str = ""


class Booked(msgspec.Struct, frozen=True):
    """All that a journal has booked.

    Attributes:
        began, ended: When the ledger starts, and when its last event was.
        start: Cash of the baseline, USD; `held` its positions; `before` executions that they contain.
    """

    account: str
    began: datetime
    ended: datetime
    start: Decimal
    held: tuple[tuple[Contract, int], ...]
    before: frozenset[str]
    trades: tuple[BookedTrade, ...]
    cash: tuple[BookedCash, ...]

    def positions(self, last: date) -> dict[str, int]:
        """Signed quantities at the end of a day, by contract key; none is zero."""
        found: dict[str, int] = {}
        for contract, quantity in self.held:
            found[contract.key] = found.get(contract.key, 0) + quantity
        for trade in self.trades:
            if trade.session <= last:
                found[trade.contract.key] = found.get(trade.contract.key, 0) + trade.quantity
        return {key: quantity for key, quantity in found.items() if quantity}

    def traded_cash(self, last: date) -> Decimal:
        """The baseline's cash and what trades up to the end of a day have moved, USD."""
        return self.start + sum((t.money for t in self.trades if t.session <= last), _NOTHING)


def booked(events: Iterable[Numbered]) -> Booked | None:
    """What a journal has booked; None before its baseline."""
    numbered = list(events)
    baseline = next((event for _, event in numbered if isinstance(event, ev.BaselineTaken)), None)
    if baseline is None:
        return None
    steps = _Steps()
    for step in replay(numbered):
        steps.take(step)
    moved = moves(numbered)
    realised: dict[tuple[int, str], Decimal] = {}
    for one in costs(moved, TAX).realised:
        place = (one.sequence, one.contract.key)
        realised[place] = realised.get(place, _NOTHING) + one.result
    found = [row for move in moved for row in _rows(move, steps, realised)]
    return Booked(
        account=steps.account,
        began=baseline.at,
        ended=numbered[-1][1].at,
        start=baseline.cash,
        held=tuple((p.contract, p.quantity) for p in baseline.positions if p.quantity),
        before=frozenset(fill.root for fill in baseline.fills),
        trades=tuple(found),
        cash=tuple(steps.cash),
    )


class _Steps:
    """What only the book around an event knows: campaigns, sessions of exercise and of orders."""

    def __init__(self) -> None:
        self.account = ""
        self.campaigns: dict[int, str] = {}
        self.sessions: dict[int, date] = {}
        self.orders: dict[str, date] = {}
        self.cash: list[BookedCash] = []

    def take(self, step: Step) -> None:
        event = step.event
        if isinstance(event, ev.Connected):
            self.account = event.account
        elif isinstance(event, ev.MarginRequested):
            self.orders[event.order.key] = event.order.session
        elif isinstance(event, ev.OrderFilled):
            state = step.after.orders.get(event.key) or step.after.ended.get(event.key)
            trade = None if state is None else step.after.trades.get(state.order.trade)
            self.campaigns[step.sequence] = "" if trade is None else trade.campaign
        elif isinstance(event, ev.AssignmentInferred | ev.ExerciseInferred):
            self.campaigns[step.sequence] = _holder(step.before, event.contract)
            self.sessions[step.sequence] = event.exercised
        elif isinstance(event, ev.ExpiryInferred | ev.CashSettlementInferred):
            self.campaigns[step.sequence] = _holder(step.before, event.contract)
            self.sessions[step.sequence] = min(event.contract.expiry, session_of(event.at))
        elif isinstance(event, ev.CashBooked | ev.CashUnexplained):
            self.cash.append(_cash(step.before, event))


def _holder(book: Book, contract: Option) -> str:
    """The campaign of the trade that holds an option, else of its symbol."""
    for trade in book.trades.values():
        if contract.key in trade.legs:
            return trade.campaign
    return _campaign(book, contract.symbol)


def _campaign(book: Book, symbol: str) -> str:
    return next((one.id for one in book.campaigns.values() if one.symbol == symbol), "")


def _cash(book: Book, event: ev.CashBooked | ev.CashUnexplained) -> BookedCash:
    day = session_of(event.at)
    if isinstance(event, ev.CashUnexplained):
        return BookedCash("unexplained", None, event.amount.amount, day)
    name, _, rest = event.cause.partition("/")
    symbol = rest.partition("/")[0] if name == "dividend" else ""
    kind = CashKind.DIVIDEND if name == "dividend" else CashKind.INTEREST
    return BookedCash(event.cause, kind, event.amount.amount, day, symbol, _campaign(book, symbol))


def _became(move: Move, into: Contract) -> tuple[BookedTrade, BookedTrade]:
    """A split as what went and what came, without money."""
    session = session_of(move.at)
    went = BookedTrade(move.contract, move.quantity, _NOTHING, _NOTHING, None, session, StatedHow.ACTION)
    return went, msgspec.structs.replace(went, contract=into, quantity=move.becomes)


def _rows(move: Move, steps: _Steps, realised: dict[tuple[int, str], Decimal]) -> Sequence[BookedTrade]:
    """The rows of one movement; an assignment is two, the option and the shares that it moved."""
    if move.how == "held before":
        return ()
    if move.into is not None:
        return _became(move, move.into)
    contract = move.contract
    delivered = isinstance(contract, Option) and move.how in ("assigned", "exercised")
    inferred = move.execution.startswith(_INFERRED)
    at = session_of(move.at)
    session = steps.orders.get(move.order, at) if inferred else steps.sessions.get(move.sequence, at)
    how = _ENDINGS.get(move.how, StatedHow.TRADED)
    if move.how == "settled in cash":
        how = StatedHow.ASSIGNED if move.quantity > 0 else StatedHow.EXERCISED
    row = BookedTrade(
        contract=contract,
        quantity=move.quantity,
        price=move.price,
        cost=_NOTHING if delivered else move.fee,
        realised=realised.get((move.sequence, contract.key)),
        session=session,
        how=how,
        execution="" if inferred else move.execution.rpartition(".")[0] or move.execution,
        order=move.order,
        campaign=steps.campaigns.get(move.sequence, ""),
        inferred=inferred,
    )
    if not delivered or not isinstance(contract, Option):
        return (row,)
    stock = Stock(contract.symbol, contract.currency)
    shares = msgspec.structs.replace(
        row,
        contract=stock,
        quantity=move.shares,
        price=contract.strike,
        cost=move.fee,
        realised=realised.get((move.sequence, stock.key)),
    )
    return (row, shares)
