"""The market of a day as a compiled sweep reads it: the row to sell, price steps, fills, what they cost.

Which row is sold is decided by the wheel's own rules; where an order ends and what it fills at follow from
planner and exchange, which a test holds against these numbers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from premia.research.course import LEVELS, SPAN, Course
from premia.research.layout import (
    CENT,
    CONTRACT,
    GRAIN,
    MICRO,
    PRICE,
    Column,
    Leg,
    Quoted,
    Run,
    Want,
)
from premia.strategies.select import PASSES, Line, Terms, fails_at, rank

FINE, NICKEL, DIME = 100, 500, 1_000
"""Price steps in 1/10,000 USD."""
_SPLIT = 30_000
_ALPHA = 10_000
_ROUNDING = 1e6
_HALF_TEN_BILLIONTH = 5e-7
_NONE = -1
_FAR = 10**6
"""Steps from the aim that no delta has."""
LEVELS_A_DELTA = 20
_STEPS_A_DELTA = 50
_HAIR = 5e-7
"""Half of what two deltas of six decimals differ by, and more than four bytes get wrong."""


class Quotes(NamedTuple):
    """Columns of a panel."""

    quotes: Column[Quoted]
    groups: Column[Run]
    day_groups: Column[int]
    next: Column[int]
    iv: Column[float]
    open_interest: Column[int]


class Span(NamedTuple):
    """Places from `first` up to, and without, `stop`."""

    first: int
    stop: int


class Best(NamedTuple):
    """The best row so far (-1 for none) and its rank."""

    row: int
    rank: tuple[int, float, int, int]


class Steps(NamedTuple):
    """Whether a side near the price was seen, and whether all of them fit steps of five and of ten cents."""

    near: bool
    nickel: bool
    dime: bool


class Band(NamedTuple):
    """Absolute deltas that are looked at of each right; empty where the upper end lies below the lower."""

    put_low: float
    put_high: float
    call_low: float
    call_high: float


def exact_delta(panel: Quotes, row: int) -> float:
    """The delta of a row as it was written, to six decimals."""
    return float(np.rint(float(panel.quotes[row].delta) * _ROUNDING)) / _ROUNDING


def first_below(panel: Quotes, course: Course, group: int, bound: float) -> int:
    """First row of a group whose delta, as kept, is at or below a bound; its deltas fall with the strike."""
    run = panel.groups[group]
    level = LEVELS * group + min(int(abs(bound) * LEVELS_A_DELTA), LEVELS - 2)
    if run.right > 0:
        row, last = run.start + course.levels[level + 1], run.start + course.levels[level]
    else:
        row, last = run.start + course.levels[level], run.start + course.levels[level + 1]
    while row < last and panel.quotes[row].delta > bound:
        row += 1
    return row


def span_of(panel: Quotes, course: Course, group: int, low: float, high: float) -> Span:
    """Rows of a group among which those of a band of absolute deltas lie, and a few beside them."""
    run = panel.groups[group]
    if not course.monotone[group] or low > high:
        # A sum is eight bytes wide, as other places are.
        return Span(0 + run.start, 0 + (run.stop if low <= high else run.start))
    inner = course.levels[LEVELS * group + level_below(low)]
    outer = course.levels[LEVELS * group + min(int(high * LEVELS_A_DELTA) + 1, LEVELS - 1)]
    if run.right > 0:
        return Span(run.start + outer, run.start + inner)
    return Span(run.start + inner, run.start + outer)


def level_below(delta: float) -> int:
    """The highest level of absolute delta below one."""
    return min(int(max(delta - _HAIR, 0.0) * LEVELS_A_DELTA), LEVELS - 1)


def between(panel: Quotes, span: Span, least: int, most: int) -> Span:
    """The rows of a span whose strikes lie within bounds; strikes rise within it."""
    first, stop = span
    if first < stop and panel.quotes[stop - 1].strike < least:
        return Span(stop, stop)
    while first < stop and panel.quotes[first].strike < least:
        first += 1
    while stop > first and panel.quotes[stop - 1].strike > most:
        stop -= 1
    return Span(first, stop)


def first_group(panel: Quotes, course: Course, number: int, least: int) -> int:
    """The first group of a day that is at least so many days from expiry."""
    today, stop = course.day[number], panel.day_groups[number + 1]
    first = panel.day_groups[number] + course.soonest[SPAN * number + min(max(least, 0), SPAN - 1)]
    while first < stop and panel.groups[first].expiry - today < least:
        first += 1
    return first


def window(panel: Quotes, course: Course, number: int, dtes: tuple[int, int], expirations: int) -> Span:
    """Groups of the first expirations within a window of days to expiry; they are adjacent."""
    least, most = dtes
    today = course.day[number]
    stop = panel.day_groups[number + 1]
    first = first_group(panel, course, number, least)
    last, left, expiry = first, expirations, -1
    while last < stop and panel.groups[last].expiry - today <= most:
        if panel.groups[last].expiry != expiry:
            if left == 0:
                break
            expiry = 0 + panel.groups[last].expiry
            left -= 1
        last += 1
    return Span(first, last)


def line_of(panel: Quotes, row: int, expiry: int, today: int, interest: bool) -> Line:  # noqa: FBT001 - compiled code calls by place
    """The numbers of a row; open interest only where it is asked for."""
    quote = panel.quotes[row]
    return Line(
        True,  # noqa: FBT003 - of the fields of a line told by place, as compiled code builds it
        expiry,
        expiry - today,
        0 + quote.strike,  # a sum is eight bytes wide, as ranks are
        0 + quote.bid,
        0 + quote.ask,
        exact_delta(panel, row),
        float(panel.iv[row]),
        max(int(panel.open_interest[row]), 0) if interest else 0,
    )


def choose_row(
    panel: Quotes,
    course: Course,
    number: int,
    search: tuple[int, int, Terms, float],
    held: tuple[Column[Leg], int],
) -> int:
    """The row to sell on a day; -1 where none passes.

    Args:
        panel: Quotes.
        course: Columns by day.
        number: Place of the day.
        search: Right, expirations that are looked at, what is wanted, and the delta aimed at.
        held: Open options and how many; they are looked at wherever they lie.
    """
    right, expirations, terms, aim = search
    legs, count = held
    today = course.day[number]
    best = Best(_NONE, (_FAR, 0.0, 0, 0))
    left, expiry = expirations, -1
    for group in range(first_group(panel, course, number, terms.dte_min), panel.day_groups[number + 1]):
        run = panel.groups[group]
        if run.expiry != expiry:
            expiry = 0 + run.expiry
            if left == 0 or expiry - today > terms.dte_max:
                break
            left -= 1
        if run.right != right or not terms.expiry_min <= expiry <= terms.expiry_max:
            continue
        best = best_of(panel, course, (group, today), terms, aim, best)
    for k in range(count):
        if legs[k].seen != 0 and legs[k].right == right:
            best = better(panel, (legs[k].row, legs[k].expiry, today), terms, aim, best)
    return best.row


def best_of(panel: Quotes, course: Course, at: tuple[int, int], terms: Terms, aim: float, best: Best) -> Best:
    """The better of the best row so far and those of a group, from the aim outward."""
    group, today = at
    run = panel.groups[group]
    rows = span_of(panel, course, group, terms.delta_min, terms.delta_max)
    rows = between(panel, rows, terms.strike_min, terms.strike_max)
    if rows.first >= rows.stop:
        return best
    middle = rows.first
    if course.monotone[group]:
        middle = min(max(first_below(panel, course, group, aim * run.right), rows.first), rows.stop)
    for row in range(middle, rows.stop):
        if too_far(panel, row, aim, best):
            if course.monotone[group]:
                break
        else:
            best = better(panel, (row, 0 + run.expiry, today), terms, aim, best)
    for row in range(middle - 1, rows.first - 1, -1):
        if too_far(panel, row, aim, best):
            break
        best = better(panel, (row, 0 + run.expiry, today), terms, aim, best)
    return best


def too_far(panel: Quotes, row: int, aim: float, best: Best) -> bool:
    """Whether a row lies surely more steps from the aim than the best: steps come first in the order."""
    return abs(abs(panel.quotes[row].delta) - aim) > (best.rank[0] + 0.5) / _STEPS_A_DELTA + _HAIR


def better(panel: Quotes, at: tuple[int, int, int], terms: Terms, aim: float, best: Best) -> Best:
    """The better of the best row so far and another one, if that passes."""
    row, expiry, today = at
    line = line_of(panel, row, expiry, today, terms.open_interest_min > 0)
    if fails_at(line, terms) != PASSES:
        return best
    place = rank(line, aim)
    return Best(row, place) if place < best.rank else best


def tick_near(
    panel: Quotes,
    course: Course,
    number: int,
    look: tuple[Band, Want, bool],
    held: tuple[Column[Leg], int],
) -> int:
    """The price step that what is seen shows, the scanned band and the open options: below 3 USD or above."""
    band, want, low = look
    legs, count = held
    seen = Steps(near=False, nickel=True, dime=True)
    span = window(panel, course, number, (want.dte_min, want.dte_max), want.expirations)
    for group in range(span.first, span.stop):
        called = panel.groups[group].right > 0
        least = band.call_low if called else band.put_low
        most = band.call_high if called else band.put_high
        rows = span_of(panel, course, group, least, most)
        for row in range(rows.first, rows.stop):
            if least <= abs(exact_delta(panel, row)) <= most:
                seen = steps_with(seen, panel.quotes[row], low)
            if not seen.nickel:  # nor do steps of ten cents fit, whatever follows
                return FINE
    for k in range(count):
        if legs[k].seen != 0:
            seen = steps_with(seen, panel.quotes[legs[k].row], low)
    if seen.near and seen.dime:
        return DIME
    return NICKEL if seen.near and seen.nickel else FINE


def steps_with(seen: Steps, quote: Quoted, low: bool) -> Steps:  # noqa: FBT001 - compiled code calls by place
    """What price steps fit all sides seen so far and those of one more quote."""
    near, nickel, dime = seen
    for side in (int(quote.bid), int(quote.ask)):
        if side > 0 and (side < _SPLIT) == low:
            near = True
            nickel = nickel and side % NICKEL == 0
            dime = dime and side % DIME == 0
    return Steps(near, nickel, dime)


def floor_to(value: int, step: int) -> int:
    """A price at or below a value, on a step."""
    return value // step * step


def ceil_to(value: int, step: int) -> int:
    """A price at or above a value, on a step."""
    return -(-value // step) * step


def sale_price(quote: Quoted, alpha: int, course: Course) -> int:
    """What a sale brings at mid less alpha half-spreads, down to a step; `alpha` in 1/10,000."""
    bid, ask = int(quote.bid), int(quote.ask)
    doubled = (bid + ask) * _ALPHA - alpha * (ask - bid)
    step = course.tick_low if abs(doubled) < 2 * _ALPHA * _SPLIT else course.tick_high
    return doubled // (2 * _ALPHA * step) * step


def purchase_price(quote: Quoted, alpha: int, course: Course) -> int:
    """What a purchase costs at mid and alpha half-spreads, up to a step; `alpha` in 1/10,000."""
    bid, ask = int(quote.bid), int(quote.ask)
    doubled = (bid + ask) * _ALPHA + alpha * (ask - bid)
    step = course.tick_low if abs(doubled) < 2 * _ALPHA * _SPLIT else course.tick_high
    return -(-doubled // (2 * _ALPHA * step)) * step


def roll_price(old: Quoted, new: Quoted, alpha: int) -> int:
    """The net price at which a roll fills, a debit above zero: the combo's middle and alpha halves, up."""
    middle = int(old.bid) + int(old.ask) - int(new.bid) - int(new.ask)
    one, other = int(old.ask) - int(old.bid), int(new.ask) - int(new.bid)
    netted = math.sqrt((one / 20_000.0) ** 2 + (other / 20_000.0) ** 2)
    width = netted + 0.5 * ((one + other) / 20_000.0 - netted)
    half = math.ceil(width * 10_000.0 - _HALF_TEN_BILLIONTH)
    doubled = middle * _ALPHA + 2 * alpha * half
    return -(-doubled // (2 * _ALPHA * FINE)) * FINE


def leg_prices(old: Quoted, new: Quoted, net: int) -> tuple[int, int]:
    """Prices of both legs of a roll in whole cents, which differ by the net price paid."""
    first, second = int(old.bid) + int(old.ask), int(new.bid) + int(new.ask)
    one, other = int(old.ask) - int(old.bid), int(new.ask) - int(new.bid)
    reach = one + other
    moved = 2 * net - first + second
    bought = max(_nearest_cent(first, moved, one, reach), 0)
    sold = max(_nearest_cent(second, -moved, other, reach), 0)
    left = net - (bought - sold)
    if left == 0:
        return bought, sold
    dearer_bought = bought >= sold
    if dearer_bought and bought + left >= 0:
        return bought + left, sold
    if sold - left >= 0:
        return bought, sold - left
    return bought + left, sold


def _nearest_cent(doubled: int, moved: int, half: int, reach: int) -> int:
    """A leg's middle (`doubled`) moved by its part of the net's distance, to cents, ties to even."""
    whole, scale = doubled * reach + moved * half, 2 * FINE * reach
    steps, rest = whole // scale, whole % scale
    if 2 * rest == scale:
        return (steps + steps % 2) * FINE
    return (steps + (1 if 2 * rest > scale else 0)) * FINE


def commission(course: Course, number: int, price: int, quantity: int) -> int:
    """The broker's own charge of an option trade before the order's minimum, grains."""
    place = 9 * number + (0 if price < 5 * FINE else 1 if price < 10 * FINE else 2)
    return course.costs[place] * abs(quantity)


def charges(course: Course, number: int, price: int, quantity: int) -> int:
    """What others charge on an option trade, grains; fees on sales where the quantity is below zero."""
    place, count = 9 * number, abs(quantity)
    orf = course.costs[place + 3] * count
    steps, rest = orf // (GRAIN // 10_000), orf % (GRAIN // 10_000)
    total = (steps + (1 if 2 * rest > GRAIN // 10_000 else 0)) * (GRAIN // 10_000)
    total += min(course.costs[place + 4] * count, course.costs[place + 5])
    if quantity < 0:
        # Rate in hundredths of a millionth, price in 1/10,000, a hundred shares: whole grains.
        total += course.section31[number] * price * count + course.costs[place + 6] * count
    return total


def billed(amount: int) -> int:
    """A commission with fees, to a millionth of a dollar, halves up."""
    return (2 * amount + MICRO) // (2 * MICRO) * MICRO


def share_sale_fees(course: Course, number: int, strike: int, shares: int) -> int:
    """Fees on shares that are called away at a strike, grains."""
    place = 9 * number
    section31 = course.section31[number] * strike * shares // 100
    return section31 + min(course.costs[place + 7] * shares, course.costs[place + 8])


def cents(amount: int) -> int:
    """Grains to whole cents of grains, halves to even, as a broker tells an account's worth."""
    steps, rest = amount // CENT, amount % CENT
    if 2 * rest == CENT:
        return (steps + steps % 2) * CENT
    return (steps + (1 if 2 * rest > CENT else 0)) * CENT


def worth_of(price: int, quantity: int) -> int:
    """What contracts are worth at a price of 1/10,000 USD a share, grains."""
    return price * quantity * CONTRACT


def shares_at(strike: int, contracts: int) -> int:
    """What the shares of contracts cost at a strike, grains."""
    return strike * 100 * contracts * PRICE
