"""The simulated options exchange and its broker: orders, fills, accounts, and the life of what is held.

Its state moves only by `advance` and by orders, never by being read. What happens on the way to a
later time happens at its own instant and in order: interest at midnight, deliveries in the morning,
dividends at the open, fills by the minute, expiry in the evening. Two runs with the same seed and the
same orders are equal, whatever anybody asked in between. The complete `record` is for tests; clients
see positions, cash, orders and executions, as at IB, and must infer the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from premia.domain.dates import as_utc
from premia.domain.errors import InvariantViolated
from premia.domain.instrument import Contract, Option
from premia.domain.money import Money, Price
from premia.domain.quote import Quote
from premia.exchange import accounts as figures
from premia.exchange import assignment, interest, settlement_actions
from premia.exchange.accounts import Change
from premia.exchange.accounts_liquidation import sales
from premia.exchange.accounts_marks import Marks
from premia.exchange.exchange_fills import Fill, book_fill
from premia.exchange.exchange_moments import Agenda, Kind, Moment
from premia.exchange.exchange_orders import (
    DUPLICATE_ID,
    MODIFIES_ANOTHER,
    MODIFIES_FILLED,
    NOT_CANCELLABLE,
    NOT_FOUND,
    NOT_VALID,
    REJECTED,
    Fault,
    LiveOrder,
    OrderDesk,
    change_of,
    fault_of,
    tick_for,
)
from premia.exchange.exchange_reading import ListingWindow, PriceWindow
from premia.exchange.ledger import Account
from premia.exchange.liquidity import Book, Glance, away, worth_a_look
from premia.exchange.matching import Match, Turn, book_of, luck, match
from premia.exchange.noise import uniform
from premia.exchange.policy import AccountSetup, FillRule, Policy
from premia.exchange.settlement import last_trading_day
from premia.exchange.types import (
    Accepted,
    Cancelled,
    CashMoved,
    Execution,
    Filled,
    Holding,
    OrderKind,
    OrderTicket,
    OrderView,
    Refused,
    Report,
    TicketState,
    TimeInForce,
    Values,
    WhatIf,
)
from premia.exchange.types_market import MarketSource

_MINUTE = timedelta(minutes=1)


class Exchange(PriceWindow, ListingWindow):
    """State of the simulated market, moved only by `advance` and by orders."""

    def __init__(
        self, market: MarketSource, accounts: Sequence[AccountSetup], policy: Policy, at: datetime
    ) -> None:
        self.market = market
        self.policy = policy
        self.now = as_utc(at)
        self.record: list[Report] = []
        self._accounts = {one.account: Account(one) for one in accounts}
        self._desk = OrderDesk()
        self._agenda = Agenda(market.sessions, policy, self.now)
        self._marks = Marks(market, self.now)
        self._taken: dict[tuple[Contract, bool], int] = {}
        self._taken_at = self.now
        self._liquidations = 0
        self.shunned: set[tuple[int, int]] = set()
        """Names of orders that no counterparty ever meets: for those who test the waiting."""

    def advance(self, to: datetime) -> list[Report]:
        """Let the market live until `to`; everything that happened on the way, in order.

        Raises:
            InvariantViolated: If `to` lies in the past, or beyond the market's calendar.
        """
        to = as_utc(to)
        if to < self.now:
            raise InvariantViolated(
                f"The market is at {self.now.isoformat()} and cannot go back to {to.isoformat()}."
            )
        start = len(self.record)
        while (moment := self._agenda.next()).at <= to:
            self._work_until(moment.at)
            self._agenda.step()
            self.now = moment.at
            self._happen(moment)
        self._work_until(to)
        self.now = to
        return self.record[start:]

    def submit(self, ticket: OrderTicket) -> list[Report]:
        """Take an order, or a change of the live order of the same name; what is marketable fills at once."""
        start = len(self.record)
        live = self._desk.live.get((ticket.client_id, ticket.order_id))
        order = self._modified(live, ticket) if live is not None else self._admitted(ticket)
        if order is not None:
            self._report(Accepted(self.now, order.view()))
            self._look([order], patient=False)
            self._end_immediate(order)
        return self.record[start:]

    def cancel(self, client_id: int, order_id: int) -> list[Report]:
        """Take a live order off the market; a `Refused` where there is none of that name or it has ended."""
        start = len(self.record)
        name = (client_id, order_id)
        order = self._desk.live.get(name)
        if order is not None:
            self._end(order, "cancelled by its client")
        elif self._desk.ended(name) is None:
            self._refuse(
                name, Fault(NOT_FOUND, f"OrderId {order_id} that needs to be cancelled is not found.")
            )
        else:
            state = self._desk.ended(name)
            word = state.value if state is not None else ""
            text = f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {word}."
            self._refuse(name, Fault(NOT_CANCELLABLE, text))
        return self.record[start:]

    def what_if(self, ticket: OrderTicket) -> WhatIf | Refused:
        """What an order would do to margin and equity, filled whole at its limit (or the natural price)."""
        fault = self._fault(ticket)
        if fault is not None:
            return Refused(self.now, ticket.client_id, ticket.order_id, fault.code, fault.text)
        account = self._accounts[ticket.account]
        marks = self._marks_now()
        trial = LiveOrder(self._canonical(ticket), 0, 0, self.now)
        change = self._change(trial)
        at = figures.standing(account)
        before = figures.measure(account, at, marks)
        after = figures.measure(account, at.after(change), marks)
        price = self._expected_price(trial)
        refused = [text for text in after.refusals if text not in before.refusals]
        return WhatIf(
            initial_before=before.initial,
            maintenance_before=before.maintenance,
            equity_before=before.equity,
            initial_after=after.initial,
            maintenance_after=after.maintenance,
            equity_after=after.equity,
            commission=change.paid - price * trial.shares * trial.remaining,
            warning="; ".join(refused),
        )

    def accounts(self) -> list[str]:
        """Every account's number."""
        return list(self._accounts)

    def values(self, account: str) -> Values:
        """An account's figures at the market's present."""
        found = self._accounts[account]
        return figures.values(found, self._changes(found), self._marks_now(), self.policy)

    def holdings(self, account: str) -> list[Holding]:
        """An account's positions, those closed today with quantity zero."""
        return figures.holdings(self._accounts[account], self._marks_now())

    def open_orders(self) -> list[OrderView]:
        """Every live order, the oldest first."""
        return [order.view() for order in self._desk.live.values()]

    def completed_orders(self) -> list[OrderView]:
        """Orders that ended since the market's midnight."""
        return [order.view() for order in self._desk.finished]

    def executions(self, since: datetime | None = None) -> list[Execution]:
        """Executions since the market's midnight, or a later instant; a combo's own line before its legs."""
        return [one for one in self._desk.executions if since is None or one.at >= since]

    # What happens at fixed moments

    def _happen(self, moment: Moment) -> None:
        doing: dict[Kind, Callable[[date], None]] = {
            Kind.MIDNIGHT: self._midnight,
            Kind.DELIVERY: self._delivery,
            Kind.OPEN: self._open,
            Kind.MARGIN_LOOK: self._margin_look,
            Kind.CLOSE: self._close,
            Kind.EVENING: self._evening,
        }
        doing[moment.kind](moment.day)

    def _midnight(self, day: date) -> None:
        for account in self._accounts.values():
            self._accrue(account)
            if day.day == 1:
                account.interest_due = account.accrued_interest
            account.start_day(day)
        self._desk.start_day()

    def _accrue(self, account: Account) -> None:
        settled = account.settled_cash
        reference = interest.benchmark(self.market.rate(self.now - _MINUTE))
        if not interest.earns_nothing(settled, reference):
            full = settled < 0 or (settled >= interest.FULL_INTEREST_FROM and not account.held())
            worth = settled if full else figures.net_liquidation(account, self._marks_now())
            account.accrued_interest += interest.day_interest(settled, worth, reference)

    def _delivery(self, day: date) -> None:
        for account in self._accounts.values():
            self._reports(assignment.deliver(account, self._marks_now(), day))
            self._reports(settlement_actions.split(account, self.market, self.now, day))
            self._reports(settlement_actions.pay_dividends(account, self.now, day))
            self._reports(settlement_actions.deposit(account, self.now, day))
            if account.interest_due and interest.posts_on(day, self.market.sessions):
                amount = interest.posted(account.interest_due)
                account.accrued_interest -= account.interest_due
                account.interest_due = Decimal(0)
                account.book_cash(amount)
                self._report(CashMoved(self.now, account.name, Money(amount, account.currency), "interest"))

    def _open(self, day: date) -> None:
        for account in self._accounts.values():
            settlement_actions.go_ex(account, self.market, day)
        waiting = [one for one in self._desk.live.values() if one.state is TicketState.PRE_SUBMITTED]
        for order in waiting:
            order.state = TicketState.SUBMITTED
            self._report(Accepted(self.now, order.view()))
        self._look(waiting, patient=False)

    def _close(self, day: date) -> None:
        for order in list(self._desk.live.values()):
            options = [leg.contract for leg in order.ticket.legs if isinstance(leg.contract, Option)]
            over = any(last_trading_day(one, self.market.sessions) <= day for one in options)
            if order.ticket.tif is TimeInForce.DAY or over:
                self._end(order, "the session closed")
            else:
                order.state = TicketState.PRE_SUBMITTED

    def _evening(self, day: date) -> None:
        for account in self._accounts.values():
            self._reports(assignment.expire(account, self._marks_now(), day, self.policy))
            assignment.assign_early(account, self._marks_now(), day, self.policy)

    def _margin_look(self, day: date) -> None:
        del day
        for account in self._accounts.values():
            for ticket in sales(account, self._marks_now(), self._liquidations):
                for order in [one for one in self._desk.live.values() if one.ticket.account == account.name]:
                    self._end(order, "the account is liquidated")
                self._liquidations += 1
                self._liquidate(ticket)

    def _liquidate(self, ticket: OrderTicket) -> None:
        order = self._desk.admit(ticket, self.now)
        self._report(Accepted(self.now, order.view()))
        quotes = self._quotes_of([order])
        book = book_of(ticket.legs, quotes, tick_for(ticket, self.market), self.policy)
        price = book.natural(ticket.quantity) if book is not None else None
        if price is None:
            self._end(order, "no counterparty for the liquidation")
        else:
            self._fill(order, Match(abs(ticket.quantity), price), quotes)

    # Orders on their way

    def _fault(self, ticket: OrderTicket) -> Fault | None:
        if ticket.account not in self._accounts:
            return Fault(
                NOT_VALID, f"Error validating request: account {ticket.account} is not one of this market."
            )
        return fault_of(ticket, self.market, self.now)

    def _admitted(self, ticket: OrderTicket) -> LiveOrder | None:
        name = (ticket.client_id, ticket.order_id)
        ended = self._desk.ended(name)
        if ended is TicketState.FILLED:
            return self._refuse(name, Fault(MODIFIES_FILLED, "Cannot modify a filled order."))
        if ended is not None:
            return self._refuse(name, Fault(DUPLICATE_ID, "Duplicate order id."))
        fault = self._fault(ticket)
        if fault is not None:
            return self._refuse(name, fault)
        ticket = self._canonical(ticket)
        trial = LiveOrder(ticket, 0, 0, self.now)
        short = self._shortfall(trial, self._others(trial))
        if short is not None:
            trial.state = TicketState.INACTIVE
            trial.why = short.text
            self._desk.refuse(name)
            return self._refuse(name, short, trial)
        order = self._desk.admit(ticket, self.now)
        words = ("shy", ticket.client_id, order.sequence)
        order.shy = uniform(self.policy.seed, *words) < self.policy.shy
        if not self._trades(order):
            order.state = TicketState.PRE_SUBMITTED
        return order

    def _modified(self, live: LiveOrder, ticket: OrderTicket) -> LiveOrder | None:
        fault = self._fault(ticket)
        if fault is not None:
            return self._refuse(live.name, fault, live)
        ticket = self._canonical(ticket)
        same = (ticket.account, ticket.legs) == (live.ticket.account, live.ticket.legs)
        if not same or ticket.quantity * live.ticket.quantity <= 0:
            text = "Order being modified does not match the original order."
            return self._refuse(live.name, Fault(MODIFIES_ANOTHER, text), live)
        if abs(ticket.quantity) <= abs(live.filled):
            text = f"Cannot modify a filled order: {abs(live.filled)} units are filled already."
            return self._refuse(live.name, Fault(MODIFIES_FILLED, text), live)
        trial = LiveOrder(ticket, 0, 0, self.now)
        trial.filled, trial.base, trial.most = live.filled, live.base, live.most
        short = self._shortfall(trial, self._others(live))
        if short is not None:
            return self._refuse(live.name, short, live)
        live.ticket, live.glance = ticket, None
        return live

    def _shortfall(self, order: LiveOrder, others: Sequence[LiveOrder]) -> Fault | None:
        """Why the account cannot carry an order beside its other live ones; None where it can."""
        if not self.policy.check_funds:
            return None
        account = self._accounts[order.ticket.account]
        marks = self._marks_now()
        changes = [self._change(one) for one in others]
        before = figures.room(account, changes, marks)
        after = figures.room(account, [*changes, self._change(order)], marks)
        new = [text for text in after.refusals if text not in before.refusals]
        if new:
            return Fault(REJECTED, f"Order rejected - reason: {'; '.join(new)}")
        needed = before.funds - after.funds
        if needed <= 0 or after.funds >= 0:
            return None
        return Fault(
            REJECTED,
            "Order rejected - reason: available funds are insufficient: "
            f"{before.funds:.2f} {account.currency} available, {needed:.2f} needed.",
        )

    def _others(self, order: LiveOrder) -> list[LiveOrder]:
        mine = order.ticket.account
        return [
            one for one in self._desk.live.values() if one.ticket.account == mine and one.name != order.name
        ]

    def _changes(self, account: Account) -> list[Change]:
        return [self._change(one) for one in self._desk.live.values() if one.ticket.account == account.name]

    def _change(self, order: LiveOrder) -> Change:
        return change_of(order, self._expected_price(order), self.now)

    def _expected_price(self, order: LiveOrder) -> Price:
        """The limit, or what a market order would pay now; the mark where the market shows no side."""
        if order.ticket.kind is OrderKind.LIMIT and order.ticket.limit is not None:
            return order.ticket.limit
        tick = tick_for(order.ticket, self.market)
        book = book_of(order.ticket.legs, self._quotes_of([order]), tick, self.policy)
        natural = book.natural(order.remaining) if book is not None else None
        if natural is not None:
            return natural
        marks = self._marks_now()
        legs = zip(order.weights, order.ticket.legs, strict=True)
        return Price(sum((weight * marks.of(leg.contract) for weight, leg in legs), Decimal(0)))

    def _canonical(self, ticket: OrderTicket) -> OrderTicket:
        """The ticket with every contract named as the market names it, so that one series is one position."""
        legs = tuple(
            msgspec.structs.replace(leg, contract=self.market.terms(leg.contract).contract)
            for leg in ticket.legs
        )
        return msgspec.structs.replace(ticket, legs=legs)

    # Matching

    def _work_until(self, bound: datetime) -> None:
        """Look at live orders on every matching minute after now up to `bound`, while the market is open."""
        step = self.policy.match_minutes
        # The mark of `bound` itself is looked at, too; what the agenda has at that instant comes after it.
        while any(one.state is TicketState.SUBMITTED for one in self._desk.live.values()):
            minute = self._minute + 1
            minute += -minute % step
            mark = datetime.fromtimestamp(minute * 60, tz=self.now.tzinfo)
            if mark > bound:
                return
            self.now = mark
            if self.market.sessions.open_at(mark) is None:
                return
            self._look([one for one in self._desk.live.values() if self._may_trade(one)], patient=True)

    def _may_trade(self, order: LiveOrder) -> bool:
        """Whether an order could trade in this minute, as far as that can be told without its quotes."""
        if order.glance is None or self.policy.fills is FillRule.ALPHA:
            return True
        name = (order.ticket.client_id, order.sequence, self._minute)
        drawn = 1.0 if order.shy else luck(name, self.policy)
        return worth_a_look(order.glance, self._glance(order, None), drawn, self.policy)

    def _glance(self, order: LiveOrder, book: Book | None) -> Glance:
        symbols = dict.fromkeys(leg.contract.symbol for leg in order.ticket.legs)
        spots = tuple(self.market.spot(symbol, self.now) for symbol in symbols)
        limit = order.ticket.limit
        if book is None or limit is None or book.natural(order.remaining) is None:
            return Glance(self._minute, spots, None, 0.0)
        return Glance(self._minute, spots, away(book, order.remaining, limit), float(book.half))

    @property
    def _minute(self) -> int:
        return int(self.now.timestamp()) // 60

    def _look(self, orders: Iterable[LiveOrder], *, patient: bool) -> None:
        waiting = [
            one for one in orders if one.state is TicketState.SUBMITTED and one.name not in self.shunned
        ]
        able = [one for one in waiting if self._trades(one)]
        if not able:
            return
        if self._taken_at != self.now:
            self._taken, self._taken_at = {}, self.now
        quotes = self._quotes_of(able)
        first = 0
        for order in able:
            count = len(order.ticket.legs)
            self._look_at(order, quotes[first : first + count], patient=patient)
            first += count

    def _look_at(self, order: LiveOrder, quotes: Sequence[Quote], *, patient: bool) -> None:
        ticket = order.ticket
        tick = tick_for(ticket, self.market)
        left = [self._untaken(leg.contract, quote) for leg, quote in zip(ticket.legs, quotes, strict=True)]
        book = book_of(ticket.legs, left, tick, self.policy)
        order.glance = self._glance(order, book)
        if book is None:
            return
        turn = Turn(
            remaining=order.remaining,
            limit=ticket.limit if ticket.kind is OrderKind.LIMIT else None,
            tick=tick,
            name=(ticket.client_id, order.sequence, self._minute),
            shy=order.shy,
            displayed=book.size(order.remaining),
            patient=patient,
        )
        found = match(book, turn, self.policy)
        if found is not None:
            self._fill(order, found, quotes)

    def _fill(self, order: LiveOrder, found: Match, quotes: Sequence[Quote]) -> None:
        account = self._accounts[order.ticket.account]
        executions = book_fill(Fill(order, found, self.now), account, quotes, self.market.sessions)
        for leg in order.ticket.legs:
            side = (leg.contract, leg.ratio * order.ticket.quantity > 0)
            self._taken[side] = self._taken.get(side, 0) + abs(leg.ratio) * found.units
        self._desk.executions.extend(executions)
        if order.remaining == 0:
            self._desk.end(order, TicketState.FILLED, self.now)
        self._report(Filled(self.now, order.view(), tuple(executions)))

    def _untaken(self, contract: Contract, quote: Quote) -> Quote:
        """The quote with what was taken at this instant gone from its sizes."""
        bought = self._taken.get((contract, True), 0)
        sold = self._taken.get((contract, False), 0)
        if not bought and not sold:
            return quote
        return msgspec.structs.replace(
            quote, bid_size=max(quote.bid_size - sold, 0), ask_size=max(quote.ask_size - bought, 0)
        )

    def _trades(self, order: LiveOrder) -> bool:
        return all(self.is_open(leg.contract) for leg in order.ticket.legs)

    def _quotes_of(self, orders: Iterable[LiveOrder]) -> list[Quote]:
        return self.market.quotes([leg.contract for one in orders for leg in one.ticket.legs], self.now)

    def _end_immediate(self, order: LiveOrder) -> None:
        if order.ticket.tif is TimeInForce.IOC and not order.state.terminal:
            self._end(order, "what did not fill at once is cancelled")

    def _end(self, order: LiveOrder, why: str) -> None:
        self._desk.end(order, TicketState.CANCELLED, self.now, why)
        self._report(Cancelled(self.now, order.view()))

    # Reports

    def _marks_now(self) -> Marks:
        if self._marks.at != self.now:
            self._marks = Marks(self.market, self.now)
        return self._marks

    def _refuse(self, name: tuple[int, int], fault: Fault, order: LiveOrder | None = None) -> None:
        view = order.view() if order is not None else None
        self._report(Refused(self.now, name[0], name[1], fault.code, fault.text, view))

    def _reports(self, reports: Iterator[Report]) -> None:
        for one in reports:
            self._report(one)

    def _report(self, report: Report) -> None:
        self.record.append(report)
