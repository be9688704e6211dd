"""Market data: streams that send changes only, data types, generic ticks, limits and refusals."""

from __future__ import annotations

from premia.gateway.faults import parse_fault
from tests.integration.gateway.conftest import EXPIRY, a_market, a_put, an_exchange, at
from tests.integration.gateway.placing import con_id_of

PUT = a_put(EXPIRY, "95")


def a_stream(req_id, con_id, generic="", snapshot=0):
    """A market data request for one contract number."""
    wanted = [con_id, "", "", "", "0", "", "", "SMART", "", "", "", ""]
    return [1, 11, req_id, *wanted, 0, generic, snapshot, 0, ""]


def ticks_of(frames, req_id=1):
    """Last value of each tick by (message, tick type)."""
    found = {}
    for fields in frames:
        if fields[0] in ("1", "2", "45", "46") and fields[2] == str(req_id):
            found[int(fields[0]), int(fields[3])] = fields[4]
        if fields[0] == "21" and fields[1] == str(req_id):
            found[21, int(fields[2])] = fields[4:]
    return found


async def test_a_stream_starts_with_everything_and_goes_on_with_what_changed(start, raw):
    market = a_market()
    market.quote(PUT, "2024-03-11 10:05", "1.05", "1.10")
    server = await start(an_exchange(market))
    client = await raw(server)
    con_id = await con_id_of(client, "95")

    client.send(*a_stream(1, con_id))
    first = await client.until_time()
    await server.advance(at("2024-03-11 10:01"))
    unchanged = await client.until_time()
    await server.advance(at("2024-03-11 10:06"))
    later = await client.until_time()

    assert [fields[0] for fields in first[:2]] == ["81", "58"]
    assert ticks_of(first)[1, 1] == "1.00"
    assert ticks_of(first)[1, 2] == "1.10"
    assert {key for key in ticks_of(unchanged) if key[0] == 1} <= {(1, 4)}
    assert ticks_of(later)[1, 1] == "1.05"
    assert (1, 2) not in ticks_of(later)


async def test_after_the_close_live_data_have_no_quote_and_frozen_data_have_the_last(start, raw):
    client = await raw(await start(an_exchange(when="2024-03-11 18:00")))
    con_id = await con_id_of(client, "95")

    client.send(*a_stream(1, con_id))
    client.send(59, 1, 2)
    client.send(*a_stream(2, con_id))
    frames = await client.until_time()

    assert ticks_of(frames, 1)[1, 1] == "-1"
    assert ticks_of(frames, 2)[1, 1] == "1.00"
    assert [fields[3] for fields in frames if fields[0] == "58"] == ["1", "2"]


async def test_delayed_data_have_their_own_tick_numbers_and_are_a_quarter_of_an_hour_old(start, raw):
    market = a_market()
    market.quote(PUT, "2024-03-11 10:10", "1.05", "1.15")
    server = await start(an_exchange(market))
    await server.advance(at("2024-03-11 10:20"))
    client = await raw(server)
    con_id = await con_id_of(client, "95")

    client.send(59, 1, 3)
    client.send(*a_stream(1, con_id))
    frames = await client.until_time()

    ticks = ticks_of(frames)
    assert (ticks[1, 66], ticks[1, 67]) == ("1.00", "1.10")
    assert (1, 1) not in ticks
    assert [fields[3] for fields in frames if fields[0] == "58"] == ["3"]
    assert (21, 83) in ticks


async def test_a_side_without_an_offer_is_minus_one_with_size_zero(start, raw):
    client = await raw(await start())
    con_id = await con_id_of(client, "85")

    client.send(*a_stream(1, con_id))
    frames = await client.until_time()

    bid = next(fields for fields in frames if fields[0] == "1" and fields[3] == "1")
    assert bid == ["1", "6", "1", "1", "-1", "0", "0"]


async def test_open_interest_comes_as_two_ticks_the_other_side_zero(start, raw):
    client = await raw(await start())
    con_id = await con_id_of(client, "95")

    client.send(*a_stream(1, con_id, generic="101"))
    ticks = ticks_of(await client.until_time())

    assert int(ticks[2, 28]) > 0
    assert ticks[2, 27] == "0"


async def test_a_snapshot_ends_and_frees_its_id_but_carries_no_generic_ticks(start, raw):
    client = await raw(await start())
    con_id = await con_id_of(client, "95")

    client.send(*a_stream(1, con_id, snapshot=1))
    first = await client.until_time()
    client.send(*a_stream(1, con_id, generic="101", snapshot=1))
    second = await client.until_time()

    assert first[-1] == ["57", "1", "1"]
    assert [fields[3] for fields in second] == ["321"]


async def test_the_line_after_the_last_gets_error_101(start, raw):
    client = await raw(await start(lines=2))
    con_id = await con_id_of(client, "95")

    for req_id in (1, 2, 3):
        client.send(*a_stream(req_id, con_id))
    frames = await client.until_time()
    client.send(2, 2, 1)
    client.send(*a_stream(4, con_id))
    later = await client.until_time()

    assert [fields[2:4] for fields in frames if fields[0] == "4" and fields[2] != "-1"] == [["3", "101"]]
    assert (1, 1) in ticks_of(later, 4)


async def test_an_id_in_use_gets_322_and_an_unknown_one_300(start, raw):
    client = await raw(await start())
    con_id = await con_id_of(client, "95")
    client.send(*a_stream(1, con_id))
    await client.until_time()

    client.send(*a_stream(1, con_id))
    client.send(2, 2, 77)
    frames = await client.until_time()

    assert [fields[2:4] for fields in frames] == [["1", "322"], ["77", "300"]]


async def test_refused_data_show_the_code_and_10167_goes_on_with_delayed_data(start, raw):
    server = await start()
    client = await raw(server)
    con_id = await con_id_of(client, "95")

    await server.strike(parse_fault("refuse_data:symbol=ABC,count=1"))
    client.send(*a_stream(1, con_id))
    await server.strike(parse_fault("refuse_data:code=10167,count=1"))
    refused = await client.until_time()
    client.send(*a_stream(2, con_id))
    delayed = await client.until_time()

    assert [fields[3] for fields in refused if fields[0] == "4" and fields[2] == "1"] == ["354"]
    assert [fields[3] for fields in delayed if fields[0] == "4"] == ["10167"]
    assert (1, 66) in ticks_of(delayed, 2)


async def test_missing_and_nan_greeks_and_silence_are_faults_of_one_symbol(start, raw):
    server = await start(faults=("missing_greeks:symbol=ABC", "nan_greeks:symbol=XYZ"))
    client = await raw(server)
    con_id = await con_id_of(client, "95")
    client.send(9, 8, 5, 0, "XYZ", "OPT", "", "0", "", "", "SMART", "", "USD", "", "", 0, "", "", "")
    frames = await client.until(lambda fields: fields[0] == "52")
    other = int(next(fields for fields in frames if fields[0] == "10")[12])

    client.send(*a_stream(1, con_id))
    client.send(*a_stream(2, other))
    frames = await client.until_time()
    await server.strike(parse_fault("no_data:symbol=ABC"))
    client.send(*a_stream(3, con_id))
    silent = await client.until_time()

    assert not [key for key in ticks_of(frames, 1) if key[0] == 21]
    assert ticks_of(frames, 2)[21, 13] == ["NaN"] * 8
    assert ticks_of(silent, 3) == {}


async def test_after_1101_the_streams_are_gone_and_after_1102_they_live_on(start, raw):
    market = a_market()
    market.quote(PUT, "2024-03-11 10:05", "1.05", "1.10")
    market.quote(PUT, "2024-03-11 10:15", "1.02", "1.10")
    server = await start(an_exchange(market))
    client = await raw(server)
    con_id = await con_id_of(client, "95")
    client.send(*a_stream(1, con_id))
    await client.until_time()

    await server.strike(parse_fault("connectivity_lost"))
    await server.advance(at("2024-03-11 10:06"))
    client.send(*a_stream(2, con_id))
    lost = await client.until_time()
    await server.strike(parse_fault("restored_with_data"))
    await server.advance(at("2024-03-11 10:07"))
    kept = await client.until_time()
    await server.strike(parse_fault("restored_without_data"))
    await server.advance(at("2024-03-11 10:16"))
    gone = await client.until_time()

    assert [fields[3] for fields in lost if fields[0] == "4"] == ["1100", "1100"]
    assert ticks_of(lost) == {}
    assert ticks_of(kept)[1, 1] == "1.05"
    assert [fields[3] for fields in gone if fields[0] == "4"] == ["1101"]
    assert ticks_of(gone) == {}


async def test_a_farm_that_is_down_sends_nothing_and_says_2103(start, raw):
    market = a_market()
    market.quote(PUT, "2024-03-11 10:05", "1.05", "1.10")
    server = await start(an_exchange(market))
    client = await raw(server)
    con_id = await con_id_of(client, "95")
    client.send(*a_stream(1, con_id))
    await client.until_time()

    await server.strike(parse_fault("farm_down"))
    await server.advance(at("2024-03-11 10:06"))
    down = await client.until_time()
    await server.lift("farm_down")
    await server.advance(at("2024-03-11 10:07"))
    again = await client.until_time()

    assert [fields[3] for fields in down] == ["2103"]
    assert again[0][3] == "2104"
    assert ticks_of(again)[1, 1] == "1.05"
