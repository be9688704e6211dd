"""Where decoded messages of the gateway arrive, and whom each one is for.

The library's own receiver keeps caches that outlive their truth (a ticker asked for again answers
with old prices) and marks orders dead by any error number. This one keeps nothing: a message belongs
to a request that waits, to a market data line that is open, or to the listener of orders; else it is
dropped. Request numbers start far above order numbers, so an error's number says what it is about.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from datetime import UTC
from types import SimpleNamespace
from typing import Any, Protocol

from ib_async import CommissionReport, Contract, Execution, Order, OrderState

from premia.adapters.ib import codes
from premia.domain.errors import NotConnected, RequestRefused

REQUESTS_FROM = 1_000_000_000
"""Numbers of data requests start here; order numbers never come near it."""

ANY_REQUEST = -1
_NOTICES_KEPT = 100
ACCOUNT, POSITIONS, OPEN_ORDERS, COMPLETED, NEXT_ID, TIME = (
    "account values",
    "positions",
    "open orders",
    "completed orders",
    "next order id",
    "current time",
)


class Line(Protocol):
    """A market data line: takes ticks until it is closed."""

    def tick(self, kind: int, value: float, size: float) -> None:
        """A number, with a size where the message carried one."""
        ...

    def text(self, kind: int, value: str) -> None:
        """A text tick."""
        ...

    def model(self, kind: int, values: tuple[float, ...]) -> None:
        """Option values: iv, delta, price, dividends, gamma, vega, theta, underlying."""
        ...

    def freshness(self, kind: int) -> None:
        """Which type of market data follows: 1 live, 2 frozen, 3 delayed, 4 delayed frozen."""
        ...

    def refused(self, code: int, text: str) -> None:
        """The broker's words instead of data, or beside them."""
        ...


class OrderListener(Protocol):
    """Whoever follows orders."""

    def open_order(self, contract: Contract, order: Order, state: OrderState) -> None:
        """An order as it stands now."""
        ...

    def status(self, order_id: int, client_id: int, status: str, perm_id: int) -> None:
        """A hint where an order of a client stands."""
        ...

    def execution(self, contract: Contract, execution: Execution) -> None:
        """A live execution."""
        ...

    def commission(self, report: CommissionReport) -> None:
        """The cost of an execution."""
        ...

    def refused(self, order_id: int, code: int, text: str) -> None:
        """The broker's words about an order."""
        ...

    def notice(self, code: int, text: str) -> None:
        """The broker's words about the session."""
        ...

    def data(self, *, denied: bool) -> None:
        """Market data are refused to us as a whole, or come again."""
        ...

    def closed(self, why: str) -> None:
        """The connection is gone."""
        ...


class Waiting:
    """A request without its answer yet: what has come so far, and the future that ends it."""

    def __init__(self, what: str) -> None:
        """Wait for the answer to `what`, a request in words."""
        self.what = what
        self.items: list[Any] = []
        self.future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

    def finish(self) -> None:
        """The answer is complete."""
        if not self.future.done():
            self.future.set_result(self.items)

    def fail(self, error: Exception) -> None:
        """There will be no answer."""
        if not self.future.done():
            self.future.set_exception(error)


class Callbacks(SimpleNamespace):
    """The functions by which the library hands over messages; those that nobody wants do nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        """A function that drops its message."""
        if name.startswith("__"):
            raise AttributeError(name)
        return _dropped


class Receiver:
    """Hands each message to the one it is for.

    Attributes:
        lines: Open market data lines by request number.
        listener: Follows orders; None until somebody does.
        next_id: The broker's latest word on the next order number.
        notices: The latest words of the broker about the session.
        moved: Counts what happened unasked (executions), so that a reader can see that it read across it.
        unreadable: Counts messages that could not be decoded: what they said is unknown.
        lost: Whether the gateway has said that it lost IB's servers, and not yet that it is back.
        gaps: Counts such losses, so that a reader can see that it read across one.
        why_closed: Why we end the connection ourselves; empty where the gateway does.
        denied: Whether the last look at the market was refused because another session takes the data.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Waiting] = {}
        self.lines: dict[int, Line] = {}
        self.listener: OrderListener | None = None
        self.moved = 0
        self.unreadable = 0
        self.lost = False
        self.gaps = 0
        self.why_closed = ""
        self.denied = False
        self.next_id: int | None = None
        self.notices: deque[tuple[int, str]] = deque(maxlen=_NOTICES_KEPT)

    def expect(self, key: Hashable, what: str) -> Waiting:
        """Open a wait for the answer under `key`."""
        waiting = Waiting(what)
        self._waiting[key] = waiting
        return waiting

    def forget(self, key: Hashable) -> None:
        """Close a wait; what comes later for it is dropped."""
        self._waiting.pop(key, None)

    def callbacks(self, zone: str) -> Callbacks:
        """The table of functions that the library calls; `zone` is read where a time names none."""
        return Callbacks(
            ib=SimpleNamespace(TimezoneTWS=zone),
            defaultTimezone=UTC,
            priceSizeTick=self._price,
            tickSize=lambda line, kind, size: self._tick(line, kind, size, size),
            tickGeneric=lambda line, kind, value: self._tick(line, kind, value, 0.0),
            tickString=self._text,
            tickOptionComputation=lambda line, kind, _attribute, *values: self._model(line, kind, values),
            marketDataType=self._freshness,
            tickSnapshotEnd=_dropped,
            **self._answers(),
            openOrder=self._open_order,
            orderStatus=self._order_status,
            execDetails=self._execution,
            commissionReport=self._commission,
            error=self._error,
            setEventsDone=_dropped,
            connectionClosed=lambda: self.disconnected(
                self.why_closed or "the gateway closed the connection"
            ),
        )

    def disconnected(self, why: str) -> None:
        """End every wait: no answer can come any more."""
        waiting, self._waiting = self._waiting, {}
        for one in waiting.values():
            one.fail(NotConnected(f"The connection ended while waiting for {one.what}: {why}."))
        self.lines.clear()
        if self.listener is not None:
            self.listener.closed(why)

    def looked(self, *, denied: bool) -> None:
        """Note whether a look at the market was refused for a competing session; a change is told once."""
        if denied is self.denied:
            return
        self.denied = denied
        if self.listener is not None:
            self.listener.data(denied=denied)

    def undecoded(self, text: str) -> None:
        """Note that a message could not be read."""
        self.unreadable += 1
        self._notice(codes.UNREADABLE, f"A message of the gateway could not be read: {text}")

    def _answers(self) -> dict[str, Callable[..., None]]:
        """Messages that are an item of an answer, or its end."""
        item, end = self._item, self._end
        return {
            "contractDetails": item,
            "contractDetailsEnd": end,
            "securityDefinitionOptionParameter": lambda request, *row: self._item(request, row),
            "securityDefinitionOptionParameterEnd": end,
            "historicalData": item,
            "historicalDataEnd": lambda request, *_dates: self._end(request),
            "execDetailsEnd": end,
            "updateAccountValue": lambda *row: self._item(ACCOUNT, row),
            "updatePortfolio": lambda *row: self._item(ACCOUNT, row),
            "accountDownloadEnd": lambda _account: self._end(ACCOUNT),
            "accountSummary": lambda request, *row: self._item(request, row),
            "accountSummaryEnd": end,
            "position": lambda *row: self._item(POSITIONS, row),
            "positionEnd": lambda: self._end(POSITIONS),
            "openOrderEnd": lambda: self._end(OPEN_ORDERS),
            "completedOrder": lambda *row: self._item(COMPLETED, row),
            "completedOrdersEnd": lambda: self._end(COMPLETED),
            "nextValidId": self._next_id,
            "currentTime": lambda seconds: self._single(TIME, seconds),
            "userInfo": self._single,
        }

    def _item(self, key: Hashable, item: Any) -> None:  # noqa: ANN401 - whatever the message holds
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.items.append(item)

    def _end(self, key: Hashable) -> None:
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            waiting.finish()

    def _single(self, key: Hashable, item: Any) -> None:  # noqa: ANN401 - whatever the message holds
        self._item(key, item)
        self._end(key)

    def _next_id(self, number: int) -> None:
        self.next_id = number
        self._single(NEXT_ID, number)

    def _price(self, line: int, kind: int, price: float, size: float) -> None:
        self._tick(line, kind, price, size)

    def _tick(self, line: int, kind: int, value: float, size: float) -> None:
        if line in self.lines:
            self.lines[line].tick(kind, value, size)

    def _text(self, line: int, kind: int, value: str) -> None:
        if line in self.lines:
            self.lines[line].text(kind, value)

    def _model(self, line: int, kind: int, values: tuple[float, ...]) -> None:
        if line in self.lines:
            self.lines[line].model(kind, values)

    def _freshness(self, line: int, kind: int) -> None:
        if line in self.lines:
            self.lines[line].freshness(kind)

    def _open_order(self, order_id: int, contract: Contract, order: Order, state: OrderState) -> None:
        if order.whatIf:
            self._single(order_id, state)
            return
        self._item(OPEN_ORDERS, (contract, order, state))
        if self.listener is not None:
            self.listener.open_order(contract, order, state)

    def _order_status(self, order_id: int, status: str, *rest: Any) -> None:
        filled, remaining, _average, perm_id, _parent, _last, client_id, *_ = rest
        self._item(OPEN_ORDERS, (client_id, order_id, perm_id, status, filled, remaining))
        if self.listener is not None:
            self.listener.status(order_id, client_id, status, perm_id)

    def _execution(self, request: int, contract: Contract, execution: Execution) -> None:
        if request == ANY_REQUEST:
            self.moved += 1
            if self.listener is not None:
                self.listener.execution(contract, execution)
        else:
            self._item(request, (contract, execution))

    def _commission(self, report: CommissionReport) -> None:
        if self.listener is not None:
            self.listener.commission(report)

    def _error(self, number: int, code: int, text: str, *_advanced: str) -> None:
        if number == ANY_REQUEST:
            self._notice(code, text)
        elif number in self.lines:
            self.lines[number].refused(code, text)
        elif number in self._waiting:
            if not codes.is_warning(code):
                self._waiting.pop(number).fail(RequestRefused(code, text))
        elif number < REQUESTS_FROM and self.listener is not None:
            self.listener.refused(number, code, text)

    def _notice(self, code: int, text: str) -> None:
        self.notices.append((code, text))
        if codes.loses_link(code):
            self.lost = True
            self.gaps += 1
        elif codes.restores_link(code):
            self.lost = False
        if code == codes.RESTORED_WITHOUT_DATA:
            for line in self.lines.values():
                line.refused(code, text)
        if self.listener is not None:
            self.listener.notice(code, text)


def _dropped(*_message: object) -> None:
    """A message nobody asked for."""
