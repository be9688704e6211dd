"""The evening of a session: options end at their official close, and holders exercise early where it pays.

What is in the money by a cent is exercised. Early exercise is judged as the exchange judges it, by the same
two functions: a call on the evening before an ex-date, a put whenever interest on its strike outweighs what
the call beside it is worth and the dividends to come.
"""

from __future__ import annotations

from premia.exchange.assignment import call_exercise_pays, put_exercise_pays
from premia.research.course import Course
from premia.research.layout import ASSIGNED, CALLED, EARLY, EXPIRED, Column, Deed, Leg, State
from premia.research.market import Quotes, first_group, share_sale_fees, shares_at
from premia.research.orders import drop_ended, tell

_WORTH_DOING = 0.01
_A_CENT = 100
_LOOK_BACK = 10
_YEAR = 31_536_000.0
_NONE = -1


def evening(
    panel: Quotes,
    course: Course,
    number: int,
    early: bool,  # noqa: FBT001 - compiled code calls by place
    book: tuple[State, Column[Leg], Column[Deed]],
) -> None:
    """All that ends between the snapshot of a day and that of the next: puts first, then calls."""
    state, legs, log = book
    tomorrow = course.day[number + 1]
    if not anything_ends(course, number, state, legs):
        return
    for right in (-1, 1):
        for k in range(state.legs):
            leg = legs[k]
            if leg.right != right:
                continue
            last = course.ends_on[leg.expiry - course.first]
            if last < tomorrow:
                expire(course, number, last, (state, leg, log))
            elif early and exercised_tonight(panel, course, number, leg):
                state.early += 1
                deliver(course, number, (course.day[number], EARLY), (state, leg, log))
    drop_ended(state, legs)


def anything_ends(course: Course, number: int, state: State, legs: Column[Leg]) -> bool:
    """Whether an option has its last evening, or is in the money and might be exercised."""
    tomorrow, close = course.day[number + 1], course.close[number]
    found = 0
    for k in range(state.legs):
        last = course.ends_on[legs[k].expiry - course.first] < tomorrow
        found += last or (close - legs[k].strike) * legs[k].right > 0
    return found > 0


def expire(course: Course, number: int, last: int, book: tuple[State, Leg, Column[Deed]]) -> None:
    """An option ends at the official close of its last session: assigned by a cent, or worthless."""
    state, leg, log = book
    close = course.end_close[leg.expiry - course.first]
    if (close - leg.strike) * leg.right >= _A_CENT:
        deliver(course, number, (last, ASSIGNED if leg.right < 0 else CALLED), book)
        return
    state.expired += 1
    state.closed += 1
    state.won += 1
    tell(state, log, leg, (leg.expiry, EXPIRED, leg.quantity, 0))
    leg.quantity = 0


def deliver(
    course: Course, number: int, what: tuple[int, int], book: tuple[State, Leg, Column[Deed]]
) -> None:
    """Shares come for puts and go for calls, at the strike."""
    state, leg, log = book
    day, word = what
    amount = shares_at(leg.strike, leg.quantity)
    moved = 100 * leg.quantity
    if leg.right < 0:
        state.assigned += 1
        state.cash -= amount
        state.share_cost += amount
        state.shares += moved
    else:
        state.called += 1
        fees = share_sale_fees(course, number, leg.strike, moved)
        # In two parts, because a whole cost times a count of shares need not fit eight bytes.
        each, rest = state.share_cost // state.shares, state.share_cost % state.shares
        cost = each * moved + rest * moved // state.shares
        state.cash += amount - fees
        state.fees += fees
        state.paid += fees
        state.share_result += amount - cost
        state.share_cost -= cost
        state.shares -= moved
    state.closed += 1
    tell(state, log, leg, (day, word, leg.quantity, 0))
    leg.quantity = 0


def exercised_tonight(panel: Quotes, course: Course, number: int, leg: Leg) -> bool:
    """Whether whoever holds an option should exercise it this evening, before its last day."""
    today = course.day[number]
    close = course.close[number]
    place = leg.expiry - course.first
    if course.ends_on[place] <= today or close < 0 or (close - leg.strike) * leg.right <= 0:
        return False
    strike, rate = leg.strike / 10_000.0, course.rate[number]
    left = max(course.stops[place] - course.evening[number], 0.0) / _YEAR
    if leg.right > 0:
        going = course.going_ex[number]
        if going <= 0.0:
            return False
        return call_exercise_pays(going, strike, rate, left, other_side(panel, course, number, leg))
    until, since = course.ends_on[place] - course.first, today - course.first
    coming = float(course.paid_until[until] - course.paid_until[since]) + _WORTH_DOING
    if not put_exercise_pays(strike, rate, left, 0.0, coming):
        return False
    return put_exercise_pays(strike, rate, left, other_side(panel, course, number, leg), coming)


def other_side(panel: Quotes, course: Course, number: int, leg: Leg) -> float:
    """Value of the other right of the same strike and expiry, USD: its last middle, else by exercise."""
    for earlier in range(number, max(number - _LOOK_BACK, -1), -1):
        row = row_of(panel, course, earlier, leg)
        if row != _NONE and panel.quotes[row].ask > 0:
            return (max(int(panel.quotes[row].bid), 0) + int(panel.quotes[row].ask)) / 20_000.0
    return max((course.close[number] - leg.strike) * -leg.right, 0) / 10_000.0


def row_of(panel: Quotes, course: Course, number: int, leg: Leg) -> int:
    """Row of the other right of an option's strike and expiry on a day; -1 where there is none."""
    first = first_group(panel, course, number, leg.expiry - course.day[number])
    for group in range(first, panel.day_groups[number + 1]):
        run = panel.groups[group]
        if run.expiry != leg.expiry:
            return _NONE
        if run.right == leg.right:
            continue
        low, high = 0 + run.start, 0 + run.stop
        while low < high:
            middle = (low + high) // 2
            if panel.quotes[middle].strike < leg.strike:
                low = middle + 1
            else:
                high = middle
        return low if low < run.stop and panel.quotes[low].strike == leg.strike else _NONE
    return _NONE
