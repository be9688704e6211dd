"""The broker's word on hours and time, asked for: what the daemon's doors `morning` and `clock` open on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from premia.adapters.ib.assemble import IbParts
from premia.adapters.ib.hours import broker_hours
from premia.bootstrap.worlds import World
from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.sessions import Sessions
from premia.engine.morning import compared_clock, compared_hours

_ANY = "SPY"  # trades whenever US options do


def symbol_of(strategies: Mapping[str, object]) -> str:
    """An underlying whose hours stand for all: the first that any strategy trades."""
    named = (name for params in strategies.values() for name in getattr(params, "symbols", ()))
    return next(named, _ANY)


class Morning:
    """Asks the broker, and says what follows for the book."""

    def __init__(
        self, parts: IbParts, world: World, sessions: Callable[[], Sessions], symbol: Callable[[], str]
    ) -> None:
        """Ask through `parts`; calendar and symbol are those in force at the time."""
        self._parts = parts
        self._world = world
        self._sessions = sessions
        self._symbol = symbol

    async def hours(self, book: Book, day: date) -> Sequence[ev.AnyEvent]:
        """Facts about the hours of a session.

        Raises:
            BrokerError: If the broker does not answer; ask again.
            MarketDataError: If the symbol is not one contract.
        """
        told = await broker_hours(self._parts.connection, self._parts.book, self._symbol())
        return compared_hours(book, self._world.clock.now(), day, self._sessions(), told)

    async def clock(self, book: Book) -> Sequence[ev.AnyEvent]:
        """Facts about the clocks, after ours was set right by the gateway's.

        Raises:
            BrokerError: If the gateway does not answer.
        """
        astray = await self._world.measure(self._parts)
        return compared_clock(book, self._world.clock.now(), astray)
