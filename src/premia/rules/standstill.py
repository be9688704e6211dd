"""A symbol stands still while it is open what became of it: an expiry, a missing position, an order.

Who blocks a symbol, and what ends the block, is decided where broker and ledger are compared; this
rule only reads. An order of which nobody knows whether it lives stands its symbol still as well.
"""

from __future__ import annotations

from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.domain.order import Stage
from premia.rules.answers import PASS, Answer, Running, refuse


def check(book: Book, _view: MarketView, intent: Intent, _params: None, _running: Running) -> Answer:
    """Whether the symbol may be traded at all."""
    block = book.blocks.get(intent.symbol)
    if block is not None:
        until = "a person speaks" if block.until_session is None else f"the session of {block.until_session}"
        return refuse(f"{intent.symbol} stands still until {until}: {block.why}", until=until)
    for state in book.orders.values():
        if state.order.symbol == intent.symbol and state.stage is Stage.UNKNOWN:
            return refuse(f"it is unknown whether order {state.key} lives: {state.why}", order=state.key)
    return PASS
