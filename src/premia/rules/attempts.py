"""How often and how far one wish is pursued within a session.

An order that the broker rejects is tried again a few times, each after a longer pause, and then no more:
what is refused three times is refused for a reason that a fourth sending does not cure. An opening that was
not filled is tried again on the market of the moment, but not when the middle has run away from where the
first one stood: a credit that shrinks while we follow it is another trade than the one that was chosen.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.intent import Intent, Purpose
from premia.domain.market import MarketView
from premia.domain.order import OrderState, Stage
from premia.rules.answers import PASS, Answer, Running, refuse


class Params(BaseModel):
    """When a wish is given up for the day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rejected_max: int = Field(
        default=3,
        ge=1,
        le=20,
        description="Rejections of a slot's orders in a session after which it is not tried again.",
        json_schema_extra={"unit": "orders"},
    )
    pause: float = Field(
        default=5.0,
        ge=0,
        le=390,
        description="Pause after the first rejection; each further one doubles it.",
        json_schema_extra={"unit": "minutes"},
    )
    chase: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="How far the middle may lie below that of the session's first try of the same opening.",
        json_schema_extra={"unit": "fraction"},
    )


def check(book: Book, view: MarketView, intent: Intent, params: Params, _running: Running) -> Answer:
    """Whether a slot may be tried once more this session."""
    today = session_of(view.at)
    earlier = [
        state
        for state in book.ended.values()
        if state.order.session == today
        and (state.order.strategy, state.order.slot) == (intent.strategy, intent.slot)
    ]
    return _rejected(view, earlier, params) or _run_away(intent, earlier, params) or PASS


def _rejected(view: MarketView, earlier: list[OrderState], params: Params) -> Answer | None:
    refused = [state for state in earlier if state.stage is Stage.REJECTED]
    if not refused:
        return None
    last = max(refused, key=lambda state: state.since)
    if len(refused) >= params.rejected_max:
        return refuse(
            f"the broker rejected {len(refused)} orders of this slot today, the last with {last.why}",
            rejected=len(refused),
            allowed=params.rejected_max,
        )
    pause = timedelta(minutes=params.pause) * 2 ** (len(refused) - 1)
    if view.at - last.since >= pause:
        return None
    return refuse(
        f"the broker rejected {last.key} at {last.since:%H:%M} UTC; it is tried again after {pause}",
        rejected=len(refused),
        pause_minutes=pause.total_seconds() / 60,
    )


def _run_away(intent: Intent, earlier: list[OrderState], params: Params) -> Answer | None:
    same = [state for state in earlier if state.order.combo == intent.combo and state.order.mid is not None]
    if intent.purpose is not Purpose.OPEN or not same:
        return None
    first = min(same, key=lambda state: state.since).order
    if first.mid is None:
        return None
    lowest = first.mid - abs(first.mid) * Decimal(str(params.chase))
    if intent.mid >= lowest:
        return None
    return refuse(
        f"the middle has run from {first.mid:.2f} to {intent.mid:.2f} since the first try today;"
        f" {params.chase:.0%} is followed",
        mid=intent.mid,
        first_mid=first.mid,
    )
