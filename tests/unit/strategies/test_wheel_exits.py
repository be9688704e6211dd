"""Open options: taken at the target, rolled for a credit when tested, defended before a dividend."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain.dates import new_york
from premia.domain.instrument import Stock
from premia.domain.intent import Intent, Purpose
from premia.domain.known import Known
from premia.domain.market import Dividend
from premia.domain.money import price
from premia.strategies.wheel import Params, SymbolParams, propose, request
from tests.builders import (
    NOW,
    SESSIONS,
    a_book,
    a_chain,
    a_quote,
    a_row,
    a_view,
    an_underlying,
    call,
    holding,
    put,
    seen,
    shares,
    short,
    working,
)

NEAR = date(2026, 1, 16)
"""Three days away, inside the roll window."""


def wheel(**params):
    symbol = {name: params.pop(name) for name in ("called",) if name in params}
    return Params(symbols={"XYZ": SymbolParams(weight=0.0, **symbol)}, **params)


def answers(book, *rows, spot="100.00", params=None, **underlying):
    view = a_view(seen(an_underlying(spot=spot, **underlying), a_chain(*rows)))
    found = list(propose(view, book, params or wheel(), SESSIONS))
    slots = ("XYZ/put", "XYZ/call")
    return [p for p in found if getattr(p, "slot", getattr(p, "subject", "")) not in slots]


def the_answer(book, *rows, **more):
    found = answers(book, *rows, **more)
    assert len(found) == 1
    return found[0]


def row(option, bid, delta=-0.25, width="0.04", **more):
    return a_row(option, bid, f"{Decimal(bid) + Decimal(width)}", delta=delta, **more)


# Profit taken.


def test_half_of_the_premium_is_taken_by_buying_back():
    intent = the_answer(a_book(short(put(95), credit="2.00", quantity=2)), row(put(95), "0.96"))

    assert isinstance(intent, Intent)
    assert intent.purpose is Purpose.CLOSE
    assert intent.combo.text == "+1 XYZ 2026-02-20 95 P"
    assert intent.quantity == 2
    assert (intent.mid, intent.natural, intent.worst) == (price("-0.98"), price("-1.00"), price("-1.00"))
    assert intent.trade == "wheel/XYZ/put/2026-01-08/1"
    assert intent.slot == "XYZ/close/put/2026-01-08/1"


def test_above_the_target_the_option_is_held_and_says_so():
    passed = the_answer(a_book(short(put(95), credit="2.00")), row(put(95), "1.00"))

    assert passed.rule == "hold"
    assert passed.reason.startswith("held: costs 1.02 against a target of 1.00, 38 days")


def test_inside_ten_days_the_wheel_waits_for_eighty_percent():
    soon = put(95, expiry=date(2026, 1, 23))
    book = a_book(short(soon, credit="2.00"))

    assert the_answer(book, row(soon, "0.90", delta=-0.1)).rule == "hold"
    assert the_answer(book, row(soon, "0.36", delta=-0.1)).worst == price("-0.40")


@pytest.mark.parametrize(
    ("rows", "words"),
    [((), "was not delivered"), ((a_row(put(95), None, "0.40"),), "one side has no quote")],
)
def test_an_option_without_a_quote_is_left_with_the_reason(rows, words):
    passed = the_answer(a_book(short(put(95))), *rows)

    assert passed.rule == "market_data"
    assert words in passed.reason


def test_a_trade_with_a_living_order_is_left_alone():
    book = a_book(
        short(put(95), credit="2.00"),
        working(put(95), ratio=1, slot="XYZ/close/put/2026-01-08/1", trade="wheel/XYZ/put/2026-01-08/1"),
    )

    assert the_answer(book, row(put(95), "0.50")).rule == "slot"


# Rolls.


OPENED = NOW - timedelta(days=35)
TESTED = put(98, expiry=NEAR)


def a_tested_put(**trade):
    return a_book(short(TESTED, credit="1.50", **({"opened": OPENED} | trade)))


def later(strike, bid, delta):
    return row(put(strike), bid, delta=delta)


def test_a_tested_put_is_rolled_down_and_out_for_a_net_credit():
    """Buying back at 1.22 and selling the 94 at 1.52: 0.30 less fees of 0.0212; the 93 would not pay."""
    intent = the_answer(
        a_tested_put(),
        row(TESTED, "1.20", delta=-0.48),
        later(96, "2.30", -0.36),
        later(94, "1.50", -0.28),
        later(93, "1.20", -0.24),
    )

    assert intent.purpose is Purpose.ROLL
    assert intent.combo.text == "+1 XYZ 2026-01-16 98 P, -1 XYZ 2026-02-20 94 P"
    assert (intent.mid, intent.natural) == (price("0.30"), price("0.26"))
    assert intent.worst == price("0.26")
    assert intent.slot == "XYZ/roll/put/2025-12-09/1"
    assert intent.evidence.facts["realised_per_share"] == pytest.approx(0.28)


def test_the_worst_price_of_a_roll_still_pays_its_fees():
    """Mid 0.06, natural 0.02: at least 0.01 and both fees of 1.05 a hundred shares, 0.031."""
    intent = the_answer(a_tested_put(), row(TESTED, "1.20", delta=-0.48), later(94, "1.26", -0.28))

    assert intent.natural == price("0.02")
    assert intent.worst == price("0.031")


def test_an_untested_put_is_not_rolled():
    passed = the_answer(a_tested_put(), row(TESTED, "0.50", delta=-0.30), later(94, "1.50", -0.28))

    assert passed.rule == "hold"


def test_far_from_expiry_even_a_tested_put_is_held():
    book = a_book(short(put(98), credit="1.50"))

    passed = the_answer(book, row(put(98), "3.00", delta=-0.60), spot="96.00")

    assert passed.rule == "hold"


def test_in_the_money_without_a_delta_counts_as_tested():
    intent = the_answer(
        a_tested_put(), row(TESTED, "1.60", delta=None), later(96, "2.50", -0.40), spot="97.00"
    )

    assert intent.purpose is Purpose.ROLL


def test_a_put_in_the_money_is_never_rolled_to_a_higher_strike():
    """Only the 99 would pay, and it is above the strike of 98."""
    passed = the_answer(
        a_tested_put(), row(TESTED, "3.00", delta=-0.75), later(99, "4.00", -0.44), spot="95.00"
    )

    assert passed.rule == "roll"
    assert passed.evidence.facts["failed_strike"] == 1


def test_no_roll_for_a_debit():
    passed = the_answer(
        a_tested_put(), row(TESTED, "3.00", delta=-0.75), later(94, "1.50", -0.28), spot="95.00"
    )

    assert passed.rule == "roll"
    assert passed.reason.startswith("held: no roll for a net credit of 0.03 (window 1, premium 1)")


def test_a_roll_must_pay_even_half_way_to_the_natural_price():
    """1.27 less 1.22 is 0.05 at the middle, but 1.255 less 1.23 is below 0.031 where it is likely to fill."""
    passed = the_answer(
        a_tested_put(), row(TESTED, "1.20", delta=-0.48), row(put(94), "1.24", delta=-0.28, width="0.06")
    )

    assert passed.rule == "roll"
    assert passed.evidence.facts["failed_premium"] == 1


def test_a_roll_may_end_on_the_last_day_of_its_trade_and_not_later():
    """Opened 50 days ago, so 40 are left: 38 days out is allowed, 45 is not."""
    book = a_tested_put(opened=NOW - timedelta(days=50))
    far = put(94, expiry=date(2026, 2, 27))

    late = the_answer(book, row(TESTED, "1.20", delta=-0.48), row(far, "1.80", delta=-0.28))
    fits = the_answer(book, row(TESTED, "1.20", delta=-0.48), later(94, "1.50", -0.28))

    assert late.evidence.facts["failed_window"] == 2
    assert fits.purpose is Purpose.ROLL


@pytest.mark.parametrize(("days", "rolled"), [(7, True), (8, False)])
def test_rolls_begin_seven_days_before_expiry(days, rolled):
    near = put(98, expiry=NOW.date() + timedelta(days=days))
    book = a_book(short(near, credit="1.50", opened=OPENED))

    answer = the_answer(book, row(near, "1.20", delta=-0.48), later(94, "1.50", -0.28))

    assert isinstance(answer, Intent) is rolled


def test_no_roll_beyond_the_delta_of_rolls():
    passed = the_answer(a_tested_put(), row(TESTED, "1.20", delta=-0.48), later(97, "3.00", -0.46))

    assert passed.evidence.facts["failed_delta"] == 1


def test_no_roll_while_a_leg_is_unquoted():
    old = the_answer(a_tested_put(), a_row(TESTED, None, "1.24", delta=-0.48), later(94, "1.50", -0.28))
    new = the_answer(
        a_tested_put(), row(TESTED, "1.20", delta=-0.48), a_row(put(94), "1.50", None, delta=-0.28)
    )

    assert old.rule == "market_data"
    assert new.evidence.facts["failed_quote"] == 1


def test_at_most_two_rolls_a_trade():
    passed = the_answer(a_tested_put(rolls=2), row(TESTED, "1.20", delta=-0.48), later(94, "1.50", -0.28))

    assert passed.rule == "roll_limit"
    assert passed.reason == "held to the end: rolled 2 times, 2 allowed"


def test_a_trade_is_not_rolled_past_its_ninety_days():
    """Opened 70 days ago: the earliest roll would end on day 98."""
    book = a_tested_put(opened=NOW - timedelta(days=70))

    passed = the_answer(book, row(TESTED, "1.20", delta=-0.48), later(94, "1.50", -0.28))

    assert passed.rule == "roll_limit"
    assert "past the 90 days" in passed.reason


def test_what_cannot_be_rolled_may_be_closed_instead():
    intent = the_answer(
        a_tested_put(rolls=2), row(TESTED, "1.20", delta=-0.48), params=wheel(otherwise="close")
    )

    assert intent.purpose is Purpose.CLOSE
    assert intent.worst == intent.natural == price("-1.24")


def test_a_roll_is_scanned_only_inside_its_window():
    far = request(a_book(short(put(98), credit="1.50")), wheel(), NOW)
    near = request(a_tested_put(), wheel(), NOW)
    spent = request(a_tested_put(rolls=2), wheel(), NOW)

    assert far[0].scans == ()
    assert [(scan.right.value, scan.delta_max) for scan in near[0].scans] == [("P", 0.45)]
    assert spent[0].scans == ()


def test_calls_are_scanned_for_rolls_only_where_being_called_is_not_welcome():
    soon = call(98, expiry=NEAR)

    def scans(cost, **params):
        book = a_book(shares(100, cost), short(soon, credit="1.00"))
        return [scan.right.value for scan in request(book, wheel(**params), NOW)[0].scans]

    assert scans("95") == []
    assert scans("95", called="avoid") == ["C"]
    assert scans("105") == ["C"]  # sold below break-even to recover: losing the shares there is a loss


def test_only_one_option_of_a_trade_moves_at_a_time():
    """A half-done roll leaves two short puts in one trade; both have earned enough, one is bought back."""

    def half_rolled(book):
        first, second = book.trades.values()
        merged = replace(first, legs={**first.legs, **second.legs})
        return replace(book, trades={first.id: merged})

    book = a_book(
        short(put(95), credit="2.00"), short(put(94), credit="2.00", id="wheel/XYZ/put/x"), half_rolled
    )

    found = answers(book, row(put(95), "0.50"), row(put(94), "0.40"))

    assert [type(one) for one in found] == [Intent]


# Calls, and dividends.


EX = date(2026, 1, 14)
MONEY = Known(Dividend(EX, Decimal("0.60")), NOW)
OURS = call(98, expiry=date(2026, 2, 20))


def covered(cost="95"):
    return a_book(shares(100, cost), short(OURS, credit="2.00"))


def test_a_tested_call_is_let_go_where_being_called_is_welcome():
    soon = call(98, expiry=NEAR)
    book = a_book(shares(100, "95"), short(soon, credit="1.00"))

    passed = the_answer(book, row(soon, "2.30", delta=0.90))

    assert passed.rule == "called"
    assert passed.reason.startswith("let it be called: strike 98.00 at or above break-even 94.00")


def test_a_tested_call_is_rolled_where_being_called_is_not_wanted():
    soon = call(98, expiry=NEAR)
    book = a_book(shares(100, "95"), short(soon, credit="1.00", opened=NOW - timedelta(days=20)))

    intent = the_answer(
        book, row(soon, "2.30", delta=0.60), row(call(101), "2.60", delta=0.42), params=wheel(called="avoid")
    )

    assert intent.purpose is Purpose.ROLL
    assert intent.combo.text == "+1 XYZ 2026-01-16 98 C, -1 XYZ 2026-02-20 101 C"


def test_a_call_is_never_rolled_below_break_even():
    soon = call(98, expiry=NEAR)
    book = a_book(shares(100, "105"), short(soon, credit="1.00", opened=NOW - timedelta(days=20)))

    passed = the_answer(
        book, row(soon, "2.30", delta=0.60), row(call(101), "2.60", delta=0.42), params=wheel(called="avoid")
    )

    assert passed.rule == "roll"
    assert passed.evidence.facts["failed_strike"] == 1


def test_a_call_is_never_rolled_to_a_lower_strike():
    """The 96 is above break-even and pays best, but it is below the 98."""
    soon = call(98, expiry=NEAR)
    book = a_book(shares(100, "90"), short(soon, credit="1.00", opened=NOW - timedelta(days=20)))

    passed = the_answer(
        book, row(soon, "2.30", delta=0.60), row(call(96), "5.00", delta=0.44), params=wheel(called="avoid")
    )

    assert passed.evidence.facts["failed_strike"] == 1


def test_a_fee_tips_the_scale_before_an_ex_date():
    """Time value 0.605, dividend 0.60: selling would cost the holder another cent, so exercise is near."""
    book = a_book(shares(100, "95"), short(OURS, credit="1.50"))

    passed = the_answer(book, row(OURS, "2.58", delta=0.8, width="0.05"), dividend=MONEY)

    assert passed.rule == "called"


def test_a_dividend_after_the_last_day_tempts_nobody():
    today = call(98, expiry=NOW.date())
    book = a_book(shares(100, "95"), short(today, credit="1.00"))

    passed = the_answer(book, row(today, "2.01", delta=0.95, width="0.02"), dividend=MONEY)

    assert "dividend" not in passed.reason


def test_before_an_ex_date_a_call_with_little_time_value_is_let_go_where_that_is_welcome():
    """2.22 for a call 2.00 in the money: 0.22 of time value against a dividend of 0.60 tomorrow."""
    passed = the_answer(covered(), row(OURS, "2.20", delta=0.8), dividend=MONEY)

    assert passed.rule == "called"
    assert "dividend 0.60 on 2026-01-14, time value 0.22, strike 98.00, break-even 93.00" in passed.reason


def test_before_an_ex_date_an_unwelcome_call_is_rolled_where_that_costs_less_than_the_dividend():
    """Rolling costs 0.30 net; being exercised would cost the dividend of 0.60."""
    later_call = call(101, expiry=date(2026, 2, 27))
    intent = the_answer(
        covered(),
        row(OURS, "2.20", delta=0.8),
        row(later_call, "1.90", delta=0.40),
        dividend=MONEY,
        params=wheel(called="avoid"),
    )

    assert intent.purpose is Purpose.ROLL
    assert intent.mid == price("-0.30")
    assert intent.worst >= price("-0.60")


def test_before_an_ex_date_an_unwelcome_call_is_bought_back_where_no_roll_is_cheap_enough():
    """Ask 2.24 less 2.00 intrinsic, and a cent of fees: 0.2505 is less than the dividend."""
    intent = the_answer(covered(), row(OURS, "2.20", delta=0.8), dividend=MONEY, params=wheel(called="avoid"))

    assert intent.purpose is Purpose.CLOSE
    assert intent.urgency == "urgent"
    assert intent.priority == 0
    assert intent.evidence.facts["cost"] == pytest.approx(0.2505)


def test_before_an_ex_date_a_call_is_let_go_where_every_defence_costs_more():
    wide = a_row(OURS, "1.80", "2.70", delta=0.8)

    passed = the_answer(covered(), wide, dividend=MONEY, params=wheel(called="avoid"))

    assert passed.rule == "called"
    assert "buying back costs 0.71 beyond intrinsic" in passed.reason


@pytest.mark.parametrize(
    ("bid", "spot", "dividend"),
    [
        ("2.80", "100.00", MONEY),  # time value 0.82 is above the dividend
        ("0.90", "97.00", MONEY),  # out of the money
        ("2.20", "100.00", Known(Dividend(date(2026, 1, 20), Decimal("0.60")), NOW)),  # not tonight
        ("2.20", "100.00", Known(Dividend(date(2026, 3, 20), Decimal("0.60")), NOW)),  # after expiry
        ("2.20", "100.00", Known(None, NOW)),
    ],
)
def test_without_a_tempting_dividend_tonight_a_call_is_held(bid, spot, dividend):
    book = a_book(shares(100, "95"), short(OURS, credit="1.50"))

    assert the_answer(book, row(OURS, bid, delta=0.6), spot=spot, dividend=dividend).rule == "hold"


def test_the_friday_before_a_monday_ex_date_is_the_last_evening():
    friday = new_york(date(2026, 1, 16), time(10, 30))
    monday = Known(Dividend(date(2026, 1, 19), Decimal("0.60")), friday)
    book = a_book(shares(100, "95"), short(OURS, credit="1.50"), at=friday)
    chain = a_chain(row(OURS, "2.20", delta=0.8, at=friday))
    view = a_view(
        seen(an_underlying(dividend=monday, quote=a_quote("99.99", "100.01", friday)), chain), at=friday
    )

    found = list(propose(view, book, wheel(), SESSIONS))

    assert "called" in {getattr(one, "rule", "") for one in found}


def test_a_position_of_somebody_else_is_never_managed():
    book = a_book(holding(put(90), -1), holding(Stock("XYZ"), 100))

    assert answers(book, row(put(90), "0.05")) == []
