"""The kernel's whole numbers against the exchange's decimals: fees, fills, legs of a roll, margin."""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from premia.domain.instrument import Option, Right, Stock
from premia.domain.money import CENT, Price, Toward, from_ten_thousandths, ten_thousandths, to_tick
from premia.domain.quote import Quote
from premia.exchange import fees
from premia.exchange.liquidity import BookLeg, combo_book
from premia.exchange.matching import leg_prices as exact_legs
from premia.margin import reg_t
from premia.pricing.ticks import TickClass
from premia.research import books, market
from premia.research.course import Facts, course_of
from premia.research.layout import CENT as CENT_GRAINS
from premia.research.layout import GRAIN, LEG, STATE
from tests.builders import NOW, weekdays
from tests.unit.research.panels import a_panel

SESSIONS = weekdays(date(2018, 1, 1), date(2026, 12, 31))
PUT = Option("XYZ", date(2026, 2, 20), Decimal(50), Right.PUT)


DAYS = [date(year, month, 15) for year in range(2018, 2027) for month in (2, 5)]
"""Days under every row of the tables of fees."""


@cache
def a_course(first=date(2021, 3, 1), kind="stock", **facts):
    return course_of(a_panel(first, kind), Facts(**facts), SESSIONS)


@given(
    st.integers(1, 40_000),
    st.integers(-300, 300).filter(bool),
    st.sampled_from(DAYS),
)
@settings(max_examples=150, deadline=None)
def test_an_option_trade_costs_what_the_exchange_charges(price, quantity, day):
    course = a_course(SESSIONS.on_or_after(day).day)
    exact = fees.charge(PUT, quantity, from_ten_thousandths(price), SESSIONS.on_or_after(day).day)

    own = market.commission(course, 0, price, quantity)
    both = market.billed(own + market.charges(course, 0, price, quantity))

    assert own == exact.commission * GRAIN
    assert Decimal(int(both)) / GRAIN == (exact.commission + exact.fees).quantize(
        Decimal("0.000001"), rounding="ROUND_HALF_UP"
    )


@given(st.integers(1, 300), st.integers(1, 100_000), st.sampled_from(DAYS))
@settings(max_examples=100, deadline=None)
def test_shares_called_away_cost_the_sale_fees(contracts, cents, day):
    session = SESSIONS.on_or_after(day).day
    strike = Price(Decimal(cents) / 100)
    exact = fees.sale_fees(Stock("XYZ"), 100 * contracts, strike, session)

    ours = market.share_sale_fees(a_course(session), 0, cents * 100, 100 * contracts)

    assert Decimal(int(ours)) / GRAIN == exact


def quotes(*sides):
    found = np.zeros(len(sides), dtype=[("strike", "i4"), ("bid", "i4"), ("ask", "i4"), ("delta", "f4")])
    for place, (bid, ask) in enumerate(sides):
        found[place] = (0, bid * 100, ask * 100, 0.0)
    return found.view(np.recarray)


@given(
    st.tuples(st.integers(1, 900), st.integers(1, 80)),
    st.tuples(st.integers(1, 900), st.integers(1, 80)),
    st.sampled_from([0, 2_500, 3_333, 5_000, 10_000]),
)
@settings(max_examples=400, deadline=None)
def test_a_roll_fills_and_splits_as_at_the_exchange(old, new, alpha):
    """Sides in cents; the net by the combo's book, the legs by their shares of the half-spreads."""
    pairs = [(bid, bid + width) for bid, width in (old, new)]
    exact = [Quote(Price(Decimal(b) / 100), Price(Decimal(a) / 100), NOW) for b, a in pairs]
    book = combo_book([BookLeg(1, 1, exact[0]), BookLeg(-1, -1, exact[1])], CENT, 0.5)
    assert book is not None
    net = to_tick(book.mid + Decimal(alpha) / 10_000 * book.half, CENT, toward=Toward.UP)

    rows = quotes(*pairs)
    ours = market.roll_price(rows[0], rows[1], alpha)

    assert ours == ten_thousandths(net)
    legs = exact_legs((1, -1), exact, net)
    assert market.leg_prices(rows[0], rows[1], ours) == tuple(ten_thousandths(one) for one in legs)


@pytest.mark.parametrize("ticks", [TickClass.FINE, TickClass.PENNY])
@given(bid=st.integers(1, 900), width=st.integers(1, 80), alpha=st.integers(0, 10_000))
@settings(max_examples=100, deadline=None)
def test_single_orders_fill_on_the_step_against_us(ticks, bid, width, alpha):
    course = a_course(ticks=ticks)
    half, part = Decimal(width) / 200, Decimal(alpha) / 10_000
    middle = Decimal(bid) / 100 + half
    low, high = ticks.steps
    row = quotes((bid, bid + width))[0]

    def step(exact):
        return low if exact < 3 else high

    sold, bought = middle - part * half, middle + part * half
    assert market.sale_price(row, alpha, course) == ten_thousandths(
        to_tick(sold, step(sold), toward=Toward.DOWN)
    )
    assert market.purchase_price(row, alpha, course) == ten_thousandths(
        to_tick(bought, step(bought), toward=Toward.UP)
    )


@pytest.mark.parametrize("kind", ["stock", "fund"])
@pytest.mark.parametrize("spot", [38, 50, 61])
def test_margin_is_that_of_regulation_t(kind, spot):
    """Three puts, two calls on four hundred shares: two hundred of them stand alone."""
    course = a_course(kind=kind)._replace(spot=np.array([spot * 10_000]))
    state = np.zeros(1, dtype=STATE).view(np.recarray)[0]
    state.shares, state.legs = 400, 2
    legs = np.zeros(2, dtype=LEG).view(np.recarray)
    for place, (right, strike, quantity, mark) in enumerate([(-1, 45, 3, "1.25"), (1, 55, 2, "2.10")]):
        legs[place].right, legs[place].quantity = right, quantity
        legs[place].strike, legs[place].double_mark = strike * 10_000, 2 * ten_thousandths(Decimal(mark))
    expiry = date(2021, 4, 16)
    held = [
        reg_t.Position(Option("XYZ", expiry, Decimal(45), Right.PUT), -3, Price(Decimal("1.25"))),
        reg_t.Position(Option("XYZ", expiry, Decimal(55), Right.CALL), -2, Price(Decimal("2.10"))),
        reg_t.Position(Stock("XYZ"), 400, Price(Decimal(spot))),
    ]
    name = reg_t.MarginClass.STOCK if kind == "stock" else reg_t.MarginClass.BROAD_ETF
    alone = [one for one in held if one.quantity != -3]
    apart = [held[0]]
    underlying = {"XYZ": reg_t.Underlying(spot=Decimal(spot), kind=name)}
    exact = sum(
        (reg_t.requirement(part, underlying, reg_t.RegT()).initial.amount for part in (alone, apart)),
        Decimal(0),
    )

    assert books.margin_of(state, legs, course, 0) == pytest.approx(float(exact), abs=1e-6)


def test_worth_is_told_in_cents_ties_to_even():
    half = CENT_GRAINS // 2

    assert market.cents(3 * CENT_GRAINS + half) == 4 * CENT_GRAINS
    assert market.cents(2 * CENT_GRAINS + half) == 2 * CENT_GRAINS
    assert market.cents(-CENT_GRAINS + half - 1) == -CENT_GRAINS


def test_a_calendar_that_lacks_a_needed_close_is_named():
    from premia.domain.errors import MarketDataError  # noqa: PLC0415 - of this test alone

    panel = a_panel(date(2021, 3, 1), "stock", days=8, close_known=False)

    with pytest.raises(MarketDataError, match=r"official close is unknown\. Give it in `closes`"):
        course_of(panel, Facts(), SESSIONS)


def test_days_to_an_ex_date_are_known_only_after_a_pass_has_seen_it():
    from premia.exchange.types_market import Dividend  # noqa: PLC0415 - of this test alone

    monday = date(2021, 3, 1)
    paid = Dividend(monday + timedelta(days=3), monday + timedelta(days=20), Decimal("0.40"), monday)
    course = course_of(a_panel(monday, "stock", days=5), Facts(dividends=(paid,)), SESSIONS)

    assert course.days_to_ex.tolist() == [0, 2, 1, 0, 0]
    assert course.tonight.tolist() == [0, 0, 4_000, 0, 0]
    assert course.owed.tolist() == [0, 0, 0, 4 * GRAIN // 10, 0]
