"""A margin account under 25,000 USD may buy back on the day of the sale only while it has day trades left.

The broker counts; we only read. A count that it did not give is not zero and not unlimited: it refuses.

Source: FINRA Rule 4210(f)(8)(B), pattern day traders.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from premia.domain.account import AccountKind
from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.intent import Intent, Purpose
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, refuse
from premia.rules.exposure import account_of

UNLIMITED = -1


class Params(BaseModel):
    """From which size on day trades are free."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    equity_min: float = Field(
        default=25_000.0,
        ge=0,
        le=10_000_000,
        description="Net liquidation from which day trades are not counted.",
        json_schema_extra={"unit": "USD"},
    )


def check(book: Book, view: MarketView, intent: Intent, params: Params, running: Running) -> Answer:
    """Whether closing or rolling today what was opened today is allowed."""
    trade = book.trades.get(intent.trade)
    same_day = trade is not None and session_of(trade.opened) == session_of(view.at)
    if intent.purpose is Purpose.OPEN or running.kind is not AccountKind.MARGIN or not same_day:
        return PASS
    account = account_of(book)
    worth = None if account is None else account.net_liquidation
    if worth is not None and worth >= Decimal(str(params.equity_min)):
        return PASS
    left = None if account is None else account.day_trades_left
    if left is None:
        return refuse("the broker did not say how many day trades are left; absent is not zero")
    used = sum(1 for verdict in running.approved if verdict.intent.purpose is not Purpose.OPEN)
    if left == UNLIMITED or left - used > 0:
        return PASS
    shown = "unknown" if worth is None else f"{worth:,.0f} USD"
    return refuse(
        f"opened today, {left} day trades left at a net liquidation of {shown}", left=left, used=used
    )
