"""What a split does to the book: quantities and prices a share change, sums of money do not.

Shares and options of the symbol become what the event says, in holdings, in trades and in the campaign that
owns the shares. A dividend that was declared a share of before is forgotten; the market tells it anew.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from premia.domain.book import Book
from premia.domain.campaign import OpenLeg, Trade
from premia.domain.events import SplitInferred
from premia.domain.events_inferred import Mapped
from premia.domain.instrument import Stock
from premia.domain.position import Holding


def split(book: Book, event: SplitInferred) -> Book:
    """The book after a split of a symbol's shares."""
    changes = {one.before.key: one for one in event.changes}
    holdings = {key: held for key, held in book.holdings.items() if key not in changes}
    holdings |= {one.after.key: Holding(one.after, one.becomes) for one in event.changes if one.becomes}
    left = {changes[key].after.key if key in changes else key: why for key, why in book.left.items()}
    shares = next((one for one in event.changes if isinstance(one.before, Stock)), None)
    campaigns = {
        key: replace(one, shares=one.shares * event.numerator // event.denominator)
        if shares is not None and one.symbol == event.symbol
        else one
        for key, one in book.campaigns.items()
    }
    return replace(
        book,
        holdings=holdings,
        left=left,
        trades={key: _trade(one, changes) for key, one in book.trades.items()},
        campaigns=campaigns,
        dividends={key: one for key, one in book.dividends.items() if key != event.symbol},
    )


def _trade(trade: Trade, changes: dict[str, Mapped]) -> Trade:
    legs = (_leg(leg, changes.get(key)) for key, leg in trade.legs.items())
    return replace(trade, legs={leg.contract.key: leg for leg in legs})


def _leg(leg: OpenLeg, change: Mapped | None) -> OpenLeg:
    """The leg with its new contract; its part of the position changes as the whole does."""
    if change is None:
        return leg
    quantity = leg.quantity * change.becomes // change.held
    entry = leg.entry * leg.quantity * leg.contract.multiplier / (quantity * change.after.multiplier)
    return OpenLeg(change.after, quantity, Decimal(entry))
