"""How an order walks: from its first price to its worst one in ticks, then patience, then the end."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.apply import apply, fold, turned
from premia.domain.book import Book
from premia.domain.money import price
from premia.domain.order import Ladder, Order, Then
from premia.engine.working import next_wake, price_at, work
from tests.unit.facts import MONDAY, a_baseline, a_put, accepted, an_order, at, sent

NOW = at(MONDAY)
LADDER = Ladder(steps=4, every=timedelta(minutes=2), patience=timedelta(minutes=10))


def walking(limit: str = "0.60", worst: str = "0.50", tick: str = "0.01", ladder: Ladder = LADDER) -> Order:
    order = an_order("p", a_put(), limit=limit)
    return replace(order, worst=price(worst), tick=Decimal(tick), ladder=ladder)


def working(order: Order) -> Book:
    return fold([a_baseline(), *sent(order, NOW), accepted("p", NOW)])


def after(book: Book, minutes: float) -> Book:
    return turned(book, NOW + timedelta(minutes=minutes))


def test_the_steps_lie_evenly_between_first_and_worst_price_on_the_side_that_favours_us():
    prices = [price_at(walking(), step) for step in range(6)]

    assert prices == [price(p) for p in ("0.60", "0.58", "0.55", "0.53", "0.50", "0.50")]


def test_a_debit_walks_downwards_too():
    """Buying back for 1.00 at first, 1.10 at the most: credits of -1.00 and -1.10."""
    order = walking("-1.00", "-1.10", ladder=Ladder(2, timedelta(minutes=1), timedelta(minutes=1)))

    assert [price_at(order, step) for step in range(3)] == [price("-1.00"), price("-1.05"), price("-1.10")]


@pytest.mark.parametrize(
    ("minutes", "wanted"), [(0, None), (1.9, None), (2, "0.58"), (5, "0.55"), (17, "0.50")]
)
def test_the_price_follows_from_the_time_since_it_was_sent(minutes: float, wanted: str | None):
    events = work(after(working(walking()), minutes))

    assert [getattr(e, "limit", None) for e in events] == ([price(wanted)] if wanted else [])


def test_a_step_that_was_taken_is_not_taken_again():
    book = after(working(walking()), 2)

    moved = apply(book, work(book)[0])

    assert work(moved) == []
    assert next_wake(moved) == NOW + timedelta(minutes=4)


def test_after_its_patience_an_order_is_taken_back():
    events = work(after(working(walking()), 18))

    assert [type(event) for event in events] == [ev.CancelRequested]


def test_an_order_that_is_being_cancelled_is_left_alone():
    book = apply(working(walking()), ev.CancelRequested(at=NOW, key="p", why="by a test"))

    assert work(after(book, 60)) == []
    assert next_wake(book) is None


def test_while_the_link_is_lost_nobody_wakes_for_a_step_that_may_not_be_taken():
    """Else the process would turn without rest until the servers are back."""
    why = "the gateway has lost the broker's servers"
    lost = apply(working(walking()), ev.TradingHalted(at=NOW, cause="link", scope="all", why=why))

    assert next_wake(after(lost, 60)) is None
    found = apply(after(lost, 60), ev.TradingReleased(at=NOW, cause="link", why="they are back"))
    assert next_wake(found) == NOW + timedelta(minutes=18)


def test_an_order_without_an_acknowledgement_is_not_repriced():
    book = fold([a_baseline(), *sent(walking(), NOW)])

    assert work(after(book, 60)) == []


def resting(**changes) -> Book:
    """An order of a ladder of its own, at its last price."""
    order = replace(
        walking(), ladder=replace(LADDER, **changes), last=price("0.40") if "then" in changes else None
    )
    return after(working(order), 9)


def at_the_end(book: Book, minutes: float) -> list:
    moved = apply(book, work(book)[0])
    return work(after(moved, minutes))


def test_an_order_that_is_to_be_left_rests_at_its_last_price():
    book = resting(then=Then.LEAVE)

    assert at_the_end(book, 400) == []
    assert next_wake(apply(book, work(book)[0])) is None


def test_an_order_that_is_to_go_to_what_fills_goes_there_and_is_then_taken_back():
    book = resting(then=Then.NATURAL)

    (natural,) = at_the_end(book, 18)
    gone = apply(after(book, 18), natural)
    (taken_back,) = work(after(gone, 28))

    assert natural.limit == price("0.40")
    assert next_wake(gone) == NOW + timedelta(minutes=28)
    assert isinstance(taken_back, ev.CancelRequested)


def refused(book: Book, minutes: float) -> Book:
    """The book after the change that it asks for was refused."""
    now = after(book, minutes)
    asked = apply(now, work(now)[0])
    return apply(asked, ev.ReplaceRefused(at=asked.at, key="p", code=110, text="no such tick"))


def test_a_change_that_was_refused_leaves_the_order_at_its_price():
    book = refused(working(walking()), 2)

    assert book.orders["p"].limit == price("0.60")


def test_a_refused_change_is_asked_for_again_later_each_time_and_given_up_after_three():
    """A step every two minutes: refused at 2, again due 2 minutes later, then 4, then not at all."""
    once = refused(working(walking()), 2)
    assert work(after(once, 3.9)) == []
    assert next_wake(once) == NOW + timedelta(minutes=4)
    twice = refused(once, 4)
    assert work(after(twice, 7.9)) == []
    thrice = refused(twice, 8)

    assert work(after(thrice, 17.9)) == []
    assert isinstance(work(after(thrice, 18))[0], ev.CancelRequested)


def test_a_change_that_was_accepted_ends_the_count_of_refusals():
    once = refused(working(walking()), 2)
    asked = apply(after(once, 4), work(after(once, 4))[0])
    agreed = apply(asked, replace(accepted("p", asked.at), limit=asked.orders["p"].limit))

    assert (once.orders["p"].refusals, agreed.orders["p"].refusals) == (1, 0)


@given(
    first=st.integers(-500, 500),
    span=st.integers(0, 300),
    steps=st.integers(0, 12),
    tick=st.sampled_from([1, 5, 10]),
)
def test_no_step_lies_outside_first_and_worst_or_off_the_tick(first: int, span: int, steps: int, tick: int):
    limit, worst = Decimal(first * tick) / 100, Decimal((first - span) * tick) / 100
    ladder = Ladder(steps, timedelta(minutes=1), timedelta(minutes=1))
    order = walking(str(limit), str(worst), str(Decimal(tick) / 100), ladder)

    prices = [price_at(order, step) for step in range(steps + 3)]

    assert prices[0] == limit
    assert prices == sorted(prices, reverse=True)
    assert all(worst <= p <= limit for p in prices)
    assert all(p % (Decimal(tick) / 100) == 0 for p in prices)
