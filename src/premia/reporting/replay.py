"""A journal's events with the book before and after each: what every projection folds over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from premia.domain.apply import apply
from premia.domain.book import Book
from premia.domain.events import AnyEvent

Numbered = tuple[int, AnyEvent]
"""An event with its sequence number, as a journal reads it."""


class Step(NamedTuple):
    """One event, and the book on both sides of it."""

    sequence: int
    event: AnyEvent
    before: Book
    after: Book


def replay(events: Iterable[Numbered]) -> Iterator[Step]:
    """Every event in order with the books around it, from an empty book."""
    book = Book()
    for sequence, event in events:
        before, book = book, apply(book, event)
        yield Step(sequence, event, before, book)
