"""The wheel, engine and rules as they are, on the SPX chains recorded in spring 2019.

European and settled in cash, so without shares: puts are sold, taken, rolled and settled by the same
functions as any fund's. The recording has one snapshot a day, at 15:45, and orders fill on it at a
stated place in the spread: here half-way between mid and natural.
"""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import NamedTuple

import pandas as pd
import pytest

from premia.adapters.journals.memory import MemoryJournal
from premia.adapters.markets import recorded_market
from premia.adapters.simulated import SimulatedBroker, SimulatedMarketData
from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.book import Book
from premia.domain.dates import new_york
from premia.domain.intent import Purpose
from premia.engine.charges import US
from premia.engine.decide import Engine, Mandate
from premia.engine.reconcile import Adoption, Reference
from premia.engine.run import Parts, Runner
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, FillRule, Policy
from premia.rules.review import Desk, Limits
from premia.strategies.registry import find
from premia.strategies.wheel import Params, SymbolParams
from tests.real_data import real_data

CHAIN = "option_chains/spx_chain_2019-04-25_2019-06-28.parquet"
CLOSES = "indices/spx_close_1990_2022.parquet"
SNAPSHOT = time(15, 45)
FIRST, LAST = date(2019, 4, 25), date(2019, 6, 28)


class MarketClock(NamedTuple):
    """The exchange's own time."""

    exchange: Exchange

    def now(self):
        return self.exchange.now


@pytest.fixture(scope="module")
def market():
    table = pd.read_parquet(real_data(CLOSES))
    days = pd.to_datetime(table["date"]).dt.date
    closes = {day: Decimal(str(close)) for day, close in zip(days, table["spx_close"], strict=True)}
    return recorded_market(real_data(CHAIN), closes={"SPX": closes})


async def the_wheel(market, last=LAST, **params):
    """Every fact of the wheel on two million dollars, one cycle a day at the snapshot."""
    policy = Policy(fills=FillRule.ALPHA, alpha=Decimal("0.5"))
    exchange = Exchange(
        market,
        [AccountSetup("DU1000001", AccountKind.MARGIN, Decimal(2_000_000))],
        policy,
        new_york(FIRST, time(9, 31)),
    )
    wheel = Params(symbols={"SPX": SymbolParams(weight=0.3)}, **params)
    engine = Engine(
        (Mandate(find("wheel"), wheel),),
        Desk(AccountKind.MARGIN, market.sessions, Limits()),
        Reference(market.sessions, US, Adoption({"SPX": "wheel"})),
    )
    broker = SimulatedBroker(exchange)
    facts = []
    parts = Parts(
        broker,
        SimulatedMarketData(exchange),
        MemoryJournal("DU1000001"),
        MarketClock(exchange),
        lambda: exchange.now,
        on_facts=facts.extend,
    )
    runner = Runner(engine, parts, Book())

    async def admit(opened):
        return opened

    await runner.connect(admit)
    for session in market.sessions.between(FIRST, last):
        broker.advance(new_york(session.day, SNAPSHOT))
        await runner.settled()
        await runner.cycle()
        while runner.book.orders:
            broker.advance(exchange.now + timedelta(minutes=1))
            await runner.settled()
            await runner.tick()
    await runner.close()
    return facts


def told(facts, kind):
    return [event for event in facts if isinstance(event, kind)]


async def test_the_wheel_sells_takes_and_rolls_on_recorded_chains(market):
    facts = await the_wheel(market)

    orders = {event.order.key: event.order for event in told(facts, ev.MarginRequested)}
    filled = {event.key for event in told(facts, ev.OrderFilled)}
    purposes = [orders[key].purpose for key in filled]
    assert purposes.count(Purpose.OPEN) >= 3
    assert purposes.count(Purpose.CLOSE) >= 2
    assert purposes.count(Purpose.ROLL) >= 1
    assert told(facts, ev.CashUnexplained) == []
    for event in told(facts, ev.MarginRequested):
        seen = event.evidence.facts
        if event.order.purpose is Purpose.OPEN:
            assert 0.15 <= abs(seen["delta"]) <= 0.30
            assert 28 <= seen["dte"] <= 45


async def test_a_put_held_to_the_end_is_settled_at_the_official_close(market):
    """SPX closed at 2826.06 on 2019-05-24: the 2845 put costs 18.94 a share."""
    facts = await the_wheel(
        market, last=date(2019, 5, 29), take_profit=1.0, take_profit_late=1.0, rolls_max=0
    )

    (settled,) = told(facts, ev.CashSettlementInferred)
    assert (settled.contract.strike, settled.contract.expiry) == (2845, date(2019, 5, 24))
    assert settled.amount.amount == settled.quantity * 100 * Decimal("-18.94")
    assert told(facts, ev.CashUnexplained) == []
