"""The simulated options exchange and its broker: orders, fills, accounts, and the life of what is held.

Its state moves only by `advance` and by orders, never by being read. What happens on the way to a
later time happens at its own instant and in order: interest at midnight, deliveries in the morning,
dividends at the open, fills by the minute, expiry in the evening. Two runs with the same seed and the
same orders are equal, whatever anybody asked in between. The complete `record` is for tests; clients
see positions, cash, orders and executions, as at IB, and must infer the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from premia.domain.dates import as_utc
from premia.domain.errors import InvariantViolated
from premia.exchange import accounts as figures
from premia.exchange.exchange_admission import admitted, canonical, fault, modified
from premia.exchange.exchange_days import happen
from premia.exchange.exchange_matching import look, work_until
from premia.exchange.exchange_moments import Agenda
from premia.exchange.exchange_orders import NOT_CANCELLABLE, NOT_FOUND, Fault, LiveOrder
from premia.exchange.exchange_reading import ListingWindow, PriceWindow
from premia.exchange.exchange_state import State
from premia.exchange.policy import AccountSetup, Policy
from premia.exchange.types import (
    Accepted,
    Execution,
    Holding,
    OrderTicket,
    OrderView,
    Refused,
    Report,
    TimeInForce,
    Values,
    WhatIf,
)
from premia.exchange.types_market import MarketSource


class Exchange(PriceWindow, ListingWindow):
    """State of the simulated market, moved only by `advance` and by orders.

    Attributes:
        record: Everything that happened, in order; for tests.
        shunned: Names (client, order) of orders that no counterparty ever meets; for tests of waiting.
    """

    def __init__(
        self, market: MarketSource, accounts: Sequence[AccountSetup], policy: Policy, at: datetime
    ) -> None:
        self._state = State(market, accounts, policy, as_utc(at))
        self._agenda = Agenda(market.sessions, policy, self._state.now)
        self.market = market
        self.policy = policy
        self.record = self._state.record
        self.shunned = self._state.shunned

    @property
    def now(self) -> datetime:
        """Market time, UTC."""
        return self._state.now

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
            work_until(self._state, moment.at)
            self._agenda.step()
            self._state.now = moment.at
            happen(self._state, moment)
        work_until(self._state, to)
        self._state.now = to
        return self.record[start:]

    def submit(self, ticket: OrderTicket) -> list[Report]:
        """Take an order, or a change of the live order of the same name; what is marketable fills at once."""
        start = len(self.record)
        live = self._state.desk.live.get((ticket.client_id, ticket.order_id))
        order = modified(self._state, live, ticket) if live is not None else admitted(self._state, ticket)
        if order is not None:
            self._state.report(Accepted(self.now, order.view()))
            look(self._state, [order], patient=False)
            if ticket.tif is TimeInForce.IOC and not order.state.terminal:
                self._state.end(order, "what did not fill at once is cancelled")
        return self.record[start:]

    def cancel(self, client_id: int, order_id: int) -> list[Report]:
        """Take a live order off the market; a `Refused` where there is none of that name or it has ended."""
        start = len(self.record)
        name = (client_id, order_id)
        order = self._state.desk.live.get(name)
        ended = self._state.desk.ended(name)
        needs = f"OrderId {order_id} that needs to be cancelled"
        if order is not None:
            self._state.end(order, "cancelled by its client")
        elif ended is None:
            self._state.refuse(name, Fault(NOT_FOUND, f"{needs} is not found."))
        else:
            text = f"{needs} cannot be cancelled, state: {ended.value}."
            self._state.refuse(name, Fault(NOT_CANCELLABLE, text))
        return self.record[start:]

    def what_if(self, ticket: OrderTicket) -> WhatIf | Refused:
        """What an order would do to margin and equity, filled whole at its limit (or the natural price)."""
        found = fault(self._state, ticket)
        if found is not None:
            return Refused(self.now, ticket.client_id, ticket.order_id, found.code, found.text)
        account = self._state.accounts[ticket.account]
        trial = LiveOrder(canonical(self._state, ticket), 0, 0, self.now)
        change = self._state.change(trial)
        at = figures.standing(account)
        before = figures.measure(account, at, self._state.marks)
        after = figures.measure(account, at.after(change), self._state.marks)
        price = self._state.expected_price(trial)
        return WhatIf(
            initial_before=before.initial,
            maintenance_before=before.maintenance,
            equity_before=before.equity,
            initial_after=after.initial,
            maintenance_after=after.maintenance,
            equity_after=after.equity,
            commission=change.paid - price * trial.shares * trial.remaining,
            warning="; ".join(text for text in after.refusals if text not in before.refusals),
        )

    def accounts(self) -> list[str]:
        """Every account's number."""
        return list(self._state.accounts)

    def values(self, account: str) -> Values:
        """An account's figures at the market's present."""
        found = self._state.accounts[account]
        return figures.values(found, self._state.changes(account), self._state.marks, self.policy)

    def worth(self, account: str) -> figures.Worth:
        """An account's net liquidation at the market's present, for whoever may want it later."""
        return figures.Worth(self._state.accounts[account], self._state.marks)

    def holdings(self, account: str) -> list[Holding]:
        """An account's positions, those closed today with quantity zero."""
        return figures.holdings(self._state.accounts[account], self._state.marks)

    def open_orders(self) -> list[OrderView]:
        """Every live order, the oldest first."""
        return [order.view() for order in self._state.desk.live.values()]

    def completed_orders(self) -> list[OrderView]:
        """Orders that ended since the market's midnight."""
        return [order.view() for order in self._state.desk.finished]

    def executions(self, since: datetime | None = None) -> list[Execution]:
        """Executions since the market's midnight, or a later instant; a combo's own line before its legs."""
        return [one for one in self._state.desk.executions if since is None or one.at >= since]
