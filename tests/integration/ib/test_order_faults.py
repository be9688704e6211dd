"""Orders under what a broker does to them on bad days: nothing is lost, nothing counts twice."""

from __future__ import annotations

from premia.domain.events import (
    CommissionReported,
    Disconnected,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRejected,
)
from premia.exchange.policy import Policy
from tests.contracts.test_broker import SHORT_95, standing
from tests.contracts.worlds import a_client, an_order
from tests.integration.gateway.conftest import an_exchange
from tests.permits import a_permit

ORDER = an_order(SHORT_95, "1.00")
RESTING = an_order(SHORT_95, "1.50")


async def after_the_drop(world, order):
    """Send an order whose connection drops, connect again, and look."""
    number = world.broker.allocate_id(0)
    await world.broker.submit(a_permit(order, number))
    await world.until(Disconnected)
    await world.broker.connect()
    return number, await world.broker.observe()


async def test_an_order_whose_acknowledgement_was_lost_is_found_by_its_reference(opened):
    world = await opened(an_exchange(policy=Policy(shy=1.0)), ("drop_before_ack:count=1",))

    number, observed = await after_the_drop(world, RESTING)

    (found,) = observed.orders.value
    assert (found.order_ref, found.broker_id, found.done) == (RESTING.key, number, False)
    assert observed.next_id > number


async def test_an_order_that_never_arrived_leaves_its_number_unused(opened):
    world = await opened(an_exchange(), ("drop_before_receive:count=1",))

    number, observed = await after_the_drop(world, ORDER)

    assert observed.orders.value == ()
    assert observed.fills.value == ()
    assert observed.next_id <= number


async def test_an_order_acknowledged_before_the_drop_goes_on_and_its_later_life_is_heard(opened):
    world = await opened(an_exchange(policy=Policy(shy=1.0)), ("drop_after_ack:count=1",))
    number, observed = await after_the_drop(world, RESTING)
    assert [order.order_ref for order in observed.orders.value] == [RESTING.key]

    await world.broker.cancel(standing(RESTING, number))
    await world.settle()

    assert [event.key for event in world.told(OrderCancelled)] == [RESTING.key]


async def test_a_fill_during_the_drop_is_in_the_executions_with_its_cost(opened):
    world = await opened(an_exchange(), ("drop_after_fill:count=1",))

    _, observed = await after_the_drop(world, ORDER)

    (fill,) = observed.fills.value
    assert (fill.order_ref, fill.quantity) == (ORDER.key, -1)
    assert fill.commission is not None
    assert observed.positions.value[0].quantity == -1


async def test_statuses_told_twice_say_nothing_new(opened):
    world = await opened(an_exchange(), ("duplicate_status",))

    await world.send(ORDER)

    kinds = [type(event) for event in world.events]
    assert kinds == [OrderAccepted, OrderFilled, CommissionReported]


async def test_a_late_status_brings_no_filled_order_back(opened):
    world = await opened(an_exchange(), ("late_status",))

    await world.send(ORDER)

    assert len(world.told(OrderAccepted)) == 1
    assert len(world.told(OrderFilled)) == 1
    assert (await world.broker.observe()).orders.value[0].done


async def test_a_rejection_is_told_once_with_number_and_words(opened):
    world = await opened(an_exchange(), ("reject:code=201",))

    await world.send(ORDER)

    (event,) = world.events
    assert isinstance(event, OrderRejected)
    assert event.code == 201


async def test_a_read_only_gateway_rejects_with_the_setting_to_change(opened):
    world = await opened(an_exchange(), ("read_only",))

    await world.send(ORDER)

    (event,) = world.told(OrderRejected)
    assert event.code == 321
    assert "Read-Only API" in event.text


async def test_an_order_that_nobody_takes_works_until_it_is_cancelled(opened):
    world = await opened(an_exchange(), ("never_fill",))
    number = await world.send(ORDER)
    await world.advance(60)
    assert world.told(OrderFilled) == []

    await world.broker.cancel(standing(ORDER, number))
    await world.settle()

    assert len(world.told(OrderCancelled)) == 1


async def test_an_order_that_the_close_ends_is_told_as_cancelled(opened):
    world = await opened(an_exchange(), ("never_fill",))
    await world.send(ORDER)

    await world.advance(60 * 7)

    assert [event.key for event in world.told(OrderCancelled)] == [ORDER.key]


async def test_a_cancel_of_a_filled_order_ends_nothing(opened):
    world = await opened(an_exchange())
    number = await world.send(ORDER)

    await world.broker.cancel(standing(ORDER, number))
    await world.settle()

    assert world.told(OrderCancelled) == []
    assert world.told(OrderRejected) == []


async def test_an_order_outside_trading_hours_is_alive_and_fills_at_the_open(opened):
    world = await opened(an_exchange(when="2024-03-11 08:00"))
    await world.send(ORDER)
    assert [type(event) for event in world.events if not hasattr(event, "code")] == [OrderAccepted]

    await world.advance(120)

    assert len(world.told(OrderFilled)) == 1


async def test_another_clients_orders_and_fills_are_seen_but_not_told_as_ours(opened):
    world = await opened(an_exchange(policy=Policy(shy=1.0)))
    other = a_client(world.server, client_id=2)
    await other.broker.connect()
    await other.send(an_order(SHORT_95, "1.50", key="somebody/else"))
    await other.send(an_order(SHORT_95, "1.00", key="somebody/again"))

    await world.settle()
    observed = await world.broker.observe()

    assert world.events == []
    assert {order.client_id for order in observed.orders.value if not order.done} == {2}
    assert [fill.client_id for fill in observed.fills.value] == [2]
    await other.end()
