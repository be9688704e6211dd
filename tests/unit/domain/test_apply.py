"""The fold: fills count once, orders only move forward, days begin anew."""

from datetime import date, timedelta
from typing import get_args

import pytest
from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.apply import _ENTRIES, apply, fold
from premia.domain.errors import InvariantViolated
from premia.domain.money import usd
from premia.domain.order import Stage
from tests.unit.facts import MONDAY, a_baseline, a_fill, a_put, accepted, an_order, at, filled, sent

NOW = at(MONDAY)


def two_sold():
    return fold([a_baseline(), *sent(an_order("p", a_put(), quantity=2), NOW)])


def test_every_kind_of_event_has_an_entry_in_the_fold():
    assert set(get_args(ev.AnyEvent)) == set(_ENTRIES)


def test_the_same_execution_twice_counts_once():
    fill = filled(a_fill("p", a_put(), -1, "0.60", NOW))

    once = fold([fill], two_sold())
    twice = fold([fill, fill], two_sold())

    assert twice == once
    assert once.cash == usd("10058.95").amount
    assert once.orders["p"].remaining == 1


def test_a_corrected_execution_replaces_the_one_it_corrects():
    first = a_fill("p", a_put(), -1, "0.60", NOW)
    corrected = replace(
        first, exec_id=first.exec_id.replace(".01", ".02"), price=first.price + usd("0.05").amount
    )

    book = fold([filled(first), filled(corrected)], two_sold())

    assert book.cash == usd("10063.95").amount
    assert book.holdings[a_put().key].quantity == -1
    assert book.orders["p"].filled == 1


def test_a_fill_before_the_acknowledgement_is_a_fill():
    book = fold([filled(a_fill("p", a_put(), -1, "0.60", NOW))], two_sold())

    assert book.orders["p"].stage is Stage.WORKING
    assert fold([accepted("p", NOW)], book).orders["p"].filled == 1


def test_a_fill_after_the_cancel_still_counts():
    cancelled = ev.OrderCancelled(at=NOW, key="p", why="by a test")

    book = fold([accepted("p", NOW), cancelled, filled(a_fill("p", a_put(), -1, "0.60", NOW))], two_sold())

    assert book.ended["p"].stage is Stage.CANCELLED
    assert book.ended["p"].filled == 1
    assert book.holdings[a_put().key].quantity == -1


def test_a_late_word_does_not_wake_an_ended_order():
    cancelled = ev.OrderCancelled(at=NOW, key="p", why="by a test")

    book = fold([accepted("p", NOW), cancelled, accepted("p", NOW)], two_sold())

    assert "p" not in book.orders


def test_commission_reported_later_costs_the_same():
    late = a_fill("p", a_put(), -1, "0.60", NOW, cost=None)
    told = ev.CommissionReported(at=NOW, exec_id=late.exec_id, commission=usd("1.05"))

    later = fold([filled(late), told], two_sold())
    at_once = fold([filled(a_fill("p", a_put(), -1, "0.60", NOW))], two_sold())

    assert later.cash == at_once.cash
    assert later.trades["p"].fees == at_once.trades["p"].fees == usd("1.05")
    assert later.uncosted == {}


def test_an_id_never_used_is_used_again():
    never = ev.OrderNeverSent(at=NOW, key="p", why="proof")

    assert two_sold().next_id == 2
    assert fold([never], two_sold()).next_id == 1


def test_a_new_session_counts_its_attempts_and_openings_from_zero():
    book = fold([filled(a_fill("p", a_put(), -1, "0.60", NOW))], two_sold())
    tuesday = ev.Disconnected(at=NOW + timedelta(days=1), why="night")

    after = apply(book, tuesday)

    assert (book.attempts, book.opened_today) == ({"p": 1}, {"wheel": 1})
    assert (after.attempts, after.opened_today) == ({}, {})
    assert after.session == date(2026, 1, 6)


def test_market_time_never_goes_back():
    book = two_sold()

    assert apply(book, ev.Disconnected(at=NOW - timedelta(hours=3), why="late")).at == book.at


def test_a_fill_of_an_order_that_nobody_placed_is_a_defect():
    with pytest.raises(InvariantViolated, match="does not know"):
        fold([a_baseline(), filled(a_fill("ghost", a_put(), -1, "0.60", NOW))])
