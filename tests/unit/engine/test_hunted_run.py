"""The loop when a broker is slow: what is under way is finished, whatever else is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.adapters.journals.memory import MemoryJournal
from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.apply import fold
from premia.domain.intent import evidence
from premia.domain.known import Known, Unknown
from premia.domain.market import MarketRequest, MarketView
from premia.domain.order import MarginQuote, Order, OrderState, Stage
from premia.domain.permit import Permit
from premia.engine.charges import US
from premia.engine.decide import Engine
from premia.engine.reconcile import Adoption, Reference
from premia.engine.run import Parts, Runner
from premia.rules.review import Desk, Limits
from tests.unit.facts import MONDAY, a_baseline, a_put, accepted, an_observation, an_order, at, sent, weekdays

NOW = at(MONDAY)
ENGINE = Engine((), Desk(AccountKind.MARGIN, weekdays(), Limits()), Reference(weekdays(), US, Adoption({})))
PATIENCE_S = 0.05


class Still:
    """Market time that stands still, and a market without anything."""

    def now(self) -> datetime:
        return NOW

    async def observe(self, request: MarketRequest) -> MarketView:
        del request
        return MarketView(NOW, {})


class SlowBroker:
    """A broker that takes longer to take an order than an answer is waited for."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def connect(self) -> ev.AnyEvent:
        return ev.Connected(at=NOW, account="DU1", client_id=7, paper=True, server_version=178)

    async def observe(self) -> ev.BrokerObserved:
        return an_observation(NOW, cash="10000")

    def allocate_id(self, at_least: int) -> int:
        return at_least

    async def submit(self, permit: Permit) -> None:
        await asyncio.sleep(3 * PATIENCE_S)
        self.taken.append(permit.order.key)

    async def cancel(self, state: OrderState) -> None:
        del state

    async def what_if(self, order: Order) -> Known[MarginQuote] | Unknown:
        del order
        return Unknown(NOW, "not asked in this test")

    async def reports(self) -> AsyncIterator[ev.AnyEvent]:
        for event in ():
            yield event

    async def close(self) -> None:
        pass


@pytest.mark.timeout(20)
async def test_the_patience_with_one_order_does_not_break_off_the_next_one():
    """Two late answers free the next two orders, each sent while the one before is still being settled."""
    enough = Known(MarginQuote(None, None, Decimal(50_000), Decimal(9_000), Decimal(1)), NOW)
    opened = ev.Connected(at=NOW, account="DU1", client_id=7, paper=True, server_version=178)
    book = fold([opened, a_baseline(), an_observation(NOW, cash="10000")])
    book = fold(sent(an_order("a", a_put()), NOW), book)
    for name, strike in (("b", "49"), ("c", "48")):
        order = replace(an_order(name, a_put(strike)), slot=f"XYZ/{name}")
        asked = ev.MarginRequested(at=NOW, cycle="c", order=order, evidence=evidence())
        book = fold([asked, ev.MarginQuoted(at=NOW, key=name, quote=enough)], book)
    broker, journal = SlowBroker(), MemoryJournal("DU1")
    parts = Parts(broker, Still(), journal, Still(), lambda: NOW + timedelta(0), answer_timeout_s=PATIENCE_S)
    runner = Runner(ENGINE, parts, book)
    runner.book = book  # its session stands
    runner._queue.put_nowait(accepted("b", NOW, 2))

    await runner.take(accepted("a", NOW))

    assert broker.taken == ["b", "c"]
    assert runner.book.orders["b"].stage is Stage.WORKING
    warned = [event.key for _, event in journal.read() if isinstance(event, ev.BrokerWarned)]
    assert warned == ["c"]
