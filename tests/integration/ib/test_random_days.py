"""Whatever a day brings, what the adapter tells agrees with the market's own record."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from premia.domain.combo import single
from premia.domain.errors import NotConnected
from premia.domain.events import Disconnected, OrderAccepted, OrderCancelled, OrderFilled, OrderRejected
from premia.domain.known import Known
from premia.domain.money import price
from premia.exchange.policy import Policy
from premia.exchange.types import TicketState
from tests.contracts.test_broker import PUT_90, PUT_95, ROLL_DOWN, standing
from tests.contracts.worlds import OverTcp, an_order, over_tcp
from tests.integration.gateway.conftest import an_exchange
from tests.permits import a_permit

FAULTS = (
    "drop",
    "drop_before_ack:count=1",
    "drop_before_receive:count=1",
    "drop_after_ack:count=1",
    "drop_after_fill:count=1",
    "duplicate_status:count=1",
    "late_status:count=1",
    "reject:count=1",
    "never_fill:count=1",
)
COMBOS = (single(PUT_95, -1), single(PUT_90, -1), single(PUT_95, 1), ROLL_DOWN)
PRICES = {COMBOS[0]: ("1.00", "1.05", "1.40"), COMBOS[1]: ("0.40", "0.45"), COMBOS[2]: ("-1.10", "-1.05")}
STEPS = st.one_of(
    st.tuples(st.just("order"), st.integers(0, 3), st.integers(0, 2), st.integers(1, 3)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("reprice"), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
)


class Day:
    """A client that goes on whatever happens."""

    def __init__(self, world: OverTcp) -> None:
        self.world = world
        self.sent = {}

    async def do(self, step: tuple) -> None:
        """Carry a step out; after a lost session, open the next one."""
        # A step may meet the lost session; what became of it is looked up in the end.
        with suppress(NotConnected):
            await getattr(self, step[0])(*step[1:])
        await self.back()

    async def back(self) -> None:
        """Connect again where the session is gone."""
        await asyncio.sleep(0.005)
        if not self.world.parts.connection.is_open:
            await self.world.until(Disconnected)
            await self.world.broker.connect()
            await self.world.settle()

    async def order(self, which: int, level: int, units: int) -> None:
        combo = COMBOS[which]
        levels = PRICES.get(combo, ("-0.65", "-0.60", "-0.30"))
        key = f"wheel/ABC/put/2024-03-11/{len(self.sent) + 1}"
        order = an_order(combo, levels[level % len(levels)], units, key)
        number = self.world.broker.allocate_id(0)
        self.sent[number] = order
        await self.world.broker.submit(a_permit(order, number))
        await self.world.settle()

    async def cancel(self, which: int) -> None:
        if which < len(self.sent):
            number, order = list(self.sent.items())[which]
            await self.world.broker.cancel(standing(order, number))
            await self.world.settle()

    async def reprice(self, which: int) -> None:
        if which < len(self.sent):
            number, order = list(self.sent.items())[which]
            ended = {event.key for event in self.world.told(OrderCancelled) + self.world.told(OrderRejected)}
            if order.key not in ended:
                await self.world.broker.submit(a_permit(order, number, price(order.limit - price("0.05"))))
                await self.world.settle()

    async def wait(self, minutes: int) -> None:
        await self.world.advance(minutes)

    async def fault(self, text: str) -> None:
        await self.world.strike(text)


def legs_of(world: OverTcp) -> dict:
    """The market's own record of executions, without summary lines."""
    return {one.exec_id: one for one in world.exchange.executions() if one.contract is not None}


async def live(steps: list[tuple]) -> None:
    async with over_tcp(an_exchange(policy=Policy(seed=3))) as world:
        day = Day(world)
        for step in steps:
            await day.do(step)
        await world.server.lift("")
        await day.back()
        observed = await world.broker.observe()
        await world.settle()

        truth = legs_of(world)
        assert {fill.exec_id for fill in observed.fills.value} == set(truth)
        for fill in observed.fills.value:
            assert (fill.quantity, fill.price) == (truth[fill.exec_id].quantity, truth[fill.exec_id].price)
            assert fill.commission == truth[fill.exec_id].commission

        told = [event.fill.exec_id for event in world.told(OrderFilled)]
        assert len(told) == len(set(told))
        assert set(told) <= set(truth)

        held = {one.contract: one.quantity for one in world.exchange.holdings("DU1000001") if one.quantity}
        assert {one.contract: one.quantity for one in observed.positions.value} == held

        states = {v.ticket.order_ref: v.state for v in world.exchange.completed_orders()}
        working = {v.ticket.order_ref for v in world.exchange.open_orders()}
        assert {one.order_ref for one in observed.orders.value if not one.done} == working
        for event in world.told(OrderCancelled):
            assert states[event.key] is TicketState.CANCELLED
        for event in world.told(OrderRejected):
            assert event.key not in working
        for event in world.told(OrderAccepted):
            assert event.key in working or event.key in states
        assert isinstance(observed.account, Known)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=14))
def test_what_is_told_agrees_with_the_markets_own_record(steps):
    asyncio.run(live(steps))
