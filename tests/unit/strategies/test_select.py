"""Choosing the row to sell: the filters one by one, and the order among what passes."""

import math
from datetime import date

import pytest

from premia.domain.instrument import Right, Settlement
from premia.domain.quote import DataKind
from premia.strategies.select import (
    Premiums,
    Wanted,
    band_strikes,
    choose,
    counted_premium,
    in_band,
    least_premium,
    steps_from,
    yearly,
)
from tests.builders import NOW, SOON, a_chain, a_row, put

WANTED = Wanted(
    right=Right.PUT,
    dte_min=28,
    dte_max=45,
    delta_min=0.15,
    delta_max=0.30,
    delta_aim=0.25,
    premiums=Premiums(credit=2_500, fees=2_100, per_year=0.06),
    spread_max=0.10,
    spread_always=500,
    open_interest_min=25,
)


def chosen(*rows, wanted=WANTED, kind=DataKind.LIVE):
    return choose(a_chain(*rows, kind=kind), wanted, NOW)


def test_the_row_nearest_to_the_aim_goes_first():
    found = chosen(
        a_row(put(95), "1.20", "1.30", delta=-0.29),
        a_row(put(94), "1.10", "1.20", delta=-0.25),
        a_row(put(93), "1.00", "1.10", delta=-0.20),
    )

    assert found.best.contract == put(94)
    assert found.passed == 3


def test_within_two_points_of_delta_the_yield_decides():
    """94 at delta 0.251 and 95 at 0.246 are one step apart from nothing: the dearer one is taken."""
    found = chosen(
        a_row(put(94), "1.10", "1.20", delta=-0.251),
        a_row(put(95), "1.40", "1.50", delta=-0.246),
    )

    assert found.best.contract == put(95)


@pytest.mark.parametrize(
    ("row", "stage"),
    [
        (a_row(put(94, adjusted=True), "1.10", "1.20"), "contract"),
        (a_row(put(94, multiplier=10), "1.10", "1.20"), "contract"),
        (a_row(put(94, settlement=Settlement.CASH_AM), "1.10", "1.20"), "contract"),
        (a_row(put(94, expiry=date(2026, 2, 6)), "1.10", "1.20"), "window"),
        (a_row(put(94), None, "1.20"), "quote"),
        (a_row(put(94), "1.30", "1.20"), "quote"),
        (a_row(put(94), "1.10", "1.20", delta=None), "greeks"),
        (a_row(put(94), "1.10", "1.20", iv=None), "greeks"),
        (a_row(put(94), "1.10", "1.20", delta=-0.301), "delta"),
        (a_row(put(94), "1.10", "1.20", delta=-0.149), "delta"),
        (a_row(put(94), "1.00", "1.20"), "spread"),
        (a_row(put(94), "1.10", "1.20", open_interest=24), "open_interest"),
        (a_row(put(94), "1.10", "1.20", open_interest=None), "open_interest"),
        (a_row(put(94), "0.55", "0.60"), "premium"),
    ],
)
def test_a_row_that_fails_one_filter_is_out_and_counted_there(row, stage):
    found = chosen(row)

    assert found.best is None
    assert found.counts == {stage: 1}
    assert len(found.near) == 1


def test_nothing_falls_back_to_a_rejected_row():
    """The only rows are in the money: none is sold."""
    found = chosen(
        a_row(put(116), "16.00", "16.10", delta=-0.90), a_row(put(115), "15.00", "15.10", delta=-0.85)
    )

    assert found.best is None
    assert found.counts == {"delta": 2}


def test_what_is_not_live_is_not_sold():
    found = chosen(a_row(put(94), "1.10", "1.20"), kind=DataKind.DELAYED)

    assert found.best is None
    assert found.counts == {"quote": 1}


def test_strikes_and_dates_can_be_bounded():
    row = a_row(put(94), "1.10", "1.20")

    assert chosen(row, wanted=WANTED._replace(strike_max=930_000)).counts == {"strike": 1}
    assert chosen(row, wanted=WANTED._replace(before=SOON)).counts == {"earnings": 1}
    assert chosen(row, wanted=WANTED._replace(expires_after=SOON)).counts == {"window": 1}
    assert chosen(row, wanted=WANTED._replace(expires_by=date(2026, 2, 19))).counts == {"window": 1}


def test_the_near_misses_are_the_closest_and_at_most_three():
    """0.47 is short of 0.50 on the 80 strike, of 0.53 on the 85 strike: the lowest strikes come closest."""
    rows = [a_row(put(80 + i), "0.45", "0.49", delta=-0.16 - i / 100) for i in range(6)]

    found = chosen(*rows)

    assert found.counts == {"premium": 6}
    assert len(found.near) == 3
    assert found.near[0] == "XYZ 2026-02-20 80 P: premium 0.47 at delta 0.160, below 0.50"


def test_options_settled_at_an_opening_value_are_sold_where_so_wished():
    row = a_row(put(94, settlement=Settlement.CASH_AM), "1.10", "1.20")

    assert chosen(row, wanted=WANTED._replace(am_settled=True)).best is not None


def test_open_interest_may_be_unknown_where_none_is_asked_for():
    row = a_row(put(94), "1.10", "1.20", open_interest=None)

    assert chosen(row, wanted=WANTED._replace(open_interest_min=0)).best is not None


def test_the_band_has_strikes_even_where_premiums_fail():
    chain = a_chain(a_row(put(94), "0.10", "0.11", delta=-0.2), a_row(put(97), "1.10", "1.20", delta=-0.4))

    assert band_strikes(chain, WANTED, NOW) == (94, 94)
    assert band_strikes(a_chain(), WANTED, NOW) is None


@pytest.mark.parametrize(
    ("delta", "inside"), [(-0.15, True), (0.30, True), (-0.3001, False), (0.1499, False), (math.nan, False)]
)
def test_the_band_includes_its_ends_and_no_missing_delta(delta, inside):
    assert in_band(delta, 0.15, 0.30) is inside


def test_the_least_premium_is_the_highest_of_three():
    """On a 100 strike over 36.5 days 6 % a year is 0.60; 25 cents and 21 cents of fees are less."""
    premiums = Premiums(credit=2_500, fees=2_100, per_year=0.06)

    assert least_premium(1_000_000, 73, premiums) == 12_000
    assert least_premium(100_000, 73, premiums) == 2_500
    assert least_premium(100_000, 73, premiums._replace(fees=4_200)) == 4_200


def test_a_premium_is_counted_between_mid_and_bid():
    assert counted_premium(10_000, 12_000, 0.0) == 11_000
    assert counted_premium(10_000, 12_000, 0.5) == 10_500
    assert counted_premium(10_000, 12_000, 1.0) == 10_000


def test_the_yield_is_on_the_strike_a_year():
    assert yearly(10_000, 1_000_000, 73) == pytest.approx(0.05)
    assert yearly(10_000, 1_000_000, 0) == pytest.approx(3.65)


def test_delta_counts_in_steps_of_two_points():
    assert [steps_from(d, 0.25) for d in (-0.25, 0.259, -0.261, 0.28, 0.29)] == [0, 0, 1, 2, 2]
