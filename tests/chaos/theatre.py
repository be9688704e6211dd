"""A market in a process of its own, a nursery that forks lives, and what both tell: the stage of the kills.

Every wait has a deadline; a life that says nothing fails the test with all that it said before.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from premia.adapters.journals.places import open_journal
from premia.adapters.journals.snapshot import recover
from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.book import Book
from premia.domain.instrument import Stock
from premia.exchange.policy import Opening, Policy
from tests.gateway_process import ROOT, Running, invented, started

ACCOUNT = "DU1000001"
LIMIT_S = 60.0
SHARES = 100


class Control:
    """The gateway's control channel, one question at a time."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
        self._file = self._socket.makefile("rwb")
        self._after = 0
        self.record: list[dict[str, Any]] = []

    def ask(self, **command: Any) -> dict[str, Any]:
        self._file.write(json.dumps(command).encode() + b"\n")
        self._file.flush()
        answer = json.loads(self._file.readline())
        assert answer["ok"], answer
        return answer

    def read(self) -> list[dict[str, Any]]:
        """The market's own record so far."""
        told = self.ask(cmd="record", after=self._after)
        self._after = told["next"]
        self.record += told["record"]
        return self.record

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class Lines:
    """Lines of a pipe, each awaited with a deadline."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._rest = b""
        self.heard: list[str] = []

    def next(self, until: float) -> str | None:
        """The next line; None at the end of the pipe.

        Raises:
            TimeoutError: If none comes until then.
        """
        while b"\n" not in self._rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._pipe], [], [], left)[0]:
                raise TimeoutError(f"nothing was said in time; before: {self.heard[-20:]}")
            some = os.read(self._pipe.fileno(), 65536)
            if not some:
                return None
            self._rest += some
        line, _, self._rest = self._rest.partition(b"\n")
        self.heard.append(line.decode())
        return self.heard[-1]


class Life:
    """One life: its lines as they come, until it is dead.

    Attributes:
        stages: Newest durable stage by order key.
        point: Where it ended itself; empty where it did not.
    """

    def __init__(self, lines: Lines, number: str, pid: int) -> None:
        self._lines = lines
        self._number = number
        self.pid = pid
        self.stages: dict[str, str] = {}
        self.said: Counter[str] = Counter()
        self.point = ""
        self.dead = False

    def until(self, *words: str, times: int = 1, limit_s: float = LIMIT_S) -> bool:
        """Listen until one of the words has come so often from now on; whether it came before the end."""
        end = time.monotonic() + limit_s
        while times and not self.dead:
            times -= self._listen(end) in words
        return not times

    def kill(self) -> None:
        """End it, and hear out what it had said."""
        if not self.dead:
            os.kill(self.pid, signal.SIGKILL)
            self.until("never", limit_s=LIMIT_S)

    def _listen(self, end: float) -> str:
        line = self._lines.next(end)
        if line is None:
            self.dead = True
            return ""
        number, _, text = line.partition(" ")
        if number != self._number:
            return ""
        word, _, rest = text.partition(" ")
        assert word != "failed", f"the life ended by itself: {text}; before: {self._lines.heard[-20:]}"
        self.said[word] += 1
        if word == "dead":
            self.dead = True
        elif word == "point":
            self.point = rest
        elif rest:
            self.stages[rest] = word
        return word


class Nursery:
    """The parent process that forks lives."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._lines = Lines(self._process.stdout)
        self._count = 0

    def born(self, script: str, port: int, path: Path, point: str = "") -> Life:
        """A new life of a script on a journal."""
        assert self._process.stdin is not None
        self._count += 1
        number = str(self._count)
        wish = [number, script, str(port), str(path), point]
        self._process.stdin.write("\t".join(wish).encode() + b"\n")
        self._process.stdin.flush()
        end = time.monotonic() + LIMIT_S
        early: list[str] = []
        while (line := self._lines.next(end)) is not None:
            told = line.split(" ")
            if told[0] == number and told[1] == "born":
                return Life(self._lines, number, int(told[2]))
            early.append(line)
        raise AssertionError(f"the nursery has ended: {early[-5:]}")

    def close(self) -> None:
        """End the parent; its lives are dead by then."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(LIMIT_S)
        if self._process.stdout is not None:
            self._process.stdout.close()


class ColdLife(Life):
    """A life whose lines bear no number, on a pipe of its own."""

    def _listen(self, end: float) -> str:
        line = self._lines.next(end)
        if line is None:
            self.dead = True
            return ""
        word, _, rest = line.partition(" ")
        self.said[word] += 1
        if rest:
            self.stages[rest] = word
        return word


@contextlib.contextmanager
def cold(script: str, port: int, path: Path) -> Iterator[Life]:
    """A life in a fresh interpreter; dead when this ends."""
    command = [sys.executable, "-m", "tests.chaos.worker", script, str(port), str(path)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE) as process:
        try:
            yield ColdLife(Lines(process.stdout), "", process.pid)
        finally:
            process.kill()


def environment() -> dict[str, str]:
    """Of a process that imports the product and the tests, with one thread for numbers."""
    path = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT / "src"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@contextlib.contextmanager
def a_stage(*faults: str, seed: int = 3) -> Iterator[tuple[Running, Control, Nursery]]:
    """A gateway on a real clock with 100 shares in the account, its control channel, and a nursery."""
    wish = invented(
        ("FND:fund",),
        date(2024, 3, 11),
        Policy(seed=seed, shy=0.0),
        (Opening(Stock("FND"), SHARES, Decimal(200)),),
        clock="real",
        tick_s=0.02,
        messages_per_s=0,
        faults=faults,
    )
    with started(wish) as gateway, contextlib.closing(Control(gateway.control_port)) as control:
        nursery = Nursery()
        try:
            yield gateway, control, nursery
        finally:
            nursery.close()


def references(record: Sequence[dict[str, Any]]) -> dict[str, set[int]]:
    """Permanent numbers of the market's orders, by our reference."""
    numbers: dict[str, set[int]] = {}
    for report in record:
        order = report.get("order")
        if order:
            numbers.setdefault(order["ticket"]["order_ref"], set()).add(order["perm_id"])
    return numbers


def course(record: Sequence[dict[str, Any]]) -> list[int]:
    """Options held after each fill, by the market's record."""
    held, found = 0, []
    for report in record:
        if report["type"] == "filled":
            held += sum(e["quantity"] for e in report["executions"] if "right" in (e["contract"] or {}))
            found.append(held)
    return found


def the_books(path: Path) -> tuple[Book, list[ev.AnyEvent]]:
    """The book of a whole journal, checked against its snapshot, and all events."""
    with contextlib.closing(open_journal(path, ACCOUNT, read_only=True)) as journal:
        events = [event for _, event in journal.read()]
        book = fold(events)
        assert recover(journal) == book
    return book, events
