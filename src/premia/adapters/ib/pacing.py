"""How fast messages may leave: a token bucket in which orders overtake data.

The gateway counts about fifty messages a second over all clients and punishes more. The bucket here
stays below it: a short burst passes at once, what is beyond waits. Orders, changes and cancels wait
in a line of their own and go first, so that a chain scan never delays one. The seconds are wall time
of the transport; under a stepped clock nobody counts, and `unpaced` lets everything through.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

RATE_PER_S = 40.0
BURST_S = 1.5
_ROUNDING = 1e-6  # of a message, so that a wait of the right length is never a hair too short


class Pacer:
    """A token bucket for two kinds of messages, the urgent ones first.

    Attributes:
        held_back: How many messages had to wait so far.
    """

    def __init__(
        self, seconds: Callable[[], float], rate_per_s: float = RATE_PER_S, burst_s: float = BURST_S
    ) -> None:
        """Start with a full bucket of `rate_per_s * burst_s` messages; `seconds` never runs backwards."""
        self._seconds = seconds
        self._rate = rate_per_s
        self._capacity = rate_per_s * burst_s
        self._tokens = self._capacity
        self._filled_at = seconds()
        self._urgent: deque[str] = deque()
        self._others: deque[str] = deque()
        self.held_back = 0

    def offer(self, message: str, *, urgent: bool) -> None:
        """Put a message in line."""
        (self._urgent if urgent else self._others).append(message)

    def due(self) -> list[str]:
        """Take the messages that may leave now, in the order in which they shall."""
        self._refill()
        leaving: list[str] = []
        while (self._urgent or self._others) and self._tokens >= 1 - _ROUNDING:
            leaving.append((self._urgent or self._others).popleft())
            self._tokens -= 1
        self.held_back += 0 if leaving else len(self._urgent) + len(self._others)
        return leaving

    def wait_s(self) -> float | None:
        """Seconds until the next message may leave; None when nothing waits."""
        if not (self._urgent or self._others):
            return None
        return max((1 - self._tokens) / self._rate, 0.0)

    def clear(self) -> None:
        """Forget what waits: its connection is gone."""
        self._urgent.clear()
        self._others.clear()

    def _refill(self) -> None:
        now = self._seconds()
        if math.isinf(self._capacity):
            self._tokens = self._capacity
            return
        self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now


def unpaced() -> Pacer:
    """A bucket that is never empty, for a gateway whose clock is stepped."""
    return Pacer(lambda: 0.0, rate_per_s=math.inf)
