"""What becomes of a pass: orders that fill at their place in the spread, and the books that they move.

An order ends at the higher of its least credit and what fills at once, on the steps that the planner reads
off what is seen; it fills whole where the price of the day meets that, and otherwise not at all.
"""

from __future__ import annotations

from premia.research.books import NOTHING, ROLL, begin_campaign, full
from premia.research.course import Course
from premia.research.kernel import fair_quote
from premia.research.layout import (
    CENT,
    CONTRACT,
    DEFENDED,
    ROLLED_IN,
    ROLLED_OUT,
    SELL,
    STOPPED,
    TOOK,
    Column,
    Deed,
    Leg,
    Quoted,
    State,
    Want,
)
from premia.research.market import (
    Band,
    Quotes,
    billed,
    ceil_to,
    charges,
    commission,
    floor_to,
    leg_prices,
    purchase_price,
    roll_price,
    sale_price,
    tick_near,
)
from premia.research.sales import Pass, Sale, expiry_at

_NONE = -1
_SPLIT = 30_000
_MINIMUM = 100 * CENT
_FINE = 100


def perform(
    panel: Quotes,
    course: Course,
    want: Want,
    at: tuple[Pass, Band, Sale, Sale, int, bool],
    book: tuple[State, Column[Leg], Column[Deed]],
) -> None:
    """Carry out what the pass has planned; ended options leave at the end, so that all see one market."""
    passed, band, put, call, alpha, late = at
    state, legs, log = book
    held = (legs, state.legs)
    ended = 0  # seconds after the pass at which the last purchase fills
    for k in range(state.legs):
        leg = legs[k]
        if leg.doing == NOTHING or not fair_quote(panel.quotes[leg.row]):
            leg.doing = NOTHING
        elif leg.doing == ROLL:
            last = course.ends_on[leg.expiry - course.first] <= course.day[passed.number]
            if not (last and not late):
                roll_over(panel, course, passed.number, alpha, (state, leg, log))
            leg.doing = NOTHING
        else:
            last = purchase(panel, course, (passed, band, want, alpha), held, (state, leg, log))
            ended = max(ended, last)
    count = state.legs
    for sale in (put, call):
        if sale.row != _NONE:
            open_one(panel, course, want, (passed, band, sale, alpha, count, ended), (state, legs, log))
    drop_ended(state, legs)


def purchase(
    panel: Quotes,
    course: Course,
    at: tuple[Pass, Band, Want, int],
    held: tuple[Column[Leg], int],
    book: tuple[State, Leg, Column[Deed]],
) -> int:
    """Buy an option back, if its price lies within its bound; after how many seconds, 0 where it does not."""
    passed, band, want, alpha = at
    state, leg, log = book
    quote = panel.quotes[leg.row]
    middle, bound = int(quote.bid) + int(quote.ask), min(leg.least, int(quote.ask))
    price = purchase_price(quote, alpha, course)
    if price <= bound:
        step = tick_near(panel, course, passed.number, (band, want, middle < 2 * _SPLIT), held)
        most = floor_to(bound, step)
        if price <= most:
            ladder = (2, 30) if leg.right > 0 and leg.least == int(quote.ask) else (4, 60)
            after = filled_after((-middle, -most, -price, step), ladder)
            buy_back(course, passed.number, price, (state, leg, log))
            return after
    leg.doing = NOTHING
    return 0


def filled_after(credit: tuple[int, int, int, int], ladder: tuple[int, int]) -> int:
    """Seconds after which an order fills on its way from the middle to its worst price.

    Args:
        credit: Twice the middle, the worst price, the price at which it fills, and the price step; all as
            credits, so what is paid is below zero.
        ladder: Steps, and seconds between two.
    """
    doubled, worst, price, tick = credit
    steps, every = ladder
    first = max(-(-doubled // (2 * tick)) * tick, worst)
    for k in range(steps):
        walked = first * steps - (first - worst) * k
        if price >= max(-(-walked // (steps * tick)) * tick, worst):
            return k * every
    return steps * every


def all_ended(state: State, legs: Column[Leg]) -> bool:
    """Whether nothing of a campaign is left: every option bought back, and no share held."""
    for k in range(state.legs):
        if legs[k].quantity != 0:
            return False
    return state.shares == 0


def open_one(
    panel: Quotes,
    course: Course,
    want: Want,
    at: tuple[Pass, Band, Sale, int, int, int],
    book: tuple[State, Column[Leg], Column[Deed]],
) -> None:
    """Sell a new option, if its price meets the least premium."""
    passed, band, sale, alpha, count, ended = at
    state, legs, log = book
    quote = panel.quotes[sale.row]
    expiry = expiry_at(panel, passed.number, sale.row)
    if not fair_quote(quote) or course.ends_on[expiry - course.first] <= course.day[passed.number]:
        return
    middle = int(quote.bid) + int(quote.ask)
    bound = max(sale.least, int(quote.bid))
    price = sale_price(quote, alpha, course)
    if price < bound:
        return
    step = tick_near(panel, course, passed.number, (band, want, middle < 2 * _SPLIT), (legs, count))
    worst = ceil_to(bound, step)
    if price < worst or full(state):
        return
    if all_ended(state, legs) and ended <= filled_after((middle, worst, price, step), (4, 120)):
        begin_campaign(state)
    leg = legs[state.legs]
    state.legs += 1
    leg.right = -1 if is_put(panel, passed.number, sale.row) else 1
    leg.opened = course.day[passed.number]
    leg.rolls = 0
    leg.quantity = sale.quantity
    write(leg, quote, (expiry, sale.row, price, passed.number))
    own = commission(course, passed.number, price, sale.quantity)
    cost = billed(max(own, _MINIMUM) + charges(course, passed.number, price, -sale.quantity))
    state.trades += 1
    book_premium(state, price * sale.quantity * CONTRACT, cost)
    tell(state, log, leg, (course.day[passed.number], SELL, -sale.quantity, price))


def write(leg: Leg, quote: Quoted, what: tuple[int, int, int, int]) -> None:
    """Put the terms of an option just sold into its place."""
    expiry, row, price, number = what
    leg.expiry = expiry
    leg.strike = int(quote.strike)
    leg.entry = price
    leg.row = row
    leg.double_mark = int(quote.bid) + int(quote.ask)
    leg.marked = number
    leg.seen = 1
    leg.doing = NOTHING


def is_put(panel: Quotes, number: int, row: int) -> bool:
    """Whether a row of a day is a put's."""
    low, high = panel.day_groups[number], panel.day_groups[number + 1]
    while low + 1 < high:
        middle = (low + high) // 2
        if panel.groups[middle].start <= row:
            low = middle
        else:
            high = middle
    return panel.groups[low].right < 0


def buy_back(course: Course, number: int, price: int, book: tuple[State, Leg, Column[Deed]]) -> None:
    """Buy an option back whole; its place is dropped later."""
    state, leg, log = book
    own = commission(course, number, price, leg.quantity)
    cost = billed(max(own, _MINIMUM) + charges(course, number, price, leg.quantity))
    book_premium(state, -price * leg.quantity * CONTRACT, cost)
    state.closed += 1
    state.won += 1 if price < leg.entry else 0
    if leg.doing == TOOK:
        state.takes += 1
    elif leg.doing == STOPPED:
        state.stops += 1
    elif leg.doing == DEFENDED:
        state.defended += 1
    tell(state, log, leg, (course.day[number], leg.doing, leg.quantity, price))
    leg.quantity = 0


def roll_over(
    panel: Quotes, course: Course, number: int, alpha: int, book: tuple[State, Leg, Column[Deed]]
) -> None:
    """Buy an option back and sell a later one as one order, if its net credit is met."""
    state, leg, log = book
    old, new = panel.quotes[leg.row], panel.quotes[leg.new_row]
    if not fair_quote(new):
        return
    net = roll_price(old, new, alpha)
    natural = int(new.bid) - int(old.ask)
    doubled = int(new.bid) + int(new.ask) - int(old.bid) - int(old.ask)
    least = max(leg.least, natural)
    if doubled > 0:
        least = max(least, 0)
    if -net < ceil_to(least, _FINE):
        return
    bought, sold = leg_prices(old, new, net)
    quantity, day = leg.quantity, course.day[number]
    own = commission(course, number, bought, quantity)
    both = own + commission(course, number, sold, quantity)
    first = billed(max(own, _MINIMUM) + charges(course, number, bought, quantity))
    added = max(both, _MINIMUM) - max(own, _MINIMUM)
    second = billed(added + charges(course, number, sold, -quantity))
    tell(state, log, leg, (day, ROLLED_OUT, quantity, bought))
    book_premium(state, (sold - bought) * quantity * CONTRACT, first + second)
    write(leg, new, (expiry_at(panel, number, leg.new_row), leg.new_row, sold, number))
    leg.rolls += 1
    state.rolls += 1
    tell(state, log, leg, (day, ROLLED_IN, -quantity, sold))


def book_premium(state: State, premium: int, cost: int) -> None:
    """Premium received (negative: paid) and fees, of cash and campaign."""
    state.cash += premium - cost
    state.premium += premium
    state.earned += premium
    state.fees += cost
    state.paid += cost


def drop_ended(state: State, legs: Column[Leg]) -> None:
    """Close the ranks over options that have ended, in their order."""
    kept = 0
    for k in range(state.legs):
        if legs[k].quantity != 0:
            if kept != k:
                move(legs[kept], legs[k])
            kept += 1
    state.legs = kept


def move(to: Leg, leg: Leg) -> None:
    """Copy one place over another."""
    to.right = leg.right
    to.expiry = leg.expiry
    to.strike = leg.strike
    to.quantity = leg.quantity
    to.entry = leg.entry
    to.row = leg.row
    to.double_mark = leg.double_mark
    to.marked = leg.marked
    to.opened = leg.opened
    to.rolls = leg.rolls
    to.seen = leg.seen
    to.doing = leg.doing
    to.new_row = leg.new_row
    to.least = leg.least


def tell(state: State, log: Column[Deed], leg: Leg, what: tuple[int, int, int, int]) -> None:
    """Write down what became of an option, while there is room in the log."""
    if state.logged >= len(log):
        return
    deed = log[state.logged]
    deed.day, deed.what, deed.quantity, deed.price = what
    deed.right = leg.right
    deed.expiry = leg.expiry
    deed.strike = leg.strike
    deed.trade = leg.opened
    state.logged += 1
