"""One name takes only so much of the account: strikes of its puts and the value of its shares.

What is held counts whoever opened it, as do working orders and this pass so far. A name that is not
known to be a fund counts as a single stock. Where one contract alone is more than the limit, the
refusal names the smallest account that could trade it.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.market import MarketView, Seen
from premia.rules.answers import PASS, Answer, Running, refuse
from premia.rules.capital import Limit, judge
from premia.rules.exposure import Room, account_of, promised, puts_secured, share_value, short_puts, working

_OF_WORTH: dict[str, JsonValue] = {"unit": "fraction of net liquidation"}


class Params(BaseModel):
    """How much a name may take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fund: float = Field(
        default=0.30, gt=0, le=10, description="A fund or index.", json_schema_extra=_OF_WORTH
    )
    stock: float = Field(
        default=0.15, gt=0, le=10, description="A single stock.", json_schema_extra=_OF_WORTH
    )


def check(book: Book, view: MarketView, intent: Intent, params: Params, running: Running) -> Answer:
    """Whether the name has room for the puts of an intent; fewer where only they fit."""
    unit = puts_secured(intent.combo)
    if unit <= 0:
        return PASS
    account = account_of(book)
    if account is None or account.net_liquidation is None:
        return refuse("the broker gave no net liquidation; absent is not zero")
    seen = view.seen(intent.symbol)
    fund = isinstance(seen, Seen) and seen.underlying.fund is True
    share = Decimal(str(params.fund if fund else params.stock))
    held = share_value(book, view, intent.symbol)
    if held is None:
        return refuse(f"shares of {intent.symbol} are held and their price is unknown")
    used = (
        held
        + short_puts(book, intent.symbol)
        + working(book, intent.symbol)
        + promised(running, intent.symbol)
    )
    what = f"{share:.0%} of net liquidation for {'a fund' if fund else 'a single stock'}"
    return judge(intent, Limit(Room(account.net_liquidation * share, used, unit), share, what))
