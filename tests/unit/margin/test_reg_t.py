"""How positions are grouped: covers, expiries, kinds of account, and what is refused."""

from datetime import date
from decimal import Decimal

import pytest

from premia.domain.errors import InvariantViolated, MarketDataError
from premia.domain.instrument import Option, Right, Settlement, Stock, Style
from premia.margin.reg_t import AccountKind, MarginClass, Position, RegT, Underlying, requirement

JANUARY, FEBRUARY = date(2026, 1, 16), date(2026, 2, 20)
CASH, IRA = RegT(AccountKind.CASH), RegT(AccountKind.IRA)


def put(strike, mark, quantity=-1, expiry=JANUARY, **more):
    contract = Option("XYZ", expiry, Decimal(str(strike)), Right.PUT, **more)
    return Position(contract, quantity, Decimal(str(mark)))


def call(strike, mark, quantity=-1, expiry=JANUARY, **more):
    contract = Option("XYZ", expiry, Decimal(str(strike)), Right.CALL, **more)
    return Position(contract, quantity, Decimal(str(mark)))


def shares(quantity, price=100):
    return Position(Stock("XYZ"), quantity, Decimal(price))


def needed(*positions, rules=None, kind=MarginClass.STOCK, spot=100):
    return requirement(positions, {"XYZ": Underlying(Decimal(spot), kind)}, rules or RegT())


def names(answer):
    return sorted(group.name for group in answer.groups)


def test_nothing_requires_nothing():
    answer = needed()

    assert (answer.initial.amount, answer.maintenance.amount, answer.groups) == (0, 0, ())


def test_long_options_were_paid_and_require_nothing_more():
    assert needed(put(95, 1.40, +3), call(105, 1.10, +2)).initial.amount == 0


def test_bought_and_sold_contracts_are_netted():
    answer = needed(put(95, 1.37, -2), put(95, 1.40, +1))

    # One short put is left, at the last mark: 1.40 + max(20 - 5, 9.5).
    assert answer.initial.amount == Decimal("1640.00")


def test_a_debit_spread_requires_nothing_beyond_its_cost():
    answer = needed(put(95, 2.40, +1), put(90, 1.10))

    assert (answer.initial.amount, names(answer)) == (0, ["vertical"])


def test_a_long_option_that_expires_first_covers_nothing():
    wrong_way = needed(put(95, 1.37, expiry=FEBRUARY), put(90, 0.50, +1, expiry=JANUARY))

    assert wrong_way.initial.amount == Decimal("1637.00")
    assert names(wrong_way) == ["long put", "naked put"]


def test_a_long_option_that_expires_later_covers():
    calendar = needed(put(95, 1.37, expiry=JANUARY), put(95, 2.50, +1, expiry=FEBRUARY))

    assert (calendar.initial.amount, names(calendar)) == (0, ["vertical"])


def test_an_option_settled_at_the_open_does_not_cover_one_settled_at_the_close_of_that_day():
    index = {"style": Style.EUROPEAN}
    morning = put(90, 0.50, +1, settlement=Settlement.CASH_AM, trading_class="SPX", **index)
    evening = put(95, 1.37, settlement=Settlement.CASH_PM, trading_class="SPXW", **index)

    assert names(needed(morning, evening)) == ["long put", "naked put"]
    reverse = (
        put(95, 1.37, settlement=Settlement.CASH_AM, **index),
        put(90, 0.5, +1, settlement=Settlement.CASH_PM),
    )
    assert names(needed(*reverse)) == ["vertical"]


def test_the_long_option_goes_where_it_saves_most():
    """One long 90 put, short puts at 95 and 91: covering the dearer one saves more."""
    answer = needed(put(95, 1.37), put(91, 0.60), put(90, 0.50, +1))

    # 5.00 of width, and 0.60 + max(20 - 9, 9.1) uncovered.
    assert answer.initial.amount == Decimal(500) + Decimal("1160.00")


def test_a_long_call_is_left_unused_where_a_strangle_saves_more():
    """Pairs are weighed together: the short call stands better opposite the put than under the long call."""
    positions = put(95, 1.37, -2), call(104, 0.05), call(120, 0.02, +1)

    answer = needed(*positions)

    # The vertical would need 16.00, the strangle only the call's 0.05 beside one put.
    assert names(answer) == ["long call", "naked put", "strangle"]
    assert answer.initial.amount == 2 * Decimal("1637.00") + Decimal("5.00")


def test_condors_take_what_they_need_and_leave_the_rest():
    """Three put spreads and two call spreads of one width: two condors and one spread."""
    answer = needed(put(95, 1.2, -3), put(90, 0.5, +3), call(105, 1.1, -2), call(110, 0.4, +2))

    assert names(answer) == ["iron condor", "vertical"]
    assert answer.initial.amount == Decimal(1500)


def test_condors_side_by_side_are_told_apart():
    """Three condors of width 5 whose legs also form spreads of widths 3, 4, 6 and 7."""
    legs = [
        leg
        for i in range(3)
        for leg in (put(80 + i, 0.4, +1), put(85 + i, 1.1), call(110 + i, 1.0), call(115 + i, 0.3, +1))
    ]

    answer = needed(*legs)

    assert names(answer) == ["iron condor"] * 3
    assert answer.initial.amount == 3 * Decimal(500)


def test_whole_lots_of_shares_cover_calls_and_the_rest_stands_alone():
    answer = needed(shares(250), call(105, 1.74, -3))

    # Two covered calls 10,000; 50 shares at half; one call uncovered 1.74 + max(20 - 5, 10).
    assert names(answer) == ["covered call", "long stock", "naked call"]
    assert answer.initial.amount == Decimal(10_000) + Decimal(2_500) + Decimal("1674.00")
    assert answer.maintenance.amount == Decimal(5_000) + Decimal(1_250) + Decimal("1674.00")


def test_shares_sold_short_need_half_to_open_and_thirty_percent_to_keep():
    answer = needed(shares(-100))

    assert (answer.initial.amount, answer.maintenance.amount) == (5_000, 3_000)


def test_leveraged_funds_multiply_the_share_requirement():
    held = requirement([shares(100)], {"XYZ": Underlying(Decimal(100), MarginClass.BROAD_ETF, 3)})

    assert (held.initial.amount, held.maintenance.amount) == (7_500, 7_500)


def test_an_adjusted_contract_is_never_paired():
    odd = call(105, 1.74, adjusted=True)

    assert names(needed(shares(100), odd)) == ["long stock", "naked call"]


def test_options_on_the_vix_offset_within_one_expiry_only():
    spread = call(25, 0.45, expiry=JANUARY), call(26, 0.40, +1, expiry=FEBRUARY)

    assert names(needed(*spread, kind=MarginClass.VIX, spot=16)) == ["long call", "naked call"]
    assert names(needed(*spread, spot=16)) == ["vertical"]


def test_a_broker_may_ask_a_least_amount_for_each_contract():
    rules = RegT(min_per_contract=Decimal(1000))

    assert needed(put(70, 0.10, -2), rules=rules).initial.amount == 2 * Decimal(1000)


@pytest.mark.parametrize("rules", [CASH, IRA])
def test_without_margin_a_put_is_secured_and_shares_are_paid_in_full(rules):
    answer = needed(put(95, 1.37, -2), shares(100), call(105, 1.74), rules=rules)

    assert answer.initial.amount == answer.maintenance.amount == Decimal(19_000) + Decimal(10_000)
    assert names(answer) == ["cash-secured put", "covered call"]
    assert answer.refusals == ()


def test_without_margin_an_american_spread_is_no_spread():
    answer = needed(put(95, 1.37), put(90, 0.50, +1), rules=CASH)

    assert answer.initial.amount == Decimal(9_500)


def test_without_margin_a_european_cash_settled_spread_needs_its_width():
    index = {"style": Style.EUROPEAN, "settlement": Settlement.CASH_PM}

    answer = needed(put(95, 1.37, **index), put(90, 0.50, +1, **index), rules=CASH)

    assert answer.initial.amount == Decimal(500)


def test_without_margin_uncovered_calls_and_short_shares_are_refused_in_words():
    answer = needed(call(105, 1.74, -3), shares(100), rules=IRA)
    short = needed(shares(-100), rules=CASH)

    assert answer.refusals == (
        "ira account: 2 uncovered short calls, XYZ 2026-01-16 105 C; none are allowed",
    )
    assert short.refusals == ("cash account: 100 shares sold short, XYZ; none are allowed",)


def test_underlyings_do_not_offset_each_other():
    other = Position(Option("ABC", JANUARY, Decimal(90), Right.PUT), +1, Decimal("0.50"))
    prices = {"XYZ": Underlying(Decimal(100)), "ABC": Underlying(Decimal(100))}

    assert requirement([put(95, 1.37), other], prices).initial.amount == Decimal("1637.00")


def test_a_missing_price_is_an_error_and_not_a_zero():
    with pytest.raises(MarketDataError, match="XYZ needs its price"):
        requirement([put(95, 1.37)], {})


def test_currencies_are_not_added_up():
    foreign = Position(Option("EWG", JANUARY, Decimal(90), Right.PUT, currency="EUR"), -1, Decimal("0.50"))

    with pytest.raises(InvariantViolated, match="EUR and USD"):
        requirement(
            [put(95, 1.37), foreign], {"XYZ": Underlying(Decimal(100)), "EWG": Underlying(Decimal(90))}
        )
