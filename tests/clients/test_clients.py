"""Unmodified clients of others, each in an environment of its own, trade on the gateway."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from premia.adapters.calendars import NEW_YORK, sessions
from premia.exchange.policy import Policy
from tests import gateway_process
from tests.clients import environments, thetagang
from tests.clients.control import ask

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
HERE = Path(__file__).resolve().parent
SESSION_S = 120
SYMBOLS = ("AAA", "BBB", "CCC")


def a_session() -> date:
    """The first session from today's date on: clients count days to expiry from the real one."""
    today = datetime.now(UTC).date()  # noqa: TID251 - the clients under test go by the machine's date too
    return sessions(NEW_YORK, today, today + timedelta(days=14)).first.day


def a_gateway(policy: Policy | None = None):
    """A gateway of invented funds around today, on a real clock."""
    symbols = tuple(f"{symbol}:fund" for symbol in SYMBOLS)
    return gateway_process.started(gateway_process.invented(symbols, a_session(), policy))


@pytest.fixture
def gateway() -> Iterator[gateway_process.Running]:
    """The gateway of one test."""
    with a_gateway() as running:
        yield running


def session_of(name: str, script: str, port: int) -> dict:
    """What a client's script printed at its end."""
    python = environments.program(environments.folder_of(name), "python")
    command = [python, HERE / script, str(port), "5", SYMBOLS[0]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SESSION_S, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("name", "version"), [("ibapi", 157), ("nautilus", 178)])
def test_the_official_client_trades_without_a_word_from_its_decoder(gateway, name, version):
    report = session_of(name, "official_client.py", gateway.port)

    assert report["failure"] == ""
    assert report["complaints"] == []
    assert report["version"] == version
    assert {error[1] for error in report["errors"]} == {202}
    assert [statuses[-1] for statuses in report["statuses"].values()] == ["Filled", "Cancelled", "Filled"]


def test_ib_async_trades_without_a_word_from_its_decoder(gateway):
    report = session_of("ib_async", "ib_async_client.py", gateway.port)

    assert report["complaints"] == []
    assert report["version"] == 178
    assert report["statuses"] == ["Filled", "Cancelled", "Filled"]
    assert report["fills"] == 4
    assert -1 < report["delta"] < 0


def test_thetagang_completes_a_run_that_places_orders(tmp_path):
    program = environments.program(environments.folder_of("thetagang"), "thetagang")
    with a_gateway(gateway_process.GENEROUS) as running:
        config = thetagang.configuration(tmp_path, running.port, SYMBOLS, wait_s=5)

        outcome = thetagang.run(program, config)

        assert "ThetaGang is done" in outcome.output, outcome.output[-4000:]
        assert outcome.exit_code == 0
        assert "ib_async.Decoder" not in outcome.log
        state = ask(running.control_port, cmd="state")
        sold = [one for one in state["completed"] if one["state"] == "Filled"]
        assert {one["ticket"]["legs"][0]["contract"]["symbol"] for one in sold} == set(SYMBOLS)
        assert all(one["ticket"]["quantity"] < 0 for one in sold)
