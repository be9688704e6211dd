"""Sessions with a gateway: found, fenced, lost and found again."""

from __future__ import annotations

import asyncio

import pytest

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib import requests
from premia.adapters.ib.assemble import STEPPED, IbSettings, ib_parts
from premia.adapters.ib.connection import Address, TimeLimits
from premia.domain.errors import NotConnected, RequestTimedOut
from premia.domain.events import BrokerWarned, Connected, Disconnected, LinkLost
from premia.domain.known import Known, Unknown
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Policy
from tests.contracts.test_broker import SHORT_95
from tests.contracts.worlds import QUICK, a_client, an_order
from tests.integration.gateway.conftest import ACCOUNT, MONDAY, a_market, an_exchange
from tests.permits import a_permit
from tests.unit.exchange.fixed_market import at

PARTS = {"account": 6, "positions": 61, "orders": 16, "fills": 7}


def parts_at(port: int, account: str = "", limits: TimeLimits = QUICK):
    """A client that is not connected yet."""
    settings = IbSettings(Address(port=port), account, limits)
    return ib_parts(settings, SteppedClock(at(MONDAY)), STEPPED)


async def a_free_port() -> int:
    """A port on which nothing listens."""
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def test_no_gateway_is_one_clear_error_with_the_ports_to_try():
    parts = parts_at(await a_free_port())

    with pytest.raises(NotConnected, match=r"No gateway listens at 127\.0\.0\.1:\d+.*4002 paper"):
        await parts.broker.connect()


async def test_a_port_that_says_nothing_is_given_up_after_the_limit():
    async def say_nothing(reader, writer) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    parts = parts_at(port, limits=TimeLimits(connect_s=0.3))

    with pytest.raises(NotConnected, match="told no accounts within"):
        await parts.broker.connect()
    server.close()


async def test_a_client_number_in_use_is_waited_out(trading):
    second = a_client(trading.server)
    waiting = asyncio.create_task(second.broker.connect())
    await asyncio.wait({waiting}, timeout=0.2)
    assert not waiting.done()

    await trading.broker.close()
    opened = await waiting

    assert isinstance(opened, Connected)
    await second.end()


async def test_a_client_number_that_stays_in_use_is_named_in_the_error(trading):
    second = a_client(trading.server)

    with pytest.raises(NotConnected, match="Client number 1 is in use"):
        await second.broker.connect()
    await second.end()


async def test_an_account_that_the_gateway_does_not_manage_is_refused(trading):
    parts = parts_at(trading.server.port, "DU999", limits=QUICK)
    await trading.broker.close()

    with pytest.raises(NotConnected, match=f"manages {ACCOUNT}; account DU999 is not among them"):
        await parts.broker.connect()
    await parts.broker.close()


async def test_several_accounts_need_a_choice(opened):
    accounts = [AccountSetup("DU1000001"), AccountSetup("DU1000002")]

    with pytest.raises(NotConnected, match="none was chosen"):
        await opened(Exchange(a_market(), accounts, Policy(seed=7), at(MONDAY)))


async def test_a_lost_session_is_told_and_everything_is_unknown_until_the_next_one(trading):
    await trading.strike("drop")
    await trading.until(Disconnected)

    lost = await trading.broker.observe()
    assert [type(part) for part in (lost.account, lost.positions, lost.orders, lost.fills)] == [Unknown] * 4
    assert lost.next_id is None
    with pytest.raises(NotConnected):
        await trading.broker.submit(a_permit(an_order(SHORT_95, "1.00")))

    await trading.broker.connect()
    assert isinstance((await trading.broker.observe()).account, Known)


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_is_not_answered_is_unknown_alone(opened, part):
    world = await opened(an_exchange(), (f"no_answer:code={PARTS[part]}",))

    observed = await world.broker.observe()

    for name in PARTS:
        found = getattr(observed, name)
        assert isinstance(found, Unknown if name == part else Known), name
    assert "within 1 s" in getattr(observed, part).why


async def test_a_next_number_that_is_not_answered_is_none(opened):
    world = await opened(an_exchange(), ("no_answer:code=8",))

    observed = await world.broker.observe()

    assert observed.next_id is None
    assert isinstance(observed.orders, Known)


async def test_a_request_without_an_answer_ends_at_its_limit(opened):
    world = await opened(an_exchange(), ("no_answer:code=49",))

    with pytest.raises(RequestTimedOut, match="its time within 1 s"):
        await world.parts.connection.barrier()


async def test_nothing_is_sent_while_the_gateway_has_lost_ib(trading):
    """A change of an order that is sent meanwhile can become a second order at the broker."""
    order = an_order(SHORT_95, "1.00")
    await trading.strike("connectivity_lost")
    await trading.until(LinkLost)

    with pytest.raises(NotConnected, match="1100"):
        await trading.broker.submit(a_permit(order))
    assert "1100" in (await trading.broker.observe()).positions.why

    await trading.strike("restored_with_data")
    await trading.settle()
    await trading.send(order)
    assert trading.exchange.executions()


async def test_a_new_session_forgets_that_an_earlier_one_had_lost_ib(trading):
    await trading.strike("connectivity_lost")
    await trading.until(LinkLost)
    await trading.strike("drop")
    await trading.until(Disconnected)
    await trading.strike("restored_with_data")

    await trading.broker.connect()

    assert isinstance((await trading.broker.observe()).account, Known)


async def test_a_message_that_cannot_be_read_makes_the_account_unknown_until_the_next_look(trading):
    decoder = trading.parts.connection.client.decoder
    looking = asyncio.create_task(trading.broker.observe())
    await asyncio.sleep(0)
    decoder.interpret(["11", "-1", "an execution with too few fields"])

    observed = await looking

    assert "could not be read" in observed.account.why
    assert isinstance(observed.fills, Unknown)
    assert "could not be read" in (await trading.until(BrokerWarned)).text
    assert isinstance((await trading.broker.observe()).account, Known)


async def test_good_news_of_data_farms_is_nobodys_business(trading):
    assert trading.told(BrokerWarned) == []


async def test_a_session_costs_few_messages(trading):
    before = trading.parts.connection.counts

    await trading.broker.observe()

    # Values and the end of their subscription, positions, open and completed orders, executions, next number.
    assert trading.parts.connection.counts.sent - before.sent == 7
    assert before.sent <= 2


async def test_a_summary_tells_what_account_updates_leave_out(trading):
    told = await requests.account_summary(
        trading.parts.connection, ACCOUNT, ["SettledCash", "DayTradesRemaining"]
    )

    assert {figure.tag: figure.value for figure in told} == {
        "SettledCash": "100000.00",
        "DayTradesRemaining": "-1",
    }
    (session,) = trading.server.floor.sessions
    await trading.settle()
    assert session.asks.summaries == {}
