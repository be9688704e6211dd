"""The worked examples of margin, M1 to M21: positions, the sum by hand, and the dollars.

Rates and minimums: FINRA Rule 4210(f)(2) and Cboe Rule 10.3. M11 is printed in tastytrade's help pages,
M13 in IB's knowledge base; the others are arithmetic that one can follow in the comment.
"""

from datetime import date
from decimal import Decimal

from premia.domain.instrument import Option, Right, Settlement, Stock, Style
from premia.margin.reg_t import AccountKind, MarginClass, Position, RegT, Underlying, requirement

EXPIRY = date(2026, 1, 16)


def option(right, strike, mark, quantity=-1, *, symbol="XYZ", expiry=EXPIRY, **more):
    """A position in one option series, short one contract unless said otherwise."""
    contract = Option(symbol, expiry, Decimal(str(strike)), Right(right), **more)
    return Position(contract, quantity, Decimal(str(mark)))


def index_option(right, strike, mark, quantity=-1):
    return option(
        right,
        strike,
        mark,
        quantity,
        style=Style.EUROPEAN,
        settlement=Settlement.CASH_PM,
        trading_class="SPXW",
    )


def shares(quantity, price):
    return Position(Stock("XYZ"), quantity, Decimal(str(price)))


def needed(*positions, spot, kind=MarginClass.STOCK, leverage=1, rules=None):
    underlying = Underlying(Decimal(str(spot)), kind, leverage)
    return requirement(positions, {"XYZ": underlying}, rules or RegT())


def initial(*positions, **more):
    return needed(*positions, **more).initial.amount


def test_m1_short_put_out_of_the_money():
    # By hand: 1.37 + max(20 - 5, 9.5)
    assert initial(option("P", 95, 1.37), spot=100) == Decimal("1637.00")


def test_m2_far_put_takes_ten_percent_of_the_strike():
    # By hand: 0.10 + max(20 - 30, 7)
    assert initial(option("P", 70, 0.10), spot=100) == Decimal("710.00")


def test_m3_short_call_out_of_the_money():
    # By hand: 1.74 + max(20 - 5, 10)
    assert initial(option("C", 105, 1.74), spot=100) == Decimal("1674.00")


def test_m4_far_call_takes_ten_percent_of_the_underlying():
    # By hand: 0.05 + max(20 - 30, 10)
    assert initial(option("C", 130, 0.05), spot=100) == Decimal("1005.00")


def test_m5_in_the_money_the_distance_is_zero_not_negative():
    # By hand: 6 + max(18 - 0, 9.5)
    assert initial(option("P", 95, 6), spot=90) == Decimal("2400.00")


def test_m6_broad_index_put_at_fifteen_percent():
    # By hand: 19.17 + max(750 - 250, 475)
    put = index_option("P", 4750, 19.17)
    assert initial(put, spot=5000, kind=MarginClass.BROAD_INDEX) == Decimal("51917.00")


def test_m7_broad_index_call_at_fifteen_percent():
    # By hand: 25.94 + max(750 - 150, 500)
    call = index_option("C", 5150, 25.94)
    assert initial(call, spot=5000, kind=MarginClass.BROAD_INDEX) == Decimal("62594.00")


def test_m8_broad_fund_put():
    # By hand: 5.61 + max(88.182 - 15.88, 57.2)
    assert initial(option("P", 572, 5.61), spot=587.88, kind=MarginClass.BROAD_ETF) == Decimal("7791.20")


def test_m9_index_strangle_is_the_greater_side_plus_the_other_premium():
    # By hand: 62,594 + 1,917
    legs = index_option("P", 4750, 19.17), index_option("C", 5150, 25.94)
    assert initial(*legs, spot=5000, kind=MarginClass.BROAD_INDEX) == Decimal("64511.00")


def test_m10_straddle():
    # By hand: max(2,320, 2,350) + 320
    answer = needed(option("P", 100, 3.20), option("C", 100, 3.50), spot=100)
    assert answer.initial.amount == Decimal("2670.00")
    assert [group.name for group in answer.groups] == ["straddle"]


def test_m11_strangle_as_published():
    # By hand: 910 + 120
    assert initial(option("C", 47, 2.10), option("P", 43, 1.20), spot=45) == Decimal("1030.00")


def test_m12_credit_put_spread_needs_its_width():
    # By hand: 5 x 100; the 120 of credit are cash, so the loss is 380 at most
    legs = option("P", 95, 1.70), option("P", 90, 0.50, +1)
    assert initial(*legs, spot=100) == Decimal("500.00")


def test_m13_ten_iron_condors_need_one_side():
    legs = (
        option("P", 160, 0.40, +10),
        option("P", 170, 1.10, -10),
        option("C", 180, 1.00, -10),
        option("C", 190, 0.30, +10),
    )
    answer = needed(*legs, spot=175, kind=MarginClass.BROAD_ETF)
    assert answer.initial.amount == Decimal(10000)
    assert [group.name for group in answer.groups] == ["iron condor"]


def test_m14_a_condor_of_unequal_widths_is_two_spreads():
    # By hand: 500 + 1,000
    legs = (
        option("P", 90, 0.40, +1),
        option("P", 95, 1.10),
        option("C", 105, 1.00),
        option("C", 115, 0.30, +1),
    )
    assert initial(*legs, spot=100) == Decimal(1500)


def test_m15_covered_call_out_of_the_money():
    # to open max(174, 5,000); to keep 25 % of 10,000
    answer = needed(shares(100, 100), option("C", 105, 1.74), spot=100)
    assert (answer.initial.amount, answer.maintenance.amount) == (Decimal(5000), Decimal(2500))
    assert [group.name for group in answer.groups] == ["covered call"]


def test_m16_covered_call_in_the_money():
    # By hand: max(500 + 25 % of 10,500, min(11,000, max(700, 2,750)))
    answer = needed(shares(100, 110), option("C", 105, 7.00), spot=110)
    assert answer.maintenance.amount == Decimal(3125)


def test_m17_leveraged_fund_multiplies_the_rate():
    # By hand: 1 + max(45 % of 60 - 10, 10 % or 30 % of 50): the first binds either way
    for scaled in (True, False):
        rules = RegT(scaled_minimum=scaled)
        put = option("P", 50, 1.00)
        assert initial(put, spot=60, kind=MarginClass.BROAD_ETF, leverage=3, rules=rules) == Decimal(1800)


def test_m18_leveraged_fund_far_out_of_the_money_is_held_by_the_minimum():
    # By hand: 0.10 + 10 % or 30 % of 30
    put = option("P", 30, 0.10)
    for scaled, dollars in ((False, 310), (True, 910)):
        rules = RegT(scaled_minimum=scaled)
        assert initial(put, spot=60, kind=MarginClass.BROAD_ETF, leverage=3, rules=rules) == dollars


def test_m19_double_fund():
    # By hand: 1 + max(30 % of 60 - 10, 10 % or 20 % of 50)
    put = option("P", 50, 1.00)
    for scaled, dollars in ((False, 900), (True, 1100)):
        rules = RegT(scaled_minimum=scaled)
        assert initial(put, spot=60, kind=MarginClass.BROAD_ETF, leverage=2, rules=rules) == dollars


def test_m20_vix_call_is_held_by_the_minimum():
    # By hand: 0.45 + max(3.2 - 9, 1.6)
    assert initial(option("C", 25, 0.45), spot=16, kind=MarginClass.VIX) == Decimal("205.00")


def test_m21_cash_secured_put_sets_the_strike_aside():
    # By hand: 95 x 100; 137 of premium leave 9,363 of own cash
    put = option("P", 95, 1.37)
    answer = needed(put, spot=100, rules=RegT(AccountKind.CASH))
    assert answer.initial.amount == answer.maintenance.amount == Decimal(9500)
    assert answer.initial.amount - put.mark * 100 == Decimal("9363.00")
    assert answer.refusals == ()
