"""Nothing is decided on an account that the broker has not fully told: unknown is never empty.

Positions or orders unknown, or not yet reconciled with our own facts, stop everything, closing
included, because nobody can say what a close would close. The account's figures unknown, or in
another currency than the trades, stop what adds risk.
"""

from __future__ import annotations

from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.known import Unknown
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, refuse
from premia.rules.exposure import opens


def check(book: Book, _view: MarketView, intent: Intent, _params: None, _running: Running) -> Answer:
    """Whether enough is known to act on."""
    observed = book.observed
    for name, part in (("positions", observed.positions), ("orders", observed.orders)):
        if isinstance(part, Unknown):
            return refuse(f"{name} are unknown since {part.since:%Y-%m-%d %H:%M} UTC: {part.why}", part=name)
    account = observed.account
    if isinstance(account, Unknown):
        if opens(intent):
            since = f"{account.since:%Y-%m-%d %H:%M}"
            return refuse(f"the account is unknown since {since} UTC: {account.why}", part="account")
        return PASS
    if not book.ready:
        return refuse("broker and ledger are not reconciled", part="reconciliation")
    if opens(intent) and account.value.currency != "USD":
        found = account.value.currency
        return refuse(f"the account's figures are in {found}, needed in USD", part="currency", found=found)
    return PASS
