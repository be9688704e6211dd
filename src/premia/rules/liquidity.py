"""What is sold can be bought back: a narrow spread first, open interest as a low floor.

Legs that are bought back are not judged: a limit price protects them, and a wide market is no reason
to keep a risk.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from premia.domain.book import Book
from premia.domain.chain import NOT_QUOTED
from premia.domain.instrument import Option
from premia.domain.intent import Intent
from premia.domain.known import Unknown
from premia.domain.market import MarketView, Seen
from premia.domain.money import ten_thousandths
from premia.domain.rule import tight
from premia.rules.answers import PASS, Answer, Refuse, Running, refuse
from premia.rules.exposure import sold


class Params(BaseModel):
    """How thin a market may be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spread_max: float = Field(
        default=0.10,
        ge=0,
        le=2,
        description="Widest bid-ask spread, of the mid.",
        json_schema_extra={"unit": "fraction of the mid"},
    )
    spread_always: float = Field(
        default=0.05,
        ge=0,
        le=100,
        description="A spread up to this width passes whatever the mid.",
        json_schema_extra={"unit": "USD per share"},
    )
    open_interest_min: int = Field(
        default=25,
        ge=0,
        le=1_000_000,
        description="Least open interest; unknown fails unless this is 0.",
        json_schema_extra={"unit": "contracts"},
    )


def check(_book: Book, view: MarketView, intent: Intent, params: Params, _running: Running) -> Answer:
    """Whether every option sold has a market."""
    seen = view.seen(intent.symbol)
    for option, _ in sold(intent):
        if isinstance(seen, Unknown):
            return refuse(f"{intent.symbol} is unknown: {seen.why}")
        fault = _fault(seen, option, params)
        if fault is not None:
            return fault
    return PASS


def _fault(seen: Seen, option: Option, params: Params) -> Refuse | None:
    row = seen.chain.find(option)
    if row is None:
        return refuse(f"no quote of {option.key} was delivered")
    bid, ask = int(seen.chain.bid[row]), int(seen.chain.ask[row])
    if NOT_QUOTED in (bid, ask):
        return refuse(f"{option.key} is not quoted on both sides")
    if not tight(bid, ask, params.spread_max, ten_thousandths(params.spread_always)):
        reason = (
            f"spread of {option.key} is {bid / 10_000:.2f}/{ask / 10_000:.2f}, "
            f"allowed {params.spread_max:.0%} of mid or {params.spread_always:.2f}"
        )
        return refuse(reason, bid=bid / 10_000, ask=ask / 10_000)
    interest = int(seen.chain.open_interest[row])
    if params.open_interest_min > 0 and interest < params.open_interest_min:
        found = "unknown" if interest == NOT_QUOTED else str(interest)
        reason = f"open interest of {option.key} is {found}, at least {params.open_interest_min} asked for"
        return refuse(reason, open_interest=None if interest == NOT_QUOTED else interest)
    return None
