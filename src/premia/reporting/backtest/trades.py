"""Every trade of a run, from opening until flat: its legs, rolls, money, reasons and evidence.

A trade's money is option premium alone. Shares that an assignment brings belong to its campaign, so a
put that was assigned far below its strike still shows the premium that it earned; the loss stands with
the shares. Slippage is what fills gave away against the middle at which each order was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.campaign import Trade
from premia.domain.dates import session_of
from premia.domain.instrument import Option, Stock
from premia.domain.intent import Number, Purpose
from premia.domain.order import Order
from premia.reporting.moves import Move
from premia.reporting.numbers import tidied, tidy
from premia.reporting.replay import Step

_NOTHING = Decimal(0)
OPEN = "open"
"""How a trade ended that has not ended."""


class LegLine(msgspec.Struct, frozen=True):
    """One contract of a trade; prices in USD a share.

    Attributes:
        quantity: Signed contracts that were opened (short is negative).
        price: Average price at which they came.
        ended_price: Average price at which they went, zero for those that expired or were assigned; None
            while any is open.
        how: `traded`, `expired`, `assigned`, `settled in cash`, ...; empty while any is open.
    """

    contract: str
    right: str
    strike: Decimal | None
    expiry: date | None
    quantity: int
    price: Decimal
    ended: date | None
    ended_price: Decimal | None
    how: str


class RollLine(msgspec.Struct, frozen=True):
    """A roll: when, into what, for which net credit in USD before fees, and why."""

    at: datetime
    legs: str
    credit: Decimal
    reason: str


class BacktestTrade(msgspec.Struct, frozen=True):
    """One trade, USD.

    Attributes:
        how: How it ended: `bought back`, `expired`, `assigned`, ...; `open` where it has not.
        days: Calendar days from opening to its end, or to the end of the run.
        quantity: Units of the opening order that were filled.
        premium: Net option premium before fees, of openings, rolls and closings.
        slippage: What fills brought against the middle, mostly negative; part of `premium`.
        result: Premium less fees; while it is open, premium so far less fees.
        spot: Price of the underlying when it was decided; None where the decision did not say.
        reason, evidence: Why it was opened, and the numbers that were seen then.
        closing: Why it was closed, where an order closed it.
    """

    id: str
    campaign: str
    strategy: str
    symbol: str
    slot: str
    opened: datetime
    ended: datetime | None
    how: str
    days: int
    quantity: int
    premium: Decimal
    fees: Decimal
    slippage: Decimal
    result: Decimal
    spot: Decimal | None
    reason: str
    closing: str
    legs: tuple[LegLine, ...]
    rolls: tuple[RollLine, ...]
    evidence: dict[str, Number]


class Slipped(msgspec.Struct, frozen=True):
    """What the executions of an order gave against its middle, USD; None where no middle was known."""

    order: Order
    filled: int
    credit: Decimal
    against_mid: Decimal | None


class Decided:
    """What a journal's steps say of trades beside money: orders, evidence, who held what ended by itself."""

    def __init__(self) -> None:
        self.orders: dict[str, ev.MarginRequested] = {}
        self.holders: dict[int, str] = {}
        self.adopted: dict[str, str] = {}
        self.ended: list[tuple[Trade, ev.TradeEnded]] = []

    def take(self, step: Step) -> None:
        """Note one step."""
        event = step.event
        if isinstance(event, ev.MarginRequested):
            self.orders[event.order.key] = event
        elif isinstance(event, ev.TradeEnded):
            trade = step.before.trades.get(event.trade)
            if trade is not None:
                self.ended.append((trade, event))
        elif isinstance(
            event, ev.AssignmentInferred | ev.ExerciseInferred | ev.ExpiryInferred | ev.CashSettlementInferred
        ):
            self.holders[step.sequence] = _holder(step.before, event.contract)
        elif isinstance(event, ev.PositionAdopted) and event.trade:
            self.adopted[event.position.contract.key] = event.trade

    def trade_of(self, move: Move) -> str:
        """The trade that a movement belongs to; empty where it is none's."""
        if move.how == "held before":
            return self.adopted.get(move.contract.key, "")
        event = self.orders.get(move.order)
        return event.order.trade if event is not None else self.holders.get(move.sequence, "")


def slipped(decided: Decided, moves: Iterable[Move]) -> dict[str, Slipped]:
    """Executions against the middle, by order."""
    by_order: dict[str, list[Move]] = {}
    for move in moves:
        if move.order in decided.orders:
            by_order.setdefault(move.order, []).append(move)
    return {key: _slip(decided.orders[key].order, found) for key, found in by_order.items()}


def trades(
    decided: Decided, moves: Sequence[Move], slips: Mapping[str, Slipped], book: Book
) -> tuple[BacktestTrade, ...]:
    """All trades by their opening; those still open at the end stand among the others.

    Args:
        decided: What the steps of the journal said.
        moves: Every movement of the journal.
        slips: What `slipped` made of both.
        book: The book at the end.
    """
    mine: dict[str, list[Move]] = {}
    for move in moves:
        trade = decided.trade_of(move)
        if trade:
            mine.setdefault(trade, []).append(move)
    by_trade: dict[str, list[Slipped]] = {}
    for slip in slips.values():
        by_trade.setdefault(slip.order.trade, []).append(slip)
    lines = [
        _line(trade, event, mine.get(trade.id, []), _Orders(decided, by_trade.get(trade.id, [])))
        for trade, event in [*decided.ended, *((one, book.at) for one in book.trades.values())]
    ]
    return tuple(sorted(lines, key=lambda line: (line.opened, line.id)))


class _Orders:
    """The filled orders of one trade by what they were for."""

    def __init__(self, decided: Decided, slips: Sequence[Slipped]) -> None:
        self.slips = slips
        self._decided = decided
        self.opening = self._first(Purpose.OPEN)
        self.closing = self._first(Purpose.CLOSE)

    def _first(self, purpose: Purpose) -> ev.MarginRequested | None:
        keys = (slip.order.key for slip in self.slips if slip.order.purpose is purpose)
        return next((self._decided.orders[key] for key in keys), None)

    def units(self) -> int:
        """Units that openings have filled."""
        return sum(slip.filled for slip in self.slips if slip.order.purpose is Purpose.OPEN)

    def rolls(self) -> tuple[RollLine, ...]:
        """Every roll that was filled; of one in two orders, both."""
        return tuple(
            RollLine(
                self._decided.orders[slip.order.key].at,
                slip.order.combo.text,
                tidy(slip.credit),
                slip.order.reason,
            )
            for slip in self.slips
            if slip.order.purpose is Purpose.ROLL
        )


def _line(
    trade: Trade, end: ev.TradeEnded | datetime, moves: Sequence[Move], orders: _Orders
) -> BacktestTrade:
    ended = end if isinstance(end, ev.TradeEnded) else None
    until = end.at if isinstance(end, ev.TradeEnded) else end
    opening, closing = orders.opening, orders.closing
    premium = trade.credit.amount if ended is None else ended.credit.amount
    fees = trade.fees.amount if ended is None else ended.fees.amount
    return BacktestTrade(
        id=trade.id,
        campaign=trade.campaign,
        strategy=trade.strategy,
        symbol=trade.symbol,
        slot=trade.slot,
        opened=trade.opened,
        ended=None if ended is None else ended.at,
        how=OPEN if ended is None else ended.how,
        days=(session_of(until) - session_of(trade.opened)).days,
        quantity=orders.units(),
        premium=tidy(premium),
        fees=tidy(fees),
        slippage=tidy(sum((slip.against_mid or _NOTHING for slip in orders.slips), _NOTHING)),
        result=tidy(premium - fees if ended is None else ended.result.amount),
        spot=None if opening is None else opening.order.spot,
        reason="" if opening is None else opening.order.reason,
        closing="" if closing is None else closing.order.reason,
        legs=_legs(moves),
        rolls=orders.rolls(),
        evidence={} if opening is None else dict(opening.evidence.facts),
    )


def _slip(order: Order, moves: Sequence[Move]) -> Slipped:
    credit = sum(
        (-one.contract.value_of(one.price, one.quantity).amount for one in moves if one.how != "split"),
        _NOTHING,
    )
    signed: dict[str, int] = {}
    for move in moves:
        signed[move.contract.key] = signed.get(move.contract.key, 0) + move.quantity
    units = min(abs(signed.get(leg.contract.key, 0)) // abs(leg.ratio) for leg in order.combo.legs)
    at_mid = None if order.mid is None else order.combo.premium_of(order.mid, units).amount
    return Slipped(order, units, credit, None if at_mid is None else credit - at_mid)


def _legs(moves: Sequence[Move]) -> tuple[LegLine, ...]:
    by_contract: dict[str, list[Move]] = {}
    for move in moves:
        if isinstance(move.contract, Option | Stock):
            by_contract.setdefault(move.contract.key, []).append(move)
    return tuple(_leg(found) for found in by_contract.values())


def _leg(moves: Sequence[Move]) -> LegLine:
    """One contract: what came in the direction of its first movement, and what went."""
    first = moves[0]
    came = [one for one in moves if one.quantity * first.quantity > 0]
    went = [one for one in moves if one.quantity * first.quantity < 0]
    flat = sum(one.quantity for one in moves) == 0
    option = first.contract if isinstance(first.contract, Option) else None
    return LegLine(
        contract=first.contract.key,
        right="" if option is None else option.right.value,
        strike=None if option is None else option.strike,
        expiry=None if option is None else option.expiry,
        quantity=sum(one.quantity for one in came),
        price=tidy(_average(came) or _NOTHING),
        ended=session_of(went[-1].at) if went and flat else None,
        ended_price=tidied(_average(went)) if flat else None,
        how=went[-1].how if went and flat else "",
    )


def _average(moves: Sequence[Move]) -> Decimal | None:
    quantity = sum(one.quantity for one in moves)
    return sum((_price(one) * one.quantity for one in moves), _NOTHING) / quantity if quantity else None


def _price(move: Move) -> Decimal:
    """A share; of what was held before, what it cost."""
    return move.cost / move.contract.multiplier if move.how == "held before" else move.price


def _holder(book: Book, contract: Option) -> str:
    """The trade that holds an option; empty where none does."""
    return next((trade.id for trade in book.trades.values() if contract.key in trade.legs), "")
