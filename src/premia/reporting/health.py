"""Whether the process lives and whether it may trade, with every reason why not.

Live is a loop that turns. Ready is more: a session with the broker, its servers in reach, broker and ledger
in agreement, a journal that takes facts, and no halt. What is not ready ends by itself or waits for a person,
as the reason says; only what is not live is worth a new start of the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from premia.domain.book import Book
from premia.domain.order import Stage


class Seen(NamedTuple):
    """What is known of the process at one instant.

    Attributes:
        book: Open state at the last turn of the loop; None before the first.
        at: Market time of that turn.
        silent_s: Wall seconds since the process gave its last sign.
        troubles: What no fact tells and still stands, by kind.
    """

    book: Book | None
    at: datetime | None
    silent_s: float
    troubles: Mapping[str, str] = {}


class Reason(msgspec.Struct, frozen=True):
    """Why the process is not ready: a name that never changes, and the sentence a person reads."""

    code: str
    text: str


class Health(msgspec.Struct, frozen=True):
    """The answer.

    Attributes:
        silent_s: Wall seconds since the last sign of life.
        at: Market time of the last turn.
        cycle: The last pass, by name.
    """

    live: bool
    ready: bool
    reasons: tuple[Reason, ...]
    silent_s: float
    at: datetime | None
    cycle: str


def health(seen: Seen, silent_max_s: float) -> Health:
    """How a process stands that may give no sign for at most so many seconds."""
    live = seen.silent_s <= silent_max_s
    found = [] if live else [Reason("silent", f"no sign of life for {seen.silent_s:.0f} s")]
    found += [Reason(kind, text) for kind, text in sorted(seen.troubles.items())]
    found += reasons(seen.book) if seen.book is not None else [Reason("starting", "no turn was made yet")]
    cycle = "" if seen.book is None else seen.book.cycle
    return Health(live, not found, tuple(found), round(seen.silent_s, 1), seen.at, cycle)


def reasons(book: Book) -> Iterator[Reason]:
    """Why nothing, or not everything, is traded on a book."""
    if not book.connected:
        yield Reason("disconnected", "there is no session with the gateway")
    elif book.link_lost:
        yield Reason("link_lost", "the gateway has lost the broker's servers")
    elif not book.ready:
        yield Reason("mismatch", "broker and ledger do not agree, or were not compared yet")
    for cause, halt in sorted(book.halts.items()):
        yield Reason(f"halt_{cause}", f"{halt.scope} halted: {halt.why}")
    for key, state in sorted(book.orders.items()):
        if state.stage is Stage.UNKNOWN:
            yield Reason("unknown_order", f"{key} may or may not live at the broker: {state.why}")
