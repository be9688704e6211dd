"""Counted randomness: a random number is looked up, never drawn.

Every value is a hash of a seed and of parts that name what it is for: words (a symbol, a purpose) and
whole numbers (a day, a minute, a strike). There is no generator and no state, so asking twice, in
another order, or for more contracts at once changes nothing. The hash is the finaliser of splitmix64,
applied once a part; words enter through BLAKE2. Numbers go in as 64-bit integers, negative ones too.

Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Part = str | int | NDArray[np.int64]
"""What a random number is for: a word, a whole number, or an array of whole numbers."""

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_MULTIPLY_1 = 0xBF58476D1CE4E5B9
_MULTIPLY_2 = 0x94D049BB133111EB
_TO_UNIT = 2.0**-53
_SECOND = 0x5851F42D4C957F2D
"""Added to a hash to obtain the second uniform that a normal value needs."""


def uniforms(seed: int, *parts: Part) -> NDArray[np.float64]:
    """Uniform values strictly between 0 and 1, one for each element of the broadcast parts.

    Args:
        seed: Of the market.
        parts: Words, whole numbers, or int64 arrays that broadcast to one shape.

    Returns:
        Float64 array of the broadcast shape (shape () where no part is an array).
    """
    return _unit(_hashes(seed, parts))


def normals(seed: int, *parts: Part) -> NDArray[np.float64]:
    """Standard normal values, one for each element of the broadcast parts (Box and Muller)."""
    first = _hashes(seed, parts)
    second = _mix(first + np.uint64(_SECOND))
    return np.sqrt(-2.0 * np.log(_unit(first))) * np.cos(2.0 * np.pi * _unit(second))


def uniform(seed: int, *parts: str | int) -> float:
    """One uniform value strictly between 0 and 1; the same number as `uniforms` gives for these parts."""
    return _to_unit(_state(seed, parts))


def normal(seed: int, *parts: str | int) -> float:
    """One standard normal value; the same number as `normals` gives for these parts."""
    state = _state(seed, parts)
    first, second = _to_unit(state), _to_unit(_mix_int((state + _SECOND) & _MASK))
    # numpy's logarithm and cosine, not those of `math`: the last digit may differ between the two.
    return float(np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second))


@lru_cache(maxsize=4096)
def _word(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def _number(part: str | int) -> int:
    return _word(part) if isinstance(part, str) else part & _MASK


def _state(seed: int, parts: tuple[str | int, ...]) -> int:
    state = _mix_int(seed & _MASK)
    for part in parts:
        state = _mix_int(state ^ _number(part))
    return state


def _to_unit(state: int) -> float:
    return ((state >> 11) + 0.5) * _TO_UNIT


def _mix_int(state: int) -> int:
    state = (state + _GOLDEN) & _MASK
    state = ((state ^ (state >> 30)) * _MULTIPLY_1) & _MASK
    state = ((state ^ (state >> 27)) * _MULTIPLY_2) & _MASK
    return state ^ (state >> 31)


def _hashes(seed: int, parts: tuple[Part, ...]) -> NDArray[np.uint64]:
    # Leading words and numbers stay plain integers; arrays are slow to mix and usually come last.
    scalar = _mix_int(seed & _MASK)
    state: NDArray[np.uint64] | None = None
    for part in parts:
        if isinstance(part, np.ndarray):
            before = np.uint64(scalar) if state is None else state
            state = _mix(np.asarray(before ^ part.astype(np.int64).view(np.uint64), dtype=np.uint64))
        elif state is None:
            scalar = _mix_int(scalar ^ _number(part))
        else:
            state = _mix(state ^ np.uint64(_number(part)))
    return np.array(scalar, dtype=np.uint64) if state is None else state


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # Wrapping around 64 bits is the point; numpy would warn of it for zero-dimensional arrays.
    with np.errstate(over="ignore"):
        state = state + np.uint64(_GOLDEN)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(_MULTIPLY_1)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(_MULTIPLY_2)
        return np.asarray(state ^ (state >> np.uint64(31)), dtype=np.uint64)


def _unit(hashes: NDArray[np.uint64]) -> NDArray[np.float64]:
    return ((hashes >> np.uint64(11)).astype(np.float64) + 0.5) * _TO_UNIT
