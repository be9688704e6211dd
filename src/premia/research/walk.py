"""A block of configurations walked through the days of one underlying: days outside, configurations inside.

So the quotes of a day are read once from memory and serve the whole block. Every configuration decides on its
own state alone; in which block or thread it walks changes nothing.
"""

from __future__ import annotations

from premia.research.books import NOTHING, advance, earn_dividends, fresh, margin_of, worth
from premia.research.course import Course
from premia.research.evening import evening
from premia.research.kernel import judge, scanned, survey
from premia.research.layout import GRAIN, Column, Deed, Grid, Leg, State, Want
from premia.research.market import Quotes
from premia.research.orders import perform
from premia.research.sales import call_to_sell, put_to_sell


def walk(
    panel: Quotes,
    course: Course,
    wants: Column[Want],
    books: tuple[Column[State], Column[Column[Leg]], Column[Column[Deed]]],
    how: tuple[int, bool, bool],
    curve: Grid,
) -> None:
    """Walk a block of configurations through all days.

    Args:
        panel: Quotes of the underlying.
        course: Columns by day.
        wants: Parameters, one a configuration, shape (c,).
        books: States (c,), open options (c, LEGS), and logs (c, any size).
        how: Alpha in 1/10,000, whether holders exercise early, whether options are rolled on their last day.
        curve: Net liquidation after each day is added to it, USD, shape (d, c).
    """
    states, legs, logs = books
    for number in range(len(course.day)):
        for c in range(len(wants)):
            one_day(panel, course, wants[c], (number, how), (states[c], legs[c], logs[c]))
            measure(course, number, states[c], legs[c])
            curve[number, c] += states[c].equity


def one_day(
    panel: Quotes,
    course: Course,
    want: Want,
    at: tuple[int, tuple[int, bool, bool]],
    book: tuple[State, Column[Leg], Column[Deed]],
) -> None:
    """One day of one configuration: the evening before, the morning, the pass and its orders."""
    number, how = at
    state, legs, _ = book
    alpha, early, late = how
    if number > 0:
        evening(panel, course, number - 1, early, book)
        earn_dividends(state, course, number)
        advance(panel, state, legs, course, number)
    fresh(state)
    passed = survey(state, legs, course, number, want)
    put = put_to_sell(panel, course, want, passed, (legs, state.legs))
    call = call_to_sell(panel, course, want, passed, (state, legs))
    judge(panel, course, want, passed, (state, legs))
    if put.row < 0 and call.row < 0 and not planned(state, legs):
        return
    band = scanned(want, course, passed, (state, legs))
    perform(panel, course, want, (passed, band, put, call, alpha, late), book)


def planned(state: State, legs: Column[Leg]) -> bool:
    """Whether anything is to be done with an open option."""
    count = 0
    for k in range(state.legs):
        count += legs[k].doing != NOTHING
    return count > 0


def measure(course: Course, number: int, state: State, legs: Column[Leg]) -> None:
    """Net liquidation and margin after the orders of a day."""
    state.equity = worth(state, legs, course, number) / GRAIN
    state.margin_peak = max(state.margin_peak, margin_of(state, legs, course, number))
