"""What stands at the broker beside our own orders counts too: a person's orders, and ours that we lost."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain.account import AccountKind
from premia.domain.combo import Combo, Leg, single
from premia.domain.instrument import Stock
from premia.domain.intent import Intent, Purpose, evidence
from premia.domain.known import Known
from premia.domain.money import price
from premia.domain.order import ObservedOrder, Stage
from premia.rules import cash_secured, covered, expiry_day, standstill
from premia.rules.answers import PASS, Refuse, Running
from tests.builders import (
    NOW,
    SESSIONS,
    a_book,
    a_view,
    an_account,
    call,
    holding,
    put,
    shares,
    short,
    working,
)

CASH = Running(AccountKind.CASH, SESSIONS)
ONE = price("1.00")


def a_sale(option, quantity=1):
    """An option to be sold at one dollar."""
    right = "put" if option.right.value == "P" else "call"
    return Intent(
        strategy="wheel",
        symbol=option.symbol,
        slot=f"{option.symbol}/{right}",
        purpose=Purpose.OPEN,
        combo=single(option, -1),
        quantity=quantity,
        mid=ONE,
        natural=ONE,
        worst=ONE,
        reason="a test",
        evidence=evidence(),
    )


def at_the_broker(contract, ratio=-1, quantity=1, ref="", limit="1.00", **changes):
    """An order that the broker lists; without a reference, a person's."""
    order = ObservedOrder(
        order_ref=ref,
        broker_id=0,
        client_id=0,
        perm_id=55,
        combo=single(contract, ratio),
        quantity=quantity,
        limit=price(limit),
        filled=0,
        remaining=quantity,
        status="Submitted",
        done=False,
    )

    def add(book):
        listed = (*book.observed.orders.value, replace(order, **changes))
        return replace(book, observed=replace(book.observed, orders=Known(listed, NOW)))

    return add


def cover(*parts):
    return covered.check(a_book(*parts), a_view(), a_sale(call(105)), None, CASH)


def secure(*parts, **figures):
    book = a_book(*parts, account=an_account(**figures))
    return cash_secured.check(book, a_view(), a_sale(put(96)), cash_secured.Params(), CASH)


def test_shares_that_a_person_is_selling_carry_no_call():
    """A limit sale of the shares works for weeks; a call sold on them would be naked once it fills."""
    assert isinstance(cover(shares(100), at_the_broker(Stock("XYZ"), -1, 100, limit="110")), Refuse)
    assert cover(shares(100), at_the_broker(Stock("XYZ"), -1, 100, done=True)) is PASS
    assert cover(shares(100), at_the_broker(Stock("ABC"), -1, 100)) is PASS
    assert cover(shares(100), at_the_broker(Stock("XYZ"), 1, 100, limit="-90")) is PASS


def test_calls_that_a_person_is_selling_use_up_shares():
    assert isinstance(cover(shares(100), at_the_broker(call(110))), Refuse)
    assert cover(shares(200), at_the_broker(call(110))) is PASS


def test_options_that_a_person_holds_may_be_sold_by_him_without_cover():
    assert cover(shares(100), holding(call(110), 1), at_the_broker(call(110))) is PASS
    assert isinstance(cover(shares(100), holding(call(110), 1), at_the_broker(call(110), quantity=2)), Refuse)
    assert secure(holding(put(90), 1), at_the_broker(put(90)), settled_cash=9_600) is PASS


def test_our_own_working_order_counts_once_though_the_broker_lists_it():
    ours = working(call(110))
    key = next(iter(a_book(ours).orders))

    assert cover(shares(200), ours, at_the_broker(call(110), ref=key)) is PASS


def test_cash_behind_puts_that_a_person_is_selling_is_not_free():
    assert isinstance(secure(at_the_broker(put(50)), settled_cash=14_000), Refuse)
    assert secure(at_the_broker(put(40)), settled_cash=14_000) is PASS


def test_cash_that_a_persons_purchase_will_take_is_not_free():
    purchase = at_the_broker(Stock("ABC"), 1, 100, limit="-50")

    assert isinstance(secure(purchase, settled_cash=14_000), Refuse)
    assert secure(purchase, settled_cash=14_600) is PASS


def test_settled_cash_is_never_more_than_all_cash():
    """Assigned shares were paid for today: settled cash does not know it yet, total cash does."""
    assert isinstance(secure(settled_cash=100_000, available_funds=75_000, total_cash=9_000), Refuse)


@pytest.mark.parametrize("stage", [Stage.REJECTED, Stage.CANCELLED, Stage.NEVER_SENT])
def test_an_order_that_ended_for_us_and_lives_at_the_broker_stands_its_symbol_still(stage):
    book = a_book(working(put(95)))
    key, state = next(iter(book.orders.items()))
    book = replace(book, orders={}, ended={key: replace(state, stage=stage)})
    book = at_the_broker(put(95), ref=key)(book)

    answer = standstill.check(book, a_view(), a_sale(put(94)), None, CASH)

    assert isinstance(answer, Refuse)
    assert key in answer.reason
    elsewhere = a_sale(put(94, symbol="ABC"))
    assert standstill.check(book, a_view(), elsewhere, None, CASH) is PASS


def test_an_order_of_ours_that_no_journal_knows_stands_its_symbol_still():
    """The journal was lost or moved while an order worked: selling again would make two."""
    book = a_book(at_the_broker(put(95), ref="wheel/XYZ/put/2026-01-13/1"))

    assert isinstance(standstill.check(book, a_view(), a_sale(put(94)), None, CASH), Refuse)


def test_an_order_that_has_just_filled_stands_nothing_still():
    """The list of orders was read a moment before the fill."""
    book = a_book(working(put(95)))
    key, state = next(iter(book.orders.items()))
    book = replace(book, orders={}, ended={key: replace(state, stage=Stage.FILLED)})
    book = at_the_broker(put(95), ref=key)(book)

    assert standstill.check(book, a_view(), a_sale(put(94)), None, CASH) is PASS


def test_a_naked_call_is_not_rolled_into_a_later_naked_call():
    """Its shares were sold by hand; a roll would keep what must end."""
    old, new = call(105), call(106, expiry=put().expiry.replace(month=3))
    wish = replace(a_sale(new), purpose=Purpose.ROLL, combo=Combo((Leg(old, 1), Leg(new, -1))))

    naked = covered.check(a_book(short(old)), a_view(), wish, None, CASH)
    safe = covered.check(a_book(shares(100), short(old)), a_view(), wish, None, CASH)

    assert isinstance(naked, Refuse)
    assert naked.facts["uncovered"] == Decimal(-100)
    assert safe is PASS


def test_a_put_left_by_a_person_is_paid_for_too():
    assert isinstance(secure(holding(put(50), -1), settled_cash=14_000), Refuse)


def test_an_option_beyond_the_calendar_may_be_bought_back():
    far = put(50, expiry=date(2031, 12, 19))
    wish = replace(a_sale(far), purpose=Purpose.CLOSE, combo=single(far, 1), trade="t")

    assert expiry_day.check(a_book(), a_view(), wish, expiry_day.Params(), CASH) is PASS
