"""The verbs that trade, on a gateway in a process of its own, over TCP."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from premia.ui.exits import Code

ACCOUNT = "DU1000001"
LIMIT_S = 90


def premia(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own."""
    command = [sys.executable, "-m", "premia.ui.cli", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=LIMIT_S)


def json_of(folder: Path, *arguments: str) -> dict:
    """The JSON of a verb that works."""
    done = premia(folder, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A gateway that lives in the morning of 1 June 2015, as `premia gateway` starts it."""
    command = [sys.executable, "-m", "premia.ui.cli", "gateway", "--port", "0"]
    wanted = ["--first", "2015-06-01", "--starts", "10:00", "--account", ACCOUNT, "--capital", "100000"]
    with subprocess.Popen(
        [*command, *wanted], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["port"]
        finally:
            process.terminate()
            process.wait(timeout=LIMIT_S)


@pytest.fixture
def folder(tmp_path, port) -> Path:
    """A folder with a configuration for the gateway."""
    wanted = ["--capital", "100000", "--account", ACCOUNT, "--symbols", "SPTEN", "--port", str(port)]
    assert premia(tmp_path, "init", *wanted).returncode == 0
    return tmp_path


def test_plan_shows_an_order_with_its_reasons_and_leaves_no_trace(folder):
    report = json_of(folder, "plan")["report"]
    shown = premia(folder, "run", "--once", "--dry-run")

    [order] = report["orders"]
    assert (order["symbol"], order["purpose"], order["stage"]) == ("SPTEN", "open", "planned")
    assert {"delta", "dte", "yield_a_year", "cash_if_assigned", "break_even"} <= set(order["evidence"])
    assert report["tradable"]
    assert "sell" in shown.stdout
    assert list(folder.glob("premia.db*")) == []


def test_a_pass_places_its_order_and_the_journal_tells_why(folder):
    report = json_of(folder, "run", "--once")["report"]

    [order] = report["orders"]
    [line] = json_of(folder, "orders")["orders"]
    assert (line["key"], line["broker_id"] is not None) == (order["key"], True)
    assert line["state"] in ("working", "filled")
    status = json_of(folder, "status")["status"]
    assert (status["account"], status["reconciled"], status["net_liquidation"][:2]) == (ACCOUNT, True, "10")
    [cycle] = json_of(folder, "why", "SPTEN")["cycles"]
    assert [one["verdict"] for one in cycle["findings"]][-1] == "ordered"


def test_before_the_opening_a_plan_shows_what_the_opening_would_bring_and_a_pass_sends_nothing(tmp_path):
    command = [sys.executable, "-m", "premia.ui.cli", "gateway", "--port", "0"]
    command += ["--first", "2015-06-02", "--starts", "08:30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = json.loads(process.stdout.readline())["port"]
            wanted = ["--capital", "250000", "--account", ACCOUNT, "--symbols", "SPTEN", "--port", str(port)]
            assert premia(tmp_path, "init", *wanted).returncode == 0
            planned = json_of(tmp_path, "plan")["report"]
            done = json_of(tmp_path, "run", "--once")["report"]
        finally:
            process.terminate()
            process.wait(timeout=LIMIT_S)

    [order] = planned["orders"]
    assert (order["stage"], order["legs"][:9]) == ("planned", "-1 SPTEN ")
    assert not planned["tradable"]
    assert "13:30 UTC on the quotes of now, not tradable" in planned["notes"][0]
    assert done["orders"] == []


def test_the_doctor_finds_nothing_wrong_but_the_years_between_the_clocks(folder):
    done = premia(folder, "doctor", "--json")

    checks = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
    assert [name for name, one in checks.items() if not one["ok"]] == ["clock"]
    assert "simulated" in checks["clock"]["advice"]
    assert done.returncode == Code.FAILED


def test_a_live_account_is_refused_before_anything_is_sent(tmp_path):
    """A number that does not begin with D is real money, wherever it lives."""
    command = [sys.executable, "-m", "premia.ui.cli", "gateway", "--port", "0", "--account", "U1000001"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = json.loads(process.stdout.readline())["port"]
            wanted = [
                "--capital",
                "100000",
                "--account",
                "U1000001",
                "--symbols",
                "SPTEN",
                "--port",
                str(port),
            ]
            assert premia(tmp_path, "init", *wanted).returncode == 0

            for verb in (("plan",), ("run", "--once")):
                done = premia(tmp_path, *verb)
                assert (done.returncode, done.stdout) == (Code.REFUSED, "")
                assert "is not a paper or simulated account" in done.stderr
        finally:
            process.terminate()
            process.wait(timeout=LIMIT_S)


def test_what_the_broker_leaves_unanswered_ends_without_a_decision(tmp_path, monkeypatch):
    """Positions that were not told are unknown, not empty: nothing is decided, and the code says so."""
    command = [sys.executable, "-m", "premia.ui.cli", "gateway", "--port", "0", "--starts", "10:00"]
    fault = ["--fault", "no_answer:code=61"]
    with subprocess.Popen(
        [*command, *fault], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            port = json.loads(process.stdout.readline())["port"]
            wanted = ["--capital", "100000", "--account", ACCOUNT, "--symbols", "SPTEN", "--port", str(port)]
            assert premia(tmp_path, "init", *wanted).returncode == 0
            monkeypatch.setenv("PREMIA__BROKER__REQUEST_TIMEOUT_S", "1")

            done = premia(tmp_path, "run", "--once")

            assert done.returncode == Code.MISMATCH, done.stderr
            assert "no decision was made" in done.stdout + done.stderr
            assert json_of(tmp_path, "orders")["orders"] == []
            assert not json_of(tmp_path, "status")["status"]["reconciled"]
        finally:
            process.terminate()
            process.wait(timeout=LIMIT_S)


def test_a_port_in_use_is_one_clear_error(tmp_path, port):
    done = premia(tmp_path, "gateway", "--port", str(port))

    assert done.returncode == Code.FAILED
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_gateway_ends_in_good_order():
    command = [sys.executable, "-m", "premia.ui.cli", "gateway", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)

        assert process.wait(timeout=LIMIT_S) == 0
        assert "Traceback" not in process.stderr.read()


def test_an_interrupted_demo_ends_with_its_code_and_says_what_goes_on(tmp_path):
    # A shell that puts a job into the background lets it ignore Ctrl-C; a person's terminal does not.
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from premia.ui.cli import main; sys.argv = ['premia', 'demo']; main()"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, **pipes) as process:
        assert process.stderr is not None
        try:
            process.stderr.readline()  # the first day has passed
            os.kill(process.pid, signal.SIGINT)
            _, rest = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()

        assert process.returncode == Code.INTERRUPTED
        assert "premia: Interrupted." in rest
        assert "Traceback" not in rest
    status = json_of(tmp_path, "status", "-c", "premia-demo/premia.toml")["status"]
    assert status["account"] == ACCOUNT


def test_a_short_demo_shows_campaigns_equity_checks_and_the_way_on(tmp_path):
    done = premia(tmp_path, "demo", "--first", "2014-01-03", "--last", "2014-01-24")

    assert done.returncode == 0, done.stderr
    for words in (
        "Campaigns",
        "Realised results",
        "Every reason of the last cycle",
        "Our ledger beside the gateway's own account",
        "Equal to the cent, and every position too.",
        "premia init",
    ):
        assert words in done.stdout
    assert "holding SPTEN" in done.stdout
    assert (tmp_path / "premia-demo" / "equity.svg").read_text(encoding="utf-8").count("<polyline") == 2
    page = (tmp_path / "premia-demo" / "report.html").read_text(encoding="utf-8")
    assert "<h1>The wheel on SPTEN</h1>" in page
    told = json_of(tmp_path, "report", "backtest", "premia-demo/result.json")["result"]
    assert told["attribution"]["unexplained"] == "0.00"
    assert told["name"] == "The wheel on SPTEN"
    assert "Trading days: 50 %" in done.stderr
    found = json_of(tmp_path, "campaigns", "-c", "premia-demo/premia.toml")
    assert found["account"] == ACCOUNT
