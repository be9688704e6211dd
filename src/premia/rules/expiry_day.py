"""No option is sold on its last day, and none that expires today is rolled late.

The last day of an AM-settled option is the session before its expiry. Buying back stays possible to the
close: it only takes risk away.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.intent import Intent, Purpose
from premia.domain.market import MarketView
from premia.domain.option_hours import closes, last_day
from premia.rules.answers import PASS, Answer, Running, refuse
from premia.rules.exposure import sold


class Params(BaseModel):
    """When the last day is over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cut_off: int = Field(
        default=30,
        ge=0,
        le=390,
        description="No roll of an option on its last day later than this before the close.",
        json_schema_extra={"unit": "minutes"},
    )


def check(_book: Book, view: MarketView, intent: Intent, params: Params, running: Running) -> Answer:
    """Whether what is sold still has a tomorrow, and what is rolled still has time."""
    today = session_of(view.at)
    sells = {option.key for option, _ in sold(intent)}
    for option in intent.combo.options:
        last = last_day(option, running.sessions)
        if last < today:
            return refuse(f"{option.key} traded for the last time on {last}", last_day=last.isoformat())
        if option.key in sells and last <= today:
            return refuse(f"{option.key} trades for the last time on {last}", last_day=last.isoformat())
        if last == today and intent.purpose is Purpose.ROLL:
            session = running.sessions.get(today)
            left = timedelta(0) if session is None else closes(option, session) - view.at
            if left < timedelta(minutes=params.cut_off):
                minutes = left / timedelta(minutes=1)
                reason = (
                    f"{option.key} ends today in {minutes:.0f} minutes, rolls stop {params.cut_off} before"
                )
                return refuse(reason, minutes_left=minutes)
    return PASS
