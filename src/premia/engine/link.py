"""Halts that follow from the wire: the gateway lost the broker, or the broker's data went to somebody else.

While the gateway has lost the broker's servers an order that is changed can become two, so nothing is sent,
changed or taken back until the servers are here again and a complete look has shown broker and ledger equal.
While a competing session takes the data, what was seen last is no market: nothing is traded until data flow
again. Both are found here once a cause, however often the gateway repeats itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from premia.domain import events as ev
from premia.domain.book import ALL, Book

LINK, DATA = "link", "data"
"""Causes of the halts made here; what is observed ends them, and no person needs to."""


def heard(book: Book, event: ev.AnyEvent) -> list[ev.AnyEvent]:
    """What a word about the wire demands, the word already folded."""
    if isinstance(event, ev.LinkLost):
        why = f"the gateway has lost the broker's servers ({event.code}); nothing is sent until they are back"
        return _halt(book, LINK, why)
    if isinstance(event, ev.DataLost):
        return _halt(book, DATA, f"market data are refused ({event.code}): {event.text}")
    if isinstance(event, ev.DataRestored) and DATA in book.halts:
        return [ev.TradingReleased(at=book.at, cause=DATA, why="market data flow again")]
    return []


def mended(book: Book) -> Iterator[ev.TradingReleased]:
    """The end of the halt of a lost link: the servers are back, and broker and ledger agree on everything."""
    if LINK in book.halts and not book.link_lost and book.connected and book.ready:
        yield ev.TradingReleased(at=book.at, cause=LINK, why="the servers are back and everything agrees")


def blind(book: Book) -> bool:
    """Whether the wire or the data are away, so that what is decided now must be decided again."""
    return LINK in book.halts or DATA in book.halts


def _halt(book: Book, cause: str, why: str) -> list[ev.AnyEvent]:
    return [] if cause in book.halts else [ev.TradingHalted(at=book.at, cause=cause, scope=ALL, why=why)]
