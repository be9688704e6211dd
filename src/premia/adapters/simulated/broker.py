"""The port `Broker` on an exchange in this process: backtests, recorded chains, and tests of the engine.

What the exchange reports is told in the words and with the blind spots of a real broker: orders, fills
and commissions become events; assignment, expiry, dividends and interest are silent, and have to be
inferred from positions and cash. Time moves only through `advance`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from decimal import Decimal

import msgspec

from premia.domain.account import AccountState
from premia.domain.combo import Combo, Leg
from premia.domain.errors import NotConnected
from premia.domain.events import (
    AnyEvent,
    BrokerObserved,
    CommissionReported,
    Connected,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRejected,
    ReplaceRefused,
)
from premia.domain.known import Known, Unknown
from premia.domain.money import CENT, Price
from premia.domain.order import Fill, MarginQuote, ObservedOrder, Order, OrderState
from premia.domain.permit import Permit
from premia.domain.position import BrokerPosition
from premia.exchange.exchange import Exchange
from premia.exchange.types import (
    Accepted,
    Cancelled,
    Execution,
    Filled,
    OrderKind,
    OrderTicket,
    OrderView,
    Refused,
    Report,
    TicketLeg,
    TimeInForce,
    Values,
)

_PAPER_PREFIX = "D"
_CANCEL_REFUSALS = (10147, 10148)
_UNLIMITED = -1


class SimulatedBroker:
    """Orders and account of one account on an exchange in this process."""

    def __init__(self, exchange: Exchange, account: str = "", client_id: int = 1) -> None:
        """Trade for `account`; where it is empty, for the first one of the exchange."""
        self._exchange = exchange
        self._account = account or exchange.accounts()[0]
        self._client_id = client_id
        self._next_id = 1
        self._keys: dict[int, str] = {}
        self._acknowledged: set[int] = set()
        self._events: asyncio.Queue[AnyEvent] = asyncio.Queue()
        self._open = False

    async def connect(self) -> AnyEvent:
        """Open the session; `Connected`.

        Raises:
            NotConnected: If the exchange has no such account.
        """
        if self._account not in self._exchange.accounts():
            raise NotConnected(
                f"The exchange holds {', '.join(self._exchange.accounts())}; account {self._account} is not "
                "among them."
            )
        self._open = True
        views = (*self._exchange.open_orders(), *self._exchange.completed_orders())
        used = [view.ticket.order_id for view in views if view.ticket.client_id == self._client_id]
        self._next_id = max([self._next_id, *(number + 1 for number in used)])
        return Connected(
            at=self._exchange.now,
            account=self._account,
            client_id=self._client_id,
            paper=self._account.startswith(_PAPER_PREFIX),
            server_version=0,
        )

    def advance(self, to: datetime) -> None:
        """Let the market live until `to`, and tell what happened to orders on the way."""
        self._tell(self._exchange.advance(to))

    async def observe(self) -> BrokerObserved:
        """All that the broker says; in process nothing is ever unknown."""
        exchange, at = self._exchange, self._exchange.now
        views = (*exchange.completed_orders(), *exchange.open_orders())
        own = [view for view in views if view.ticket.account == self._account]
        done = [one for one in exchange.executions() if one.account == self._account]
        held = [
            BrokerPosition(one.contract, one.quantity, one.average_cost, Price(one.market_price))
            for one in exchange.holdings(self._account)
            if one.quantity
        ]
        return BrokerObserved(
            at=at,
            account=Known(account_state(exchange.values(self._account)), at),
            positions=Known(tuple(sorted(held, key=lambda one: one.contract.key)), at),
            orders=Known(tuple(_observed(view) for view in own), at),
            fills=Known(tuple(fill for one in done if (fill := fill_of(one)) is not None), at),
            next_id=self._next_id,
        )

    def allocate_id(self, at_least: int) -> int:
        """The id for the next order: above every id used, and not below `at_least`."""
        number = max(self._next_id, at_least)
        self._next_id = number + 1
        return number

    async def submit(self, permit: Permit) -> None:
        """Send the order of a permit, or change its price.

        Raises:
            NotConnected: If the session is not open.
            GateShut: If sending was forbidden meanwhile.
        """
        self._require()
        permit.redeem()
        order, broker_id = permit.order, permit.broker_id
        self._keys[broker_id] = order.key
        self._next_id = max(self._next_id, broker_id + 1)
        self._tell(self._exchange.submit(self._ticket(order, broker_id, permit.limit)))

    async def cancel(self, state: OrderState) -> None:
        """Ask for an order to be taken back.

        Raises:
            NotConnected: If the session is not open.
        """
        self._require()
        if state.broker_id is not None:
            self._keys.setdefault(state.broker_id, state.key)
            self._tell(self._exchange.cancel(self._client_id, state.broker_id))

    async def what_if(self, order: Order) -> Known[MarginQuote] | Unknown:
        """What the order would change, without placing it."""
        answer = self._exchange.what_if(self._ticket(order, 0, order.limit))
        at = self._exchange.now
        if isinstance(answer, Refused):
            return Unknown(at, f"The broker refused with code {answer.code}: {answer.text}")
        quote = MarginQuote(
            initial_change=answer.initial_after - answer.initial_before,
            maintenance_change=answer.maintenance_after - answer.maintenance_before,
            equity_after=answer.equity_after,
            initial_after=answer.initial_after,
            commission=answer.commission,
            warning=answer.warning,
        )
        return Known(quote, at)

    async def reports(self) -> AsyncIterator[AnyEvent]:
        """What happens to orders, as it happens."""
        while True:
            yield await self._events.get()

    async def close(self) -> None:
        """End the session; orders keep working."""
        self._open = False

    def _ticket(self, order: Order, broker_id: int, limit: Price) -> OrderTicket:
        """The exchange's ticket: one leg at its own price, several as a combo bought at minus the credit."""
        legs = order.combo.legs
        if len(legs) == 1:
            side = legs[0].ratio
            written: tuple[TicketLeg, ...] = (TicketLeg(legs[0].contract, 1),)
            quantity, price = order.quantity * side, -limit / side
        else:
            common = math.gcd(*(leg.ratio for leg in legs))
            written = tuple(TicketLeg(leg.contract, leg.ratio // common) for leg in legs)
            quantity, price = order.quantity * common, -limit / common
        return OrderTicket(
            client_id=self._client_id,
            order_id=broker_id,
            account=self._account,
            legs=written,
            quantity=quantity,
            kind=OrderKind.LIMIT,
            limit=Price(price),
            tif=TimeInForce.DAY,
            order_ref=order.key,
        )

    def _require(self) -> None:
        if not self._open:
            raise NotConnected("The session with the exchange is not open. Connect first.")

    def _tell(self, reports: Iterable[Report]) -> None:
        for report in reports:
            for event in self._events_of(report):
                self._events.put_nowait(event)

    def _events_of(self, report: Report) -> Iterator[AnyEvent]:
        if isinstance(report, Accepted | Filled | Cancelled):
            if report.order.ticket.client_id == self._client_id:
                yield from self._order_events(report)
        elif isinstance(report, Refused) and report.client_id == self._client_id:
            yield from self._refusal(report)

    def _order_events(self, report: Accepted | Filled | Cancelled) -> Iterator[AnyEvent]:
        view = report.order
        key = view.ticket.order_ref
        if isinstance(report, Accepted):
            self._acknowledged.add(view.ticket.order_id)
            yield OrderAccepted(
                at=report.at,
                key=key,
                broker_id=view.ticket.order_id,
                perm_id=view.perm_id,
                limit=_credit(view),
            )
        elif isinstance(report, Cancelled):
            yield OrderCancelled(at=report.at, key=key, why=view.why)
        else:
            fills = [(one, fill) for one in report.executions if (fill := fill_of(one)) is not None]
            for _, fill in fills:
                # A real broker tells the cost in a message of its own, after the fill.
                bare = msgspec.structs.replace(fill, commission=None, realized=None)
                yield OrderFilled(at=report.at, key=key, fill=bare)
            for one, _ in fills:
                if one.commission is not None:
                    yield CommissionReported(
                        at=report.at, exec_id=one.exec_id, commission=one.commission, realized=one.realized
                    )

    def _refusal(self, report: Refused) -> Iterator[AnyEvent]:
        key = self._keys.get(report.order_id)
        if key is None or report.code in _CANCEL_REFUSALS:
            return
        text = f"IB {report.code}: {report.text}"
        if report.order_id in self._acknowledged:
            yield ReplaceRefused(at=report.at, key=key, code=report.code, text=text)
        else:
            yield OrderRejected(at=report.at, key=key, code=report.code, text=text)


def account_state(values: Values) -> AccountState:
    """An account's figures as the broker tells them: in whole cents."""
    return AccountState(
        account=values.account,
        currency=values.currency,
        net_liquidation=_cents(values.net_liquidation),
        total_cash=_cents(values.total_cash),
        settled_cash=_cents(values.settled_cash),
        available_funds=_cents(values.available_funds),
        excess_liquidity=_cents(values.excess_liquidity),
        buying_power=_cents(values.buying_power),
        initial_margin=_cents(values.initial_margin),
        maintenance_margin=_cents(values.maintenance_margin),
        look_ahead_excess=_cents(values.look_ahead_excess),
        post_expiration_excess=_cents(values.post_expiration_excess),
        accrued_interest=_cents(values.accrued_interest),
        accrued_dividend=_cents(values.accrued_dividend),
        realized=_cents(values.realized),
        unrealized=_cents(values.unrealized),
        day_trades_left=_UNLIMITED if values.day_trades_left is None else values.day_trades_left,
    )


def fill_of(done: Execution) -> Fill | None:
    """The fill of one leg; None for the summary line of a combo."""
    if done.contract is None:
        return None
    return Fill(
        exec_id=done.exec_id,
        order_ref=done.order_ref,
        broker_id=done.order_id,
        client_id=done.client_id,
        perm_id=done.perm_id,
        contract=done.contract,
        quantity=done.quantity,
        price=done.price,
        at=done.at,
        commission=done.commission,
        realized=done.realized,
    )


def _observed(view: OrderView) -> ObservedOrder:
    ticket = view.ticket
    side = 1 if ticket.quantity > 0 else -1
    return ObservedOrder(
        order_ref=ticket.order_ref,
        broker_id=ticket.order_id,
        client_id=ticket.client_id,
        perm_id=view.perm_id,
        combo=Combo(tuple(Leg(leg.contract, side * leg.ratio) for leg in ticket.legs)),
        quantity=abs(ticket.quantity),
        limit=_credit(view),
        filled=abs(view.filled),
        remaining=abs(view.remaining),
        status=view.state.value,
        done=view.state.terminal,
    )


def _credit(view: OrderView) -> Price | None:
    """Net credit a share as we count it: what a sold unit brings, or minus what a bought one costs."""
    limit = view.ticket.limit
    if limit is None:
        return None
    return Price(limit if view.ticket.quantity < 0 else Decimal(0) - limit)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT)
