"""Rolls in two orders, for accounts and brokers that take no combos: the second half, and its end.

The first order buys the old option back and says what is to follow it. What it has bought back stands in
the book as a roll that is half done: the next pass sells the new option in the same trade, for no less than
the roll was to bring, and until then nothing else is opened on that underlying by its strategy. A second
half that does not come within its patience, or by the end of the session, is given up: the trade stays
flat, which is never short of cover and never twice short.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from premia.domain.book import Book, HalfRoll
from premia.domain.combo import single
from premia.domain.dates import session_of
from premia.domain.events import RollAbandoned
from premia.domain.intent import Intent, Passed, Purpose, evidence
from premia.domain.known import Unknown
from premia.domain.market import MarketView, SymbolRequest
from premia.domain.money import Price

PATIENCE = timedelta(minutes=30)
"""Market time for which the second half of a roll is tried."""

_SOON = 1  # its priority: after a person's wishes, before anything new


def needed(book: Book) -> Iterator[SymbolRequest]:
    """What must be quoted to finish the rolls that are half done."""
    for half in book.half_rolls.values():
        yield SymbolRequest(half.symbol, contracts=(half.contract,))


def second_halves(book: Book, view: MarketView) -> list[Intent | Passed]:
    """The sale that each half-done roll still needs, or why it cannot be made now."""
    return [_second(half, view) for half in book.half_rolls.values() if book.living(half.slot) is None]


def waits_for_roll(book: Book, wish: Intent) -> bool:
    """Whether an opening must wait until a roll of its strategy on its underlying is finished."""
    rolling = {(half.strategy, half.symbol) for half in book.half_rolls.values()}
    return wish.purpose is Purpose.OPEN and (wish.strategy, wish.symbol) in rolling


def left_for_roll(wish: Intent) -> Passed:
    """The record of an opening that waits."""
    reason = f"a roll on {wish.symbol} is half done and is finished or given up first"
    return Passed(wish.strategy, wish.symbol, wish.slot, "half_roll", reason, wish.evidence)


def given_up(book: Book) -> Iterator[RollAbandoned]:
    """Rolls whose second half has had its time, with no order of theirs alive."""
    for half in book.half_rolls.values():
        over = session_of(half.since) < book.session or book.at - half.since >= PATIENCE
        if over and not any(state.order.trade == half.trade for state in book.orders.values()):
            why = f"{half.units} x {half.contract.key} could not be sold at {half.least:.2f} or better"
            yield RollAbandoned(at=book.at, trade=half.trade, units=half.units, why=why)


def _second(half: HalfRoll, view: MarketView) -> Intent | Passed:
    seen = view.seen(half.symbol)
    found = None if isinstance(seen, Unknown) else seen.option(half.contract)
    quote = None if found is None else found[0]
    if quote is None or quote.mid is None or quote.bid is None:
        why = f"{half.contract.key} is not quoted on both sides now"
        return Passed(half.strategy, half.symbol, half.slot, "half_roll", why, evidence(units=half.units))
    return Intent(
        strategy=half.strategy,
        symbol=half.symbol,
        slot=half.slot,
        purpose=Purpose.ROLL,
        combo=single(half.contract, -1),
        quantity=half.units,
        mid=quote.mid,
        natural=quote.bid,
        worst=Price(half.least),
        reason=f"second half of the roll of {half.trade}: {half.contract.key} at {half.least:.2f} or better",
        evidence=evidence(mid=quote.mid, least=half.least, units=half.units),
        trade=half.trade,
        urgency="urgent",
        priority=_SOON,
    )
