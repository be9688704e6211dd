"""A person trades in TWS beside Premia: fault 38, a daemon over TCP that is told nothing of it in advance."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import date, datetime
from decimal import Decimal

import pytest

from premia.domain import events as ev
from premia.domain.instrument import Contract, Option, Right, Stock
from premia.domain.intent import Purpose
from premia.domain.order import Stage
from premia.exchange.policy import Deposit, Opening, Policy
from premia.exchange.types import OrderKind, OrderTicket, TicketLeg
from premia.reporting.causes import happened, standing
from tests.faults.timed import Timed, timed
from tests.integration.ib.markets import ACCOUNT
from tests.mutation import assert_mutant_fails
from tests.unit.exchange.fixed_market import at

HERE = "tests/faults/test_by_hand.py"
MONDAY, TUESDAY, WEDNESDAY = "2024-03-11", "2024-03-12", "2024-03-13"
CENT = Decimal("0.01")
TWS = 0
"""The client number of orders that a person makes."""


@pytest.fixture
async def begin(tmp_path) -> AsyncIterator[Callable]:
    """A function that begins a market; its gateway is stopped afterwards."""
    async with AsyncExitStack() as stack:

        async def begun(when: str, *openings, **more) -> Timed:
            return await timed(stack, tmp_path, when, *openings, **more)

        yield begun


def once(world: Timed, when: str, act: Callable[[], None]) -> None:
    """Let a person act at a market time, while the daemon lives."""
    due = [at(when)]

    def turned(now: datetime) -> None:
        if due and now >= due[0]:
            due.clear()
            act()

    world.at_turn = turned


def by_hand(world: Timed, contract: Contract, quantity: int) -> None:
    """A market order of a person."""
    number = 1 + len(world.server.floor.exchange.executions())
    legs = (TicketLeg(contract, 1),)
    ticket = OrderTicket(TWS, number, ACCOUNT, legs, quantity, OrderKind.MARKET, None)
    world.server.floor.exchange.submit(ticket)


def held(world: Timed) -> dict[str, int]:
    return {one.contract.key: one.quantity for one in world.server.floor.exchange.holdings(ACCOUNT)}


def short_put(world: Timed) -> Option:
    """The put that Premia has sold."""
    (event,) = [one for one in world.facts(ev.OrderFilled) if one.fill.contract.right is Right.PUT][:1]
    return event.fill.contract


def sent(world: Timed, after: str = MONDAY) -> list[str]:
    """Orders of ours that were sent after a time, by key."""
    return [one.key for one in world.facts(ev.OrderIdAssigned) if one.at > at(after)]


@pytest.mark.fault(38, "A leg that a person closes ends its trade; it is sold anew only on a person's word")
async def test_a_person_buys_back_our_put(begin):
    world = await begin(f"{MONDAY} 09:00")
    await world.live(f"{MONDAY} 11:00")
    option = short_put(world)
    once(world, f"{MONDAY} 11:30", lambda: by_hand(world, option, -held(world)[option.key]))

    night = await world.live(f"{MONDAY} 20:00")
    later = await world.live(f"{TUESDAY} 12:00")

    (external,) = world.facts(ev.ExternalChange)
    assert external.fill.contract == option
    (ended,) = world.facts(ev.TradeEnded)
    assert ended.how == "traded by hand"
    assert held(world) == {}
    assert later.holdings == {}
    assert list(night.blocks) == list(later.blocks) == ["FND"]
    assert "premia accept FND" in later.blocks["FND"].why
    assert sent(world, f"{MONDAY} 11:30") == []
    assert [cause.title for cause in happened([external])] == ["somebody else traded in the account"]
    assert "FND stands still until a person speaks" in {
        cause.title for cause in standing(later, {}, later.at)
    }
    assert world.facts(ev.CashUnexplained) == []

    world.send("accept", "FND")
    book = await world.live(f"{WEDNESDAY} 12:00")

    assert book.blocks == {}
    assert sent(world, f"{MONDAY} 11:30") != []


@pytest.mark.fault(38, "Shares that a person buys join no campaign: no call is sold on them, nothing stops")
async def test_a_person_buys_shares(begin):
    world = await begin(f"{MONDAY} 09:00")
    await world.live(f"{MONDAY} 09:45")
    once(world, f"{MONDAY} 09:50", lambda: by_hand(world, Stock("FND"), 100))

    book = await world.live(f"{TUESDAY} 12:00")

    assert book.shares("FND") == held(world)["FND"] == 100
    assert sum(one.shares for one in book.campaigns.values()) == 0
    assert book.blocks == {}
    asked = [event.order for event in world.facts(ev.MarginRequested)]
    assert {option.right for order in asked for option in order.combo.options} == {Right.PUT}
    assert world.facts(ev.CashUnexplained) == []


@pytest.mark.fault(38, "Shares sold from under a call: the call is left as it is until a person speaks")
async def test_a_person_sells_the_shares_under_our_call(begin):
    world = await begin(f"{MONDAY} 09:00", Opening(Stock("FND"), 100, Decimal(190)))
    await world.live(f"{MONDAY} 11:00")
    calls = [key for key, quantity in held(world).items() if key.endswith(" C") and quantity < 0]
    assert len(calls) == 1
    once(world, f"{MONDAY} 11:30", lambda: by_hand(world, Stock("FND"), -100))

    later = await world.live(f"{TUESDAY} 12:00")

    assert held(world)[calls[0]] == -1
    assert later.shares("FND") == 0
    assert [c.shares for c in later.campaigns.values()] == [0]
    assert sent(world, f"{MONDAY} 11:30") == []
    assert list(later.blocks) == ["FND"]

    world.send("accept", "FND")
    await world.live(f"{TUESDAY} 15:50")

    bought = [e.order for e in world.facts(ev.MarginRequested) if e.order.purpose is Purpose.CLOSE]
    assert [leg.contract.key for order in bought for leg in order.combo.legs] == calls


@pytest.mark.fault(38, "An order that a person takes back is not sent again that day")
async def test_a_person_takes_our_order_back(begin):
    world = await begin(f"{MONDAY} 09:00")
    world.plan = [(f"{MONDAY} 09:31", "never_fill")]
    exchange = world.server.floor.exchange

    def take_back() -> None:
        for view in exchange.open_orders():
            exchange.cancel(view.ticket.client_id, view.ticket.order_id)

    once(world, f"{MONDAY} 10:03", take_back)

    monday = await world.live(f"{MONDAY} 18:00")
    (first,) = sent(world)
    tuesday = await world.live(f"{TUESDAY} 12:00")

    assert monday.ended[first].stage is Stage.CANCELLED
    block = monday.blocks["FND"]
    assert "was taken back beside Premia" in block.why
    assert block.until_session == date.fromisoformat(TUESDAY)
    assert tuesday.blocks == {}
    assert sent(world, TUESDAY)


@pytest.mark.fault(
    38, "Money that a person moves is taken into the ledger and shown; it is neither win nor loss"
)
@pytest.mark.parametrize("amount", [Decimal(5000), Decimal(-5000)], ids=["in", "out"])
async def test_a_person_moves_cash(begin, amount):
    deposits = (Deposit(date.fromisoformat(TUESDAY), amount),)
    world = await begin(f"{MONDAY} 09:00", deposits=deposits, policy=Policy(seed=7, shy=1.0))

    await world.live(f"{MONDAY} 18:00")
    book = await world.live(f"{TUESDAY} 12:00")

    (moved,) = world.facts(ev.CashUnexplained)
    assert moved.amount.rounded().amount == amount
    assert book.cash is not None
    assert book.cash.quantize(CENT) == world.server.floor.exchange.values(ACCOUNT).total_cash.quantize(CENT)
    assert book.day is not None
    assert abs(book.day.worth - 100_000 - amount) < 50  # what the put's price moves in a night
    assert book.blocks == {}
    assert book.halts == {}
    assert book.ready


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/engine/positions.py",
            "if stands(block, look.book.session):",
            "if stands(block, look.book.session) and block.until_session is not None:",
            "test_a_person_buys_back_our_put",
        ),
        (
            "premia/engine/hands.py",
            "return min(max(abs(fill.quantity) - spare, 0), abs(own))",
            "return 0",
            "test_a_person_sells_the_shares_under_our_call",
        ),
        (
            "premia/engine/hands.py",
            "if state is None or state.stage is not Stage.WORKING:",
            "if state is None or state.stage is Stage.WORKING:",
            "test_a_person_takes_our_order_back",
        ),
    ],
    ids=["kept", "shares", "taken back"],
)
def test_an_altered_line_is_missed_by_the_scenario(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
