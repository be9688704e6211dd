"""What a person, a crash or a slow broker may do while our orders work, and what must follow."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.apply import fold
from premia.domain.book import Book
from premia.domain.combo import single
from premia.domain.instrument import Contract, Option, Stock
from premia.domain.intent import Purpose, evidence
from premia.domain.known import Known
from premia.domain.money import usd
from premia.domain.order import MarginQuote, ObservedOrder, Order, Stage
from premia.domain.position import BrokerPosition
from premia.engine.charges import US
from premia.engine.decide import Engine, Tick, settle
from premia.engine.reconcile import Adoption, Reference
from premia.rules.review import Desk, Limits
from tests.unit.facts import (
    MONDAY,
    XYZ,
    a_baseline,
    a_call,
    a_fill,
    a_position,
    a_put,
    a_roll,
    accepted,
    an_observation,
    an_order,
    at,
    filled,
    sent,
    weekdays,
)

NOW = at(MONDAY)
SOON = NOW + timedelta(seconds=30)
REFERENCE = Reference(weekdays(), US, Adoption({"XYZ": "wheel"}))
ENGINE = Engine((), Desk(AccountKind.CASH, weekdays(), Limits()), REFERENCE)
OPENED = ev.Connected(at=NOW, account="DU1", client_id=7, paper=True, server_version=178)


def holding(*held: BrokerPosition, cash: str = "10000") -> Book:
    """A reconciled book that holds shares of a campaign, and nothing else."""
    joined = [
        ev.PositionAdopted(at=NOW, strategy="wheel", position=p, campaign="k", trade=f"t/{p.contract.key}")
        for p in held
    ]
    return fold([OPENED, a_baseline(cash, *held), *joined, an_observation(NOW, *held, cash=cash)])


def works(book: Book, order: Order, broker_id: int = 1) -> Book:
    return fold([*sent(order, NOW, broker_id), accepted(order.key, NOW, broker_id)], book)


def listed(order: Order, broker_id: int = 1, **changes: object) -> ObservedOrder:
    """The broker's word on a working order of ours."""
    usual = ObservedOrder(
        order_ref=order.key,
        broker_id=broker_id,
        client_id=7,
        perm_id=99,
        combo=order.combo,
        quantity=order.quantity,
        limit=order.limit,
        filled=0,
        remaining=order.quantity,
        status="Submitted",
        done=False,
    )
    return replace(usual, **changes)


def a_close(trade: str, option: Option, quantity: int = 1) -> Order:
    order = an_order("c", option, quantity=quantity, limit="-0.20")
    return replace(
        order,
        purpose=Purpose.CLOSE,
        combo=single(option, 1),
        slot=f"XYZ/close/{trade}",
        trade=trade,
        worst=order.limit,
    )


def of_hand(contract: Contract, quantity: int, paid: str) -> ev.OrderFilled:
    """A live execution of somebody else, as the wire brings it."""
    fill = replace(a_fill("", contract, quantity, paid, SOON, cost="1.00"), order_ref="")
    return ev.OrderFilled(at=SOON, key="", fill=fill)


def cancels(events: list[ev.AnyEvent]) -> list[str]:
    return [event.key for event in events if isinstance(event, ev.CancelRequested)]


def test_a_call_that_works_is_taken_back_when_its_shares_are_sold_by_hand():
    call = an_order("x", a_call())
    book = works(holding(a_position(XYZ, 100, "50")), call)
    sold = of_hand(XYZ, -100, "50")

    seen = an_observation(SOON, cash="14999", orders=(listed(call),), fills=(sold.fill,))
    events, book = settle(ENGINE, book, seen)

    assert book.shares("XYZ") == 0
    assert cancels(events) == ["x"]
    assert book.orders["x"].stage is Stage.CANCELLING


def test_a_call_on_its_way_is_taken_back_once_it_works_when_its_shares_are_gone():
    call = an_order("x", a_call())
    book = fold(sent(call, NOW), holding(a_position(XYZ, 100, "50")))
    _, book = settle(ENGINE, book, of_hand(XYZ, -100, "50"))
    assert book.campaigns == {}

    events, book = settle(ENGINE, book, accepted("x", SOON))

    assert cancels(events) == ["x"]


def test_a_call_whose_shares_are_there_is_left_to_work():
    book = works(holding(a_position(XYZ, 100, "50")), an_order("x", a_call()))

    events, _ = settle(ENGINE, book, Tick(SOON))

    assert events == []


def test_a_roll_of_a_call_is_taken_back_when_its_shares_are_sold_by_hand():
    """What is left then is a naked call, and a roll would only make it a longer one."""
    old, new = a_call(), a_call("52", date(2026, 4, 2))
    held = a_position(XYZ, 100, "50"), a_position(old, -1, "60")
    book = holding(*held)
    roll = a_roll("r", f"t/{old.key}", old, new, session=MONDAY)
    book = works(book, roll)

    events, _ = settle(ENGINE, book, of_hand(XYZ, -100, "50"))

    assert cancels(events) == ["r"]


def test_a_buyback_is_taken_back_when_a_person_has_bought_back_already():
    put = a_put()
    book = holding(a_position(put, -1, "60"))
    book = works(book, a_close(f"t/{put.key}", put))

    events, book = settle(ENGINE, book, of_hand(put, 1, "0.20"))

    assert book.holding(put) == 0
    assert cancels(events) == ["c"]


def test_a_roll_whose_first_leg_has_filled_is_left_to_work():
    """The executions of a combo come one by one; between them nothing is wrong."""
    old, new = a_put(), a_put("49", date(2026, 3, 6))
    book = holding(a_position(old, -1, "60"))
    book = works(book, a_roll("r", f"t/{old.key}", old, new, session=MONDAY))

    events, book = settle(ENGINE, book, filled(a_fill("r", old, 1, "0.50", SOON)))
    assert cancels(events) == []
    events, book = settle(ENGINE, book, filled(a_fill("r", new, -1, "0.90", SOON)))

    assert cancels(events) == []
    assert book.ended["r"].stage is Stage.FILLED


def test_no_order_works_on_a_symbol_that_stands_still():
    """Shares vanish without an execution: nobody knows what is held, so nothing of it may go on."""
    call = an_order("x", a_call())
    book = works(holding(a_position(XYZ, 200, "50")), call)

    seen = an_observation(SOON, a_position(XYZ, 150, "50"), cash="10000", orders=(listed(call),))
    events, book = settle(ENGINE, book, seen)

    assert "XYZ" in book.blocks
    assert cancels(events) == ["x"]


def test_a_put_is_taken_back_when_its_cash_was_spent_by_hand():
    put = replace(an_order("p", a_put()), reserved=usd(5000))
    book = works(holding(cash="10000"), put)
    bought = of_hand(Stock("ABC"), 200, "30")

    poor = an_observation(
        SOON, a_position(Stock("ABC"), 200, "30"), cash="3999", orders=(listed(put),), fills=(bought.fill,)
    )
    assert isinstance(poor.account, Known)
    figures = replace(poor.account.value, settled_cash=Decimal(3999), available_funds=Decimal(3999))
    events, book = settle(ENGINE, book, replace(poor, account=Known(figures, SOON)))

    assert cancels(events) == ["p"]


@pytest.mark.parametrize("ref", ["", "another program's"])
def test_an_execution_that_is_not_ours_is_booked_as_somebody_elses(ref: str):
    book = holding(a_position(XYZ, 100, "50"))
    told = of_hand(XYZ, -100, "50")
    told = ev.OrderFilled(at=SOON, key=ref, fill=replace(told.fill, order_ref=ref))

    events, book = settle(ENGINE, book, told)

    assert isinstance(events[0], ev.ExternalChange)
    assert book.shares("XYZ") == 0
    assert book.cash == 10_000 + 5000 - 1


def test_an_execution_before_the_baseline_is_left_to_the_baseline():
    told = of_hand(XYZ, 100, "50")
    book = fold([OPENED])

    _, book = settle(ENGINE, book, told)
    seen = an_observation(SOON, a_position(XYZ, 100, "50"), cash="4999", fills=(told.fill,))
    _, book = settle(ENGINE, book, seen)

    assert (book.cash, book.shares("XYZ")) == (Decimal(4999), 100)


def test_options_beyond_the_calendar_are_simply_held():
    """A person's option of many years may lie beyond the sessions that are known."""
    far = a_call("80", date(2031, 12, 19), symbol="ABC")
    held = a_position(far, 1, "900")
    book = fold([OPENED, a_baseline("10000", held)])

    _, book = settle(ENGINE, book, an_observation(SOON, held, cash="10000"))

    assert book.ready
    assert book.blocks == {}


def test_options_beyond_the_calendar_that_vanish_stand_their_symbol_still():
    far = a_call("80", date(2031, 12, 19), symbol="ABC")
    book = fold([OPENED, a_baseline("10000", a_position(far, 1, "900"))])

    _, book = settle(ENGINE, book, an_observation(SOON, cash="10000"))

    assert "ABC" in book.blocks


def test_a_cancel_lost_in_a_crash_is_asked_for_again():
    put = an_order("p", a_put())
    book = works(holding(), put)
    book = fold([ev.CancelRequested(at=NOW, key="p", why="not filled"), OPENED], book)

    events, book = settle(ENGINE, book, an_observation(SOON, cash="10000", orders=(listed(put),)))
    assert cancels(events) == ["p"]

    pending = listed(put, status="PendingCancel")
    events, book = settle(ENGINE, book, an_observation(SOON, cash="10000", orders=(pending,)))
    assert cancels(events) == []


def test_another_client_number_proves_nothing_about_an_order():
    """The next id of client 8 says nothing of what client 7 has sent."""
    book = fold(sent(an_order("p", a_put()), NOW, broker_id=5), holding())
    book = fold([replace(OPENED, client_id=8)], book)

    _, book = settle(ENGINE, book, an_observation(SOON, cash="10000", next_id=1))

    assert book.orders["p"].stage is Stage.UNKNOWN


def test_an_order_that_waited_too_long_for_its_turn_is_dropped():
    """The first order was never answered; hours later the second one's price means nothing any more."""
    first, second = an_order("a", a_put()), an_order("b", a_put("49"))
    second = replace(second, slot="XYZ/other")
    enough = Known(MarginQuote(None, None, Decimal(50_000), Decimal(9_000), Decimal(1)), NOW)
    book = fold(sent(first, NOW), holding())
    book = fold([ev.MarginRequested(at=NOW, cycle="c", order=second, evidence=evidence())], book)
    _, book = settle(ENGINE, book, ev.MarginQuoted(at=NOW, key="b", quote=enough))

    late = NOW + timedelta(hours=4)
    events, book = settle(ENGINE, book, replace(accepted("a", late), at=late))

    assert not any(isinstance(event, ev.OrderRequested) for event in events)
    dropped = [event for event in events if isinstance(event, ev.OrderDropped)]
    assert [event.key for event in dropped] == ["b"]
    assert "b" not in book.orders


def test_a_naked_call_that_was_there_already_is_left_alone():
    call = a_call()
    book = fold([OPENED])

    events, book = settle(ENGINE, book, an_observation(SOON, a_position(call, -1, "60"), cash="10000"))

    left = [event for event in events if isinstance(event, ev.PositionLeft)]
    assert [event.position.contract.key for event in left] == [call.key]
    assert "share" in left[0].why
    assert book.trades == {}


def test_a_covered_call_that_was_there_already_joins_with_its_shares():
    held = a_position(XYZ, 100, "50"), a_position(a_call(), -1, "60")

    _, book = settle(ENGINE, fold([OPENED]), an_observation(SOON, *held, cash="10000"))

    assert len(book.trades) == 1
    assert book.left == {}


TUESDAY = date(2026, 1, 6)
TUESDAY_MORNING = at(TUESDAY)


def two_looks(book: Book, *held: BrokerPosition, cash: str) -> Book:
    """What Tuesday morning's two equal looks make of Monday's working order; its executions are gone."""
    book = fold([replace(OPENED, at=TUESDAY_MORNING)], book)
    for minute in (0, 1):
        seen = an_observation(TUESDAY_MORNING + timedelta(minutes=minute), *held, cash=cash)
        _, book = settle(ENGINE, book, seen)
    return book


def test_a_buyback_that_filled_after_the_process_had_ended_is_booked_as_one():
    """Sold at 0.60, bought back for 0.19 and 1.05: not expired, and not free."""
    put = a_put()
    book = holding(a_position(put, -1, "60"), a_position(XYZ, 100, "50"))
    book = works(book, a_close(f"t/{put.key}", put))

    book = two_looks(book, a_position(XYZ, 100, "50"), cash="9979.95")

    assert book.blocks == {}
    assert (book.cash, book.holding(put)) == (Decimal("9979.95"), 0)
    campaign = book.campaigns["k"]
    assert campaign.premium.amount - campaign.fees.amount == 60 - Decimal("20.05")


def test_a_buyback_beside_other_news_is_booked_at_its_limit():
    """Another symbol has news too, so the cash does not tell the price: the worst that it can be counts."""
    put, other = a_put(), a_put("80", symbol="ABC")
    book = holding(a_position(put, -1, "60"), a_position(XYZ, 100, "50"), a_position(other, -1, "70"))
    book = works(book, a_close(f"t/{put.key}", put))

    book = two_looks(book, a_position(XYZ, 100, "50"), cash="9979.95")

    assert book.holding(put) == 0
    assert book.campaigns["k"].premium.amount == 60 - 20 + 70
    assert "ABC" in book.blocks


def test_an_assignment_is_not_taken_for_a_buyback_that_was_working():
    put = a_put()
    book = works(holding(a_position(put, -1, "60")), a_close(f"t/{put.key}", put))

    book = two_looks(book, a_position(XYZ, 100, "49.40"), cash="5000")

    assert book.shares("XYZ") == 100
    assert book.campaigns["k"].assigned == 100
    assert book.campaigns["k"].premium == usd("60")


def test_an_option_that_vanished_without_money_is_not_taken_for_a_buyback():
    put = a_put()
    book = works(holding(a_position(put, -1, "60")), a_close(f"t/{put.key}", put))

    book = two_looks(book, cash="10000")

    assert book.holding(put) == -1
    assert "XYZ" in book.blocks


def test_the_rest_of_a_sale_that_filled_after_the_process_had_ended_is_booked():
    """Three puts ordered, one filled before the end, two after it."""
    put = a_put()
    order = an_order("p", put, quantity=3)
    book = works(holding(), order)
    book = fold([filled(a_fill("p", put, -1, "0.60", NOW))], book)

    book = two_looks(book, a_position(put, -3, "58.95"), cash="10176.85")

    assert book.blocks == {}
    assert (book.holding(put), book.cash) == (-3, Decimal("10176.85"))
    assert book.trades["p"].legs[put.key].quantity == -3
    assert book.campaigns["p"].premium.amount - book.campaigns["p"].fees.amount == Decimal("176.85")


def test_a_roll_that_filled_after_the_process_had_ended_is_booked_as_a_roll():
    """Bought back at 0.50, sold anew at 0.90, 1.05 each."""
    old, new = a_put(), a_put("49", date(2026, 3, 6))
    book = holding(a_position(old, -1, "60"))
    book = works(book, a_roll("r", f"t/{old.key}", old, new, session=MONDAY))

    book = two_looks(book, a_position(new, -1, "88.95"), cash="10037.90")

    assert book.blocks == {}
    assert (book.holding(old), book.holding(new), book.cash) == (0, -1, Decimal("10037.90"))
    trade = book.trades[f"t/{old.key}"]
    assert trade.rolls == 1
    assert trade.credit.amount - trade.fees.amount == 60 + Decimal("37.90")


def test_a_day_order_of_yesterday_that_the_broker_calls_filled_is_over_too():
    """Its executions are of yesterday and not told any more: positions must tell."""
    put = a_put()
    order = an_order("p", put)
    book = fold([replace(OPENED, at=TUESDAY_MORNING)], works(holding(), order))
    done = listed(order, status="Filled", done=True, filled=1, remaining=0)
    for minute in (0, 1):
        seen = an_observation(
            TUESDAY_MORNING + timedelta(minutes=minute),
            a_position(put, -1, "58.95"),
            cash="10058.95",
            orders=(done,),
        )
        _, book = settle(ENGINE, book, seen)

    assert book.holding(put) == -1
    assert book.orders == {}
    assert book.trades["p"].legs[put.key].entry == Decimal("0.59")


@pytest.mark.parametrize("later", [timedelta(minutes=2), timedelta(hours=2)])
def test_orders_of_another_client_number_are_neither_changed_nor_cancelled(later: timedelta):
    """Under number 8 the id of an order of client 7 is free: a change would be a new order."""
    order = an_order("p", a_put())
    book = works(holding(), order)
    assert settle(ENGINE, book, Tick(NOW + later))[0] != []

    book = fold([replace(OPENED, client_id=8)], book)
    events, book = settle(ENGINE, book, Tick(NOW + later))
    assert events == []
    seen = an_observation(NOW + later, cash="10000", orders=(listed(order),))
    events, book = settle(ENGINE, book, seen)

    assert [type(event).__name__ for event in events] == ["BrokerObserved"]
    assert book.orders["p"].stage is Stage.WORKING


def test_the_ground_of_another_clients_order_may_go_and_its_id_is_still_not_used():
    call = an_order("x", a_call())
    book = works(holding(a_position(XYZ, 100, "50")), call)
    book = fold([replace(OPENED, client_id=8)], book)

    events, _ = settle(ENGINE, book, of_hand(XYZ, -100, "50"))

    assert cancels(events) == []


def test_a_deposit_beside_an_assignment_does_not_stop_the_account():
    """Assigned over the weekend, and 1,000 USD came in: the money for the shares has gone all the same."""
    put = a_put()
    book = holding(a_position(put, -1, "60"))

    book = two_looks(book, a_position(XYZ, 100, "49.40"), cash="6000")

    assert book.ready
    assert book.shares("XYZ") == 100
    assert book.cash == 6000


def test_shares_whose_money_is_on_its_way_are_not_booked_yet():
    put = a_put()
    book = holding(a_position(put, -1, "60"))

    book = two_looks(book, a_position(XYZ, 100, "49.40"), cash="10000")
    assert not book.ready
    assert book.shares("XYZ") == 0

    book = two_looks(book, a_position(XYZ, 100, "49.40"), cash="5000")
    assert book.ready
    assert book.shares("XYZ") == 100


def test_a_put_and_a_call_assigned_in_one_night_are_booked_though_their_money_cancels_out():
    put, call = a_put("50", symbol="ABC"), a_call("50")
    book = holding(a_position(put, -1, "60"), a_position(XYZ, 100, "50"), a_position(call, -1, "60"))
    engine = ENGINE._replace(
        reference=REFERENCE._replace(adoption=Adoption({"XYZ": "wheel", "ABC": "wheel"}))
    )
    for minute in (0, 1):
        when = TUESDAY_MORNING + timedelta(minutes=minute)
        seen = an_observation(when, a_position(Stock("ABC"), 100, "50"), cash="9999.98")
        _, book = settle(engine, book, seen)

    assert book.ready
    assert (book.shares("ABC"), book.shares("XYZ")) == (100, 0)
