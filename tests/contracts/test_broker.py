"""What every broker owes the engine, on the exchange in process and on the gateway over TCP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from premia.domain.combo import Combo, Leg, single
from premia.domain.events import (
    CommissionReported,
    Connected,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRejected,
    ReplaceRefused,
)
from premia.domain.known import Known, Unknown
from premia.domain.money import price
from premia.domain.order import OrderState, Stage
from premia.exchange.policy import Policy
from tests.contracts.worlds import World, an_order, in_process, over_tcp
from tests.integration.gateway.conftest import ACCOUNT, EXPIRY, an_exchange
from tests.unit.exchange.fixed_market import a_put

# ABC stands at 100; the 95 put is quoted 1.00 to 1.10, the 90 put 0.40 to 0.45.
PUT_95, PUT_90 = a_put(EXPIRY, "95"), a_put(EXPIRY, "90")
SHORT_95 = single(PUT_95, -1)
ROLL_DOWN = Combo((Leg(PUT_95, 1), Leg(PUT_90, -1)))


@pytest.fixture(params=["in process", "over tcp"])
async def world(request) -> AsyncIterator[World]:
    open_world = in_process if request.param == "in process" else over_tcp
    async with open_world(an_exchange(policy=Policy(seed=7, shy=1.0))) as opened:
        yield opened


def standing(order, broker_id: int, limit=None) -> OrderState:
    """An order that works at the broker."""
    return OrderState(
        order, Stage.WORKING, order.limit if limit is None else limit, since=None, broker_id=broker_id
    )


async def test_the_session_names_the_account_and_that_it_is_paper(world):
    opened = await world.broker.connect()

    assert isinstance(opened, Connected)
    assert (opened.account, opened.paper, opened.client_id) == (ACCOUNT, True, 1)
    assert (await world.broker.observe()).account.value.account == ACCOUNT


async def test_a_fresh_account_is_known_to_be_empty(world):
    observed = await world.broker.observe()

    assert observed.account.value.net_liquidation == Decimal(100_000)
    assert observed.account.value.settled_cash == Decimal(100_000)
    assert observed.positions == Known((), observed.at)
    assert observed.orders.value == ()
    assert observed.fills.value == ()
    assert observed.next_id == 1


async def test_a_sale_at_the_bid_is_acknowledged_filled_and_billed_in_this_order(world):
    await world.send(an_order(SHORT_95, "1.00", units=2))

    kinds = [type(event) for event in world.events]
    assert kinds == [OrderAccepted, OrderFilled, CommissionReported]
    accepted, filled, cost = world.events
    assert accepted.key == filled.key == "wheel/ABC/put/2024-03-11/1"
    assert accepted.limit == price("1.00")
    assert (filled.fill.contract, filled.fill.quantity, filled.fill.price) == (PUT_95, -2, price("1.00"))
    assert filled.fill.order_ref == accepted.key
    assert cost.exec_id == filled.fill.exec_id
    assert cost.commission.amount > 0


async def test_what_was_filled_is_seen_in_positions_cash_and_executions_alike(world):
    await world.send(an_order(SHORT_95, "1.00", units=2))

    observed = await world.broker.observe()

    (fill,) = observed.fills.value
    (position,) = observed.positions.value
    (order,) = observed.orders.value
    assert (position.contract, position.quantity) == (PUT_95, -2)
    assert fill.commission == world.told(CommissionReported)[0].commission
    # 2 puts at 1.00 a share bring 200 USD, less the cost; the account tells whole cents.
    cash = Decimal(100_000) + Decimal(200) - fill.commission.amount
    assert abs(observed.account.value.total_cash - cash) <= Decimal("0.005")
    assert (order.order_ref, order.done, order.filled) == ("wheel/ABC/put/2024-03-11/1", True, 2)


async def test_an_order_away_from_the_market_works_and_is_found_by_its_reference(world):
    number = await world.send(an_order(SHORT_95, "1.50"))

    observed = await world.broker.observe()

    (order,) = observed.orders.value
    assert (order.order_ref, order.broker_id) == ("wheel/ABC/put/2024-03-11/1", number)
    assert (order.combo, order.quantity, order.limit) == (SHORT_95, 1, price("1.50"))
    assert not order.done
    assert observed.next_id > number


async def test_a_cancelled_order_ends_once(world):
    order = an_order(SHORT_95, "1.50")
    number = await world.send(order)

    await world.broker.cancel(standing(order, number))
    await world.settle()

    assert [event.key for event in world.told(OrderCancelled)] == [order.key]
    observed = await world.broker.observe()
    assert all(one.done for one in observed.orders.value)


async def test_a_new_price_under_the_same_id_changes_the_one_order(world):
    order = an_order(SHORT_95, "1.50")
    number = await world.send(order)

    await world.send(order, number, price("1.40"))

    assert [event.limit for event in world.told(OrderAccepted)] == [price("1.50"), price("1.40")]
    (seen,) = (await world.broker.observe()).orders.value
    assert (seen.broker_id, seen.limit) == (number, price("1.40"))


async def test_a_refused_new_price_leaves_the_order_at_work(world):
    order = an_order(SHORT_95, "1.50")
    number = await world.send(order)

    await world.send(order, number, price("1.4321"))

    (refused,) = world.told(ReplaceRefused)
    assert refused.code == 110
    assert not world.told(OrderCancelled)
    (seen,) = (await world.broker.observe()).orders.value
    assert (seen.done, seen.limit) == (False, price("1.50"))


async def test_an_order_beyond_available_funds_is_rejected_with_the_brokers_words(world):
    await world.send(an_order(SHORT_95, "1.00", units=500))

    (rejected,) = world.told(OrderRejected)
    assert rejected.code == 201
    assert "insufficient" in rejected.text
    assert not world.told(OrderFilled)


async def test_a_price_off_the_grid_rejects_a_new_order(world):
    await world.send(an_order(SHORT_95, "1.2345"))

    assert [event.code for event in world.told(OrderRejected)] == [110]


async def test_a_roll_is_one_order_whose_legs_fill_each_by_itself(world):
    await world.send(an_order(SHORT_95, "1.00", key="wheel/ABC/put/2024-03-11/1"))
    roll = an_order(ROLL_DOWN, "-0.70", key="wheel/ABC/roll/2024-03-11/1")

    await world.send(roll)

    fills = [event.fill for event in world.told(OrderFilled) if event.key == roll.key]
    assert sorted((fill.contract.strike, fill.quantity) for fill in fills) == [(90, -1), (95, 1)]
    assert sum(fill.price * fill.quantity for fill in fills) <= Decimal("0.70")
    observed = await world.broker.observe()
    assert [(one.contract, one.quantity) for one in observed.positions.value] == [(PUT_90, -1)]


async def test_a_working_roll_is_seen_as_the_same_combo(world):
    await world.send(an_order(ROLL_DOWN, "-0.40"))

    (seen,) = (await world.broker.observe()).orders.value

    assert set(seen.combo.legs) == set(ROLL_DOWN.legs)
    assert (seen.quantity, seen.limit) == (1, price("-0.40"))


async def test_the_margin_of_an_order_is_told_without_placing_it(world):
    answer = await world.broker.what_if(an_order(SHORT_95, "1.00"))

    assert isinstance(answer, Known)
    assert answer.value.initial_change > 1000
    assert answer.value.commission > 0
    assert (await world.broker.observe()).orders.value == ()


async def test_the_margin_of_a_contract_that_does_not_exist_is_unknown_with_the_reason(world):
    answer = await world.broker.what_if(an_order(single(a_put(EXPIRY, "93"), -1), "1.00"))

    assert isinstance(answer, Unknown)
    assert "200" in answer.why


async def test_ids_rise_and_respect_the_callers_floor(world):
    first, second = world.broker.allocate_id(0), world.broker.allocate_id(0)

    assert second > first
    assert world.broker.allocate_id(500) == 500
    assert world.broker.allocate_id(0) == 501


async def test_expiry_is_silent_and_shows_only_in_positions(world):
    await world.send(an_order(SHORT_95, "1.00"))
    told = len(world.events)

    await world.advance(60 * 24 * 42)

    assert world.events[told:] == []
    assert (await world.broker.observe()).positions.value == ()


async def test_both_ways_to_the_market_show_one_account():
    """The same orders at the same instants leave the same cash, positions and executions behind."""
    seen = []
    for open_world in (in_process, over_tcp):
        async with open_world(an_exchange()) as world:
            await world.send(an_order(SHORT_95, "1.00", units=3))
            await world.advance(30)
            await world.send(an_order(ROLL_DOWN, "-0.65", key="wheel/ABC/roll/2024-03-11/1"))
            await world.advance(60)
            observed = await world.broker.observe()
            held = observed.positions.value
            seen.append(
                (
                    observed.account.value,
                    [(p.contract, p.quantity, p.market_price, round(p.average_cost, 6)) for p in held],
                    [(f.contract, f.quantity, f.price, f.at, f.commission) for f in observed.fills.value],
                )
            )

    assert seen[0] == seen[1]
