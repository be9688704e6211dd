"""Working orders whose ground has gone: taken back before they fill.

An order is approved on what is held at that moment, and then works for minutes or hours in which a
person may sell the shares under a call, buy back what we are buying back, or spend the cash behind a
put. Level-triggered: what stands on nothing in the book is cancelled, whoever took the ground away.
"""

from __future__ import annotations

from premia.domain.book import Book
from premia.domain.events import CancelRequested
from premia.domain.instrument import Option, Right
from premia.domain.intent import Purpose
from premia.domain.order import OrderState, Stage
from premia.engine.gate import KILL
from premia.engine.legs import between_legs
from premia.engine.link import LINK
from premia.engine.working import reachable, walks
from premia.rules.answers import Running
from premia.rules.cash_secured import Free, free_cash
from premia.rules.covered import free_shares, shares_called
from premia.rules.exposure import account_of, working
from premia.rules.review import Desk


def withdrawn(book: Book, desk: Desk) -> list[CancelRequested]:
    """Cancels of working orders that would not be placed any more, each with its reason.

    Args:
        book: The book; its time stamps the events.
        desk: Kind of account and limits, as the rules know them.
    """
    if LINK in book.halts:  # nothing may be sent; what is to be taken back is taken back when it is over
        return []
    found: list[CancelRequested] = []
    for state in book.orders.values():
        ours = walks(book, state) or (state.stage is Stage.WORKING and KILL in book.halts)
        if not ours or not reachable(book, state) or between_legs(state):
            continue
        why = (
            _halted(book, state)
            or _standstill(book, state)
            or _nothing_to_close(book, state)
            or _unsecured(book, state, desk)
        )
        if why:
            found.append(CancelRequested(at=book.at, key=state.key, why=why))
    return found


def _halted(book: Book, state: OrderState) -> str:
    found = book.halted(state.order.purpose)
    return "" if found is None else f"{found[1].scope} halted ({found[0]}): {found[1].why}"


def _standstill(book: Book, state: OrderState) -> str:
    block = book.blocks.get(state.order.symbol)
    return "" if block is None else f"{state.order.symbol} stands still: {block.why}"


def _nothing_to_close(book: Book, state: OrderState) -> str:
    """Why a leg that buys back would open a position instead; empty where it would not."""
    order = state.order
    if order.purpose is Purpose.OPEN:
        return ""
    trade = book.trades.get(order.trade)
    for leg in order.combo.legs:
        if order.purpose is Purpose.ROLL and leg.ratio < 0:
            continue
        open_leg = None if trade is None else trade.legs.get(leg.contract.key)
        held = 0 if open_leg is None else open_leg.quantity
        wanted = leg.ratio * state.remaining
        if held * wanted >= 0 or abs(held) < abs(wanted):
            return f"{wanted:+d} {leg.contract.key} would close more than its trade holds now: {held:+d}"
    return ""


def _unsecured(book: Book, state: OrderState, desk: Desk) -> str:
    """Why what is sold is not covered by shares or cash any more; empty where it is."""
    order = state.order
    if order.purpose is Purpose.CLOSE:
        return ""
    running = Running(desk.kind, desk.sessions)
    rights = {
        leg.contract.right for leg in order.combo.legs if isinstance(leg.contract, Option) and leg.ratio < 0
    }
    free = free_shares(book, order.strategy, order.symbol, running)
    if book.campaign_of(order.strategy, order.symbol) is None:
        free = -shares_called(order.combo) * state.remaining
    if Right.CALL in rights and free < 0:
        return f"{-free} shares of {order.symbol} are missing under the calls sold and working"
    account = account_of(book)
    if Right.PUT not in rights or account is None or order.reserved.amount <= 0:
        return ""
    cash = free_cash(book, account, desk.limits.cash_secured, running)
    lacking = -(cash.secured - working(book)) if isinstance(cash, Free) else 0
    return f"{lacking:,.0f} USD are missing behind the puts sold and working" if lacking > 0 else ""
