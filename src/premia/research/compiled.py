"""The one place of this room that knows the compiler: rules and kernel as machine code, made on first use.

Every function marked as a rule, and every function of the kernel's modules, is handed to the compiler as it
stands; none is written a second time. Machine code is kept beside the sources, or in the user's cache where
that cannot be written, under a stamp of all texts that it was made of: a rule that changes is compiled anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from inspect import getsource
from sys import modules
from types import FunctionType, ModuleType
from typing import Any

from numba import njit
from numba.extending import register_jitable

from premia.domain.rule import RULES
from premia.exchange import assignment
from premia.research import books, course, evening, kernel, layout, market, orders, sales, screen_pass, walk
from premia.store import panel

_KERNEL = (market, books, sales, kernel, orders, evening, walk)
_BORROWED = (assignment.call_exercise_pays, assignment.put_exercise_pays)


@cache
def walker() -> Callable[..., None]:
    """`walk.walk`, compiled; it holds no lock of the interpreter while it runs."""
    parts = [*RULES.values(), *_BORROWED, *_functions()]
    for function in parts:
        register_jitable(forceinline=True)(function)
    # Nothing is allocated, so no reference is counted: that alone halves the time.
    options: Any = {"nogil": True, "cache": True, "_nrt": False, "error_model": "numpy"}
    compiled: Callable[..., None] = njit(**options)(walk.walk)
    _stamp(compiled, blake2b("".join(_texts()).encode(), digest_size=16).hexdigest())
    return compiled


@cache
def screener() -> Callable[..., int]:
    """`screen_pass.screen_rows`, compiled; it holds no lock of the interpreter while it runs."""
    for function in (screen_pass.turn, screen_pass.meet, screen_pass.consider, screen_pass.end):
        register_jitable(function)
    compiled = njit(nogil=True, cache=True)(screen_pass.screen_rows)
    _stamp(compiled, blake2b(getsource(screen_pass).encode(), digest_size=16).hexdigest())
    return compiled


def _stamp(compiled: Any, stamp: str) -> None:  # noqa: ANN401 - the compiler's own objects have no types
    """Let kept machine code be valid for one text of everything, not for the date of one file."""
    compiled._cache._cache_file._source_stamp = stamp  # noqa: SLF001 - the compiler looks at one file only


def _texts() -> Iterator[str]:
    """Sources of every module that gives a function."""
    names = {function.__module__ for function in (*RULES.values(), *_BORROWED)}
    for name in sorted(names):
        yield getsource(modules[name])
    for module in (*_KERNEL, course, layout, panel):
        yield getsource(module)


def _functions() -> Iterator[Callable[..., object]]:
    """Functions that the kernel's modules define."""
    for module in _KERNEL:
        yield from _own(module)


def _own(module: ModuleType) -> Iterator[Callable[..., object]]:
    for value in vars(module).values():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__ and value is not walk.walk:
            yield value
