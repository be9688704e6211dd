"""A person trades beside us: what they did to what is ours stands its symbol still until somebody says go on.

Whoever buys back our option, sells our shares or takes our order back in TWS had a reason that we do not
know. It is booked as theirs and what is left of the trade goes on in the ledger, but nothing is sent to
put it right: no call is sold again, no cover is bought, no order is sent anew. A trade or shares need a
person's word (`premia accept`); an order that was taken back rests until the next session.
"""

from __future__ import annotations

from datetime import date

from premia.domain import events as ev
from premia.domain.book import Block, Book
from premia.domain.dates import session_of
from premia.domain.instrument import Option, Stock
from premia.domain.order import Fill, Stage
from premia.domain.sessions import Sessions

BY_HAND = "by hand"
"""How the reason of such a standstill begins."""

ACCEPTED = "accepted/"
"""How the numbers of executions begin that a person's word has made."""


def disturbed(before: Book, event: ev.AnyEvent, sessions: Sessions) -> list[ev.AnyEvent]:
    """What stands still because of something that a person did beside us.

    Args:
        before: The book before the event.
        event: What became known.
        sessions: Trading days, to tell an order that was taken back from one that the close has ended.
    """
    if isinstance(event, ev.ExternalChange):
        what, symbol, until = _traded(before, event.fill), event.fill.contract.symbol, None
    elif isinstance(event, ev.OrderCancelled):
        what, symbol, until = _taken_back(before, event, sessions)
    else:
        return []
    standing = before.blocks.get(symbol)
    if not what or (standing is not None and standing.until_session is None):
        return []
    return [ev.SymbolBlocked(at=event.at, symbol=symbol, why=f"{BY_HAND}: {what}", until_session=until)]


def stands(block: Block, session: date) -> bool:
    """Whether a standstill is a person's doing and not over yet."""
    if not block.why.startswith(BY_HAND):
        return False
    return block.until_session is None or session < block.until_session


def _traded(before: Book, fill: Fill) -> str:
    """What a trade by hand took out of ours; empty where it touched nothing of ours."""
    if fill.root in before.fills or fill.exec_id.startswith(ACCEPTED):
        return ""
    taken = _of_trades(before, fill) if isinstance(fill.contract, Option) else _of_shares(before, fill)
    if not taken:
        return ""
    symbol = fill.contract.symbol
    return (
        f"{fill.quantity:+d} {fill.contract.key} was traded beside Premia, {taken} of it ours;"
        f" nothing is sent to put it right before `premia accept {symbol}`"
    )


def _of_trades(before: Book, fill: Fill) -> int:
    """Contracts of our trades that it closed."""
    legs = (trade.legs.get(fill.contract.key) for trade in before.trades.values())
    held = sum(leg.quantity for leg in legs if leg is not None and leg.quantity * fill.quantity < 0)
    return min(abs(held), abs(fill.quantity))


def _of_shares(before: Book, fill: Fill) -> int:
    """Shares of our campaign that it took; those that belong to no campaign leave first."""
    if not isinstance(fill.contract, Stock):
        return 0
    own = sum(one.shares for one in before.campaigns.values() if one.symbol == fill.contract.symbol)
    if own * fill.quantity >= 0:
        return 0
    spare = max(abs(before.shares(fill.contract.symbol)) - abs(own), 0)
    return min(max(abs(fill.quantity) - spare, 0), abs(own))


def _taken_back(before: Book, event: ev.OrderCancelled, sessions: Sessions) -> tuple[str, str, date | None]:
    """An order of ours that ended within its session and that we did not take back."""
    state = before.orders.get(event.key)
    if state is None or state.stage is not Stage.WORKING:
        return "", "", None
    today = session_of(event.at)
    session = sessions.get(today)
    if session is None or state.order.session != today or event.at >= session.closes:
        return "", "", None
    until = sessions.after(today).day
    symbol = state.order.symbol
    return f"order {event.key} was taken back beside Premia ({event.why})", symbol, until
