"""Orders of ours that the journal has never heard of: it was lost, or an older copy of it was put back.

An intent is durable before anything of it is sent, so an order or an execution that carries our client number
and a reference of our form, and stands in no journal, proves that the journal has forgotten something. What
else it has forgotten nobody can know: everything halts until a person has looked.
"""

from __future__ import annotations

import re

from premia.domain import events as ev
from premia.domain.book import ALL, Book
from premia.domain.dates import session_of
from premia.domain.known import Known

JOURNAL = "journal"
"""Cause of the halt made here; a person ends it."""

_OURS = re.compile(r"[a-z_]+/[^/]+/.+/\d+")


def forgotten(book: Book, seen: ev.BrokerObserved) -> list[ev.AnyEvent]:
    """The halt that follows where the broker shows an order of ours that the book does not know.

    Args:
        book: The book with `seen` folded, and no conclusion from it.
        seen: What the broker showed.
    """
    if JOURNAL in book.halts:
        return []
    named: set[str] = set()
    if isinstance(seen.orders, Known):
        named |= {
            one.order_ref for one in seen.orders.value if not one.done and one.client_id == book.client_id
        }
    if isinstance(seen.fills, Known):
        named |= {
            fill.order_ref
            for fill in seen.fills.value
            if fill.client_id == book.client_id
            and fill.root not in book.fills
            and session_of(fill.at) == book.session
        }
    unknown = sorted(key for key in named - book.orders.keys() - book.ended.keys() if _OURS.fullmatch(key))
    if not unknown:
        return []
    why = (
        f"the broker shows {', '.join(unknown)}, which this journal has never heard of: it was lost, or an "
        f"older backup was restored. Cancel in TWS what works and should not, then premia release {JOURNAL}"
    )
    return [ev.TradingHalted(at=seen.at, cause=JOURNAL, scope=ALL, why=why)]
