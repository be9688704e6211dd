"""The new options of a pass: what they must be, and which put and which call are sold."""

from __future__ import annotations

from typing import NamedTuple

from premia.research.books import recovered_floor
from premia.research.course import LEVELS, SPAN, Course
from premia.research.layout import MIN_DELTA, RECOVER, Column, Leg, State, Want
from premia.research.market import Quotes, choose_row, level_below, shares_at, span_of, window
from premia.strategies.capacity import calls_to_sell, has_room, puts_to_sell
from premia.strategies.select import Premiums, Terms, eased_delta, eased_premiums, least_premium

NO_STRIKE = 10**12
NO_DAY = 10**9
NONE = -1


class Pass(NamedTuple):
    """What a day's pass decides on, and for which new options.

    Attributes:
        number: Place of the day.
        floor: Break-even in 1/10,000 USD a share, up; 0 where the campaign has none.
        left: Money that new puts may still take, grains.
        held_at: Least price a share at which the symbol was held, grains; 0 where it is new.
        open_puts: Contracts short.
        free: Shares that no call is written on.
    """

    number: int
    floor: int
    left: int
    held_at: int
    open_puts: int
    free: int


class Sale(NamedTuple):
    """A new option to be sold: its row (-1 for none), contracts, and the least premium."""

    row: int
    quantity: int
    least: int


def put_to_sell(panel: Quotes, course: Course, want: Want, at: Pass, held: tuple[Column[Leg], int]) -> Sale:
    """The put that the pass sells."""
    if not wants_puts(want, at) or not may_sell(want, course, at.number):
        return Sale(NONE, 0, 0)
    terms = terms_of_sale(want, course, -1, at.number)
    if at.left < shares_at(lowest_strike(panel, course, at, terms, want.expirations), 1):
        return Sale(NONE, 0, 0)
    search = (-1, want.expirations, terms, want.put_delta_aim)
    row = choose_row(panel, course, at.number, search, held)
    if row == NONE:
        return Sale(NONE, 0, 0)
    value = shares_at(int(panel.quotes[row].strike), 1)
    quantity = puts_to_sell(at.left, value, at.open_puts, want.contracts_max)
    return sale_of(panel, course, at, (row if quantity >= 1 else NONE, quantity, terms))


def call_to_sell(
    panel: Quotes, course: Course, want: Want, at: Pass, book: tuple[State, Column[Leg]]
) -> Sale:
    """The call that the pass sells on shares that carry none, by the policy for those under water."""
    state, legs = book
    quantity = calls_to_sell(at.free)
    if quantity < 1 or not may_sell(want, course, at.number):
        return Sale(NONE, 0, 0)
    plain = terms_of_sale(want, course, 1, at.number)
    terms = with_floor(plain, at.floor)
    row = NONE
    for attempt in range(2):
        if attempt == 1 and want.underwater == MIN_DELTA:
            terms = with_ease(terms, want.underwater_delta_min)
        elif attempt == 1 and want.underwater == RECOVER:
            terms = with_floor(plain, recovered_floor(state, legs, want.loss_ppm))
        elif attempt == 1:
            break
        search = (1, want.expirations, terms, want.call_delta_aim)
        row = choose_row(panel, course, at.number, search, (legs, state.legs))
        if row != NONE:
            break
    return sale_of(panel, course, at, (row, quantity, terms))


def sale_of(panel: Quotes, course: Course, at: Pass, what: tuple[int, int, Terms]) -> Sale:
    """The sale of a row with the least premium that its order takes."""
    row, quantity, terms = what
    if row == NONE:
        return Sale(NONE, 0, 0)
    expiry = expiry_at(panel, at.number, row)
    strike = int(panel.quotes[row].strike)
    return Sale(row, quantity, least_premium(strike, expiry - course.day[at.number], terms.premiums))


def expiry_at(panel: Quotes, number: int, row: int) -> int:
    """The expiry of a row of a day."""
    low, high = panel.day_groups[number], panel.day_groups[number + 1]
    while low + 1 < high:
        middle = (low + high) // 2
        if panel.groups[middle].start <= row:
            low = middle
        else:
            high = middle
    return int(panel.groups[low].expiry)


def terms_of_sale(want: Want, course: Course, right: int, number: int) -> Terms:
    """What an option must be to be sold."""
    per_year = want.per_year_fund if course.fund else want.per_year_stock
    return Terms(
        want.dte_min,
        want.dte_max,
        0,
        NO_DAY,
        course.before[number] if want.avoids_earnings else NO_DAY,
        want.put_delta_min if right < 0 else want.call_delta_min,
        want.put_delta_max if right < 0 else want.call_delta_max,
        0 if right < 0 else want.call_strike_min,
        want.put_strike_max if right < 0 else NO_STRIKE,
        want.spread_max,
        want.spread_always,
        want.open_interest_min,
        0.0,
        Premiums(want.credit, want.fees, per_year),
    )


def with_floor(terms: Terms, floor: int) -> Terms:
    """The same with a lowest strike."""
    return Terms(
        terms.dte_min,
        terms.dte_max,
        terms.expiry_min,
        terms.expiry_max,
        terms.before,
        terms.delta_min,
        terms.delta_max,
        max(terms.strike_min, floor),
        terms.strike_max,
        terms.spread_max,
        terms.spread_always,
        terms.open_interest_min,
        terms.place,
        terms.premiums,
    )


def with_ease(terms: Terms, low: float) -> Terms:
    """The same for a call on shares under water: a lower delta, and no yield asked for."""
    return Terms(
        terms.dte_min,
        terms.dte_max,
        terms.expiry_min,
        terms.expiry_max,
        terms.before,
        eased_delta(low, terms.delta_min),
        terms.delta_max,
        terms.strike_min,
        terms.strike_max,
        terms.spread_max,
        terms.spread_always,
        terms.open_interest_min,
        terms.place,
        eased_premiums(terms.premiums),
    )


def may_sell(want: Want, course: Course, number: int) -> bool:
    """Whether earnings leave the underlying open to sales: their date must be known, or not matter."""
    return want.avoids_earnings == 0 or course.before[number] != NONE


def lowest_strike(panel: Quotes, course: Course, at: Pass, terms: Terms, expirations: int) -> int:
    """A strike that no put of the window and the band lies below, 1/10,000 USD; 0 where that is not known.

    It is found the more exactly the more money is left.
    """
    number, left = at.number, at.left
    if terms.dte_max < SPAN:
        rough = course.lowest[LEVELS * number + level_below(terms.delta_min)]
        if left < shares_at(rough, 1):
            return rough
    lowest = NO_DAY
    span = window(panel, course, number, (terms.dte_min, terms.dte_max), expirations)
    for group in range(span.first, span.stop):
        if panel.groups[group].right > 0:
            continue
        if not course.monotone[group]:
            return 0
        first = span_of(panel, course, group, terms.delta_min, terms.delta_max).first
        if first < panel.groups[group].stop:
            lowest = min(lowest, 0 + panel.quotes[first].strike)
    return lowest


def wants_puts(want: Want, at: Pass) -> bool:
    """Whether the market is asked for puts."""
    return at.open_puts < want.contracts_max and has_room(at.left, at.held_at)
