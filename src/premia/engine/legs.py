"""Orders of several legs of which one has filled and another has not.

Combos are sent as guaranteed ones, so this is not supposed to happen; where a broker, a route or a bust
trade does it all the same, the position is not the one that was decided on. A unit counts as filled once
every leg of it has come, so a broken one is never taken for a whole structure. After a complete look, in
which all executions have been told, legs that do not match stop openings; they go on by themselves once the
missing leg has come, else a person repairs the position and releases them.
"""

from __future__ import annotations

from premia.domain import events as ev
from premia.domain.book import ENTRIES, Book
from premia.domain.order import OrderState

LEGS = "legs"
"""Cause of the halt made here; the missing leg ends it, or a person."""


def between_legs(state: OrderState) -> bool:
    """Whether some legs of a unit have been executed and others are still to be told."""
    legs = state.order.combo.legs
    return any(state.leg_filled.get(leg.contract.key, 0) != leg.ratio * state.filled for leg in legs)


def uneven(book: Book, seen: ev.BrokerObserved) -> list[ev.AnyEvent]:
    """What follows from legs that do not match after a complete look.

    Args:
        book: The book with all executions of the look folded.
        seen: The observation, for its time.
    """
    broken = [
        state
        for state in (*book.orders.values(), *book.ended.values())
        if state.order.session == book.session and between_legs(state)
    ]
    if not broken and LEGS in book.halts:
        return [ev.TradingReleased(at=seen.at, cause=LEGS, why="every leg has come")]
    if not broken or LEGS in book.halts:
        return []
    state = broken[0]
    legs = state.order.combo.legs
    filled = ", ".join(f"{state.leg_filled.get(one.contract.key, 0):+d} {one.contract.key}" for one in legs)
    why = f"the legs of {state.key} do not match: {filled}. Repair it, then run premia release {LEGS}"
    return [ev.TradingHalted(at=seen.at, cause=LEGS, scope=ENTRIES, why=why)]
