"""The service manager's view of a daemon: of a life, and of a loop that no longer turns."""

import asyncio
import signal
import socket
from contextlib import AsyncExitStack

import pytest

from premia.adapters.supervisor import Supervisor
from premia.bootstrap.hearer import Hearers
from premia.bootstrap.hearing import supervised
from tests.faults.test_process import a_daemon
from tests.integration.daemon.days import days


@pytest.fixture
def manager(tmp_path):
    """The path of a socket as the service manager has it, and what was heard there."""
    path = tmp_path / "notify"
    heard = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(path))
        end.settimeout(0)

        def lines():
            while True:
                try:
                    heard.extend(end.recv(4096).decode().splitlines())
                except BlockingIOError:
                    return heard

        yield str(path), lines


def test_a_life_is_told_from_ready_to_stopping(tmp_path, manager, monkeypatch):
    path, heard = manager
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    monkeypatch.setenv("WATCHDOG_USEC", "4000000")
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        daemon.until(lambda: heard().count("WATCHDOG=1") > 1, "the watchdog was not fed twice")
        daemon.until(lambda: "STATUS=ready" in heard(), "it never told that it is ready")
        daemon.signal(signal.SIGTERM)

        assert daemon.process.wait(20) == 0
    assert heard()[0] == "READY=1"
    assert heard().count("READY=1") == 1
    assert "STOPPING=1" in heard()
    assert heard().index("STOPPING=1") > heard().index("STATUS=ready")


async def test_a_loop_that_hangs_feeds_nothing_although_the_event_loop_runs(tmp_path, manager):
    """The look at the market never ends; timers and transports go on, and the watchdog starves."""
    path, heard = manager
    fed, turns = [], 0
    async with AsyncExitStack() as stack:
        week = await days(stack, tmp_path)
        clock = asyncio.get_running_loop().time
        supervisor = Supervisor({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "4"}, clock)
        week.hearers = Hearers([supervised(supervisor)], lambda *_told: None).told

        async def hang():
            nonlocal turns
            before = heard().count("WATCHDOG=1")
            for _ in range(200):
                await asyncio.sleep(0.001)
                turns += 1
            fed.append((before, heard().count("WATCHDOG=1")))

        week.before_look = hang
        await week.live("2024-03-11 10:05")

    assert turns >= 200
    (during,) = {after - before for before, after in fed}
    assert during == 0
    assert fed[0][0] > 3
