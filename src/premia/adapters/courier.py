"""Carries messages to people in a thread of its own: trading hands one over and never waits.

The first channel of a severity's route that takes a message has it; the others stand in for one that fails.
Where none takes it, it is tried again, later each time, and given up in the end. A queue that is full gives
up the least of what it holds. A channel that hangs is left to hang, and passed over until it comes back.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

Channel = Callable[[str, str, str], None]
"""Takes title, text and severity, or raises; may take as long as it likes."""

RETRIES_S = (5.0, 15.0, 60.0, 300.0, 900.0)
"""Waits between attempts, in wall seconds; after the last one a message is given up."""


class Parcel(Protocol):
    """What is carried."""

    @property
    def severity(self) -> str:
        """By which it is routed."""
        ...

    @property
    def title(self) -> str:
        """Its first line."""
        ...

    @property
    def text(self) -> str:
        """The rest."""
        ...


class Terms(NamedTuple):
    """How messages are carried.

    Attributes:
        routes: Names of channels by severity, in the order in which they are tried, the least first.
        most: Messages that may wait.
        retries_s: Waits between attempts.
        patience_s: How long one channel may take; then the next one is tried.
    """

    routes: Mapping[str, Sequence[str]]
    most: int = 200
    retries_s: Sequence[float] = RETRIES_S
    patience_s: float = 20.0


class _Waiting(NamedTuple):
    due: float
    number: int
    parcel: Parcel
    tries: int


class Courier:
    """One thread that carries messages from its start until `close`.

    Attributes:
        failures: What each channel said when it failed last, by name; empty once it works.
    """

    def __init__(
        self, channels: Mapping[str, Channel], terms: Terms, outcome: Callable[[str, str], None]
    ) -> None:
        """Begin to carry.

        Args:
            channels: By name.
            terms: How.
            outcome: Told in the courier's thread what became of messages: `sent`, `failed` (it is tried
                again), `lost` (given up) or `dropped` (the queue was full), with words.
        """
        self._channels = dict(channels)
        self._terms = terms
        self._outcome = outcome
        self._heap: list[_Waiting] = []
        self._number = 0
        self._dropped = 0
        self._closing = False
        self._busy = False
        self._attempts: dict[str, threading.Thread] = {}
        self.failures: dict[str, str] = {}
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._carry, name="alerts", daemon=True)
        self._thread.start()

    def post(self, parcel: Parcel) -> None:
        """Hand over a message; returns at once, whatever becomes of it."""
        with self._change:
            if len(self._heap) >= self._terms.most:
                self._dropped += 1
                least = min(self._heap, key=lambda one: (self._weight(one.parcel), one.number))
                if self._weight(least.parcel) >= self._weight(parcel):
                    return
                self._heap.remove(least)
                heapq.heapify(self._heap)
            self._push(time.monotonic(), parcel, 0)

    def close(self, within_s: float) -> None:
        """Carry what waits, each message once more, at most so many seconds; the rest is given up."""
        until = time.monotonic() + within_s
        with self._change:
            self._closing = True
            self._change.notify_all()
            while (self._heap or self._busy) and time.monotonic() < until:
                self._change.wait(max(until - time.monotonic(), 0.0))

    def _push(self, due: float, parcel: Parcel, tries: int) -> None:
        self._number += 1
        heapq.heappush(self._heap, _Waiting(due, self._number, parcel, tries))
        self._change.notify_all()

    def _weight(self, parcel: Parcel) -> int:
        order = list(self._terms.routes)
        return order.index(parcel.severity) if parcel.severity in order else 0

    def _carry(self) -> None:
        while True:
            one, dropped = self._next()
            if dropped:
                self._outcome("dropped", f"{dropped} alerts found the queue full and were given up")
            if one is None:
                return
            self._deliver(one)
            with self._change:
                self._busy = False
                self._change.notify_all()

    def _next(self) -> tuple[_Waiting | None, int]:
        """The next message that is due, and how many were given up meanwhile; None at the end."""
        with self._change:
            while True:
                now = time.monotonic()
                if self._heap and (self._heap[0].due <= now or self._closing):
                    self._busy = True
                    dropped, self._dropped = self._dropped, 0
                    return heapq.heappop(self._heap), dropped
                if self._closing:
                    return None, self._dropped
                self._change.wait(self._heap[0].due - now if self._heap else None)

    def _deliver(self, one: _Waiting) -> None:
        parcel = one.parcel
        for name in self._terms.routes.get(parcel.severity, ()):
            said = self._attempt(name, parcel)
            if not said:
                self.failures.pop(name, None)
                self._outcome("sent", f"{parcel.title} (by {name})")
                return
            self.failures[name] = said
        failed = "; ".join(f"{name}: {said}" for name, said in self.failures.items()) or "no channel has it"
        if self._closing or one.tries >= len(self._terms.retries_s):
            self._outcome("lost", f"{parcel.title}: given up after {one.tries + 1} attempts ({failed})")
            return
        wait = self._terms.retries_s[one.tries]
        self._outcome("failed", f"{parcel.title}: tried again in {wait:g} s ({failed})")
        with self._change:
            self._push(time.monotonic() + wait, parcel, one.tries + 1)

    def _attempt(self, name: str, parcel: Parcel) -> str:
        """Why a channel did not take a message; empty where it did."""
        channel = self._channels.get(name)
        if channel is None:
            return "there is no such channel"
        hanging = self._attempts.get(name)
        if hanging is not None and hanging.is_alive():
            return "it still hangs"
        said: list[str] = []

        def send() -> None:
            try:
                channel(parcel.title, parcel.text, parcel.severity)
            except Exception as error:  # noqa: BLE001 - whatever a service's library raises
                said.append(str(error) or type(error).__name__)
            else:
                said.append("")

        thread = threading.Thread(target=send, name=f"alerts {name}", daemon=True)
        self._attempts[name] = thread
        thread.start()
        thread.join(self._terms.patience_s)
        return said[0] if said else f"it did not answer within {self._terms.patience_s:g} s"
