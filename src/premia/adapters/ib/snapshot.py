"""All that the broker says at one instant, read behind one barrier.

Values, positions, orders and executions come from different corners of the broker and arrive at
different moments after a fill. They are asked for together; if an execution happened while they were on
their way, everything is asked for again, so that the parts speak of the same state. Each part has its
own time limit, and one that did not come is `Unknown`: never empty, never old.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from ib_async import Contract as IbContract
from ib_async import Execution

from premia.adapters.ib import requests, translate
from premia.adapters.ib.connection import Connection
from premia.adapters.ib.contracts import ContractBook
from premia.adapters.ib.orders import OrderTracker
from premia.adapters.ib.requests import AccountFigure, Holding, OpenOrder, PositionRow, StatusRow
from premia.domain.account import AccountState
from premia.domain.combo import Combo, single
from premia.domain.errors import BrokerError
from premia.domain.events import BrokerObserved
from premia.domain.instrument import Contract
from premia.domain.known import Known, Unknown
from premia.domain.order import Fill, ObservedOrder
from premia.domain.position import BrokerPosition
from premia.ports import Clock

T = TypeVar("T")

READS_MAX = 3
_BASE = "BASE"
_TAGS = {
    "net_liquidation": "NetLiquidation",
    "total_cash": "TotalCashValue",
    "settled_cash": "SettledCash",
    "available_funds": "AvailableFunds",
    "excess_liquidity": "ExcessLiquidity",
    "buying_power": "BuyingPower",
    "initial_margin": "InitMarginReq",
    "maintenance_margin": "MaintMarginReq",
    "look_ahead_excess": "LookAheadExcessLiquidity",
    "post_expiration_excess": "PostExpirationExcess",
    "accrued_interest": "AccruedCash",
    "accrued_dividend": "AccruedDividend",
    "realized": "RealizedPnL",
    "unrealized": "UnrealizedPnL",
}
_OWN_CASH = "CashBalance"
_DAY_TRADES = "DayTradesRemaining"
_READY = "AccountReady"
_ONLY_IN_SUMMARY = frozenset({"SettledCash", _DAY_TRADES})
"""Figures that some gateways leave out of an account's updates."""

_DONE = frozenset({"Filled", "Cancelled", "ApiCancelled"})
"""Statuses after which an order works no more. `Inactive` is none: such an order may be set to work again."""


class Reader:
    """Reads a whole account through one connection."""

    def __init__(
        self, connection: Connection, book: ContractBook, tracker: OrderTracker, clock: Clock
    ) -> None:
        """Read with what the session knows of contracts and commissions."""
        self._connection = connection
        self._book = book
        self._tracker = tracker
        self._clock = clock

    async def read(self, account: str) -> BrokerObserved:
        """Everything at one instant; parts that did not come are `Unknown`."""
        observed = await self._once(account)
        for _ in range(READS_MAX - 1):
            moved = self._connection.receiver.moved
            if moved == self._moved_before:
                break
            observed = await self._once(account)
        return observed

    async def _once(self, account: str) -> BrokerObserved:
        self._moved_before = self._connection.receiver.moved
        link = self._connection
        unreadable, gaps = link.receiver.unreadable, link.receiver.gaps
        values, held, orders, completed, fills, next_id = await asyncio.gather(
            self._part(lambda: self._values(account)),
            self._part(lambda: requests.positions(link)),
            self._part(lambda: requests.open_orders(link)),
            self._part(lambda: requests.completed_orders(link)),
            self._part(lambda: requests.executions(link, account)),
            self._part(lambda: requests.next_order_id(link)),
        )
        at = self._clock.now()
        why = self._doubt(unreadable, gaps)
        if why:
            lost = Unknown(at, why)
            return BrokerObserved(at=at, account=lost, positions=lost, orders=lost, fills=lost, next_id=None)
        return BrokerObserved(
            at=at,
            account=_mapped(values, lambda found: account_state(account, found[0])),
            positions=self._positions(account, held, values, at),
            orders=await self._orders(account, orders, completed),
            fills=_mapped(fills, lambda found: tuple(self._fills(found))),
            next_id=next_id.value if isinstance(next_id, Known) else None,
        )

    def _doubt(self, unreadable: int, gaps: int) -> str:
        """Why nothing of a read may be believed; empty where it may."""
        if self._connection.receiver.lost:
            return "the gateway has lost IB's servers (1100) and answers from memory"
        if self._connection.receiver.gaps != gaps:
            return "the gateway lost IB's servers while it answered, and may have answered from memory"
        if self._connection.receiver.unreadable != unreadable:
            return "a message of the gateway could not be read, so nothing is sure"
        return ""

    async def _part(self, ask: Callable[[], Awaitable[T]]) -> Known[T] | Unknown:
        try:
            answer = await ask()
        except BrokerError as error:
            return Unknown(self._clock.now(), str(error))
        return Known(answer, self._clock.now())

    async def _values(self, account: str) -> tuple[list[AccountFigure], list[Holding]]:
        """Figures and portfolio; what a gateway tells only in the summary is asked for there."""
        figures, held = await requests.account_values(self._connection, account)
        if any((row.tag, row.value) == (_READY, "false") for row in figures):
            raise BrokerError(
                f"The gateway says that the figures of {account} are not ready; they may be old."
            )
        lacking = sorted(_ONLY_IN_SUMMARY - {row.tag for row in figures})
        if lacking:
            figures += await requests.account_summary(self._connection, account, lacking)
        return figures, held

    def _positions(
        self,
        account: str,
        held: Known[list[PositionRow]] | Unknown,
        values: Known[tuple[list[AccountFigure], list[Holding]]] | Unknown,
        at: datetime,
    ) -> Known[tuple[BrokerPosition, ...]] | Unknown:
        if isinstance(held, Unknown):
            return held
        marks: dict[int, Decimal] = {}
        if isinstance(values, Known):
            for line in values.value[1]:
                mark = translate.number(line.market_price)
                if mark is not None:
                    marks[line.contract.conId] = mark
        found = [
            BrokerPosition(
                contract=self._book.learn(row.contract),
                quantity=math.floor(row.quantity),
                average_cost=translate.number(row.average_cost) or Decimal(0),
                market_price=marks.get(row.contract.conId),
            )
            for row in held.value
            if row.account == account and math.floor(row.quantity) != 0
        ]
        return Known(tuple(sorted(found, key=lambda one: one.contract.key)), at)

    async def _orders(
        self,
        account: str,
        opened: Known[tuple[list[OpenOrder], list[StatusRow]]] | Unknown,
        completed: Known[list[OpenOrder]] | Unknown,
    ) -> Known[tuple[ObservedOrder, ...]] | Unknown:
        for part in (opened, completed):
            if isinstance(part, Unknown):
                return part
        if isinstance(opened, Unknown) or isinstance(completed, Unknown):
            return Unknown(self._clock.now(), "orders were not answered")
        rows = {
            _identity(row.order.permId, row.order.clientId, row.order.orderId): (row, over)
            for told, over in ((completed.value, True), (opened.value[0], False))
            for row in told
            if row.order.account == account
        }
        statuses = {_identity(row.perm_id, row.client_id, row.order_id): row for row in opened.value[1]}
        numbers = [leg.conId for row, _ in rows.values() for leg in row.contract.comboLegs]
        try:
            legs = await self._book.by_numbers(numbers)
        except BrokerError as error:
            return Unknown(self._clock.now(), str(error))
        found = [
            self._order(row, None if over else statuses.get(identity), legs, over=over)
            for identity, (row, over) in rows.items()
        ]
        return Known(tuple(sorted(found, key=lambda one: (one.perm_id, one.broker_id))), opened.as_of)

    def _order(
        self, row: OpenOrder, hint: StatusRow | None, legs: dict[int, Contract], *, over: bool
    ) -> ObservedOrder:
        order = row.order
        total = round(order.totalQuantity)
        filled = round(hint.filled) if hint else round(translate.number(order.filledQuantity) or 0)
        status = (hint.status if hint else "") or row.state.status
        return ObservedOrder(
            order_ref=order.orderRef,
            broker_id=order.orderId,
            client_id=order.clientId,
            perm_id=order.permId,
            combo=self._combo(row, legs),
            quantity=total,
            limit=translate.credit_of(order),
            filled=filled,
            remaining=max(total - filled, 0),
            status=status,
            done=over or status in _DONE,
        )

    def _combo(self, row: OpenOrder, legs: dict[int, Contract]) -> Combo:
        named = [(legs[leg.conId], leg) for leg in row.contract.comboLegs if leg.conId in legs]
        if row.contract.secType == translate.BAG and named:
            return translate.combo_of_legs(named, row.order.action)
        return single(self._book.learn(row.contract), 1 if row.order.action == "BUY" else -1)

    def _fills(self, found: Iterable[tuple[IbContract, Execution]]) -> Iterable[Fill]:
        for contract, execution in found:
            if contract.secType != translate.BAG:
                yield self._tracker.priced(translate.fill_from(self._book.learn(contract), execution))


def account_state(account: str, figures: Iterable[AccountFigure]) -> AccountState:
    """An account's figures in its base currency; what was not told is None.

    Figures come once a currency and once as BASE; the one without mixing is the row whose currency is
    that of net liquidation.
    """
    rows = [row for row in figures if row.account in (account, "")]
    currency = next((r.currency for r in rows if r.tag == "NetLiquidation" and r.currency != _BASE), "USD")
    mine = {row.tag: row.value for row in rows if row.currency in ("", currency)}
    values = {name: translate.number(mine.get(tag)) for name, tag in _TAGS.items()}
    # Figures of the base currency count other currencies too; what may be spent is cash in this one.
    own, settled = translate.number(mine.get(_OWN_CASH)), values["settled_cash"]
    if own is not None and settled is not None:
        values["settled_cash"] = min(settled, own)
    trades = translate.number(mine.get(_DAY_TRADES))
    return AccountState(
        account=account, currency=currency, day_trades_left=None if trades is None else int(trades), **values
    )


def _identity(perm_id: int, client_id: int, order_id: int) -> tuple[int, int, int]:
    """What tells an order from all others: its permanent number, else client and order number.

    Orders made by hand and completed ones come as order 0 of client 0, so those two tell nothing of them.
    """
    return (perm_id, 0, 0) if perm_id else (0, client_id, order_id)


def _mapped(part: Known[T] | Unknown, change: Callable[[T], object]) -> Known | Unknown:
    return part if isinstance(part, Unknown) else Known(change(part.value), part.as_of)
