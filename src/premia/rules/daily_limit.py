"""New risk comes in small steps: contracts and capital a day, and a pass.

A day counts what was opened in the session, what living orders may still open, and what this pass has
approved; running twice a day does not double the pace. Rolls and closes do not count.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.instrument import Option, Right
from premia.domain.intent import Intent, Purpose
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, Shrink, refuse
from premia.rules.exposure import NOTHING, account_of, need_of, still_reserved

_CONTRACTS: dict[str, JsonValue] = {"unit": "contracts"}
_OF_WORTH: dict[str, JsonValue] = {"unit": "fraction of net liquidation"}


class Params(BaseModel):
    """How fast."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contracts_a_day: int = Field(
        default=2, ge=0, le=10_000, description="New contracts a day.", json_schema_extra=_CONTRACTS
    )
    contracts_a_run: int = Field(
        default=100, ge=0, le=10_000, description="New contracts a pass.", json_schema_extra=_CONTRACTS
    )
    capital_a_day: float = Field(
        default=1.0, ge=0, le=10, description="Strikes of new puts a day.", json_schema_extra=_OF_WORTH
    )
    capital_a_run: float = Field(
        default=1.0, ge=0, le=10, description="Strikes of new puts a pass.", json_schema_extra=_OF_WORTH
    )


def check(book: Book, _view: MarketView, intent: Intent, params: Params, running: Running) -> Answer:
    """Whether day and pass have room for new contracts; fewer where only they have."""
    if intent.purpose is not Purpose.OPEN:
        return PASS
    mine = [v for v in running.approved if v.intent.purpose is Purpose.OPEN]
    in_pass = sum(v.intent.quantity for v in mine)
    working = [state for state in book.orders.values() if state.order.purpose is Purpose.OPEN]
    in_day = sum(book.opened_today.values()) + sum(state.remaining for state in working) + in_pass
    lefts = {
        f"{in_day} of {params.contracts_a_day} contracts a day": params.contracts_a_day - in_day,
        f"{in_pass} of {params.contracts_a_run} contracts a pass": params.contracts_a_run - in_pass,
    }
    need = need_of(intent)
    account = account_of(book)
    worth = None if account is None else account.net_liquidation
    if need > 0 and worth is None:
        return refuse("the broker gave no net liquidation; absent is not zero")
    if need > 0 and worth is not None:
        spent_pass = sum((v.reserved.amount for v in mine), NOTHING)
        spent_day = _opened_value(book) + sum((still_reserved(s) for s in working), NOTHING) + spent_pass
        for spent, share, name in (
            (spent_day, params.capital_a_day, "day"),
            (spent_pass, params.capital_a_run, "pass"),
        ):
            limit = worth * Decimal(str(share))
            lefts[f"{spent:,.0f} of {limit:,.0f} USD a {name}"] = int((limit - spent) // need)
    name, units = min(lefts.items(), key=lambda item: item[1])
    if units >= intent.quantity:
        return PASS
    if units >= 1:
        return Shrink(units, f"{name} used: {units} of {intent.quantity}")
    return refuse(f"{name} used, {intent.quantity} wanted", in_day=in_day, in_pass=in_pass, need_usd=need)


def _opened_value(book: Book) -> Decimal:
    """Strikes of the puts that trades of this session are short, USD."""
    return sum(
        (
            -leg.quantity * leg.contract.strike_value.amount
            for trade in book.trades.values()
            if session_of(trade.opened) == book.session
            for leg in trade.legs.values()
            if isinstance(leg.contract, Option) and leg.contract.right is Right.PUT and leg.quantity < 0
        ),
        NOTHING,
    )
