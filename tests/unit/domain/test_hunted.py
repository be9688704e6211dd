"""What a person or a broker may do beside our orders, and what the ledger must still say afterwards."""

from datetime import date, timedelta
from decimal import Decimal

from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.campaign import break_even
from premia.domain.combo import single
from premia.domain.intent import Purpose
from premia.domain.known import Known
from premia.domain.money import usd
from premia.domain.order import Order
from tests.unit.facts import (
    MONDAY,
    XYZ,
    a_baseline,
    a_call,
    a_fill,
    a_position,
    a_put,
    accepted,
    an_observation,
    an_order,
    at,
    filled,
    sent,
)

NOW = at(MONDAY)
SOLD = [*sent(an_order("p", a_put(), quantity=2), NOW), accepted("p", NOW)]


def a_close(quantity: int) -> Order:
    order = an_order("c", a_put(), quantity=quantity)
    buy = single(a_put(), 1)
    return replace(order, purpose=Purpose.CLOSE, combo=buy, slot="XYZ/close/p", trade="p")


def by_hand(contract, quantity: int, paid: str, name: str = "hand") -> ev.ExternalChange:
    fill = a_fill(name, contract, quantity, paid, NOW, cost="1.00")
    return ev.ExternalChange(at=NOW, fill=replace(fill, order_ref=""))


def test_a_buyback_that_overtakes_one_by_hand_leaves_what_was_bought_too_much():
    """Two puts short, a person buys one back, then our order buys both: one is held long."""
    sale = a_fill("p", a_put(), -2, "0.60", NOW)
    close = [*sent(a_close(2), NOW, broker_id=2), accepted("c", NOW, 2)]
    book = fold([a_baseline(), *SOLD, filled(sale), *close, by_hand(a_put(), 1, "0.30")])

    book = fold([filled(a_fill("c", a_put(), 2, "0.20", NOW))], book)

    assert book.holding(a_put()) == 1
    leg = book.trades["p"].legs[a_put().key]
    assert (leg.quantity, leg.entry) == (1, Decimal("0.20"))
    assert book.trades["p"].realized == usd("70")  # (0.60 - 0.30) + (0.60 - 0.20), times 100
    assert book.trades["p"].credit == usd("50")  # 120 - 30 - 40


def test_dividends_of_shares_bought_by_hand_do_not_lower_the_campaigns_break_even():
    start = a_baseline("100000", a_position(XYZ, 100, "50"))
    joined = ev.PositionAdopted(at=NOW, strategy="wheel", position=a_position(XYZ, 100, "50"), campaign="k")
    book = fold([start, joined, by_hand(XYZ, 900, "50")])

    dividend = ev.DividendExpected(at=NOW, symbol="XYZ", ex=MONDAY, shares=1000, amount=usd("250"))
    book = fold([dividend], book)

    assert book.campaigns["k"].dividends == usd("25")
    # 50 less 0.25, and the 1.00 that the trade by hand cost in commission.
    assert break_even(book.campaigns["k"], []) == Decimal("49.76")
    assert book.expected[f"dividend/XYZ/{MONDAY}"].amount == usd("250")


def test_without_cash_there_is_no_ledger_and_nothing_is_decided():
    """The broker told everything but its cash: no baseline could be taken, so nothing is known to be held."""
    opened = ev.Connected(at=NOW, account="DU1", client_id=7, paper=True, server_version=178)

    book = fold([opened, an_observation(NOW, a_position(a_put(), -5), cash=None)])

    assert isinstance(book.observed.account, Known)
    assert not book.ready


def test_a_correction_before_the_commission_leaves_no_commission_waiting_for_ever():
    first = a_fill("p", a_put(), -2, "0.60", NOW, cost=None)
    better = replace(first, exec_id=f"{first.exec_id[:-2]}02", price=first.price + Decimal("0.01"))
    book = fold([a_baseline(), *SOLD, filled(first), filled(better)])

    cost = ev.CommissionReported(at=NOW, exec_id=better.exec_id, commission=usd("2.10"))
    book = fold([cost], book)

    assert book.uncosted == {}
    assert book.cash == 10_000 + 122 - Decimal("2.10")
    assert book.trades["p"].credit == usd("122")


def test_a_correction_after_the_commission_pays_it_once():
    first = a_fill("p", a_put(), -2, "0.60", NOW, cost=None)
    cost = ev.CommissionReported(at=NOW, exec_id=first.exec_id, commission=usd("2.10"))
    better = replace(first, exec_id=f"{first.exec_id[:-2]}02", commission=usd("2.10"))

    book = fold([a_baseline(), *SOLD, filled(first), cost, filled(better)])

    assert book.cash == 10_000 + 120 - Decimal("2.10")
    assert book.trades["p"].fees == usd("2.10")
    assert book.campaigns["p"].fees == usd("2.10")


def test_an_observation_after_the_session_of_a_fill_still_finds_its_commission():
    """The cost of an evening's fill is told after midnight, when the order's session is over."""
    sale = a_fill("p", a_put(), -2, "0.60", NOW, cost=None)
    later = at(date(2026, 1, 6)) + timedelta(hours=1)
    cost = ev.CommissionReported(at=later, exec_id=sale.exec_id, commission=usd("2.10"))

    book = fold([a_baseline(), *SOLD, filled(sale), cost])

    assert book.uncosted == {}
    assert book.trades["p"].fees == usd("2.10")
    assert book.campaigns["p"].fees == usd("2.10")


def test_shares_of_a_put_that_a_person_sold_do_not_join_the_campaign():
    """One put is the wheel's and one a person's; both are assigned, and no call may be sold on his shares."""
    sale = [
        *sent(an_order("p", a_put()), NOW),
        accepted("p", NOW),
        filled(a_fill("p", a_put(), -1, "0.60", NOW)),
    ]
    book = fold([a_baseline("20000"), *sale, by_hand(a_put(), -1, "0.70")])

    assigned = ev.AssignmentInferred(
        at=NOW, contract=a_put(), quantity=2, shares=200, fees=usd(0), exercised=MONDAY
    )
    book = fold([assigned], book)

    assert book.shares("XYZ") == 200
    assert (book.campaigns["p"].shares, book.campaigns["p"].assigned) == (100, 100)
    assert book.campaigns["p"].share_cost == usd("5000")
    assert book.cash == 20_000 + 60 - Decimal("1.05") + 70 - 1 - 10_000


def test_shares_called_by_a_persons_call_leave_the_campaign_last():
    start = a_baseline("100000", a_position(XYZ, 200, "50"))
    joined = ev.PositionAdopted(at=NOW, strategy="wheel", position=a_position(XYZ, 100, "50"), campaign="k")
    book = fold([start, joined, by_hand(a_call(), -1, "0.50")])

    called = ev.AssignmentInferred(
        at=NOW, contract=a_call(), quantity=1, shares=-100, fees=usd(0), exercised=MONDAY
    )
    book = fold([called], book)

    assert book.shares("XYZ") == 100
    assert book.campaigns["k"].shares == 100
