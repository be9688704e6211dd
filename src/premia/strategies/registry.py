"""Every strategy by name: ours, and those that other packages offer under `premia.strategies`.

A package offers one by an entry point of that group that names a `Strategy`; it is loaded only when it
is asked for by name. Ours cannot be replaced from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any, NamedTuple

from pydantic import BaseModel

from premia.domain.book import Book
from premia.domain.errors import ConfigError
from premia.domain.intent import Intent, Passed
from premia.domain.market import MarketView, SymbolRequest
from premia.domain.sessions import Sessions
from premia.domain.trigger import Trigger
from premia.strategies import wheel

GROUP = "premia.strategies"


class Strategy(NamedTuple):
    """What a strategy is: a name, its parameters, and pure functions.

    Attributes:
        params: Frozen pydantic model; what `request` and `propose` take as their parameters.
        request: What must be seen now, from book, parameters and market time.
        propose: Intents, and what was passed over, from view, book, parameters and trading days.
        watch: What of its open trades asks for a pass between runs; None where nothing ever does.
    """

    name: str
    params: type[BaseModel]
    request: Callable[[Book, Any, datetime], tuple[SymbolRequest, ...]]
    propose: Callable[[MarketView, Book, Any, Sessions], Iterator[Intent | Passed]]
    watch: Callable[[MarketView, Book, Any, Sessions], Iterator[Trigger]] | None = None


STRATEGIES: dict[str, Strategy] = {
    wheel.NAME: Strategy(wheel.NAME, wheel.Params, wheel.request, wheel.propose, wheel.watch),
}


def names() -> list[str]:
    """Names of all strategies, ours and those that other packages offer; nothing of others is loaded."""
    return sorted({*STRATEGIES, *(point.name for point in entry_points(group=GROUP))})


def find(name: str) -> Strategy:
    """The strategy of a name.

    Raises:
        ConfigError: If no strategy has that name, with the nearest that exists; or if a package offers
            something else than a `Strategy` under it.
    """
    known = STRATEGIES.get(name)
    if known is not None:
        return known
    offered = {point.name: point for point in entry_points(group=GROUP)}
    if name not in offered:
        near = get_close_matches(name, names(), n=1)
        hint = f" Did you mean {near[0]}?" if near else f" Known: {', '.join(names())}."
        raise ConfigError(f"No strategy is called {name}.{hint}")
    found = offered[name].load()
    if not isinstance(found, Strategy):
        raise ConfigError(
            f"Entry point {name} of {GROUP} is {type(found).__name__}; it must name a premia Strategy."
        )
    return found
