"""The dividends that a journal has heard of, whether they were earned or not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from premia.domain import events as ev


def declared(events: Iterable[tuple[int, ev.AnyEvent]], symbol: str) -> dict[date, Decimal]:
    """USD a share by ex-date; a declaration that was changed counts as changed."""
    return {
        event.dividend.ex: event.dividend.amount
        for _sequence, event in events
        if isinstance(event, ev.DividendDeclared) and event.symbol == symbol
    }
