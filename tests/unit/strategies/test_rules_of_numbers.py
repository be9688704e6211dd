"""Decisions of the wheel as plain functions of numbers, where no story of a whole pass needs them."""

from decimal import Decimal

import pytest

from premia.strategies.capacity import calls_to_sell, free_shares, has_room, is_welcome, puts_to_sell
from premia.strategies.manage import (
    DIVIDEND,
    HOLD,
    STOP,
    TAKE,
    TESTED,
    Priced,
    near_roll,
    roll_premium,
    roll_strike_max,
    roll_strike_min,
    too_late,
    verdict,
)
from premia.strategies.wheel_params import Params


@pytest.mark.parametrize("unit", [int, Decimal])
def test_room_and_contracts_are_the_same_in_whole_and_in_exact_numbers(unit):
    assert puts_to_sell(unit(9_999), unit(5_000), 0, 9) == 1
    assert puts_to_sell(unit(20_000), unit(5_000), 7, 9) == 2
    assert has_room(unit(2_500), unit(50))
    assert not has_room(unit(2_499), unit(50))
    assert not has_room(unit(0), unit(0))


def test_calls_are_covered_by_the_campaign_and_by_the_account():
    assert free_shares(300, 100, 500, 100) == 200
    assert free_shares(300, 0, 100, 100) == 0
    assert calls_to_sell(199) == 1


def test_only_a_call_not_below_break_even_is_welcome():
    assert is_welcome(1, wanted=True, strike=50, even=50)
    assert not is_welcome(1, wanted=True, strike=50, even=51)
    assert not is_welcome(-1, wanted=True, strike=50, even=0)
    assert not is_welcome(1, wanted=False, strike=50, even=0)


@pytest.mark.parametrize(
    ("option", "inviting", "expected"),
    [
        (Priced(mid=5_000, moneyness=1, dte=3, delta=0.6), True, TAKE),
        (Priced(mid=20_000, moneyness=1, dte=3, delta=0.6), True, STOP),
        (Priced(mid=19_999, moneyness=1, dte=3, delta=0.6), True, DIVIDEND),
        (Priced(mid=19_999, moneyness=1, dte=3, delta=0.1), False, TESTED),
        (Priced(mid=19_999, moneyness=1, dte=8, delta=0.9), False, HOLD),
        (Priced(mid=19_999, moneyness=-1, dte=3, delta=float("nan")), False, HOLD),
    ],
)
def test_what_becomes_of_an_option_is_asked_in_one_order(option, inviting, expected):
    """Sold at 1.00; half is taken, twice is stopped, and from a week before expiry it may be tested."""
    params = Params(take_profit=0.5, take_profit_late=0.5, stop_at=2.0, roll_dte=7, roll_delta=0.4)

    assert verdict(option, 10_000, inviting, params) == expected


def test_a_roll_is_bounded_by_strike_days_and_what_it_must_pay():
    assert roll_strike_max(-1, 500_000, 10**12) == 500_000
    assert roll_strike_min(1, 500_000, 480_000) == 500_000
    assert (roll_strike_min(-1, 500_000, 0), roll_strike_max(1, 500_000, 10**12)) == (0, 10**12)
    assert near_roll(9, 7, 1, 4)
    assert not near_roll(9, 7, -1, 4)
    assert not near_roll(9, 7, 1, 0)
    assert too_late(100, 28, 127)
    assert not too_late(100, 28, 128)
    assert roll_premium(10_000, 12_000, 300) == 11_000 + 500 + 300
