"""How often and how far one wish is pursued within a session."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from premia.domain.account import AccountKind
from premia.domain.combo import single
from premia.domain.intent import Intent, Purpose, evidence
from premia.domain.money import price
from premia.domain.order import Stage
from premia.rules import attempts
from premia.rules.answers import PASS, Refuse, Running
from tests.builders import NOW, SESSIONS, a_book, a_view, call, put, seen, working

PARAMS = attempts.Params()
MINUTE = timedelta(minutes=1)


def tried(*ages, stage=Stage.REJECTED, contract=None, mid="1.00"):
    """A book with ended orders of the put's slot, each so many minutes old."""
    book = a_book(working(contract or put(95), stage=stage))
    (state,) = book.orders.values()
    ended = {
        f"wheel/XYZ/put/2026-01-14/{number}": replace(
            state, since=NOW - age * MINUTE, why="201", order=replace(state.order, mid=price(mid))
        )
        for number, age in enumerate(ages)
    }
    return replace(book, orders={}, ended=ended)


def asked(book, *, mid="1.00", purpose=Purpose.OPEN, contract=None):
    wish = Intent(
        strategy="wheel",
        symbol="XYZ",
        slot="XYZ/put",
        purpose=purpose,
        combo=single(contract or put(95), -1),
        quantity=1,
        mid=price(mid),
        natural=price(mid),
        worst=price(mid),
        reason="a test",
        evidence=evidence(),
    )
    return attempts.check(book, a_view(seen()), wish, PARAMS, Running(AccountKind.MARGIN, SESSIONS))


@pytest.mark.parametrize(
    ("ages", "passes"),
    [((), True), ((4,), False), ((5,), True), ((30, 9), False), ((30, 10), True), ((90, 60, 30), False)],
)
def test_a_rejected_wish_waits_longer_each_time_and_is_given_up_after_three(ages, passes):
    answer = asked(tried(*ages))

    assert (answer is PASS) == passes
    if isinstance(answer, Refuse):
        assert "rejected" in answer.reason


def test_orders_that_ended_otherwise_count_no_rejection():
    assert asked(tried(1, 2, 3, 4, stage=Stage.CANCELLED)) is PASS


def test_orders_of_yesterday_count_no_rejection():
    book = tried(1, 2, 3)
    old = {
        key: replace(one, order=replace(one.order, session=NOW.date() - timedelta(days=1)))
        for key, one in book.ended.items()
    }

    assert asked(replace(book, ended=old)) is PASS


@pytest.mark.parametrize(("mid", "passes"), [("0.75", True), ("0.74", False), ("1.50", True)])
def test_a_middle_that_has_run_away_is_not_chased(mid, passes):
    """The first try stood at 1.00; a later one at 0.80 does not move the line."""
    book = tried(60, 30, stage=Stage.CANCELLED)
    later = max(book.ended)
    moved = replace(book.ended[later], order=replace(book.ended[later].order, mid=price("0.80")))
    book = replace(book, ended={**book.ended, later: moved})

    answer = asked(book, mid=mid)

    assert (answer is PASS) == passes
    if isinstance(answer, Refuse):
        assert answer.facts["first_mid"] == price("1.00")


def test_another_contract_and_a_closing_are_no_chase():
    book = tried(60, stage=Stage.CANCELLED)

    assert asked(book, mid="0.10", contract=call(105)) is PASS
    assert asked(book, mid="0.10", purpose=Purpose.CLOSE) is PASS
