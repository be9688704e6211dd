"""The process itself: signals, a configuration read again, a person's command sent twice.

`premia run` in a process of its own on a simulated gateway with a real clock, both over TCP.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from premia.adapters.journals.places import is_there, open_journal
from premia.bootstrap.records import journal_of
from premia.domain import events as ev
from tests.gateway_process import GENEROUS, invented, started
from tests.mutation import assert_mutant_fails

HERE = "tests/faults/test_process.py"
LIMIT_S = 60
CONFIG = """
[account]
number = "DU1000001"

[broker]
port = {port}

[schedule]
at = ["15:55"]

[strategies.wheel]
earnings = "ignore"
open_interest_min = 0
spread_max = 0.3
put_delta_max = 0.45
yield_min_fund = 0.0

[strategies.wheel.symbols]
{symbol} = {{ weight = 0.2 }}

[limits.liquidity]
open_interest_min = 0
spread_max = 0.3
"""


class Daemon:
    """`premia run` in a folder, and what it says on standard error."""

    def __init__(self, folder: Path, port: int, text: str = CONFIG) -> None:
        self.folder = folder
        self.text = text
        self.config = folder / "premia.toml"
        self.port = port
        self.write("FND")
        self.journal = journal_of(self.config)
        self.said = folder / "said.txt"
        self._out = self.said.open("w", encoding="utf-8")
        self.again()

    def again(self) -> None:
        """A life of the process; what it says is told after what was said before."""
        command = [sys.executable, "-m", "premia.ui.cli", "run"]
        self.process = subprocess.Popen(command, cwd=self.folder, stderr=self._out, stdout=self._out)

    def write(self, symbol: str, *more: str) -> None:
        text = self.text.format(port=self.port, symbol=symbol) + "\n".join(more)
        self.config.write_text(text, encoding="utf-8")

    def premia(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "premia.ui.cli", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )

    def facts(self, *kinds: type) -> list:
        if not is_there(self.journal):
            return []
        journal = open_journal(self.journal, "", read_only=True)
        try:
            return [event for _, event in journal.read() if isinstance(event, kinds)]
        finally:
            journal.close()

    def until(self, true, what: str) -> None:
        """Wait until something holds; what it said is told where it never does."""
        end = time.monotonic() + LIMIT_S
        while not true():
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < end, f"{what}: {self.said.read_text()}"
            time.sleep(0.1)

    def until_said(self, text: str, times: int = 1) -> None:
        self.until(lambda: self.said.read_text().count(text) >= times, f"it never said {text!r}")

    def ready(self, lives: int = 1) -> None:
        """Wait until it has the journal, then until it has looked at the broker, in so many lives."""
        self.until_said("connecting", lives)
        self.until(lambda: len(self.facts(ev.Connected)) >= lives, "it never connected")
        self.until(self._has_looked, "it never looked at the broker")

    def _has_looked(self) -> bool:
        seen = [type(one) for one in self.facts(ev.Connected, ev.BrokerObserved)]
        return bool(seen) and seen[-1] is ev.BrokerObserved

    def signal(self, which: int) -> None:
        os.kill(self.process.pid, which)

    def end(self) -> int:
        self.signal(signal.SIGTERM)
        return self.process.wait(LIMIT_S)

    def close(self) -> None:
        """Leave nothing behind, however the test went."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(LIMIT_S)
        self._out.close()


@contextmanager
def a_daemon(
    folder: Path, account: str = "DU1000001", config: str = CONFIG, faults: tuple = ()
) -> Iterator[Daemon]:
    """A daemon that lives already, on a gateway with one account."""
    wish = invented(("FND:fund",), date(2024, 3, 11), GENEROUS, faults=faults)
    accounts = tuple(replace(one, account=account) for one in wish.accounts)
    with started(replace(wish, accounts=accounts)) as gateway:
        daemon = Daemon(folder, gateway.port, config)
        try:
            yield daemon
        finally:
            daemon.close()


@pytest.mark.fault(
    7,
    "SIGTERM ends it within ten seconds without a new order; SIGHUP takes a sound file whole and leaves the "
    "old one in force otherwise",
)
def test_signals_end_it_in_good_order_and_have_the_configuration_read_again(tmp_path):
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        daemon.write("FND", "[limits.daily]", "nonsense = 1")
        daemon.signal(signal.SIGHUP)
        daemon.until_said("the old configuration stays in force")
        daemon.write("FND", "[daemon]", "watch_s = 5.0")
        daemon.signal(signal.SIGHUP)
        daemon.until_said("was read again and is in force")
        began = time.monotonic()
        code = daemon.end()

        assert code == 0
        assert time.monotonic() - began < 10
        assert not daemon.facts(ev.OrderIdAssigned)
        assert "Traceback" not in daemon.said.read_text()


@pytest.mark.fault(7, "SIGTERM ends it within ten seconds; a second SIGINT ends it at once with code 130")
def test_the_second_interrupt_ends_it_at_once(tmp_path):
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        daemon.signal(signal.SIGINT)
        daemon.signal(signal.SIGINT)

        assert daemon.process.wait(LIMIT_S) in (0, 130)
        assert "Traceback" not in daemon.said.read_text()


@pytest.mark.fault(
    36,
    "a broken file or an unknown key changes nothing and is told; a symbol that is gone and still held is "
    "led to its end and nothing of it is opened",
)
def test_a_symbol_that_left_the_file_is_led_to_its_end(tmp_path):
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        assert daemon.premia("now").returncode == 0
        daemon.until(lambda: daemon.facts(ev.OrderFilled), "nothing was sold")
        for times, wrong in enumerate(("[nonsense]\nx = 1", "[gate]\norders_a_day = 'many'", "= broken"), 1):
            daemon.write("FND", wrong)
            daemon.signal(signal.SIGHUP)
            daemon.until_said("stays in force", times)
        daemon.write("OTHER")
        daemon.signal(signal.SIGHUP)
        daemon.until_said("was read again and is in force")
        opened = len(daemon.facts(ev.OrderIdAssigned))
        assert daemon.premia("now").returncode == 0
        passed = [one.passed for one in daemon.facts(ev.CandidatePassed)]
        held = [one for one in passed if one.symbol == "FND" and one.rule in ("hold", "exit_only")]

        assert daemon.end() == 0
        assert held
        assert len(daemon.facts(ev.OrderIdAssigned)) == opened


@pytest.mark.fault(53, "one closing order, whoever asks how often")
def test_a_close_that_is_asked_for_twice_is_one_order(tmp_path):
    with a_daemon(tmp_path) as daemon:
        daemon.ready()
        assert daemon.premia("now").returncode == 0
        daemon.until(lambda: daemon.facts(ev.OrderFilled), "nothing was sold")
        status = json.loads(daemon.premia("status", "--json").stdout)["status"]
        (trade,) = status["open_trades"]
        first = daemon.premia("close", trade, "--json", "--id", "double click")
        again = daemon.premia("close", trade, "--json", "--id", "double click")
        other = daemon.premia("close", trade, "--json", "--id", "another window", "--wait", "5")
        closings = [
            one.order for one in daemon.facts(ev.MarginRequested) if one.order.purpose.value == "close"
        ]

        assert daemon.end() == 0
        assert json.loads(first.stdout)["answer"]["ok"], first.stdout
        assert json.loads(first.stdout)["answer"] == json.loads(again.stdout)["answer"]
        assert json.loads(again.stdout)["new"] is False
        assert not json.loads(other.stdout)["answer"]["ok"]
        assert len(closings) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/bootstrap/compose.py",
            "    for name in sorted({*named, *held}):",
            "    for name in sorted(named):\n        held = {}",
            "test_a_symbol_that_left_the_file_is_led_to_its_end",
        ),
    ],
)
def test_a_mutant_is_missed(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
