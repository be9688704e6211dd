"""When a change of positions is a split, and above all when it is not."""

import pytest

from premia.domain import events as ev
from premia.engine.decide import settle
from premia.engine.splits import split_of
from tests.unit.engine.test_hunted import ENGINE, SOON, XYZ, an_observation, holding
from tests.unit.facts import a_call, a_position, a_put


def told(before, *after, cash="10000"):
    return split_of(holding(*before), an_observation(SOON, *after, cash=cash), "XYZ")


@pytest.mark.parametrize(
    ("held", "cost", "after", "now", "ratio"),
    [
        (100, "50", 200, "25", (2, 1)),
        (100, "50", 1000, "5", (10, 1)),
        (100, "50", 150, "33.3333", (3, 2)),
        (200, "50", 20, "500", (1, 10)),
        (100, "50", 200, "24", (2, 1)),
    ],
)
def test_shares_that_are_split_cost_as_much_as_before_in_sum(held, cost, after, now, ratio):
    split = told([a_position(XYZ, held, cost)], a_position(XYZ, after, now))

    assert split is not None
    assert (split.numerator, split.denominator) == ratio


@pytest.mark.parametrize(
    ("held", "after", "now", "cash"),
    [
        (200, 150, "50", "10000"),
        (200, 100, "50", "10000"),
        (100, 200, "50", "10000"),
        (100, 200, "25", "7500"),
        (100, 150, "50", "10000"),
        (200, 150, "66.67", "10000"),
        (100, -200, "25", "10000"),
    ],
    ids=["a quarter gone", "half gone", "as many more", "paid for", "half more", "3:4", "the other side"],
)
def test_shares_that_are_missing_or_bought_are_no_split(held, after, now, cash):
    assert told([a_position(XYZ, held, "50")], a_position(XYZ, after, now), cash=cash) is None


def test_an_option_must_follow_with_its_strike():
    before = [a_position(XYZ, 100, "50"), a_position(a_call("60"), -1, "60")]

    assert told(before, a_position(XYZ, 200, "25"), a_position(a_call("30"), -2, "30")) is not None
    assert told(before, a_position(XYZ, 200, "25"), a_position(a_call("60"), -1, "60")) is None
    assert told(before, a_position(XYZ, 200, "25"), a_position(a_call("30"), -1, "30")) is None


def test_puts_alone_tell_a_split_by_strike_and_number():
    assert told([a_position(a_put("50"), -1, "60")], a_position(a_put("25"), -2, "30")) is not None
    assert told([a_position(a_put("50"), -1, "60")], a_position(a_put("47"), -1, "60")) is None


def test_a_split_is_booked_at_the_second_equal_look():
    book = holding(a_position(XYZ, 100, "50"))
    seen = an_observation(SOON, a_position(XYZ, 200, "25"), cash="10000")

    first, book = settle(ENGINE, book, seen)
    second, book = settle(ENGINE, book, seen)

    assert not any(isinstance(event, ev.SplitInferred) for event in first)
    assert any(isinstance(event, ev.SplitInferred) for event in second)
    assert book.shares("XYZ") == 200
    assert book.ready
