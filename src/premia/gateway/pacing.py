"""Rate limits as IB applies them, on market time.

A strict window of one second would punish a correct client for the server's own lag, so messages
draw from a bucket that holds two seconds' worth. With a stepped clock time stands still between
steps, and so does the bucket: a client that sends more than a burst at one instant is refused.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

TEN_MINUTES = timedelta(minutes=10)
REPEAT = timedelta(seconds=15)


class MessageBucket:
    """Tokens for client messages: refilled with market time up to the burst."""

    def __init__(self, per_s: int, burst_s: float, at: datetime) -> None:
        """A full bucket; `per_s` 0 never refuses."""
        self._per_s = per_s
        self._size = per_s * burst_s
        self._left = self._size
        self._at = at

    def take(self, at: datetime) -> bool:
        """Whether one more message is allowed at this market time."""
        if not self._per_s:
            return True
        elapsed = max((at - self._at) / timedelta(seconds=1), 0.0)
        self._left = min(self._left + elapsed * self._per_s, self._size)
        self._at = max(at, self._at)
        if self._left < 1:
            return False
        self._left -= 1
        return True


class HistoryPacing:
    """IB's limits on requests for small bars: so many in ten minutes, and none repeated within 15 seconds."""

    def __init__(self, limit: int) -> None:
        """Allow `limit` requests in ten minutes."""
        self._limit = limit
        self._asked: deque[tuple[datetime, tuple[str, ...]]] = deque()

    def refusal(self, at: datetime, request: tuple[str, ...]) -> str:
        """Why this request comes too soon; empty where it is allowed, and then it counts."""
        while self._asked and at - self._asked[0][0] >= TEN_MINUTES:
            self._asked.popleft()
        if any(at - when < REPEAT and same == request for when, same in self._asked):
            return "Historical data request pacing violation: the same request within 15 seconds"
        if len(self._asked) >= self._limit:
            return (
                f"Historical data request pacing violation: more than {self._limit} requests in ten minutes"
            )
        self._asked.append((at, request))
        return ""
