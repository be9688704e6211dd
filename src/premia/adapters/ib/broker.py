"""The port `Broker` on an IB gateway.

Sending an order is one message, and what becomes of it arrives through `reports`. The limit is signed
as the domain counts it (a credit is positive) and turned round at the wall only. Time in force, account
and reference are always set: an order without time in force gets a preset and a note that other clients
take for its death, one without reference cannot be found again after a lost connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from decimal import Decimal

from ib_async import CommissionReport, Execution
from ib_async import Contract as IbContract
from ib_async import Order as IbOrder
from ib_async import OrderState as IbOrderState

from premia.adapters.ib import codes, requests, translate
from premia.adapters.ib.connection import Connection
from premia.adapters.ib.contracts import ContractBook
from premia.adapters.ib.orders import OrderTracker
from premia.adapters.ib.snapshot import Reader
from premia.domain.errors import BrokerError, NotConnected
from premia.domain.events import (
    AnyEvent,
    BrokerObserved,
    BrokerWarned,
    Connected,
    DataLost,
    DataRestored,
    Disconnected,
    LinkLost,
    LinkRestored,
)
from premia.domain.known import Known, Unknown
from premia.domain.order import MarginQuote, Order, OrderState
from premia.domain.permit import Permit
from premia.ports import Clock

DAY = "DAY"
LIMIT = "LMT"
_PAPER_PREFIX = "D"


class IbBroker:
    """Orders, account and executions of one account through one client number."""

    def __init__(
        self,
        connection: Connection,
        book: ContractBook,
        clock: Clock,
        account: str = "",
        settled: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Trade for `account`; where it is empty, for the only one that the session manages.

        `settled` is awaited after each message about an order, where a caller wants its first answers read.
        """
        self._settled = settled or _at_once
        self._connection = connection
        self._book = book
        self._clock = clock
        self._account = account
        self._tracker = OrderTracker(connection.address.client_id, book, clock.now)
        self._reader = Reader(connection, book, self._tracker, clock)
        self._events: asyncio.Queue[AnyEvent] = asyncio.Queue()
        self._next_id = 0
        self._connected = False

    async def connect(self) -> AnyEvent:
        """Open the session; `Connected`.

        Raises:
            NotConnected: If no session could be opened, or the account is not among those it manages.
        """
        self._connection.receiver.listener = _Listener(self._tracker, self._tell, self._clock)
        await self._connection.open()
        self._connected = True
        account = self._choose_account()
        self._account = account
        self._next_id = max(self._next_id, self._connection.receiver.next_id or 0)
        return Connected(
            at=self._clock.now(),
            account=account,
            client_id=self._connection.address.client_id,
            paper=is_paper(account),
            server_version=self._connection.client.serverVersion(),
        )

    async def observe(self) -> BrokerObserved:
        """All that the broker says behind one barrier; each part that did not come is `Unknown`."""
        observed = await self._reader.read(self._account)
        if observed.next_id is not None:
            self._next_id = max(self._next_id, observed.next_id)
        if isinstance(observed.orders, Known):
            for order in observed.orders.value:
                ours = order.client_id == self._connection.address.client_id and order.order_ref
                if ours and not order.done and order.limit is not None:
                    self._tracker.adopt(order.order_ref, order.broker_id, order.limit)
        return observed

    def allocate_id(self, at_least: int) -> int:
        """The id for the next order: above every id used, and not below `at_least`."""
        number = max(self._next_id, at_least)
        self._next_id = number + 1
        return number

    async def submit(self, permit: Permit) -> None:
        """Send the order of a permit, or change its price; nothing waits between the permit and the socket.

        Raises:
            NotConnected: If there is no session, or the gateway has lost IB: a change could make two orders.
            BrokerError: If the contract number of a leg cannot be had; nothing was sent.
            GateShut: If sending was forbidden while the contract numbers were looked up; nothing was sent.
        """
        self._require_broker()
        order, broker_id = permit.order, permit.broker_id
        legs = await self._book.legs(order.combo)
        self._require_broker()
        priced = translate.order_units(order.combo, order.quantity, permit.limit, legs)
        permit.redeem()
        self._tracker.sending(order.key, broker_id, permit.limit)
        self._next_id = max(self._next_id, broker_id + 1)
        requests.place(self._connection, broker_id, priced.contract, self._ib_order(order, priced))
        await self._settled()

    async def cancel(self, state: OrderState) -> None:
        """Ask for an order to be taken back.

        Raises:
            NotConnected: If there is no session.
        """
        self._require_broker()
        if state.broker_id is not None:
            self._tracker.taking_back(state.key, state.broker_id, state.limit)
            self._connection.client.cancelOrder(state.broker_id)
            await self._settled()

    async def what_if(self, order: Order) -> Known[MarginQuote] | Unknown:
        """What the order would change, without placing it; the answer costs one order number."""
        try:
            self._require_broker()
            priced = translate.order_units(
                order.combo, order.quantity, order.limit, await self._book.legs(order.combo)
            )
            asked = self._ib_order(order, priced)
            state = await requests.what_if(self._connection, self.allocate_id(0), priced.contract, asked)
        except BrokerError as error:
            return Unknown(self._clock.now(), str(error))
        return Known(margin_quote(state), self._clock.now())

    async def reports(self) -> AsyncIterator[AnyEvent]:
        """What happens to orders and to the session, as it happens."""
        while True:
            yield await self._events.get()

    async def close(self) -> None:
        """End the session; orders keep working."""
        self._connection.receiver.listener = None
        await self._connection.close()

    def _ib_order(self, order: Order, priced: translate.PricedUnits) -> IbOrder:
        price = Decimal(0) if priced.price is None else priced.price
        return IbOrder(
            action=priced.action,
            totalQuantity=float(priced.quantity),
            orderType=LIMIT,
            lmtPrice=float(price),
            tif=DAY,
            account=self._account,
            orderRef=order.key,
            transmit=True,
        )

    def _choose_account(self) -> str:
        managed = self._connection.accounts
        if self._account in managed:
            return self._account
        if not self._account and len(managed) == 1:
            return managed[0]
        wanted = f"account {self._account} is not among them" if self._account else "none was chosen"
        raise NotConnected(
            f"The gateway manages {', '.join(managed)}; {wanted}. Set account.number to one of them, or log "
            "the gateway in with the right user."
        )

    def _require_broker(self) -> None:
        self._connection.require()
        if self._connection.receiver.lost:
            raise NotConnected(
                "The gateway has lost IB's servers (1100). Nothing is sent until it says that they are back: "
                "a change of an order now could become a second order."
            )

    def _tell(self, events: Iterable[AnyEvent]) -> None:
        for event in events:
            self._events.put_nowait(event)


class _Listener:
    """Hands what the receiver hears about orders to the tracker, and its events on."""

    def __init__(
        self, tracker: OrderTracker, tell: Callable[[Iterable[AnyEvent]], None], clock: Clock
    ) -> None:
        self._tracker = tracker
        self._tell = tell
        self._clock = clock

    def open_order(self, contract: IbContract, order: IbOrder, state: IbOrderState) -> None:
        """An order as it stands now."""
        del contract
        self._tell(self._tracker.open_order(order, state))

    def status(self, order_id: int, client_id: int, status: str, perm_id: int) -> None:
        """A hint where an order stands."""
        self._tell(self._tracker.status(order_id, client_id, status, perm_id))

    def execution(self, contract: IbContract, execution: Execution) -> None:
        """A live execution."""
        self._tell(self._tracker.execution(contract, execution))

    def commission(self, report: CommissionReport) -> None:
        """The cost of an execution."""
        self._tell(self._tracker.commission(report))

    def refused(self, order_id: int, code: int, text: str) -> None:
        """The broker's words about an order."""
        self._tell(self._tracker.refused(order_id, code, text))

    def notice(self, code: int, text: str) -> None:
        """The broker's words about the session."""
        at = self._clock.now()
        if codes.loses_link(code):
            self._tell([LinkLost(at=at, code=code, text=text)])
        elif codes.restores_link(code):
            kept = code == codes.RESTORED_WITH_DATA
            self._tell([LinkRestored(at=at, code=code, text=text, data_kept=kept)])
        elif not codes.is_good_news(code):
            self._tell([BrokerWarned(at=at, code=code, text=text)])

    def data(self, *, denied: bool) -> None:
        """Market data are refused to us as a whole, or come again."""
        at, code = self._clock.now(), codes.COMPETING_SESSION
        self._tell(
            [DataLost(at=at, code=code, text=codes.advice(code))]
            if denied
            else [DataRestored(at=at, text="no competing session takes the data any more")]
        )

    def closed(self, why: str) -> None:
        """The connection is gone."""
        self._tell([Disconnected(at=self._clock.now(), why=why)])


async def _at_once() -> None:
    """Nothing to wait for."""


def is_paper(account: str) -> bool:
    """Whether an account number is that of a paper account: DU, DF and the like."""
    return account.startswith(_PAPER_PREFIX)


def margin_quote(state: IbOrderState) -> MarginQuote:
    """What a what-if answer says; a figure that it leaves out is None."""
    commission, maximum = translate.number(state.commission), translate.number(state.maxCommission)
    return MarginQuote(
        initial_change=translate.number(state.initMarginChange),
        maintenance_change=translate.number(state.maintMarginChange),
        equity_after=translate.number(state.equityWithLoanAfter),
        initial_after=translate.number(state.initMarginAfter),
        commission=maximum if commission is None else commission,
        warning=state.warningText,
    )
