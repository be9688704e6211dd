"""Killed two hundred times, it never doubles an order and never loses a fill; the naive resend does.

The engine's process trades against a gateway in another process and is ended by SIGKILL, most often
while an order is between request and answer, which the gateway stretches. Afterwards the exchange's
own record is the judge.
"""

from __future__ import annotations

import contextlib
import json
import os
import random  # noqa: TID251 - the moments of the kills are drawn by the test, from a seed
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from premia.adapters.journals.sqlite import open_journal
from premia.domain.apply import fold
from premia.exchange.policy import Policy
from tests.gateway_process import ROOT, Running, invented, started

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

ACCOUNT = "DU1000001"
KILLS = int(os.environ.get("PREMIA_CHAOS_KILLS", "200"))
NAIVE_KILLS = 25
IN_FLIGHT_SHARE = 0.4
STRETCH_S = 0.25
START_LIMIT_S = 60
IN_FLIGHT = ("assigned, not at the market", "at the market, not answered", "filled, not recorded", "working")


class Control:
    """The gateway's control channel, one question at a time."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._file = self._socket.makefile("rwb")

    def ask(self, **command: Any) -> dict[str, Any]:
        self._file.write(json.dumps(command).encode() + b"\n")
        self._file.flush()
        answer = json.loads(self._file.readline())
        assert answer["ok"], answer
        return answer

    def record(self) -> list[dict[str, Any]]:
        return self.ask(cmd="record")["record"]

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class Worker:
    """One life of the trading process."""

    def __init__(self, kind: str, gateway: Running, path: Path) -> None:
        command = [sys.executable, "-m", "tests.chaos.worker", kind, str(gateway.port), str(path)]
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            # Two hundred lives begin faster when only the first of them compiles.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(path.parent / "bytecode"),
        }
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._read = b""

    def wait_for(self, word: str, times: int = 1) -> None:
        """Read lines until `word` has come so many times."""
        started_at = time.monotonic()
        assert self._process.stdout is not None
        while times:
            while b"\n" not in self._read:
                left = started_at + START_LIMIT_S - time.monotonic()
                if not select.select([self._process.stdout], [], [], max(left, 0.0))[0]:
                    self.kill()
                    raise AssertionError(f"The worker never said {word!r} within {START_LIMIT_S} s.")
                some = os.read(self._process.stdout.fileno(), 4096)
                if not some:
                    errors = self._process.stderr.read() if self._process.stderr else b""
                    raise AssertionError(f"The worker ended by itself: {errors[-2000:]}")
                self._read += some
            line, _, self._read = self._read.partition(b"\n")
            times -= line.decode() == word

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


@contextlib.contextmanager
def a_market() -> Iterator[tuple[Running, Control]]:
    """A gateway on a real clock that answers late, and its control channel."""
    wish = invented(
        ("FND:fund",),
        date(2024, 3, 11),
        Policy(seed=3, shy=0.0),
        clock="real",
        tick_s=0.02,
        messages_per_s=0,
        faults=(f"delay_ack:seconds={STRETCH_S}",),
    )
    with started(wish) as gateway:
        control = Control(gateway.control_port)
        try:
            yield gateway, control
        finally:
            control.close()


def kill_at_a_drawn_moment(worker: Worker, draw: random.Random) -> None:
    """Mostly within a sent order's life; sometimes anywhere."""
    if draw.random() < 0.75:
        worker.wait_for("assigned", draw.choice((1, 1, 2)))
        time.sleep(draw.uniform(0, STRETCH_S * 1.2))
    else:
        worker.wait_for("connected")
        time.sleep(draw.uniform(0, 0.6))
    worker.kill()


def last_order(journal: Path) -> tuple[str, str] | None:
    """Key and stage of the order that the journal shows alive; read as a reader beside would."""
    if not journal.exists():
        return None
    reading = open_journal(journal, ACCOUNT, read_only=True)
    try:
        book = fold(event for _, event in reading.read())
    finally:
        reading.close()
    return next(((state.key, state.stage.value) for state in book.orders.values()), None)


def phase(journal: Path, control: Control) -> str:
    """Where the newest order stood when the process died, by journal and by market."""
    living = last_order(journal)
    if living is None:
        return "no order alive"
    key, stage = living
    kinds = {
        report["type"]
        for report in control.record()
        if report.get("order") and report["order"]["ticket"]["order_ref"] == key
    }
    if "filled" in kinds:
        return "filled, not recorded"
    if "accepted" in kinds:
        return "working" if stage == "working" else "at the market, not answered"
    return "assigned, not at the market" if stage == "assigned" else "decided, not sent"


def orders_and_exposure(record: list[dict[str, Any]]) -> tuple[Counter[str], list[int]]:
    """Market orders by reference, and the short options held after each fill."""
    numbers: dict[str, set[int]] = {}
    held, course = 0, []
    for report in record:
        order = report.get("order")
        if order:
            numbers.setdefault(order["ticket"]["order_ref"], set()).add(order["perm_id"])
        if report["type"] == "filled":
            held += sum(e["quantity"] for e in report["executions"] if e["contract"])
            course.append(held)
    return Counter({ref: len(found) for ref, found in numbers.items()}), course


def show(phases: Counter[str], kills: int, capsys: pytest.CaptureFixture[str]) -> None:
    """The histogram, also where the runner keeps tests quiet."""
    lines = [f"  {name:32} {count:4}  {'#' * (count // 2)}" for name, count in phases.most_common()]
    with capsys.disabled():
        sys.stdout.write(f"\n{kills} kills by the state of the newest order:\n" + "\n".join(lines) + "\n")


def test_two_hundred_kills_double_no_order_and_lose_no_fill(tmp_path, capsys):
    draw = random.Random(20240311)  # noqa: S311 - no secret is drawn
    journal = tmp_path / "chaos.db"
    phases: Counter[str] = Counter()
    with a_market() as (gateway, control):
        for _ in range(KILLS):
            worker = Worker("recover", gateway, journal)
            kill_at_a_drawn_moment(worker, draw)
            phases[phase(journal, control)] += 1
        control.ask(cmd="clear", kind="")
        last = Worker("recover", gateway, journal)
        last.wait_for("filled", 2)
        last.kill()
        state = control.ask(cmd="state")
        by_reference, course = orders_and_exposure(control.record())
    show(phases, KILLS, capsys)
    reading = open_journal(journal, ACCOUNT, read_only=True)
    book = fold(event for _, event in reading.read())
    reading.close()
    recorded = {e["exec_id"] for e in executions_of(state)}

    assert max(by_reference.values()) == 1
    assert set(course) <= {0, -1}
    assert len(course) >= KILLS / 4
    assert sum(phases[name] for name in IN_FLIGHT) >= IN_FLIGHT_SHARE * KILLS
    missing = recorded - {fill.exec_id for fill in book.fills.values()}
    assert len(missing) <= 1  # the very last life may have been ended before its last fill was told
    assert abs(sum(h.quantity for h in book.holdings.values()) - course[-1]) <= len(missing)
    with contextlib.closing(sqlite3.connect(journal)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM events WHERE kind = 'cash_unexplained'").fetchone() == (0,)


def executions_of(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [execution for execution in state["executions"] if execution["contract"]]


def test_the_naive_resend_doubles_orders_in_the_same_harness(tmp_path):
    draw = random.Random(7)  # noqa: S311 - no secret is drawn
    with a_market() as (gateway, control):
        for _ in range(NAIVE_KILLS):
            worker = Worker("naive", gateway, tmp_path / "notes.txt")
            worker.wait_for("assigned")
            time.sleep(draw.uniform(0, STRETCH_S))
            worker.kill()
        _, course = orders_and_exposure(control.record())

    assert min(course) < -1 or max(course) > 0
    assert Decimal(len(course)) > 0
