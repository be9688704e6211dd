"""A symbol stands still while it is open what became of it: an expiry, a missing position, an order.

Who blocks a symbol, and what ends the block, is decided where broker and ledger are compared; this
rule only reads. An order of which nobody knows whether it lives stands its symbol still as well, and so
does one of ours that lives at the broker and not in the book: it ended too early, or its journal is gone.
"""

from __future__ import annotations

from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.domain.order import Stage
from premia.rules.answers import PASS, Answer, Running, refuse
from premia.rules.exposure import strangers


def check(book: Book, _view: MarketView, intent: Intent, _params: None, _running: Running) -> Answer:
    """Whether the symbol may be traded at all."""
    block = book.blocks.get(intent.symbol)
    if block is not None:
        until = "a person speaks" if block.until_session is None else f"the session of {block.until_session}"
        return refuse(f"{intent.symbol} stands still until {until}: {block.why}", until=until)
    for state in book.orders.values():
        if state.order.symbol == intent.symbol and state.stage is Stage.UNKNOWN:
            return refuse(f"it is unknown whether order {state.key} lives: {state.why}", order=state.key)
    for order in strangers(book):
        if order.order_ref.startswith(f"{intent.strategy}/{intent.symbol}/"):
            reason = f"order {order.order_ref} works at the broker and not in the book: cancel it, or wait"
            return refuse(reason, order=order.order_ref)
    return PASS
