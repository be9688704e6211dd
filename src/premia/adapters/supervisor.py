"""Tells the service manager how the process does: a few datagrams to the socket that it names.

`READY=1` with the first sign of life, `STATUS=` in words, `WATCHDOG=1` at each sign while the manager wants
to hear it, `STOPPING=1` at the end. There is no timer here: a loop that no longer turns feeds nothing, and
the manager starts the process anew. Where no manager asks, nothing is sent.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping

_PARTS = 4  # of the time after which the manager loses patience; it is fed that often at most


class Supervisor:
    """The process as its service manager hears of it.

    Attributes:
        every_s: Seconds between two feedings of the watchdog; None where the manager wants none.
    """

    def __init__(
        self, environment: Mapping[str, str], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Speak to the socket that the environment names; nothing is sent before the first sign of life."""
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self._monotonic = monotonic
        self._fed: float | None = None
        self._status = ""
        self._ending = False
        limit = _microseconds(environment)
        self.every_s = limit / 1e6 / _PARTS if limit else None

    def sign(self, status: str = "") -> None:
        """The loop has turned, or has something to say: it is alive."""
        lines: list[str] = []
        now = self._monotonic()
        if self._fed is None:
            lines.append("READY=1")
        if self._fed is None or (self.every_s is not None and now - self._fed >= self.every_s):
            self._fed = now
            if self.every_s is not None:
                lines.append("WATCHDOG=1")
        if status and status != self._status and not self._ending:
            self._status = status
            lines.append(f"STATUS={' '.join(status.split())}")
        self._send(lines)

    def ending(self) -> None:
        """The process was told to end."""
        self._ending = True
        self._send(["STOPPING=1", "STATUS=ending"])

    def _send(self, lines: list[str]) -> None:
        if not lines or not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.settimeout(0)
                end.sendto("\n".join(lines).encode(), self._address)
        except OSError:  # a manager that does not listen must not hold up trading
            return


def _address(named: str) -> str:
    """The socket's address; a leading @ names one outside the file system."""
    return f"\0{named[1:]}" if named.startswith("@") else named


def _microseconds(environment: Mapping[str, str]) -> int:
    """How long the manager waits for a sign of this process; 0 where it does not."""
    meant = environment.get("WATCHDOG_PID", "")
    limit = environment.get("WATCHDOG_USEC", "")
    ours = not meant or meant == str(os.getpid())
    return int(limit) if ours and limit.isdigit() else 0
