"""What a client reads about its orders, frame by frame, in the order recorded from real gateways."""

from __future__ import annotations

import pytest

from premia.exchange.policy import Policy
from tests.integration.gateway.conftest import ACCOUNT, an_exchange, at
from tests.integration.gateway.placing import a_limit_order, con_id_of

NEVER = Policy(seed=7, shy=1.0, base_hazard=0.0)


def told(frames):
    """Message numbers, each with the status that it states where it states one; farm notices left out."""
    lines = []
    for fields in frames:
        if fields[0] == "3":
            lines.append(f"status {fields[2]}")
        elif fields[0] == "5":
            lines.append("open")
        elif fields[0] == "11":
            lines.append("execution")
        elif fields[0] == "59":
            lines.append("commission")
        elif fields[0] == "4" and not fields[3].startswith("21"):
            lines.append(f"error {fields[3]}")
    return lines


async def test_a_new_client_hears_its_accounts_then_its_next_id_then_the_farms(start, raw):
    client = await raw(await start())

    frames = await client.until(lambda fields: fields[:4] == ["4", "2", "-1", "2158"])

    assert [fields[0] for fields in frames] == ["15", "9", "4", "4", "4"]
    assert frames[0] == ["15", "1", ACCOUNT]
    assert frames[1] == ["9", "1", "1"]
    assert [fields[3] for fields in frames[2:]] == ["2104", "2106", "2158"]


async def test_a_marketable_order_is_executed_before_its_status_says_filled(start, raw):
    client = await raw(await start())
    con_id = await con_id_of(client, "95")

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.00"))
    frames = await client.until_time()

    lines = told(frames)
    assert lines == [
        "open",
        "status PreSubmitted",
        "open",
        "status Submitted",
        "execution",
        "open",
        "status Filled",
        "open",
        "status Filled",
        "commission",
    ]
    execution = next(fields for fields in frames if fields[0] == "11")
    assert execution[1] == "-1"
    assert execution[10] == execution[17] != "SMART"


async def test_a_cancelled_order_is_pending_then_cancelled_then_error_202(start, raw):
    client = await raw(await start(an_exchange(policy=NEVER)))
    con_id = await con_id_of(client, "95")
    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.10"))
    await client.until_time()

    client.send(4, 1, 1, "")
    lines = told(await client.until_time())

    assert lines == ["open", "status PendingCancel", "status Cancelled", "error 202"]


async def test_outside_hours_an_order_waits_with_warning_399_and_works_from_the_open(start, raw):
    server = await start(an_exchange(when="2024-03-11 08:00", policy=NEVER))
    client = await raw(server)
    con_id = await con_id_of(client, "95")

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.10"))
    early = told(await client.until_time())
    await server.advance(at("2024-03-11 09:31"))
    later = told(await client.until_time())

    assert early == ["open", "status PreSubmitted", "error 399"]
    assert later[-2:] == ["open", "status Submitted"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"orderType": "FEELINGS"}, "321"),
        ({"tif": "TOMORROW"}, "321"),
        ({"totalQuantity": "0"}, "434"),
        ({"account": "DU999"}, "436"),
        ({"lmtPrice": "1.001"}, "110"),
        ({"parentId": "7"}, "321"),
    ],
)
async def test_a_malformed_order_gets_one_error_and_no_status(start, raw, change, code):
    client = await raw(await start())
    con_id = await con_id_of(client, "95")

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.00", **change))

    assert told(await client.until_time()) == [f"error {code}"]


async def test_an_unknown_contract_gets_error_200_on_the_order_and_no_status(start, raw):
    client = await raw(await start())

    client.send(*a_limit_order(1, 12345, "SELL", 1, "1.00"))

    assert told(await client.until_time()) == ["error 200"]


async def test_an_order_beyond_the_funds_gets_201_and_is_inactive(start, raw):
    client = await raw(await start())
    con_id = await con_id_of(client, "95")

    client.send(*a_limit_order(1, con_id, "BUY", 5000, "1.10"))

    assert told(await client.until_time())[:1] == ["error 201"]


async def test_an_order_that_is_not_transmitted_is_heard_of_only_once_it_is(start, raw):
    client = await raw(await start(an_exchange(policy=NEVER)))
    con_id = await con_id_of(client, "95")

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.10", transmit="0"))
    staged = told(await client.until_time())
    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.10"))
    sent = told(await client.until_time())

    assert staged == []
    assert sent == ["open", "status PreSubmitted", "open", "status Submitted"]


async def test_a_reconnected_client_hears_of_its_live_orders_before_its_next_id(start, raw):
    server = await start(an_exchange(policy=NEVER))
    first = await raw(server, client_id=7)
    con_id = await con_id_of(first, "95")
    first.send(*a_limit_order(5, con_id, "SELL", 1, "1.10"))
    await first.until_time()
    await first.close()

    second = await raw(server, client_id=7)
    frames = await second.until(lambda fields: fields[0] == "9")

    assert [fields[0] for fields in frames] == ["5", "3", "53", "15", "9"]
    assert frames[-1] == ["9", "1", "6"]


async def test_a_client_id_that_is_taken_gets_error_326_and_the_door(start, raw):
    server = await start()
    await raw(server, client_id=3)

    twin = await raw(server, client_id=3)
    frames = await twin.rest()

    assert [fields[3] for fields in frames] == ["326"]


async def test_an_empty_time_in_force_is_set_to_day_with_10349_while_the_order_lives(start, raw):
    client = await raw(await start(an_exchange(policy=NEVER)))
    con_id = await con_id_of(client, "95")

    client.send(*a_limit_order(1, con_id, "SELL", 1, "1.10", tif=""))

    assert told(await client.until_time())[0] == "error 10349"
