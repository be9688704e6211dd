"""Chance that is counted: the same seed and the same questions in the same order give the same answers."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draws that depend on a seed, a name and how many were made before."""

    def __init__(self, seed: int, name: str) -> None:
        self._words = f"{seed}\x1f{name}\x1f"
        self._count = 0

    def uniform(self) -> float:
        """At least 0 and below 1."""
        self._count += 1
        digest = blake2b(f"{self._words}{self._count}".encode(), digest_size=7).digest()
        return int.from_bytes(digest, "big") / 2**56

    def below(self, end: int) -> int:
        """A whole number from 0 to `end` - 1."""
        return int(self.uniform() * end)

    def between(self, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        return low + (high - low) * self.uniform()

    def chance(self, part: float) -> bool:
        """Yes in a part of all cases."""
        return self.uniform() < part

    def choice(self, among: Sequence[T]) -> T:
        """One of several."""
        return among[self.below(len(among))]
