"""Pacing on market time, historical data with IB's limits, and requests that nobody understands."""

from __future__ import annotations

import asyncio

import pytest
from ib_async import Contract, Option, Stock

from tests.integration.gateway.conftest import EXPIRY, an_exchange, at
from tests.integration.gateway.placing import con_id_of

ABC = Stock("ABC", "SMART", "USD")


def codes(frames):
    """Error numbers in order, farm notices left out."""
    return [int(fields[3]) for fields in frames if fields[0] == "4" and not fields[3].startswith("21")]


async def test_a_burst_of_two_seconds_is_allowed_and_one_message_more_is_not(start, raw):
    client = await raw(await start(messages_per_s=50))

    for _ in range(102):
        client.send(49, 1)
    frames = await client.until(lambda fields: fields[0] == "4" and fields[3] == "100")

    assert [fields[0] for fields in frames].count("49") == 100


async def test_the_bucket_fills_with_market_time(start, raw):
    server = await start(messages_per_s=50)
    client = await raw(server)
    for _ in range(100):
        client.send(49, 1)
    await client.until(lambda fields: fields[0] == "49")

    await server.advance(at("2024-03-11 10:00").replace(second=1))
    for _ in range(50):
        client.send(49, 1)
    client.send(61, 1)
    frames = await client.until(lambda fields: fields[0] == "4" and fields[3] == "100")

    assert [fields[0] for fields in frames].count("49") == 149
    assert "62" not in [fields[0] for fields in frames]


async def test_the_third_violation_ends_the_connection(start, raw):
    client = await raw(await start(messages_per_s=1))

    for _ in range(10):
        client.send(49, 1)
    frames = await client.rest()

    assert codes(frames) == [100, 100, 100]


async def test_an_unknown_request_gets_505_and_a_short_one_321(start, raw):
    client = await raw(await start())

    client.send(777, 1)
    client.send(9, 8, 5, 0, "ABC")
    frames = await client.until_time()

    assert codes(frames) == [505, 321]


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"API\0\0\0\0\x05hello"])
async def test_a_stranger_is_shown_the_door_and_nobody_else_is_disturbed(start, raw, garbage):
    server = await start()
    client = await raw(server)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(garbage)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()

    assert answer == b""
    assert codes(await client.until_time()) == []


@pytest.mark.parametrize(
    ("offer", "version"),
    [("v157..178", "178"), ("v100..157", "157"), ("v157..158", "157"), ("v100..225", "178")],
)
async def test_the_version_is_the_highest_of_both_and_never_158(start, raw, offer, version):
    client = await raw(await start(), versions=offer)

    assert str(client.version) == version


async def test_a_client_older_than_157_is_not_served(start, raw):
    server = await start()

    with pytest.raises(EOFError):
        await raw(server, versions="v100..150")


async def test_bars_come_in_one_answer_and_schedules_too(start, ib):
    client = await ib(await start())

    bars = await client.reqHistoricalDataAsync(ABC, "", "5 D", "1 day", "TRADES", useRTH=True)
    schedule = await client.reqHistoricalScheduleAsync(ABC, 5)

    assert bars
    assert all(bar.low <= bar.close <= bar.high for bar in bars)
    assert schedule.sessions[-1].refDate == "20240311"


@pytest.mark.parametrize(
    ("duration", "size", "what", "code"),
    [
        ("400 D", "1 day", "TRADES", 321),
        ("5 X", "1 day", "TRADES", 321),
        ("5 D", "7 mins", "TRADES", 321),
        ("5 D", "1 day", "FEELINGS", 321),
    ],
)
async def test_history_requests_of_another_form_are_refused(start, raw, duration, size, what, code):
    client = await raw(await start())
    con_id = await con_id_of(client, "95")

    client.send(*a_history_request(1, con_id, duration, size, what))

    assert codes(await client.until_time()) == [code]


async def test_small_bars_are_paced_on_market_time(start, raw):
    server = await start(history_requests=2)
    client = await raw(server)
    con_id = await con_id_of(client, "95")

    client.send(*a_history_request(1, con_id, "60 S", "5 secs", "TRADES"))
    client.send(*a_history_request(2, con_id, "60 S", "5 secs", "TRADES"))
    client.send(*a_history_request(3, con_id, "60 S", "5 secs", "MIDPOINT"))
    client.send(*a_history_request(4, con_id, "90 S", "5 secs", "TRADES"))
    frames = await client.until_time()
    await server.advance(at("2024-03-11 10:11"))
    client.send(*a_history_request(5, con_id, "60 S", "5 secs", "TRADES"))
    later = await client.until_time()

    paced = [fields[2] for fields in frames if fields[0] == "4" and "pacing" in fields[4]]
    assert paced == ["2", "4"]
    assert not [fields for fields in later if fields[0] == "4" and "pacing" in fields[4]]


def a_history_request(req_id, con_id, duration, size, what):
    """A request for bars of one contract number until now."""
    wanted = [con_id, "", "", "", "0", "", "", "SMART", "", "", "", ""]
    return [20, req_id, *wanted, 0, "", size, duration, 1, what, 1, 0, ""]


async def test_contracts_that_fit_twice_or_never_are_refused(start, ib):
    client = await ib(await start())
    errors = []
    client.errorEvent += lambda _id, code, *_: errors.append(code)

    nothing = await client.reqContractDetailsAsync(Stock("NOPE", "SMART", "USD"))
    bag = client.client.reqContractDetails
    bag(9000, Contract(secType="BAG", symbol="ABC", exchange="SMART"))
    ambiguous = Option("ABC", EXPIRY.replace("-", ""), 0, "P", "SMART")
    client.client.reqMktData(9001, ambiguous, "", snapshot=False, regulatorySnapshot=False, mktDataOptions=[])
    await client.reqCurrentTimeAsync()

    assert nothing == []
    assert errors == [200, 321, 200]


async def test_option_parameters_symbols_rules_and_hours(start, ib):
    client = await ib(await start(an_exchange(when="2024-03-14 10:00")))
    [stock] = await client.qualifyContractsAsync(ABC)

    chain, *_ = await client.reqSecDefOptParamsAsync("ABC", "", "STK", stock.conId)
    samples = await client.reqMatchingSymbolsAsync("AB")
    rule = await client.reqMarketRuleAsync(26)
    [details] = await client.reqContractDetailsAsync(stock)

    assert "20240419" in chain.expirations
    assert 95.0 in chain.strikes
    assert [sample.contract.symbol for sample in samples] == ["ABC"]
    assert [(step.lowEdge, step.increment) for step in rule] == [(0.0, 0.01)]
    assert details.liquidHours.startswith("20240314:0930-20240314:1600")
    assert "20240316:CLOSED" in details.liquidHours


async def test_streams_of_ticks_and_bars_go_on_with_market_time(start, ib):
    server = await start(an_exchange())
    client = await ib(server)
    [put] = await client.qualifyContractsAsync(Option("ABC", EXPIRY.replace("-", ""), 95, "P", "SMART"))

    quotes = client.reqTickByTickData(put, "BidAsk")
    await client.reqCurrentTimeAsync()
    first = (quotes.tickByTicks[0].bidPrice, quotes.tickByTicks[0].askPrice)
    await server.advance(at("2024-03-11 10:05"))
    await client.reqCurrentTimeAsync()

    assert first == (1.00, 1.10)
    assert client.isConnected()
