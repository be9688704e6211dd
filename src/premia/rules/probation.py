"""Real money begins small: one contract an order until the account has traded a number of sessions.

What closes is not held back: it takes risk away. Paper and simulated accounts are not on probation.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, Shrink
from premia.rules.exposure import opens

CONTRACTS = 1
"""Contracts of an order that opens or rolls until then."""


class Params(BaseModel):
    """How long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sessions: int = Field(
        default=20,
        ge=20,
        le=1000,
        description="Sessions with at least one order before a live account trades at full size.",
        json_schema_extra={"unit": "sessions"},
    )


def check(book: Book, _view: MarketView, intent: Intent, params: Params, _running: Running) -> Answer:
    """Whether the account has traded long enough for the wish; the allowed contracts of it where not."""
    today = book.last_trading_day == book.session
    before = book.trading_days - today
    if not book.live or not opens(intent) or before >= params.sessions or intent.quantity <= CONTRACTS:
        return PASS
    note = f"{before} of the first {params.sessions} sessions with real money are over"
    return Shrink(CONTRACTS, f"{CONTRACTS} of {intent.quantity} contracts: {note}")
