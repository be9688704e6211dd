"""Faults around orders and connections, and the state that outlives them."""

from __future__ import annotations

import asyncio

import pytest

from premia.exchange.policy import Policy
from premia.gateway.faults import parse_fault
from tests.integration.gateway.conftest import an_exchange, at
from tests.integration.gateway.placing import a_limit_order, con_id_of
from tests.integration.gateway.test_order_messages import told

NEVER = Policy(seed=7, shy=1.0, base_hazard=0.0)


async def a_client_with_fault(start, raw, fault, policy=None):
    """A gateway with one fault, a client, and the number of a put."""
    server = await start(an_exchange(policy=policy), faults=(fault,))
    client = await raw(server)
    return server, client, await con_id_of(client, "95")


async def test_an_order_whose_bytes_were_lost_left_no_trace_and_its_id_is_free(start, raw):
    server, client, con_id = await a_client_with_fault(start, raw, "drop_before_receive:count=1")

    client.send(*a_limit_order(4, con_id, "SELL", 1, "1.00", orderRef="wheel/1"))
    heard = await client.rest()
    again = await raw(server)
    frames = await again.until(lambda fields: fields[0] == "9")

    assert told(heard) == []
    assert frames[-1] == ["9", "1", "1"]
    assert server.floor.exchange.executions() == []


async def test_an_order_without_acknowledgement_is_filled_and_found_by_its_reference(start, raw):
    server, client, con_id = await a_client_with_fault(start, raw, "drop_before_ack:count=1")

    client.send(*a_limit_order(4, con_id, "SELL", 1, "1.00", orderRef="wheel/1"))
    heard = await client.rest()
    again = await raw(server)
    bootstrap = await again.until(lambda fields: fields[0] == "9")
    again.send(7, 3, 50, 0, "", "", "", "", "", "")
    frames = await again.until(lambda fields: fields[0] == "55")

    assert told(heard) == []
    assert bootstrap[-1] == ["9", "1", "5"]
    [execution] = [fields for fields in frames if fields[0] == "11"]
    assert execution[26] == "wheel/1"


async def test_a_resting_order_without_acknowledgement_is_told_of_at_the_next_start(start, raw):
    server, client, con_id = await a_client_with_fault(start, raw, "drop_before_ack:count=1", NEVER)

    client.send(*a_limit_order(4, con_id, "SELL", 1, "1.10", orderRef="wheel/1"))
    await client.rest()
    again = await raw(server)
    frames = await again.until(lambda fields: fields[0] == "9")

    assert [fields[0] for fields in frames] == ["5", "3", "53", "15", "9"]
    assert "wheel/1" in frames[0]


async def test_a_connection_dropped_after_the_acknowledgement_has_shown_it(start, raw):
    server, client, con_id = await a_client_with_fault(start, raw, "drop_after_ack:count=1")

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.00"))
    heard = told(await client.rest())

    assert heard == ["open", "status PreSubmitted", "open", "status Submitted"]
    assert len(server.floor.exchange.executions()) == 1


async def test_a_connection_dropped_after_the_fill_has_shown_nothing_of_it(start, raw):
    server, client, con_id = await a_client_with_fault(start, raw, "drop_after_fill:count=1")

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.00"))
    heard = told(await client.rest())

    assert heard == []
    assert len(server.floor.exchange.executions()) == 1


async def test_a_delayed_acknowledgement_comes_when_market_time_has_passed(start, raw):
    server, client, con_id = await a_client_with_fault(start, raw, "delay_ack:seconds=30,count=1", NEVER)

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.10"))
    client.send(49, 1)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(client.frame(), 0.2)
    await server.advance(at("2024-03-11 10:01"))
    frames = await client.until(lambda fields: fields[0] == "49")

    assert told(frames) == ["open", "status PreSubmitted", "open", "status Submitted"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("reject", "201"),
        ("reject:code=10197", "10197"),
        ("read_only", "321"),
        ("no_option_permission:symbol=ABC", "201"),
    ],
)
async def test_a_refused_order_gets_its_code_and_is_not_at_the_market(start, raw, fault, code):
    server, client, con_id = await a_client_with_fault(start, raw, fault)

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.00"))

    assert told(await client.until_time()) == [f"error {code}"]
    assert server.floor.exchange.open_orders() == []


async def test_only_the_second_order_of_one_client_is_refused(start, raw):
    server, client, con_id = await a_client_with_fault(start, raw, "reject:nth=2,client=1", NEVER)
    other = await raw(server, client_id=2)

    for order_id in (1, 2, 3):
        client.send(*a_limit_order(order_id, con_id, "SELL", 1, "1.10"))
        other.send(*a_limit_order(order_id, con_id, "SELL", 1, "1.10"))
    mine, theirs = told(await client.until_time()), told(await other.until_time())

    assert mine.count("error 201") == 1
    assert theirs.count("error 201") == 0
    assert len(server.floor.exchange.open_orders()) == 5


async def test_an_order_that_never_fills_stays_submitted_at_a_marketable_price(start, raw):
    server, client, con_id = await a_client_with_fault(start, raw, "never_fill")

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.00"))
    await server.advance(at("2024-03-11 15:00"))

    assert told(await client.until_time())[-1] == "status Submitted"
    assert [view.state.value for view in server.floor.exchange.open_orders()] == ["Submitted"]


async def test_statuses_may_come_twice_and_too_late(start, raw):
    server, client, con_id = await a_client_with_fault(start, raw, "duplicate_status")
    await server.strike(parse_fault("late_status"))

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.00"))
    statuses = [line for line in told(await client.until_time()) if line.startswith("status")]

    assert statuses == [
        "status PreSubmitted",
        "status Submitted",
        "status Submitted",
        "status Filled",
        "status Filled",
        "status Filled",
        "status Submitted",
    ]


async def test_after_a_restart_the_port_refuses_and_then_everything_is_as_before(start, raw):
    server = await start(an_exchange(policy=NEVER))
    client = await raw(server)
    con_id = await con_id_of(client, "95")
    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.10", tif="GTC"))
    await client.until_time()

    await server.strike(parse_fault("restart:seconds=60"))
    await client.rest()
    with pytest.raises(OSError, match=r"refused|Connect"):
        await raw(server)
    await server.advance(at("2024-03-11 10:02"))
    again = await raw(server)
    frames = await again.until(lambda fields: fields[0] == "9")

    assert [fields[0] for fields in frames] == ["5", "3", "53", "15", "9"]


async def test_the_clock_of_a_skewed_gateway_is_ahead_of_the_market(start, raw):
    server = await start(faults=("clock_skew:seconds=90",))
    client = await raw(server)

    client.send(49, 1)
    frames = await client.until(lambda fields: fields[0] == "49")

    assert int(frames[-1][2]) == at("2024-03-11 10:00").timestamp() + 90


async def test_a_request_that_is_never_answered_blocks_nothing_else(start, raw):
    server = await start(faults=("no_answer:code=61",))
    client = await raw(server)

    client.send(61, 1)
    frames = await client.until_time()

    assert "62" not in [fields[0] for fields in frames]
