"""No naked call, ever: each short call has its shares, in the campaign that sells it and in the account.

Counted against the shares are all short calls on the symbol, whoever sold them, what working orders may
still sell, and what this pass has approved. A roll gives back the cover of the call that it buys back. Calls
settled in cash have no shares to be covered by.
"""

from __future__ import annotations

from collections.abc import Iterable

from premia.domain.book import Book
from premia.domain.campaign import Trade
from premia.domain.combo import Combo
from premia.domain.instrument import Option, Right, Settlement
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, Shrink, refuse
from premia.rules.exposure import sold


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
        return PASS
    units = max(free, 0) // need
    held = 0 if campaign is None else campaign.shares
    numbers = f"needs {need * intent.quantity} shares, {max(free, 0)} of {held} carry no call"
    if units >= intent.quantity:
        return PASS
    if units >= 1:
        return Shrink(units, f"{numbers}: {units} of {intent.quantity}")
    return refuse(numbers, needed=need * intent.quantity, uncovered=free, held=held)


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
    if campaign is None:
        return 0
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
    ours = _written_by(book.campaign_trades(campaign.id))
    return min(campaign.shares - ours, book.shares(symbol) - written) - working - approved


def _written_by(trades: Iterable[Trade]) -> int:
    """Shares that the open calls of trades promise to deliver."""
    return sum(
        -leg.quantity * leg.contract.multiplier
        for trade in trades
        for leg in trade.legs.values()
        if isinstance(leg.contract, Option) and leg.contract.right is Right.CALL and leg.quantity < 0
    )
