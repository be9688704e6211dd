"""Cash behind every put, by hand."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain.account import AccountKind
from premia.domain.combo import Combo, Leg, single
from premia.domain.intent import Intent, Purpose, evidence
from premia.domain.money import price
from premia.rules.answers import PASS, Refuse, Running, Shrink
from premia.rules.cash_secured import Params, check
from premia.rules.limits import Limits
from tests.builders import SESSIONS, a_book, a_view, an_account, call, holding, put, short, working


def a_sale(strike=96, quantity=1, symbol="XYZ"):
    """A put to be sold at one dollar."""
    one = price("1.00")
    return Intent(
        strategy="wheel",
        symbol=symbol,
        slot=f"{symbol}/put",
        purpose=Purpose.OPEN,
        combo=single(put(strike, symbol=symbol), -1),
        quantity=quantity,
        mid=one,
        natural=one,
        worst=one,
        reason="a test",
        evidence=evidence(),
    )


def ask(book, intent, kind=AccountKind.CASH, **params):
    return check(book, a_view(), intent, Params(**params), Running(kind, SESSIONS))


def test_a_put_needs_its_strike_in_settled_cash():
    book = a_book(account=an_account(settled_cash=9_600, available_funds=50_000))

    assert ask(book, a_sale(96)) is PASS
    assert isinstance(ask(book, a_sale(97)), Refuse)


def test_a_refusal_states_what_is_needed_and_what_is_there():
    book = a_book(
        working(put(50), quantity=1),
        working(put(40), quantity=1, slot="XYZ/other"),
        account=an_account(settled_cash=17_210),
    )

    answer = ask(book, a_sale(96))

    assert answer.reason == "needs 9,600 USD reserved, 8,210 available after 2 working orders"


def test_held_puts_are_deducted_from_cash_but_not_again_from_available_funds():
    """30,000 cash, a 100 put held: 20,000 are free, and the broker's own figure of 20,000 stays as it is."""
    book = a_book(holding(put(100), -1), account=an_account(settled_cash=30_000, available_funds=20_000))

    assert ask(book, a_sale(100, quantity=2)) is PASS
    assert ask(book, a_sale(100, quantity=3)) == Shrink(
        2, "needs 30,000 USD reserved, 20,000 available: 2 of 3"
    )


def test_available_funds_of_the_broker_are_the_ceiling():
    book = a_book(account=an_account(settled_cash=100_000, available_funds=5_000))

    assert isinstance(ask(book, a_sale(96)), Refuse)


def test_only_the_unfilled_part_of_a_working_order_is_reserved():
    """Four 50 puts were ordered, three are filled and held: 5,000 x 3 as puts, 5,000 still working."""
    book = a_book(
        short(put(50), quantity=3),
        working(put(50), quantity=4, filled=3),
        account=an_account(settled_cash=29_600),
    )

    assert ask(book, a_sale(96)) is PASS


@pytest.mark.parametrize("figure", ["settled_cash", "available_funds", "net_liquidation"])
def test_a_figure_that_the_broker_did_not_give_refuses(figure):
    answer = ask(a_book(account=an_account(**{figure: None})), a_sale())

    assert isinstance(answer, Refuse)
    assert "absent is not zero" in answer.reason


def test_margin_usage_above_one_is_for_margin_accounts():
    book = a_book(account=an_account(settled_cash=10_000, net_liquidation=10_000, available_funds=10_000))

    assert ask(book, a_sale(150), AccountKind.MARGIN, margin_usage=1.5) is PASS
    assert isinstance(ask(book, a_sale(150), AccountKind.CASH, margin_usage=1.5), Refuse)


def test_margin_usage_below_one_keeps_a_reserve():
    """Half of 20,000 stays untouched, so one 96 put fits and a second does not."""
    book = a_book(account=an_account(settled_cash=20_000, net_liquidation=20_000, available_funds=20_000))

    assert ask(book, a_sale(96), margin_usage=0.5) is PASS
    assert isinstance(ask(book, a_sale(96, quantity=2), margin_usage=0.5), Shrink)


def test_the_lower_margin_usage_of_account_and_rule_holds():
    assert Limits().for_account(1.5).cash_secured.usage == Decimal("1.5")
    assert Limits(cash_secured=Params(margin_usage=0.8)).for_account(1.5).cash_secured.usage == Decimal("0.8")
    assert Limits(cash_secured=Params(margin_usage=0.8)).for_account(0.5).cash_secured.usage == Decimal("0.5")


def test_an_account_too_small_for_one_contract_is_told_how_large_it_must_be():
    small = an_account(settled_cash=5_000, net_liquidation=5_000, available_funds=5_000)

    assert ask(a_book(account=small), a_sale(96)).reason.endswith(
        "the smallest account that could trade it has 9,600"
    )


def test_buying_back_may_use_the_brokers_funds_only_in_a_margin_account():
    """No settled cash, 500 of available funds: a call costs 100 to buy back."""
    poor = a_book(account=an_account(settled_cash=-50, available_funds=500))
    close = replace(
        a_sale(), purpose=Purpose.CLOSE, combo=single(call(105), 1), worst=price("-1.00"), trade="t"
    )

    assert ask(poor, close, AccountKind.MARGIN) is PASS
    assert isinstance(ask(poor, close, AccountKind.CASH), Refuse)
    assert isinstance(ask(poor, a_sale(4), AccountKind.MARGIN), Refuse)


def test_buying_a_put_back_sets_its_strike_free():
    """It costs 100 and frees 9,500, so it needs nothing."""
    close = replace(
        a_sale(), purpose=Purpose.CLOSE, combo=single(put(95), 1), worst=price("-1.00"), trade="t"
    )

    assert ask(a_book(account=an_account(settled_cash=-50)), close) is PASS


def test_a_roll_needs_only_what_its_strike_grows_by():
    """From 90 to 95 is 500 more; from 95 to 90 is nothing."""
    poor = a_book(short(put(95)), account=an_account(settled_cash=9_900, available_funds=9_900))

    def roll(old, new):
        combo = Combo((Leg(put(old), 1), Leg(put(new, expiry=date(2026, 3, 20)), -1)))
        return replace(a_sale(), purpose=Purpose.ROLL, combo=combo, trade="t")

    assert ask(poor, roll(95, 90)) is PASS
    assert isinstance(ask(poor, roll(90, 95)), Refuse)
    assert ask(poor, roll(91, 95)) is PASS
