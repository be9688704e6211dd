"""The mark of a rule: a plain function of numbers that a sweep may compile.

The decorator only remembers the function; Python calls it as written. Research hands the marked
functions to a compiler, so a rule may use nothing but arithmetic, comparisons, its parameters'
attributes and other rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

RULES: dict[str, Callable[..., object]] = {}


def rule(function: Callable[P, R]) -> Callable[P, R]:
    """Remember `function` as a rule, by module and name, and return it unchanged."""
    RULES[f"{function.__module__}.{function.__qualname__}"] = function
    return function


@rule
def share(fraction: float, whole: int) -> int:
    """A fraction of a price in 1/10,000 USD, in the same unit, rounded half up: the one rounding of rules."""
    return int(fraction * whole + 0.5) if whole >= 0 else -int(-fraction * whole + 0.5)


@rule
def tight(bid: int, ask: int, spread_max: float, spread_always: int) -> bool:
    """Whether a spread is narrow enough, as a fraction of the mid or absolutely (prices in 1/10,000 USD)."""
    return ask - bid <= spread_always or 2 * (ask - bid) <= spread_max * (bid + ask)
