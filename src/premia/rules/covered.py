"""No naked call, ever: each short call has its shares, in the campaign that sells it and in the account.

Counted against the shares are all short calls on the symbol, whoever sold them, what working orders may
still sell, a person's among them, and what this pass has approved. A roll gives back the cover of the call
that it buys back; a naked call is not rolled. Calls settled in cash have no shares to be covered by.
"""

from __future__ import annotations

from collections.abc import Iterable

from premia.domain.book import Book
from premia.domain.campaign import Trade
from premia.domain.combo import Combo
from premia.domain.instrument import Option, Right, Settlement, Stock
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.domain.order import ObservedOrder
from premia.rules.answers import PASS, Answer, Running, Shrink, refuse
from premia.rules.exposure import opening_legs, sold, strangers


def check(book: Book, _view: MarketView, intent: Intent, _params: None, running: Running) -> Answer:
    """Whether the shares for every call sold are there and free."""
    calls = [option for option, _ in sold(intent, Right.CALL)]
    if not calls:
        return PASS
    for option in calls:
        if option.settlement is not Settlement.SHARES:
            return refuse(f"{option.key} is settled in cash and cannot be covered by shares")
    campaign = book.campaign_of(intent.strategy, intent.symbol)
    free = free_shares(book, intent.strategy, intent.symbol, running)
    need = shares_called(intent.combo)
    if need <= 0:
        return _rolled(free)
    units = max(free, 0) // need
    held = 0 if campaign is None else campaign.shares
    numbers = f"needs {need * intent.quantity} shares, {max(free, 0)} of {held} carry no call"
    if units >= intent.quantity:
        return PASS
    if units >= 1:
        return Shrink(units, f"{numbers}: {units} of {intent.quantity}")
    return refuse(numbers, needed=need * intent.quantity, uncovered=free, held=held)


def _rolled(free: int) -> Answer:
    """Whether calls that only take the place of others may be sold: not while shares are missing."""
    if free >= 0:
        return PASS
    reason = f"{-free} shares are missing under the calls sold, orders of others counted: no roll"
    return refuse(reason, uncovered=free)


def shares_called(combo: Combo) -> int:
    """Shares that a unit of a combo newly promises to deliver: calls sold less calls bought back."""
    return sum(
        -leg.ratio * leg.contract.multiplier
        for leg in combo.legs
        if isinstance(leg.contract, Option) and leg.contract.right is Right.CALL
    )


def free_shares(book: Book, strategy: str, symbol: str, running: Running) -> int:
    """Shares that no call is written on, held, working or approved; negative where calls are naked."""
    campaign = book.campaign_of(strategy, symbol)
    written = -sum(h.quantity * h.contract.multiplier for h in book.short_options(Right.CALL, symbol))
    working = sum(
        max(shares_called(state.order.combo), 0) * state.remaining
        for state in book.orders.values()
        if state.order.symbol == symbol
    )
    approved = sum(
        max(shares_called(verdict.intent.combo), 0) * verdict.intent.quantity
        for verdict in running.approved
        if verdict.intent.symbol == symbol
    )
    foreign = sum(_delivered(book, order, symbol) * order.remaining for order in strangers(book))
    ours = 0 if campaign is None else campaign.shares - _written_by(book.campaign_trades(campaign.id))
    return min(ours, book.shares(symbol) - written - foreign) - working - approved


def _delivered(book: Book, order: ObservedOrder, symbol: str) -> int:
    """Shares of a symbol that a unit of a stranger's order sells or promises; never below zero."""
    legs = [leg for leg in opening_legs(book, order) if leg.contract.symbol == symbol]
    sold_now = -sum(leg.ratio for leg in legs if isinstance(leg.contract, Stock))
    calls = [leg for leg in legs if isinstance(leg.contract, Option) and leg.contract.right is Right.CALL]
    return max(sold_now - sum(leg.ratio * leg.contract.multiplier for leg in calls), 0)


def _written_by(trades: Iterable[Trade]) -> int:
    """Shares that the open calls of trades promise to deliver."""
    return sum(
        -leg.quantity * leg.contract.multiplier
        for trade in trades
        for leg in trade.legs.values()
        if isinstance(leg.contract, Option) and leg.contract.right is Right.CALL and leg.quantity < 0
    )
