"""Every short put is paid for in advance: the cash to buy its shares is there, settled and our own.

The arithmetic, in USD:

    allowance  = settled cash (never above all cash) + (margin usage - 1) x net liquidation
    secured    = allowance - strike x multiplier of every short put held
    free       = min(secured, the broker's available funds)
                 - working orders' reserves - what this pass has promised

The broker's available funds already hold back what the short puts require, so their strikes are not
deducted from that figure again; working orders it does not hold back, so those are deducted from both,
a person's own among them.
Unsettled proceeds do not count. In cash accounts and IRAs nothing is borrowed: margin usage is at most 1.
In a margin account above 1 the strikes are measured against the allowance alone, and the broker's what-if
has the last word on margin; buying back there asks only for the broker's available funds. A figure that
the broker did not give is not zero: it refuses.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from premia.domain.account import AccountKind, AccountState
from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Refuse, Running, Shrink, refuse
from premia.rules.exposure import account_of, need_of, opens, others, promised, short_puts, working


class Params(BaseModel):
    """How much of the account may stand behind puts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    margin_usage: float | None = Field(
        default=None,
        gt=0,
        le=4,
        description="As `account.margin_usage`, but lower; the account's own where it is not given.",
        json_schema_extra={"unit": "fraction"},
    )

    @property
    def usage(self) -> Decimal:
        """The fraction in force; 1 where nobody gave one."""
        return Decimal(1) if self.margin_usage is None else Decimal(str(self.margin_usage))


class Free(NamedTuple):
    """Cash that a new promise may take, and the figures it came from, USD."""

    settled: Decimal
    secured: Decimal
    available: Decimal
    free: Decimal


def check(book: Book, _view: MarketView, intent: Intent, params: Params, running: Running) -> Answer:
    """Whether the cash for an intent is free; fewer units where only they are."""
    need = need_of(intent)
    if need == 0:
        return PASS
    account = account_of(book)
    if account is None:
        return refuse(
            f"needs {need * intent.quantity:,.0f} USD reserved, the account is unknown", need_usd=need
        )
    free = free_cash(book, account, params, running)
    if isinstance(free, Free) and not opens(intent) and running.kind is AccountKind.MARGIN:
        # Buying back takes risk away, and in a margin account the broker may lend what it costs.
        free = free._replace(free=free.available - working(book) - others(book) - promised(running))
    if isinstance(free, Refuse):
        return free
    units = min(int(free.free // need), intent.quantity) if free.free > 0 else 0
    if units == intent.quantity:
        return PASS
    count = len(book.orders)
    after = f" after {count} working order{'s' * (count != 1)}" if count else ""
    left = max(free.free, Decimal(0))
    numbers = f"needs {need * intent.quantity:,.0f} USD reserved, {left:,.0f} available{after}"
    if units >= 1:
        return Shrink(units, f"{numbers}: {units} of {intent.quantity}")
    return refuse(
        f"{numbers}{_smallest(account, need) if opens(intent) else ''}",
        need_usd=need * intent.quantity,
        free_usd=free.free,
        settled_usd=free.settled,
        secured_usd=free.secured,
        available_funds_usd=free.available,
    )


def free_cash(book: Book, account: AccountState, params: Params, running: Running) -> Free | Refuse:
    """Cash that a new promise may take, USD; a refusal where the broker did not give a figure it needs."""
    usage = params.usage
    if usage > 1 and running.kind is not AccountKind.MARGIN:
        reason = f"margin usage is {usage}, a {running.kind.value} account may use at most 1"
        return refuse(reason, margin_usage=usage)
    settled, available, worth = account.settled_cash, account.available_funds, account.net_liquidation
    if settled is None or available is None or worth is None:
        figures = (("settled cash", settled), ("available funds", available), ("net liquidation", worth))
        missing = [name for name, figure in figures if figure is None]
        return refuse(f"the broker gave no {' and no '.join(missing)}; absent is not zero")
    if account.total_cash is not None:  # shares bought today are paid for before they settle
        settled = min(settled, account.total_cash)
    secured = settled + (usage - 1) * worth - short_puts(book)
    bound = secured if usage > 1 else min(secured, available)
    return Free(settled, secured, available, bound - working(book) - others(book) - promised(running))


def _smallest(account: AccountState, need: Decimal) -> str:
    """The smallest account for one unit, where this one could not bear it even empty."""
    worth = account.net_liquidation
    if worth is None or worth >= need:
        return ""
    return f"; the smallest account that could trade it has {need:,.0f}"
