"""The broker nets positions; the book does not. An order never trades against what belongs to another.

What is sold to open must not be held long, nor belong to another strategy or to positions left alone; what
is bought back must be short, in the trade that says so and in the account, in at least that quantity.
"""

from __future__ import annotations

from premia.domain.book import Book
from premia.domain.combo import Leg
from premia.domain.intent import Intent, Purpose
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Refuse, Running, refuse


def check(book: Book, _view: MarketView, intent: Intent, _params: None, _running: Running) -> Answer:
    """Whether every leg moves only what is the intent's own."""
    for leg in intent.combo.legs:
        closing = intent.purpose is Purpose.CLOSE or (intent.purpose is Purpose.ROLL and leg.ratio > 0)
        fault = _closing(book, intent, leg) if closing else _opening(book, intent, leg)
        if fault is not None:
            return fault
    return PASS


def _opening(book: Book, intent: Intent, leg: Leg) -> Refuse | None:
    key = leg.contract.key
    held = book.holding(leg.contract)
    if key in book.left:
        return refuse(f"{key} is left alone: {book.left[key]}", held=held)
    if held * leg.ratio < 0:
        return refuse(f"{held:+d} {key} are held and would be netted", held=held)
    for trade in book.trades.values():
        if trade.strategy != intent.strategy and key in trade.legs:
            return refuse(f"{key} belongs to strategy {trade.strategy}", trade=trade.id)
    return None


def _closing(book: Book, intent: Intent, leg: Leg) -> Refuse | None:
    key = leg.contract.key
    wanted = leg.ratio * intent.quantity
    trade = book.trades.get(intent.trade)
    open_leg = None if trade is None else trade.legs.get(key)
    of_trade = 0 if open_leg is None else open_leg.quantity
    held = book.holding(leg.contract)
    for owner, quantity in ((f"trade {intent.trade or 'none'}", of_trade), ("the account", held)):
        if quantity * wanted >= 0 or abs(quantity) < abs(wanted):
            return refuse(f"{wanted:+d} {key} would close more than {owner} holds: {quantity:+d}", held=held)
    return None
