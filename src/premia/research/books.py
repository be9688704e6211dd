"""The book of one configuration on one underlying: what it is worth, recovers and requires, as numbers.

Break-even and what a campaign has taken in follow from the functions that the ledger itself uses; a day moves
quotes on, and dividends fall due.
"""

from __future__ import annotations

from premia.domain.campaign import earned_by, to_recover
from premia.research.course import Course
from premia.research.layout import CENT, CONTRACT, LEGS, PPM, PRICE, Column, Leg, State
from premia.research.market import Quotes, shares_at

NOTHING, ROLL = 0, 100
"""What is planned for an option beside the ways of buying it back."""
_LOOK_BACK = 10
_HALF = 0.5


def even_of(state: State, legs: Column[Leg]) -> int:
    """The break-even a share in 1/10,000 USD, up; 0 where the campaign holds nothing."""
    cost, unearned, shares = 0, 0, state.shares
    for k in range(state.legs):
        leg = legs[k]
        if leg.right < 0:
            if state.shares > 0:
                unearned += leg.entry * leg.quantity * CONTRACT
            else:
                cost += shares_at(leg.strike, leg.quantity)
                shares += 100 * leg.quantity
    if shares == 0:
        return 0
    if state.shares > 0:
        cost = state.share_cost
    earned = earned_by(state.premium, state.dividends, state.share_result, state.fees)
    return -(-to_recover(cost, earned, unearned) // (shares * PRICE))


def recovered_floor(state: State, legs: Column[Leg], loss_ppm: int) -> int:
    """The lowest strike under `recover`, 1/10,000 USD: break-even less the loss allowed, up."""
    unearned = 0
    for k in range(state.legs):
        if legs[k].right < 0:
            unearned += legs[k].entry * legs[k].quantity * CONTRACT
    earned = earned_by(state.premium, state.dividends, state.share_result, state.fees)
    total = to_recover(state.share_cost, earned, unearned)
    whole, rest = total // state.shares, total % state.shares
    kept = PPM - loss_ppm
    # Whole grains a share times millionths kept, in parts that eight bytes hold.
    high, low = whole // PPM, whole % PPM
    grains = high * kept + (low * kept) // PPM
    ragged = (low * kept) % PPM != 0 or rest != 0
    units = grains // PRICE
    return units + (1 if ragged or grains % PRICE != 0 else 0)


def worth(state: State, legs: Column[Leg], course: Course, number: int) -> int:
    """Cash, shares and open options at their marks, grains."""
    total = state.cash + state.shares * course.double_share[number] * (PRICE // 2)
    for k in range(state.legs):
        leg = legs[k]
        total -= mark_of(leg, course, number) * leg.quantity * (CONTRACT // 2)
    return total


def mark_of(leg: Leg, course: Course, number: int) -> int:
    """Twice the mark of an option: its last known middle within ten days, else what exercise pays."""
    if number - leg.marked < _LOOK_BACK:
        return leg.double_mark
    spot = course.double_share[number] // 2
    return 2 * max((spot - leg.strike) * leg.right, 0)


def margin_of(state: State, legs: Column[Leg], course: Course, number: int) -> float:
    """Initial margin of the positions by Regulation T in a margin account, USD.

    Calls are covered by the shares; a put needs its mark and a part of the underlying, less what it is out of
    the money, and no less than a tenth of its strike.
    """
    spot = 1.0 * course.spot[number]
    rate = 0.15 if course.fund else 0.20
    total, covered = 0.0, 0  # prices in 1/10,000 USD a share times contracts
    for k in range(state.legs):
        leg = legs[k]
        mark = _HALF * mark_of(leg, course, number)
        if leg.right < 0:
            risk = max(rate * spot - max(spot - leg.strike, 0.0), 0.1 * leg.strike)
            total += (mark + risk) * leg.quantity
        else:
            total += max(mark, _HALF * spot) * leg.quantity
            covered += 100 * leg.quantity
    return total * 0.01 + max(state.shares - covered, 0) * spot * 0.00005


def advance(panel: Quotes, state: State, legs: Column[Leg], course: Course, number: int) -> None:
    """Move every open option to its row of the day, where it has one."""
    start, stop = course.row_start[number], course.row_stop[number]
    for k in range(state.legs):
        leg = legs[k]
        following = panel.next[leg.row]
        leg.seen = 0
        leg.doing = NOTHING
        if not start <= following < stop:
            continue
        leg.row = following
        leg.seen = 1
        quote = panel.quotes[following]
        bid, ask = int(quote.bid), int(quote.ask)
        if ask > 0:
            middle = max(bid, 0) + ask
            leg.double_mark = middle if bid > 0 else 2 * ((middle + (middle // 2) % 2) // 2)
            leg.marked = number


def earn_dividends(state: State, course: Course, number: int) -> None:
    """Dividends on the shares held, due since the day before; cash in whole cents."""
    owed = course.owed[number]
    if owed == 0 or state.shares == 0:
        return
    amount = owed * state.shares
    state.dividends += amount
    state.cash += (2 * amount + CENT) // (2 * CENT) * CENT


def fresh(state: State) -> None:
    """Begin a new campaign where nothing of the last one is left."""
    if state.legs == 0 and state.shares == 0:
        begin_campaign(state)


def begin_campaign(state: State) -> None:
    """Forget what the last campaign earned and paid."""
    state.share_cost = 0
    state.premium = 0
    state.dividends = 0
    state.share_result = 0
    state.fees = 0


def full(state: State) -> bool:
    """Whether no further option can be held; a run that needed one is marked."""
    if state.legs < LEGS:
        return False
    state.overflow += 1
    return True
