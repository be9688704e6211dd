"""Not more trades at a time than a person can follow."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from premia.domain.book import Book
from premia.domain.intent import Intent, Purpose
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, refuse


class Params(BaseModel):
    """How many."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trades_max: int = Field(
        default=50,
        ge=0,
        le=10_000,
        description="Most open trades of the account, working orders included.",
        json_schema_extra={"unit": "trades"},
    )


def check(book: Book, _view: MarketView, intent: Intent, params: Params, running: Running) -> Answer:
    """Whether one more trade may be open."""
    if intent.purpose is not Purpose.OPEN:
        return PASS
    held = {trade.id for trade in book.trades.values() if not trade.flat}
    ordered = {s.order.trade for s in book.orders.values() if s.order.purpose is Purpose.OPEN}
    approved = sum(1 for verdict in running.approved if verdict.intent.purpose is Purpose.OPEN)
    count = len(held | ordered) + approved
    if count < params.trades_max:
        return PASS
    return refuse(f"{count} trades are open or ordered, {params.trades_max} allowed", trades=count)
