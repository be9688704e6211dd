"""The broker's own look ahead: excess liquidity now, after the next margin change and after expiry.

None of them may be negative: below zero the broker liquidates, so nothing that adds risk is sent. A figure
that was not given is not zero.
"""

from __future__ import annotations

from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, refuse
from premia.rules.exposure import account_of, opens


def check(book: Book, _view: MarketView, intent: Intent, _params: None, _running: Running) -> Answer:
    """Whether the broker sees enough excess now, ahead and after expiry."""
    if not opens(intent):
        return PASS
    account = account_of(book)
    if account is None:
        return refuse("the account is unknown")
    for name, figure in (
        ("excess liquidity", account.excess_liquidity),
        ("look-ahead excess liquidity", account.look_ahead_excess),
        ("post-expiration excess", account.post_expiration_excess),
    ):
        if figure is None:
            return refuse(f"the broker gave no {name}; absent is not zero", figure=name)
        if figure < 0:
            return refuse(f"{name} is {figure:,.2f} USD, below zero", figure=name, usd=figure)
    return PASS
