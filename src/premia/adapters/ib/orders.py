"""What becomes of our orders, told once and in the right sense whatever order the messages come in.

IB repeats statuses, sends them late, fills before it acknowledges, and uses one kind of message for
refusals, warnings and cancel notes. The tracker knows which orders it sent and turns messages into
events: executions are the truth of fills and count once each, statuses only ever end an order when they
say that it was cancelled, and a refused change of price leaves the order as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from ib_async import CommissionReport, Execution
from ib_async import Contract as IbContract
from ib_async import Order as IbOrder
from ib_async import OrderState as IbOrderState

from premia.adapters.ib import codes, translate
from premia.adapters.ib.contracts import ContractBook
from premia.domain.events import (
    AnyEvent,
    BrokerWarned,
    CancelRefused,
    CommissionReported,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRejected,
    ReplaceRefused,
)
from premia.domain.money import Money, Price
from premia.domain.order import Fill

_ALIVE = frozenset({"PreSubmitted", "Submitted", "Filled", "PendingCancel"})
_INACTIVE = "Inactive"
_CANCELLED = frozenset({"Cancelled", "ApiCancelled"})
_FILLED = "Filled"


class _Sent:
    """An order that we sent in this session."""

    def __init__(self, key: str, limit: Price) -> None:
        self.key = key
        self.limit = limit
        self.wanted: Price | None = None
        self.acknowledged = False
        self.ended = False


class OrderTracker:
    """Turns the messages about one client's orders into events.

    Attributes:
        costs: Commission and realised result by execution, as last reported.
    """

    def __init__(self, client_id: int, book: ContractBook, now: Callable[[], datetime]) -> None:
        """Follow the orders of `client_id`; `now` is market time."""
        self._client_id = client_id
        self._book = book
        self._now = now
        self._sent: dict[int, _Sent] = {}
        self._told: set[str] = set()
        self._awaiting_cost: set[str] = set()
        self.costs: dict[str, tuple[Money, Money | None]] = {}

    def sending(self, key: str, broker_id: int, limit: Price) -> None:
        """Note that an order, or a change of its price, is about to be sent."""
        known = self._sent.get(broker_id)
        if known is None or known.key != key:
            self._sent[broker_id] = _Sent(key, limit)
        elif not known.acknowledged:
            known.limit = limit
        else:
            known.wanted = limit

    def adopt(self, key: str, broker_id: int, limit: Price) -> None:
        """Note an order of an earlier session that still works, so that its messages are understood."""
        if broker_id not in self._sent:
            self._sent[broker_id] = _Sent(key, limit)
            self._sent[broker_id].acknowledged = True

    def taking_back(self, key: str, broker_id: int, limit: Price) -> None:
        """Note a cancel; an id that is not the one of its key is a copy, whose end is not the order's."""
        known = any(sent.key == key and number != broker_id for number, sent in self._sent.items())
        self.adopt(key, broker_id, limit)
        self._sent[broker_id].ended = self._sent[broker_id].ended or known

    def knows(self, broker_id: int) -> bool:
        """Whether an order was sent or adopted in this session."""
        return broker_id in self._sent

    def open_order(self, order: IbOrder, state: IbOrderState) -> Iterator[AnyEvent]:
        """An order as it stands at the broker."""
        sent = self._own(order.orderId, order.clientId)
        if sent is None or sent.ended:
            return
        limit = translate.credit_of(order)
        if state.status in _CANCELLED:
            yield from self._cancelled(sent, state.warningText or state.status)
        elif state.status == _INACTIVE:
            yield from self._acknowledge(sent, order.orderId, order.permId, held=True)
        elif state.status in _ALIVE:
            yield from self._acknowledge(sent, order.orderId, order.permId)
            if sent.wanted is not None and limit == sent.wanted:
                sent.limit, sent.wanted = sent.wanted, None
                yield self._accepted(sent, order.orderId, order.permId)

    def status(self, order_id: int, client_id: int, status: str, perm_id: int) -> Iterator[AnyEvent]:
        """A hint where an order stands."""
        sent = self._own(order_id, client_id)
        if sent is None or sent.ended:
            return
        if status in _CANCELLED:
            yield from self._cancelled(sent, status)
        elif status in _ALIVE or status == _INACTIVE:
            yield from self._acknowledge(sent, order_id, perm_id, held=status == _INACTIVE)

    def execution(self, contract: IbContract, execution: Execution) -> Iterator[AnyEvent]:
        """A live execution; the summary line of a combo is dropped, its legs tell all."""
        if contract.secType == translate.BAG or execution.execId in self._told:
            return
        if not execution.orderRef and execution.clientId != self._client_id:
            return
        self._told.add(execution.execId)
        sent = self._own(execution.orderId, execution.clientId)
        if sent is not None and not sent.ended:
            yield from self._acknowledge(sent, execution.orderId, execution.permId)
        fill = self.priced(translate.fill_from(self._book.learn(contract), execution))
        yield OrderFilled(at=fill.at, key=fill.order_ref, fill=fill)

    def commission(self, report: CommissionReport) -> Iterator[AnyEvent]:
        """The cost of an execution."""
        cost = translate.money(report.commission, report.currency or "USD")
        if cost is None:
            return
        realized = translate.money(report.realizedPNL, report.currency or "USD")
        self.costs[report.execId] = (cost, realized)
        if report.execId in self._awaiting_cost:
            self._awaiting_cost.discard(report.execId)
            yield CommissionReported(
                at=self._now(), exec_id=report.execId, commission=cost, realized=realized
            )

    def refused(self, order_id: int, code: int, text: str) -> Iterator[AnyEvent]:
        """The broker's words about an order: a refusal, a cancel note, or only words."""
        sent = self._sent.get(order_id)
        if sent is None:
            yield self._warning(code, text, "")
        elif code == codes.CANCELLED:
            yield from self._cancelled(sent, text)
        elif codes.refuses_cancel(code) and not sent.ended:
            yield CancelRefused(at=self._now(), key=sent.key, code=code, text=codes.explained(code, text))
        elif codes.is_warning(code) or codes.refuses_cancel(code) or sent.ended:
            yield self._warning(code, text, sent.key)
        elif sent.wanted is not None:
            sent.wanted = None
            yield ReplaceRefused(at=self._now(), key=sent.key, code=code, text=codes.explained(code, text))
        elif not sent.acknowledged or code == codes.REJECTED:
            sent.ended = True
            yield OrderRejected(at=self._now(), key=sent.key, code=code, text=codes.explained(code, text))
        else:
            yield self._warning(code, text, sent.key)

    def priced(self, fill: Fill) -> Fill:
        """The fill with its cost where it was reported; else its cost will be an event of its own."""
        known = self.costs.get(fill.exec_id)
        if known is None:
            self._awaiting_cost.add(fill.exec_id)
            return fill
        return Fill(
            exec_id=fill.exec_id,
            order_ref=fill.order_ref,
            broker_id=fill.broker_id,
            client_id=fill.client_id,
            perm_id=fill.perm_id,
            contract=fill.contract,
            quantity=fill.quantity,
            price=fill.price,
            at=fill.at,
            commission=known[0],
            realized=known[1],
        )

    def _own(self, order_id: int, client_id: int) -> _Sent | None:
        """The order of ours under this number; other clients use the same numbers for theirs."""
        return self._sent.get(order_id) if client_id == self._client_id else None

    def _acknowledge(
        self, sent: _Sent, order_id: int, perm_id: int, *, held: bool = False
    ) -> Iterator[AnyEvent]:
        if not sent.acknowledged:
            sent.acknowledged = True
            yield self._accepted(sent, order_id, perm_id, held=held)

    def _accepted(self, sent: _Sent, order_id: int, perm_id: int, *, held: bool = False) -> OrderAccepted:
        return OrderAccepted(
            at=self._now(), key=sent.key, broker_id=order_id, perm_id=perm_id, limit=sent.limit, held=held
        )

    def _cancelled(self, sent: _Sent, why: str) -> Iterator[AnyEvent]:
        if not sent.ended:
            sent.ended = True
            yield OrderCancelled(at=self._now(), key=sent.key, why=why)

    def _warning(self, code: int, text: str, key: str) -> BrokerWarned:
        return BrokerWarned(at=self._now(), code=code, text=text, key=key)
