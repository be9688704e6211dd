"""What the exchange knows at its present instant, and the few ways in which it changes.

The parts of the exchange (admission, matching, the moments of the day) share one `State`. Every change
that a test or a client may want to see goes through `report`, so the record is complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from premia.domain.dates import session_of
from premia.domain.instrument import Contract, Option
from premia.domain.money import Price
from premia.domain.quote import Quote
from premia.exchange.accounts import Change
from premia.exchange.accounts_liquidation import Cushion
from premia.exchange.accounts_marks import Marks
from premia.exchange.exchange_fills import Fill, book_fill
from premia.exchange.exchange_orders import Fault, LiveOrder, OrderDesk, change_of, ticks_for
from premia.exchange.ledger import Account
from premia.exchange.matching import Match, book_of
from premia.exchange.policy import AccountSetup, Policy
from premia.exchange.settlement import last_trading_day
from premia.exchange.types import Cancelled, Filled, OrderKind, Refused, Report, TicketState
from premia.exchange.types_market import MarketSource


class State:
    """Market, accounts and orders at one instant of market time."""

    def __init__(
        self, market: MarketSource, accounts: Sequence[AccountSetup], policy: Policy, at: datetime
    ) -> None:
        self.market = market
        self.policy = policy
        self.now = at
        self.record: list[Report] = []
        self.accounts = {one.account: Account(one) for one in accounts}
        self.desk = OrderDesk()
        self.shunned: set[tuple[int, int]] = set()
        """Names of orders that no counterparty ever meets: for those who test the waiting."""
        self.liquidations = 0
        self.cushions: dict[str, Cushion] = {}
        self._marks = Marks(market, at)
        self._taken: dict[tuple[Contract, bool], int] = {}
        self._taken_at = at

    @property
    def minute(self) -> int:
        """The market minute, counted from 1970."""
        return int(self.now.timestamp()) // 60

    @property
    def marks(self) -> Marks:
        """Marks of the present instant."""
        if self._marks.at != self.now:
            self._marks = Marks(self.market, self.now)
        return self._marks

    def report(self, report: Report) -> None:
        """Put into the record what happened."""
        self.record.append(report)

    def refuse(self, name: tuple[int, int], fault: Fault, order: LiveOrder | None = None) -> None:
        """Report that an order, or a change of one, was not taken."""
        view = order.view() if order is not None else None
        self.report(Refused(self.now, name[0], name[1], fault.code, fault.text, view))

    def end(self, order: LiveOrder, why: str) -> None:
        """Take an unfilled order off the market."""
        self.desk.end(order, TicketState.CANCELLED, self.now, why)
        self.report(Cancelled(self.now, order.view()))

    def fill(self, order: LiveOrder, found: Match, quotes: Sequence[Quote]) -> None:
        """Trade part of an order or all of it."""
        account = self.accounts[order.ticket.account]
        executions = book_fill(Fill(order, found, self.now), account, quotes, self.market.sessions)
        for leg in order.ticket.legs:
            side = (leg.contract, leg.ratio * order.ticket.quantity > 0)
            self._taken_now()[side] = self._taken.get(side, 0) + abs(leg.ratio) * found.units
        self.desk.executions.extend(executions)
        if order.remaining == 0:
            self.desk.end(order, TicketState.FILLED, self.now)
        self.report(Filled(self.now, order.view(), tuple(executions)))

    def taken(self, contract: Contract, *, bought: bool) -> int:
        """Contracts or shares taken from one side of the book at this instant."""
        return self._taken_now().get((contract, bought), 0)

    def is_open(self, contract: Contract) -> bool:
        """Whether the contract trades now: in session, and not after its last trading day."""
        if self.market.sessions.open_at(self.now) is None:
            return False
        if isinstance(contract, Option):
            return session_of(self.now) <= last_trading_day(contract, self.market.sessions)
        return True

    def trades(self, order: LiveOrder) -> bool:
        """Whether every leg of an order trades now."""
        return all(self.is_open(leg.contract) for leg in order.ticket.legs)

    def quotes_of(self, orders: Iterable[LiveOrder]) -> list[Quote]:
        """Quotes of all legs of orders, in order."""
        return self.market.quotes([leg.contract for one in orders for leg in one.ticket.legs], self.now)

    def orders_of(self, account: str) -> list[LiveOrder]:
        """An account's live orders, the oldest first."""
        return [one for one in self.desk.live.values() if one.ticket.account == account]

    def changes(self, account: str) -> list[Change]:
        """What filling an account's live orders would do, one change an order."""
        return [self.change(one) for one in self.orders_of(account)]

    def change(self, order: LiveOrder) -> Change:
        """What filling the rest of an order would do to the books."""
        return change_of(order, self.expected_price(order), self.now)

    def expected_price(self, order: LiveOrder) -> Price:
        """The limit, or what a market order would pay now; the marks where the market shows no side."""
        if order.ticket.kind is OrderKind.LIMIT and order.ticket.limit is not None:
            return order.ticket.limit
        ticks = ticks_for(order.ticket, self.market)
        book = book_of(order.ticket.legs, self.quotes_of([order]), ticks, self.policy)
        natural = book.natural(order.remaining) if book is not None else None
        if natural is not None:
            return natural
        legs = zip(order.weights, order.ticket.legs, strict=True)
        return Price(sum((weight * self.marks.of(leg.contract) for weight, leg in legs), Decimal(0)))

    def _taken_now(self) -> dict[tuple[Contract, bool], int]:
        if self._taken_at != self.now:
            self._taken, self._taken_at = {}, self.now
        return self._taken
