"""Orders are placed while the exchange is open, and not in its first or last minutes where so wished."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, refuse

_MINUTES: dict[str, JsonValue] = {"unit": "minutes"}


class Params(BaseModel):
    """How far from the bells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after_open: int = Field(
        default=0, ge=0, le=389, description="Wait after the opening.", json_schema_extra=_MINUTES
    )
    before_close: int = Field(
        default=0, ge=0, le=389, description="Stop before the close.", json_schema_extra=_MINUTES
    )


def check(_book: Book, view: MarketView, _intent: Intent, params: Params, running: Running) -> Answer:
    """Whether the exchange trades now."""
    session = running.sessions.open_at(view.at)
    if session is None:
        return refuse(f"the exchange is closed at {view.at:%Y-%m-%d %H:%M} UTC")
    waited = (view.at - session.opens) / timedelta(minutes=1)
    left = (session.closes - view.at) / timedelta(minutes=1)
    if waited < params.after_open:
        return refuse(f"{waited:.0f} minutes after the opening, {params.after_open} asked for", waited=waited)
    if left < params.before_close:
        return refuse(f"{left:.0f} minutes before the close, {params.before_close} asked for", left=left)
    return PASS
