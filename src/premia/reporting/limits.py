"""How much of the last gate's limits is used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from premia.domain.book import Book
from premia.engine.gate import GateLimits
from premia.engine.gate_book import sends_since, working_at_risk, worth_lost

_MINUTE = timedelta(minutes=1)


def limits_used(book: Book, limits: GateLimits) -> Iterator[tuple[str, float]]:
    """Limits by name with the part that is used, 1 is all of it; what cannot be known is left out."""
    yield "orders_a_day", len(book.sends) / limits.a_day
    yield "orders_a_minute", sends_since(book, book.at - _MINUTE) / limits.a_minute
    yield "usd_working", float(working_at_risk(book, "") / limits.working_usd)
    lost = worth_lost(book)
    if lost is not None:
        yield "daily_loss_max", max(float(lost.part / limits.loss_max), 0.0)
