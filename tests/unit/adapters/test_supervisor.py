"""What the service manager is told: ready once, fed while there are signs, and the end."""

import os
import socket

import pytest

from premia.adapters.supervisor import Supervisor


class Manager:
    """A socket as the service manager has it, and a clock."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.end.bind(self.path)
        self.end.settimeout(0)
        self.now = 100.0

    def supervisor(self, **environment):
        return Supervisor({"NOTIFY_SOCKET": self.path, **environment}, lambda: self.now)

    def heard(self):
        found = []
        while True:
            try:
                found += self.end.recv(4096).decode().splitlines()
            except BlockingIOError:
                return found


@pytest.fixture
def manager(tmp_path):
    one = Manager(tmp_path)
    yield one
    one.end.close()


def test_it_is_ready_with_the_first_sign_and_only_once(manager):
    supervisor = manager.supervisor()
    assert manager.heard() == []

    supervisor.sign("connecting")
    supervisor.sign("connecting")
    supervisor.sign("ready\nand more")

    assert manager.heard() == ["READY=1", "STATUS=connecting", "STATUS=ready and more"]


def test_the_watchdog_is_fed_by_signs_alone_four_times_within_its_patience(manager):
    supervisor = manager.supervisor(WATCHDOG_USEC="8000000", WATCHDOG_PID=str(os.getpid()))
    fed = []
    for _ in range(64):
        supervisor.sign()
        fed += [manager.now for line in manager.heard() if line == "WATCHDOG=1"]
        manager.now += 0.125

    assert [at - 100 for at in fed] == [0, 2, 4, 6]
    manager.now += 1000
    assert manager.heard() == []


@pytest.mark.parametrize(
    "environment", [{}, {"WATCHDOG_USEC": "8000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}]
)
def test_a_watchdog_that_is_not_ours_is_not_fed(manager, environment):
    supervisor = manager.supervisor(**environment)
    for _ in range(5):
        supervisor.sign()
        manager.now += 10

    assert manager.heard() == ["READY=1"]


def test_the_end_is_told_and_no_status_after_it(manager):
    supervisor = manager.supervisor()
    supervisor.sign("ready")
    supervisor.ending()
    supervisor.sign("stopping")

    assert manager.heard() == ["READY=1", "STATUS=ready", "STOPPING=1", "STATUS=ending"]


def test_a_manager_that_does_not_listen_holds_nobody_up(manager, tmp_path):
    full = manager.supervisor()
    for number in range(5000):  # more than any socket's buffer holds
        full.sign(f"{number}")
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).sign("ready")
    Supervisor({}).sign("ready")

    assert manager.heard()[0] == "READY=1"
