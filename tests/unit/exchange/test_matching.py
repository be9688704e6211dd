"""When an order trades, at which price, and how a combo's price falls on its legs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from premia.domain.instrument import Stock
from premia.domain.money import Toward, to_tick
from premia.domain.quote import Quote
from premia.exchange.liquidity import BookLeg, chance, combo_book, single_book
from premia.exchange.matching import Ticks, Turn, book_of, leg_prices, match, unit_weights
from premia.exchange.policy import FillRule, Policy
from premia.exchange.types import TicketLeg
from tests.unit.exchange.fixed_market import a_call, a_put

NOON = datetime(2024, 3, 1, 17, 0, tzinfo=UTC)
CENT = Decimal("0.01")
CENTS = Ticks(CENT, CENT)


def a_quote(bid: str | None, ask: str | None, size: int = 10) -> Quote:
    return Quote(
        None if bid is None else Decimal(bid), None if ask is None else Decimal(ask), NOON, size, size
    )


CONDOR = (
    BookLeg(1, 1, a_quote("0.90", "1.00")),
    BookLeg(-1, -1, a_quote("2.40", "2.60")),
    BookLeg(-1, -1, a_quote("1.80", "1.95")),
    BookLeg(1, 1, a_quote("0.60", "0.70")),
)


def a_turn(remaining: int, limit: str | None, **more) -> Turn:
    return Turn(
        remaining,
        None if limit is None else Decimal(limit),
        CENTS,
        more.pop("name", ("c", 1, 2)),
        more.pop("shy", False),
        more.pop("displayed", 10),
        more.pop("patient", True),
        more.pop("rested", False),
    )


def test_an_iron_condor_s_middle_and_its_two_bounds_of_half_width():
    """By hand: credit 2.775 at mid, 2.500 natural; half-widths 0.275 summed and 0.143614 netted."""
    summed = combo_book(CONDOR, CENT, 1.0)
    netted = combo_book(CONDOR, CENT, 0.0)

    assert summed.mid == Decimal("-2.775")
    assert (summed.half, summed.ask, summed.bid) == (Decimal("0.275"), Decimal("-2.50"), Decimal("-3.05"))
    assert float(netted.half) == pytest.approx(0.143614, abs=1e-4)


@pytest.mark.parametrize(
    ("alpha", "cents", "nickels"),
    [
        ("0", "2.77", "2.75"),
        ("0.25", "2.70", "2.70"),
        ("0.34", "2.68", "2.65"),
        ("0.5", "2.63", "2.60"),
        ("1", "2.50", "2.50"),
    ],
)
def test_a_combo_at_alpha_is_rounded_against_the_client(alpha, cents, nickels):
    """The same condor by hand, in ticks of 0.01 and of 0.05."""
    book = combo_book(CONDOR, CENT, 1.0)
    policy = Policy(fills=FillRule.ALPHA, alpha=Decimal(alpha))
    for tick, expected in ((CENT, cents), (Decimal("0.05"), nickels)):
        turn = Turn(1, None, Ticks(tick, tick), (), shy=False, displayed=1, patient=False)
        assert -match(book, turn, policy).price == Decimal(expected)


def test_at_alpha_the_price_step_is_that_of_the_price():
    """Half-way from 3.02 to the bid of 2.94 lies 2.98: below 3 USD the step is a nickel, above it a dime."""
    policy = Policy(fills=FillRule.ALPHA)
    steps = Ticks(Decimal("0.05"), Decimal("0.10"))
    for bid, ask, expected in (("2.94", "3.10", "2.95"), ("3.10", "3.30", "3.10")):
        turn = Turn(-1, None, steps, (), shy=False, displayed=1, patient=False)
        assert match(single_book(a_quote(bid, ask)), turn, policy).price == Decimal(expected)


def test_a_buy_write_is_priced_per_share():
    legs = (TicketLeg(Stock("ABC"), 100), TicketLeg(a_call("2024-04-19", "51"), -1))

    book = book_of(
        legs, [a_quote("49.99", "50.01", 1000), a_quote("0.50", "0.60")], CENTS, Policy(combo_width=1.0)
    )

    assert unit_weights(legs) == (100, (1, -1))
    assert (book.mid, book.ask, book.ask_size) == (Decimal("49.45"), Decimal("49.51"), 10)


def test_ratios_that_are_no_unit_have_no_book():
    legs = (TicketLeg(a_put("2024-04-19", "51"), 2), TicketLeg(a_put("2024-04-19", "50"), -2))
    assert unit_weights(legs) is None


def test_a_side_that_needs_a_missing_bid_cannot_be_traded():
    legs = (BookLeg(1, 1, a_quote(None, "0.05")), BookLeg(-1, -1, a_quote("1.00", "1.10")))
    book = combo_book(legs, CENT, 1.0)
    assert book.bid is None
    assert book.ask is not None
    assert combo_book((BookLeg(1, 1, a_quote("0.05", None)),), CENT, 1.0) is None


def test_the_chance_falls_with_the_distance_and_ends():
    """kappa 2: 1, .6065, .3679, .1353 of the base at 0, 1/4, 1/2 and 1 half-spread from the natural price."""
    book = single_book(a_quote("1.00", "1.40"))
    policy = Policy(base_hazard=0.5, kappa=2.0, farthest=1.5)

    found = [chance(book, -1, Decimal(limit), policy) / 0.5 for limit in ("1.00", "1.05", "1.10", "1.20")]

    assert found == pytest.approx([1, 0.6065, 0.3679, 0.1353], abs=1e-4)
    assert chance(book, -1, Decimal("1.31"), policy) == 0
    assert chance(book, 1, Decimal("1.20"), policy) == pytest.approx(0.5 * 0.1353, abs=1e-4)


def test_a_look_that_spans_more_minutes_finds_more():
    book = single_book(a_quote("1.00", "1.40"))
    one, five = Policy(), Policy(match_minutes=5)
    missed = (1 - chance(book, -1, Decimal("1.20"), one)) ** 5
    assert chance(book, -1, Decimal("1.20"), five) == pytest.approx(1 - missed)


def test_about_as_many_patient_orders_fill_as_the_chance_says():
    book = single_book(a_quote("1.00", "1.40"))
    policy = Policy(seed=5, base_hazard=1.0)
    tries = 4_000
    filled = sum(match(book, a_turn(-1, "1.10", name=("x", n)), policy) is not None for n in range(tries))
    assert filled / tries == pytest.approx(0.3679, abs=0.025)


def test_a_waiting_order_queues_at_its_limit_and_trades_when_the_quote_goes_through_it():
    book = single_book(a_quote("1.00", "1.40"))
    tries = 2_000

    def fills(limit: str, **more) -> list:
        turns = (a_turn(-4, limit, name=(n,), rested=True, **more) for n in range(tries))
        return [match(book, turn, Policy(at_touch=0.5, whole=0.5)) for turn in turns]

    reached, through = fills("1.00"), fills("0.99")
    assert sum(one is not None for one in reached) / tries == pytest.approx(0.5, abs=0.045)
    assert {one.price for one in through} == {Decimal("0.99")}
    assert sum(one.units == 4 for one in through) / tries == pytest.approx(0.5, abs=0.045)
    assert {one.units for one in through} == {1, 2, 3, 4}
    assert fills("1.00", shy=True) == [None] * tries


def test_a_shy_order_trades_only_when_it_is_marketable():
    book = single_book(a_quote("1.00", "1.40"))
    policy = Policy(base_hazard=1.0)
    looks = [match(book, a_turn(-1, "1.01", name=(n,), shy=True), policy) for n in range(50)]
    assert looks == [None] * 50
    assert match(book, a_turn(-1, "1.00", shy=True), policy).price == Decimal("1.00")


@given(
    st.integers(1, 500),
    st.integers(0, 100),
    st.integers(-60, 60).filter(bool),
    st.integers(1, 600),
    st.integers(0, 30),
    st.integers(0, 10_000),
)
def test_a_fill_is_never_worse_than_the_limit_nor_outside_the_quote(
    bid, width, remaining, limit, displayed, n
):
    book = single_book(Quote(bid * CENT, (bid + width) * CENT, NOON, displayed, displayed))
    turn = a_turn(remaining, str(limit * CENT), name=(n,), displayed=displayed)

    found = match(book, turn, Policy(base_hazard=1.0))

    assume(found is not None)
    assert 1 <= found.units <= abs(remaining)
    assert book.bid <= found.price <= book.ask
    assert found.price <= turn.limit if remaining > 0 else found.price >= turn.limit


quotes = st.tuples(st.integers(0, 900), st.integers(1, 60)).map(
    lambda pair: Quote(pair[0] * CENT, (pair[0] + pair[1]) * CENT, NOON, 5, 5)
)
ratios = st.lists(st.sampled_from([-3, -2, -1, 1, 2, 3]), min_size=2, max_size=4)


@given(ratios, st.lists(quotes, min_size=4, max_size=4), st.floats(-1, 1))
def test_leg_prices_add_up_to_the_net_price_exactly(weights, four, place):
    """Wherever between the two sides the combo trades, the legs' prices are cents and never below zero."""
    legs = tuple(TicketLeg(a_put("2024-04-19", str(50 + i)), w) for i, w in enumerate(weights))
    assume(unit_weights(legs) is not None)
    four = four[: len(weights)]
    book = combo_book([BookLeg(w, w, q) for w, q in zip(weights, four, strict=True)], CENT, 1.0)
    net = to_tick(book.mid + Decimal(repr(place)) * book.half, CENT, toward=Toward.NEAREST)

    prices = leg_prices(weights, four, net)

    assert sum(w * p for w, p in zip(weights, prices, strict=True)) == net
    assert all(price >= 0 and price % CENT == 0 for price in prices)
