"""One market for everybody: what a client sees and what happens depend on nobody's appetite for data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from premia.adapters.markets import invented_market
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Policy
from tests.integration.gateway.conftest import ACCOUNT
from tests.integration.gateway.placing import a_limit_order
from tests.integration.gateway.test_market_data import a_stream, ticks_of

MORNING = datetime(2024, 3, 11, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def market():
    """One invented fund."""
    return invented_market(["ABC:fund"], MORNING.date(), seed=5)


def an_exchange(market) -> Exchange:
    return Exchange(market, [AccountSetup(ACCOUNT)], Policy(seed=3), MORNING)


async def numbers_of_puts(client, count):
    """Contract numbers of the puts of one expiry that lie below the fund's price."""
    stock = [0, "ABC", "STK", "", "0", "", "", "SMART", "", "USD", "", ""]
    client.send(9, 8, 50, *stock, 0, "", "", "")
    frames = await client.until(lambda fields: fields[0] == "52")
    details = next(fields for fields in frames if fields[0] == "10")
    client.send(78, 51, "ABC", "", "STK", details[12])
    chains = await client.until(lambda fields: fields[0] == "76")
    expiry = next(fields for fields in chains if fields[0] == "75")[7 + 4]
    client.send(9, 8, 52, 0, "ABC", "OPT", expiry, "0", "P", "", "SMART", "", "USD", "", "", 0, "", "", "")
    frames = await client.until(lambda fields: fields[0] == "52")
    found = [(float(fields[5]), int(fields[12])) for fields in frames if fields[0] == "10"]
    return [number for _strike, number in sorted(found)[:count]]


async def test_a_modest_and_a_greedy_client_see_the_same_quotes(start, raw, market):
    alone, shared = await start(an_exchange(market)), await start(an_exchange(market))
    modest, greedy = await raw(alone), await raw(shared)
    numbers = await numbers_of_puts(modest, 40)
    await numbers_of_puts(greedy, 40)

    modest.send(*a_stream(7, numbers[20], generic="101"))
    for i, number in enumerate(numbers):
        greedy.send(*a_stream(100 + i, number, generic="101"))
    seen = [(ticks_of(await modest.until_time(), 7), ticks_of(await greedy.until_time(), 120))]
    for minutes in (1, 7, 200, 1500):
        for server in (alone, shared):
            await server.advance(MORNING + timedelta(minutes=minutes))
        seen.append((ticks_of(await modest.until_time(), 7), ticks_of(await greedy.until_time(), 120)))

    assert all(one == other for one, other in seen)
    assert all(one for one, _ in seen)


async def a_day(start, raw, market):
    """Every frame of a day on which a client sells a put patiently and watches."""
    server = await start(an_exchange(market))
    client = await raw(server)
    number = (await numbers_of_puts(client, 30))[-1]
    client.send(*a_stream(7, number))
    first = ticks_of(await client.until_time(), 7)
    middle = round((float(first[1, 1]) + float(first[1, 2])) / 2, 2)
    client.send(61, 1)
    client.send(*a_limit_order(1, number, "SELL", 5, f"{middle}"))
    frames = await client.until_time()
    for minutes in range(5, 400, 5):
        await server.advance(MORNING + timedelta(minutes=minutes))
        frames += await client.until_time()
    return frames


async def test_two_runs_of_a_stepped_day_send_the_same_bytes(start, raw, market):
    first = await a_day(start, raw, market)
    second = await a_day(start, raw, market)

    assert first == second
    assert "3" in {fields[0] for fields in first}
