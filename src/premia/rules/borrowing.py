"""Cash accounts and IRAs never borrow and are never short of shares: while they are, nothing is opened."""

from __future__ import annotations

from premia.domain.account import AccountKind
from premia.domain.book import Book
from premia.domain.instrument import Stock
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, refuse
from premia.rules.exposure import account_of, opens


def check(book: Book, _view: MarketView, intent: Intent, _params: None, running: Running) -> Answer:
    """Whether the account owes neither cash nor shares."""
    if not opens(intent) or running.kind is AccountKind.MARGIN:
        return PASS
    for held in book.holdings.values():
        if isinstance(held.contract, Stock) and held.quantity < 0:
            reason = f"{held.quantity} {held.contract.symbol} are short in a {running.kind.value} account"
            return refuse(reason, shares=held.quantity)
    account = account_of(book)
    cash = None if account is None else account.total_cash
    if cash is None:
        return refuse("the broker gave no total cash; absent is not zero")
    if cash < 0:
        return refuse(f"cash is {cash:,.2f} USD in a {running.kind.value} account", cash_usd=cash)
    return PASS
