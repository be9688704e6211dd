"""The last gate, check by check: what it stops, how grave that is, and what follows."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.apply import apply
from premia.domain.book import DayStart, Sent, sides_of
from premia.domain.combo import Combo, Leg, single
from premia.domain.instrument import Index, Option, Stock
from premia.domain.intent import Purpose
from premia.domain.known import Known
from premia.domain.money import price
from premia.domain.order import Stage
from premia.engine.charges import US
from premia.engine.cover import naked_calls
from premia.engine.decide import Engine, duties
from premia.engine.gate import GateLimits, Wanted, examine, lapsed, permit
from premia.engine.gate_book import Breach, Weight
from premia.engine.reconcile import Adoption, Reference
from premia.rules.review import Desk, Limits
from tests.builders import (
    NOW,
    SESSIONS,
    SOON,
    a_book,
    an_account,
    call,
    holding,
    positions,
    put,
    working,
)

LIMITS = GateLimits()
ENGINE = Engine((), Desk(AccountKind.MARGIN, SESSIONS, Limits()), Reference(SESSIONS, US, Adoption({})))
XYZ = Stock("XYZ")


def open_gate():
    return ""


def planned(contract=None, ratio=-1, quantity=1, **order):
    """An order that was cleared, and has never been sent."""
    book = working(contract or put(95), ratio, quantity, stage=Stage.CLEARED)(a_book())
    (state,) = book.orders.values()
    return replace(state, order=replace(state.order, **order))


def breach_of(state, *parts, limit=None, change=False, limits=LIMITS, **fields):
    book = a_book(*parts, **fields)
    book = replace(book, orders={**book.orders, state.key: state})
    return examine(book, Wanted(state, state.limit if limit is None else price(limit), change), limits)


def told(breach):
    return (breach.rule, breach.weight)


def test_an_ordinary_order_passes_every_check():
    assert breach_of(planned()) is None


@pytest.mark.parametrize(
    ("fields", "halt"),
    [
        ({"connected": False}, None),
        ({"ready": False}, None),
        ({}, ev.TradingHalted(at=NOW, cause="calendar", scope="entries", why="hours disagree")),
        ({}, ev.TradingHalted(at=NOW, cause="link", scope="all", why="1100")),
    ],
)
def test_what_ends_by_itself_stops_an_order_and_latches_nothing(fields, halt):
    parts = () if halt is None else (lambda book: apply(book, halt),)

    assert breach_of(planned(), *parts, **fields).weight is Weight.DROP


def test_a_restricted_symbol_is_not_sent_whatever_side():
    limits = LIMITS._replace(restricted=frozenset({"XYZ"}))

    assert told(breach_of(planned(), limits=limits)) == ("restricted", Weight.DROP)


@pytest.mark.parametrize(("quantity", "stopped"), [(10, False), (11, True), (10_000, True)])
def test_contracts_an_order_are_bounded(quantity, stopped):
    breach = breach_of(planned(quantity=quantity))

    assert (breach is not None) is stopped
    assert breach is None or told(breach) == ("size", Weight.LATCH)


def test_a_ratio_counts_as_contracts():
    twelve = planned(combo=single(put(95), -12))

    assert told(breach_of(twelve)) == ("size", Weight.LATCH)


def test_cash_if_assigned_is_bounded_for_one_order_and_for_all_that_work():
    """A put at 95 takes 9,500 USD; three of them are 28,500."""
    limits = LIMITS._replace(order_usd=Decimal(9_500), working_usd=Decimal(28_500))
    second = working(put(96), slot="XYZ/second", broker_id=3)
    third = working(put(97), slot="XYZ/third", broker_id=4)

    assert breach_of(planned(), second, limits=limits) is None
    assert told(breach_of(planned(put(96)), limits=limits)) == ("notional", Weight.LATCH)
    assert told(breach_of(planned(), second, third, limits=limits)) == ("notional", Weight.LATCH)


def test_an_order_of_unknown_state_still_counts_against_the_cash():
    limits = LIMITS._replace(working_usd=Decimal(19_000))
    lost = working(put(96), slot="XYZ/second", broker_id=3, stage=Stage.UNKNOWN)

    assert told(breach_of(planned(), lost, limits=limits)) == ("notional", Weight.LATCH)


@pytest.mark.parametrize(
    ("limit", "stopped"),
    [("1.00", False), ("0.80", False), ("0.79", True), ("1.20", False), ("1.21", True), ("10.00", True)],
)
def test_a_limit_stays_within_a_spread_of_the_middle_that_was_seen(limit, stopped):
    """The middle was 1.00 and the natural 0.90: the spread is 0.20 wide."""
    breach = breach_of(planned(limit=price(limit)), limit=limit)

    assert (breach is not None) is stopped
    assert breach is None or told(breach) == ("collar", Weight.LATCH)


def test_a_change_of_price_meets_the_same_collar():
    (state,) = a_book(working(put(95), broker_id=3)).orders.values()

    assert breach_of(state, limit="0.80", change=True) is None
    assert told(breach_of(state, limit="0.79", change=True)) == ("collar", Weight.LATCH)


def test_without_a_recorded_market_no_price_can_be_judged():
    assert told(breach_of(planned(mid=None))) == ("collar", Weight.DROP)


def test_an_option_is_not_sold_for_less_than_exercise_brings():
    """A put at 95 with the share at 92 is worth 3.00; 1.00 is what somebody mistyped or a bad quote said."""
    cheap = planned(spot=Decimal(92))

    assert told(breach_of(cheap)) == ("collar", Weight.LATCH)
    assert breach_of(planned(spot=Decimal(96))) is None


def test_the_brokers_newer_mark_of_the_shares_counts_too():
    held = (holding(XYZ, 100), positions((XYZ, 100, "95")))
    marked = a_book(*held)
    (row,) = marked.observed.positions.value
    told_now = Known((replace(row, market_price=Decimal(92)),), NOW)

    def mark(book):
        return replace(book, observed=replace(book.observed, positions=told_now))

    assert told(breach_of(planned(spot=Decimal(96)), holding(XYZ, 100), mark)) == ("collar", Weight.LATCH)


def test_an_option_is_not_bought_for_more_than_it_can_ever_be_worth():
    state = planned(
        put(95), 1, purpose=Purpose.CLOSE, limit=price(-96), mid=price(-96), natural=price("-96.10")
    )
    state = replace(state, limit=price(-96))

    assert told(breach_of(state, holding(put(95), -1))) == ("collar", Weight.LATCH)


def test_a_call_without_shares_never_passes_whatever_the_rules_said():
    naked = planned(call(105))

    assert told(breach_of(naked)) == ("naked_call", Weight.LATCH)
    assert told(breach_of(naked, holding(XYZ, 99))) == ("naked_call", Weight.LATCH)
    assert breach_of(naked, holding(XYZ, 100)) is None


def test_shares_are_not_promised_twice():
    one = working(call(106), slot="XYZ/other", broker_id=3)

    assert told(breach_of(planned(call(105)), holding(XYZ, 100), one)) == ("naked_call", Weight.LATCH)
    assert breach_of(planned(call(105)), holding(XYZ, 200), one) is None


def test_shares_under_a_call_are_not_sold():
    sale = planned(combo=single(XYZ, -100))

    assert naked_calls(with_order(a_book(holding(XYZ, 100), holding(call(105), -1)), sale), sale) == 100
    assert naked_calls(with_order(a_book(holding(XYZ, 100)), sale), sale) == 0


def with_order(book, state):
    return replace(book, orders={**book.orders, state.key: state})


@pytest.mark.parametrize(("long_expiry", "missing"), [(SOON, 0), (SOON - timedelta(days=7), 100)])
def test_a_long_call_covers_a_short_one_that_expires_no_later(long_expiry, missing):
    spread = planned(combo=Combo((Leg(call(105), -1), Leg(call(110, long_expiry), 1))))

    assert naked_calls(with_order(a_book(), spread), spread) == missing


def test_a_roll_of_a_covered_call_is_covered_by_the_same_shares():
    later = call(105, SOON + timedelta(days=28))
    roll = planned(combo=Combo((Leg(call(105), 1), Leg(later, -1))), purpose=Purpose.ROLL)
    book = a_book(holding(XYZ, 100), holding(call(105), -1))

    assert naked_calls(with_order(book, roll), roll) == 0
    assert breach_of(roll, holding(XYZ, 100), holding(call(105), -1)) is None


def test_what_is_not_held_is_not_closed_and_not_closed_twice():
    closing = planned(put(95), 1, slot="XYZ/close/a")
    other = working(put(95), 1, slot="XYZ/close/b", broker_id=3)

    assert told(breach_of(closing)) == ("legs", Weight.LATCH)
    assert breach_of(closing, holding(put(95), -1)) is None
    assert told(breach_of(closing, holding(put(95), -1), other)) == ("legs", Weight.LATCH)
    assert breach_of(closing, holding(put(95), -2), other) is None


@pytest.mark.parametrize(
    "contract",
    [
        Index("XYZ"),
        put(95, NOW.date() - timedelta(days=1)),
        Option("XYZ", SOON, Decimal(95), put().right, adjusted=True),
    ],
)
def test_legs_that_no_order_of_ours_may_name_are_stopped(contract):
    assert told(breach_of(planned(combo=single(contract, -1)))) == ("legs", Weight.LATCH)


@pytest.mark.parametrize("stage", [Stage.ASSIGNED, Stage.WORKING, Stage.UNKNOWN])
def test_an_order_that_was_sent_is_not_sent_again(stage):
    again = replace(planned(), stage=stage, broker_id=4)

    assert told(breach_of(again)) == ("duplicate", Weight.LATCH)


def test_a_slot_holds_one_living_order():
    first = working(put(96), slot="XYZ/put", broker_id=3)
    (living,) = a_book(first).orders.values()
    second = planned(key="wheel/XYZ/put/2026-01-13/2")

    def add(book):
        return replace(book, orders={living.key: living})

    assert told(breach_of(second, add)) == ("duplicate", Weight.LATCH)


@pytest.mark.parametrize(("seconds", "stopped"), [(4, True), (5, False)])
def test_the_same_legs_are_not_opened_again_within_seconds(seconds, stopped):
    state = planned()
    before = Sent(NOW - timedelta(seconds=seconds), "wheel/XYZ/put/2026-01-13/9", sides_of(state.order))

    breach = breach_of(state, sends=(before,))

    assert (breach is not None) is stopped
    assert breach is None or told(breach) == ("duplicate", Weight.LATCH)


def sends(count, ago=timedelta(0)):
    return tuple(Sent(NOW - ago, f"k{n}", (f"-XYZ {n}",)) for n in range(count))


@pytest.mark.parametrize(
    ("fields", "stopped"),
    [
        ({"sends": sends(19)}, False),
        ({"sends": sends(20)}, True),
        ({"sends": sends(20, timedelta(minutes=2))}, False),
        ({"sends": sends(199, timedelta(hours=1))}, False),
        ({"sends": sends(200, timedelta(hours=1))}, True),
    ],
)
def test_orders_a_minute_and_a_day_are_bounded_and_too_many_stop_openings(fields, stopped):
    breach = breach_of(planned(), **fields)

    assert (breach is not None) is stopped
    assert breach is None or told(breach) == ("rate", Weight.PAUSE)


@pytest.mark.parametrize(("count", "stopped"), [(59, False), (60, True)])
def test_changes_of_prices_a_minute_are_bounded(count, stopped):
    (state,) = a_book(working(put(95), broker_id=3)).orders.values()

    breach = breach_of(state, limit="0.95", change=True, changes=(NOW,) * count)

    assert (breach is not None) is stopped


@pytest.mark.parametrize(
    ("now", "purpose", "stopped"),
    [
        ("95000", Purpose.OPEN, False),
        ("94999", Purpose.OPEN, True),
        ("94999", Purpose.CLOSE, False),
    ],
)
def test_a_days_loss_stops_openings_only(now, purpose, stopped):
    closing = purpose is Purpose.CLOSE
    state = planned(put(95), 1 if closing else -1)
    account = an_account(net_liquidation=Decimal(now))
    parts = (holding(put(95), -1),) if closing else ()

    breach = breach_of(state, *parts, account=account, day=DayStart(NOW.date(), Decimal(100_000)))

    assert (breach is not None) is stopped
    assert breach is None or told(breach) == ("daily_loss", Weight.PAUSE)


def test_a_breach_that_no_decision_can_cause_halts_everything_and_drops_the_order():
    state = planned(quantity=1_000)
    book = with_order(a_book(), state)

    halted, dropped = duties(ENGINE, book)

    assert (halted.cause, halted.scope) == ("gate", "all")
    assert (dropped.key, dropped.rule) == (state.key, "gate:size")
    assert "1000 contracts in one order, 10 are allowed" in halted.why


def test_after_the_gate_has_latched_nothing_passes_until_a_person_resets_it():
    """Not the next session, not a restart: only a release of this cause."""
    book = with_order(a_book(), planned(quantity=1_000))
    for event in duties(ENGINE, book):
        book = apply(book, event)
    book = with_order(book, planned())

    assert [type(e) for e in duties(ENGINE, book)] == [ev.OrderDropped]
    assert list(lapsed(replace(book, session=book.session + timedelta(days=1)))) == []

    reset = apply(book, ev.TradingReleased(at=NOW, cause="gate", why="looked at", who="anna"))
    assert [type(e) for e in duties(ENGINE, reset)] == [ev.OrderRequested]


@pytest.mark.parametrize("cause", ["gate_rate", "daily_loss"])
def test_what_counts_a_day_is_over_with_the_day(cause):
    book = apply(a_book(), ev.TradingHalted(at=NOW, cause=cause, scope="entries", why="too much"))

    assert list(lapsed(book)) == []
    tomorrow = replace(book, session=book.session + timedelta(days=1))
    assert [event.cause for event in lapsed(tomorrow)] == [cause]


def test_a_change_that_is_stopped_leaves_the_order_and_takes_it_back():
    """The halt that a breach brings cancels what works; the order is not given up as unsent."""
    book = a_book(working(put(95), broker_id=3, client_id=7, sent_at=NOW - timedelta(minutes=1)), client_id=7)
    (state,) = book.orders.values()
    nothing = LIMITS.collar._replace(spreads=Decimal(0), floor=Decimal(0), part=Decimal(0))
    narrow = ENGINE._replace(gate=LIMITS._replace(collar=nothing))

    (halted,) = duties(narrow, book)
    assert (halted.cause, halted.scope) == ("gate", "all")

    (cancelled,) = duties(narrow, apply(book, halted))
    assert (type(cancelled), cancelled.key) == (ev.CancelRequested, state.key)


def test_an_order_asked_for_a_second_time_is_unknown_until_the_broker_has_spoken():
    """It may live: it is not given up, and nothing is sent."""
    book = a_book(working(put(95), broker_id=3, stage=Stage.CLEARED))

    halted, unknown = duties(ENGINE, book)

    assert halted.cause == "gate"
    assert isinstance(unknown, ev.OrderUnknown)


def test_a_permit_is_refused_while_the_kill_switch_is_thrown_and_void_when_it_is_thrown_later():
    thrown = []
    state = planned()
    book = with_order(a_book(), state)
    wanted = Wanted(state, state.limit, change=False)

    given = permit(book, wanted, 7, LIMITS, lambda: "".join(thrown))
    given.redeem()
    thrown.append("premia.kill is there")

    with pytest.raises(Exception, match=r"stopped before it left: premia\.kill is there"):
        given.redeem()
    late = permit(book, wanted, 7, LIMITS, lambda: "".join(thrown))
    assert isinstance(late, Breach)
    assert late.weight is Weight.KILL
