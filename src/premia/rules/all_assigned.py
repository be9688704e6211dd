"""If every put is assigned tomorrow the account can still pay: strikes and shares within a part of it."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, refuse
from premia.rules.capital import Limit, judge
from premia.rules.exposure import (
    NOTHING,
    Room,
    account_of,
    promised,
    puts_secured,
    share_value,
    short_puts,
    stock_symbols,
    working,
)


class Params(BaseModel):
    """How much all positions together may take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of_net_liquidation: float = Field(
        default=0.95,
        gt=0,
        le=10,
        description="Strikes of all puts and the value of all shares.",
        json_schema_extra={"unit": "fraction of net liquidation"},
    )


def check(book: Book, view: MarketView, intent: Intent, params: Params, running: Running) -> Answer:
    """Whether everything assigned still fits; fewer units where only they do."""
    unit = puts_secured(intent.combo)
    if unit <= 0:
        return PASS
    account = account_of(book)
    if account is None or account.net_liquidation is None:
        return refuse("the broker gave no net liquidation; absent is not zero")
    values = {symbol: share_value(book, view, symbol) for symbol in stock_symbols(book)}
    unpriced = [symbol for symbol, value in values.items() if value is None]
    if unpriced:
        return refuse(f"shares of {', '.join(unpriced)} are held and their price is unknown")
    shares = sum((value for value in values.values() if value is not None), NOTHING)
    used = shares + short_puts(book) + working(book) + promised(running)
    share = Decimal(str(params.of_net_liquidation))
    what = f"{share:.0%} of net liquidation if all is assigned"
    return judge(intent, Limit(Room(account.net_liquidation * share, used, unit), share, what))
