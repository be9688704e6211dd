"""Orders are placed while the exchange is open, and not in its first or last minutes where so wished.

Options on indices and on some funds trade a quarter of an hour longer than stocks. Closing and rolling may
use that time, which only takes risk away or moves it; opening stops with the underlying. Where the broker's
hours of the day are shorter than the calendar's, they hold.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.intent import Intent, Purpose
from premia.domain.market import MarketView
from premia.domain.option_hours import closes
from premia.domain.sessions import Session
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


def check(book: Book, view: MarketView, intent: Intent, params: Params, running: Running) -> Answer:
    """Whether the exchange trades now."""
    session = book.trading(running.sessions.of(view.at))
    ends = None if session is None else _ends(intent, session)
    if session is None or ends is None or not session.opens <= view.at < ends:
        told = "" if book.hours is None or book.hours.session != session_of(view.at) else book.hours.differs
        return refuse(f"the exchange is closed at {view.at:%Y-%m-%d %H:%M} UTC{told and f'; {told}'}")
    waited = (view.at - session.opens) / timedelta(minutes=1)
    left = (ends - view.at) / timedelta(minutes=1)
    if waited < params.after_open:
        return refuse(f"{waited:.0f} minutes after the opening, {params.after_open} asked for", waited=waited)
    if left < params.before_close:
        return refuse(f"{left:.0f} minutes before the close, {params.before_close} asked for", left=left)
    return PASS


def _ends(intent: Intent, session: Session) -> datetime:
    """When an intent can be traded no more on a session: with the first of its legs that stops."""
    options = intent.combo.options
    if intent.purpose is Purpose.OPEN or len(options) < len(intent.combo.legs):
        return session.closes
    return min(closes(option, session) for option in options)
