"""One day's pass of one configuration on one underlying: what it decides, on the book as it stands.

Everything is decided by the wheel's own rules, before any order moves the book; what depends on the whole
account is not here.
"""

from __future__ import annotations

from premia.research.books import NOTHING, ROLL, even_of, worth
from premia.research.course import Course
from premia.research.layout import (
    CENT,
    CLOSED,
    DEFENDED,
    MIN_DELTA,
    PPM,
    PRICE,
    STOPPED,
    TOOK,
    Column,
    Leg,
    Quoted,
    State,
    Want,
)
from premia.research.market import Band, Quotes, cents, choose_row, exact_delta, shares_at
from premia.research.sales import NONE, Pass, may_sell, terms_of_sale, wants_puts, with_floor
from premia.strategies.capacity import calls_to_sell, free_shares, is_welcome
from premia.strategies.manage import (
    DIVIDEND,
    LIKELY,
    STOP,
    TAKE,
    TESTED,
    Priced,
    dearness,
    defended_by_roll,
    dividend_roll_credit,
    invites_exercise,
    least_roll_credit,
    moneyness,
    near_roll,
    roll_delta_bound,
    roll_premium,
    roll_strike_max,
    roll_strike_min,
    rolled_enough,
    take_target,
    too_late,
    verdict,
    worth_buying_back,
)
from premia.strategies.select import Premiums, Terms, eased_delta, quoted


def survey(state: State, legs: Column[Leg], course: Course, number: int, want: Want) -> Pass:
    """What the pass of a day decides on."""
    puts, calls, strikes, near = 0, 0, 0, 0
    held_at = 0
    for k in range(state.legs):
        leg = legs[k]
        if leg.right < 0:
            puts += leg.quantity
            strikes += shares_at(leg.strike, leg.quantity)
            price = leg.strike * PRICE
            held_at = price if held_at == 0 else min(held_at, price)
        else:
            calls += leg.quantity
            near += leg.expiry - course.day[number] <= want.roll_dte
    if state.shares > 0:
        price = state.share_cost // state.shares
        held_at = price if held_at == 0 else min(held_at, price)
    # Cents times millionths times a hundred are grains, and stay within eight bytes.
    target = cents(worth(state, legs, course, number)) // CENT * want.weight_ppm * (CENT // PPM)
    free = free_shares(state.shares, 100 * calls, state.shares, 100 * calls)
    asked = state.shares > 0 and (
        calls_to_sell(free) >= 1 or near > 0 or course.tonight[number] > 0 or course.days_to_ex[number] > 0
    )
    return Pass(
        number,
        even_of(state, legs) if asked else 0,  # a division that most days do without
        target - state.share_cost - strikes,
        held_at,
        puts,
        free,
    )


def scanned(want: Want, course: Course, at: Pass, book: tuple[State, Column[Leg]]) -> Band:
    """The bands of deltas that the pass looks at."""
    state, legs = book
    put_low, put_high, call_low, call_high = 1.0, -1.0, 1.0, -1.0
    if wants_puts(want, at):
        put_low, put_high = want.put_delta_min, want.put_delta_max
    if calls_to_sell(at.free) >= 1:
        easing = want.underwater == MIN_DELTA
        call_low = (
            eased_delta(want.underwater_delta_min, want.call_delta_min) if easing else want.call_delta_min
        )
        call_high = want.call_delta_max
    for k in range(state.legs):
        if not may_roll(want, course, at, legs[k]):
            continue
        if legs[k].right < 0:
            put_low = min(put_low, want.put_delta_min)
            put_high = max(put_high, roll_delta_bound(want.roll_delta_max, want.put_delta_min))
        else:
            call_low = min(call_low, want.call_delta_min)
            call_high = max(call_high, roll_delta_bound(want.roll_delta_max, want.call_delta_min))
    return Band(put_low, put_high, call_low, call_high)


def may_roll(want: Want, course: Course, at: Pass, leg: Leg) -> bool:
    """Whether a roll of an option could be wanted, so that the market is scanned for it."""
    today = course.day[at.number]
    near = near_roll(leg.expiry - today, want.roll_dte, leg.right, course.days_to_ex[at.number])
    return (
        near
        and not is_welcome(leg.right, want.called_welcome != 0, leg.strike, at.floor)
        and not roll_barred(want, leg, today)
    )


def roll_barred(want: Want, leg: Leg, today: int) -> bool:
    """Whether a trade may not be rolled any more."""
    deadline = leg.opened + want.trade_days_max
    return rolled_enough(leg.rolls, want.rolls_max) or too_late(today, want.dte_min, deadline)


def fair_quote(quote: Quoted) -> bool:
    """Whether a quote may be traded on; a locked one is refused by the rules."""
    return quoted(int(quote.bid), int(quote.ask)) and 0 < quote.bid < quote.ask


def judge(panel: Quotes, course: Course, want: Want, at: Pass, book: tuple[State, Column[Leg]]) -> None:
    """Plan what becomes of every open option."""
    state, legs = book
    for k in range(state.legs):
        quote = panel.quotes[legs[k].row]
        if legs[k].seen != 0 and quote.bid > 0 and quoted(int(quote.bid), int(quote.ask)):
            judge_one(panel, course, want, at, (state, legs, k))


def judge_one(
    panel: Quotes, course: Course, want: Want, at: Pass, book: tuple[State, Column[Leg], int]
) -> None:
    """Plan what becomes of an open option that has a market."""
    state, legs, k = book
    leg = legs[k]
    quote = panel.quotes[leg.row]
    middle, ask = (int(quote.bid) + int(quote.ask)) // 2, int(quote.ask)
    inside = moneyness(course.spot[at.number], leg.strike, leg.right)
    dividend = dividend_tonight(course, want, at, leg, middle)
    dte = leg.expiry - course.day[at.number]
    said = verdict(Priced(middle, inside, dte, exact_delta(panel, leg.row)), leg.entry, dividend > 0, want)
    welcome = is_welcome(leg.right, want.called_welcome != 0, leg.strike, at.floor)
    if said == TAKE:
        target = take_target(leg.entry, dte, want.take_profit, want.take_profit_late, want.late_dte)
        plan(leg, TOOK, target)
    elif said == STOP:
        plan(leg, STOPPED, ask)
    elif said in (DIVIDEND, TESTED) and not welcome:
        fees = want.fees_a_share
        least = least_roll_credit(want.roll_credit_min, fees)
        if said == DIVIDEND:
            least = dividend_roll_credit(dividend, fees)
        rolled = roll(panel, course, want, at, (state, legs, k, least))
        if said == DIVIDEND:
            defend(panel, course, want, at, (leg, dividend, rolled))
        elif not rolled and want.otherwise_close:
            plan(leg, CLOSED, ask)


def plan(leg: Leg, doing: int, least: int) -> None:
    """Note what is to be done with an option and the price that bounds it."""
    leg.doing = doing
    leg.least = least


def dividend_tonight(course: Course, want: Want, at: Pass, leg: Leg, middle: int) -> int:
    """The dividend for which a call would be exercised tonight, 1/10,000 USD a share; 0 for none."""
    amount = course.tonight[at.number]
    if leg.right < 0 or amount == 0 or course.tonight_ex[at.number] > leg.expiry:
        return 0
    inside = course.spot[at.number] - leg.strike
    return amount if invites_exercise(middle, inside, amount, want.fees_a_share) else 0


def defend(panel: Quotes, course: Course, want: Want, at: Pass, what: tuple[Leg, int, bool]) -> None:
    """A call that invites exercise tonight: keep its roll, buy it back, or let it go, by what each costs."""
    leg, dividend, rolled = what
    quote = panel.quotes[leg.row]
    if rolled:
        new = panel.quotes[leg.new_row]
        doubled = int(new.bid) + int(new.ask) - int(quote.bid) - int(quote.ask)
        if defended_by_roll(halved(doubled), dividend):
            return
        leg.doing = NOTHING
    intrinsic = max(course.spot[at.number] - leg.strike, 0)
    if worth_buying_back(dearness(int(quote.ask), intrinsic, want.fees_a_share), dividend):
        plan(leg, DEFENDED, int(quote.ask))


def halved(doubled: int) -> int:
    """Half of a whole number, ties to even."""
    half = doubled // 2
    return half + (half % 2 if doubled % 2 else 0)


def roll(
    panel: Quotes, course: Course, want: Want, at: Pass, what: tuple[State, Column[Leg], int, int]
) -> bool:
    """Plan the roll of an option for at least a net credit, where one is to be had."""
    state, legs, k, least = what
    leg = legs[k]
    today = course.day[at.number]
    if roll_barred(want, leg, today) or not may_sell(want, course, at.number):
        return False
    quote = panel.quotes[leg.row]
    base = with_floor(terms_of_sale(want, course, leg.right, at.number), at.floor if leg.right > 0 else 0)
    terms = Terms(
        base.dte_min,
        base.dte_max,
        leg.expiry + 1,
        leg.opened + want.trade_days_max,
        base.before,
        base.delta_min,
        roll_delta_bound(want.roll_delta_max, base.delta_min),
        roll_strike_min(leg.right, leg.strike, base.strike_min),
        roll_strike_max(leg.right, leg.strike, base.strike_max),
        base.spread_max,
        base.spread_always,
        base.open_interest_min,
        LIKELY,
        Premiums(roll_premium(int(quote.bid), int(quote.ask), least), 0, 0.0),
    )
    search = (leg.right, want.expirations, terms, base.delta_min)
    row = choose_row(panel, course, at.number, search, (legs, state.legs))
    if row == NONE:
        return False
    leg.new_row = row
    plan(leg, ROLL, least)
    return True
