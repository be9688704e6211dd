"""One reference of ours, several orders at the broker: more would trade than was decided.

A change that reaches the broker while its servers are being lost can make a second order with the same
reference, which works on unseen and fills hours later. Every complete look counts the orders under each
reference of ours. Where there are more than the book has, openings stop until a person releases them; neither
order is changed or taken back by ourselves, because only a person can say which one is to live.
"""

from __future__ import annotations

from collections.abc import Sequence

from premia.domain import events as ev
from premia.domain.book import ENTRIES, Book
from premia.domain.order import ObservedOrder

COPIES = "copies"
"""Cause of the halt made here; a person ends it."""


def copies_of(
    book: Book, key: str, named: Sequence[ObservedOrder], seen: ev.BrokerObserved
) -> list[ev.AnyEvent]:
    """What follows from the orders that carry a reference; empty where they are what they were.

    Args:
        book: The book before these conclusions.
        key: The reference.
        named: All orders that the broker lists under it.
        seen: The observation, for its time.
    """
    living = sorted((one for one in named if not one.done), key=lambda one: one.perm_id)
    perm_ids = tuple(one.perm_id for one in living)
    too_many = len(perm_ids) > (key in book.orders)
    if perm_ids == tuple(sorted(book.copies.get(key, ()))) or not (too_many or key in book.copies):
        return []
    broker_ids = tuple(one.broker_id if one.client_id == book.client_id else 0 for one in living)
    found: list[ev.AnyEvent] = [ev.CopiesSeen(at=seen.at, key=key, perm_ids=perm_ids, broker_ids=broker_ids)]
    if too_many and COPIES not in book.halts:
        numbers = ", ".join(str(one) for one in perm_ids)
        why = (
            f"more works under {key} than was sent: permanent numbers {numbers}. Cancel what is too much, "
            f"then run premia release {COPIES}"
        )
        found.append(ev.TradingHalted(at=seen.at, cause=COPIES, scope=ENTRIES, why=why))
    return found
