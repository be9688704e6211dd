"""The control channel of a gateway: time, faults, and the market's own record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from premia.adapters.gateway_control import ControlRefused, GatewayControl, open_control
from premia.domain.errors import NotConnected
from premia.domain.events import OrderCancelled
from premia.gateway.control import ControlPort
from tests.contracts.test_broker import SHORT_95
from tests.contracts.worlds import an_order
from tests.integration.gateway.conftest import ACCOUNT
from tests.integration.ib.test_connection import a_free_port


@pytest.fixture
async def control(trading) -> AsyncIterator[GatewayControl]:
    port = ControlPort(trading.server, 0)
    await port.start()
    opened = await open_control(port.port)
    yield opened
    await opened.close()
    await port.stop()


async def test_an_advance_answers_with_the_markets_present(trading, control):
    to = trading.exchange.now + timedelta(minutes=7)

    assert await control.advance(to) == to
    assert await control.now() == trading.exchange.now == to


async def test_what_a_step_caused_is_read_at_the_first_barrier_and_stamped_with_the_step(trading, control):
    """The order ends at the close, which lies within the step."""
    await control.fault("never_fill:count=1")
    await trading.send(an_order(SHORT_95, "1.00"))
    to = trading.exchange.now + timedelta(hours=8)

    trading.clock.move(to)
    await control.advance(to)
    await trading.settle()

    (ended,) = trading.told(OrderCancelled)
    assert ended.at == to


async def test_time_does_not_run_backwards(trading, control):
    with pytest.raises(ControlRefused, match="cannot go back"):
        await control.advance(trading.exchange.now - timedelta(minutes=1))


async def test_faults_are_put_in_force_and_lifted(trading, control):
    await control.fault("reject:symbol=ABC")
    assert trading.server.floor.faults.holds("reject", "ABC") is not None

    assert await control.clear("reject") == 1
    assert trading.server.floor.faults.holds("reject", "ABC") is None


async def test_an_unknown_fault_is_refused_in_words(control):
    with pytest.raises(ControlRefused, match="not known"):
        await control.fault("gremlins")


async def test_the_markets_own_state_and_record_are_told(trading, control):
    await trading.send(an_order(SHORT_95, "1.00"))

    state = await control.state()
    record = await control.record()

    assert state["accounts"][ACCOUNT]["holdings"][0]["quantity"] == -1
    assert [row["type"] for row in record] == ["accepted", "filled"]
    assert await control.record(after=2) == []


async def test_messages_are_counted_by_client(control):
    (client,) = await control.stats()

    assert client["received"] >= 0


async def test_a_gateway_without_a_control_channel_is_one_clear_error():
    with pytest.raises(NotConnected, match="No control channel"):
        await open_control(await a_free_port())


async def test_a_shutdown_ends_the_channel(control):
    await control.shutdown()

    with pytest.raises(NotConnected, match="ended"):
        await control.now()
