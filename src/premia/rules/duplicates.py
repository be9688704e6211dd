"""One living order a slot, and one a trade: a wish that is being carried out is not made twice."""

from __future__ import annotations

from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, refuse


def check(book: Book, _view: MarketView, intent: Intent, _params: None, running: Running) -> Answer:
    """Whether slot and trade are free, of living orders and of what this pass has approved."""
    for state in book.orders.values():
        same_slot = state.order.slot == intent.slot and state.order.strategy == intent.strategy
        if same_slot or (intent.trade and state.order.trade == intent.trade):
            return refuse(
                f"order {state.key} is {state.stage.value}, {state.remaining} of {state.order.quantity} left",
                order=state.key,
            )
    for verdict in running.approved:
        earlier = verdict.intent
        same_slot = earlier.slot == intent.slot and earlier.strategy == intent.strategy
        if same_slot or (intent.trade and earlier.trade == intent.trade):
            return refuse(f"{earlier.slot} was approved earlier in this pass", slot=earlier.slot)
    return PASS
