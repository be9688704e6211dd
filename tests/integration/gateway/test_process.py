"""A gateway in a process of its own: one line says where it listens, the control channel moves it."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import date

import ib_async
import pytest

from premia.gateway.control import ControlPort
from premia.gateway.server import GatewayServer, PortTaken
from premia.gateway.settings import GatewaySettings
from tests import gateway_process
from tests.clients.control import ask
from tests.integration.gateway.conftest import an_exchange, at


async def told(control: ControlPort, **command) -> dict:
    """The answer to one command."""
    reader, writer = await asyncio.open_connection("127.0.0.1", control.port)
    writer.write(json.dumps(command).encode() + b"\n")
    answer = json.loads(await asyncio.wait_for(reader.readline(), 10))
    writer.close()
    return answer


@pytest.fixture
async def controlled(start):
    """A stepped gateway with a control channel."""
    server = await start()
    control = ControlPort(server, 0)
    await control.start()
    yield server, control
    await control.stop()


async def test_time_moves_only_by_command_and_never_back(controlled):
    server, control = controlled

    moved = await told(control, cmd="advance", to="2024-03-11T15:00:00Z")
    back = await told(control, cmd="advance", to="2024-03-11T14:00:00Z")
    naive = await told(control, cmd="advance", to="2024-03-11T16:00:00")

    assert moved == {"ok": True, "now": "2024-03-11T15:00:00Z", "reports": 0}
    assert not back["ok"]
    assert "cannot go back" in back["error"]
    assert not naive["ok"]
    assert server.floor.now == at("2024-03-11 11:00")


async def test_an_advance_answers_when_its_frames_are_with_the_clients(controlled, raw):
    server, control = controlled
    client = await raw(server)
    client.send(92, 1, "DU1000001", "")
    await client.until(lambda fields: fields[0] == "94")

    await told(control, cmd="advance", to="2024-03-11T15:00:00Z")

    assert (await client.frame())[0] == "94"


async def test_faults_come_and_go_by_command(controlled):
    _server, control = controlled

    put = await told(control, cmd="fault", fault="reject:symbol=ABC,count=2")
    wrong = await told(control, cmd="fault", fault="rejekt")
    unknown = await told(control, cmd="dance")
    cleared = await told(control, cmd="clear", kind="")

    assert [fault["kind"] for fault in put["faults"]] == ["reject"]
    assert "Known faults" in wrong["error"]
    assert "Known commands" in unknown["error"]
    assert cleared["cleared"] == 1


async def test_the_state_and_the_record_are_told_to_tests(controlled):
    _server, control = controlled

    state = await told(control, cmd="state")
    record = await told(control, cmd="record")

    assert state["accounts"]["DU1000001"]["values"]["net_liquidation"] == "100000"
    assert state["next_order_id"] == 1
    assert record == {"ok": True, "record": [], "next": 0}


async def test_a_port_in_use_is_one_clear_error():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = GatewayServer(an_exchange(), GatewaySettings(port=taken.getsockname()[1]))

        with pytest.raises(PortTaken, match="choose another one with --port"):
            await server.start()


async def test_a_gateway_process_serves_a_client_and_ends_when_told():
    wish = gateway_process.invented(("AAA:fund",), date(2016, 3, 14), clock="stepped")
    with gateway_process.started(wish) as running:
        client = ib_async.IB()
        await client.connectAsync("127.0.0.1", running.port, clientId=1, timeout=10)
        now = await client.reqCurrentTimeAsync()
        client.disconnect()

        ask(running.control_port, cmd="shutdown")
        running.process.wait(10)

        assert now.isoformat() == "2016-03-14T14:30:00+00:00"
        assert running.process.returncode == 0
