"""An order's line tells its life."""

from decimal import Decimal

import pytest

from premia.domain import events as ev
from premia.domain.combo import single
from premia.domain.intent import evidence
from premia.domain.money import price, usd
from premia.reporting.orders import orders
from tests.unit.reporting.story import PUT, a_fill, a_roll, an_order, at, filled, numbered, sent

D = Decimal
WHEN = at(1, 6)
ORDER = an_order("XYZ/put", single(PUT, -1), "0.60", WHEN, quantity=2)


def line_of(*events: ev.AnyEvent):
    [line] = orders(numbered([*sent(ORDER, WHEN), *events]))
    return line


def test_a_working_order_shows_its_price_and_broker_id():
    line = line_of()

    assert (line.key, line.state, line.legs) == ("wheel/XYZ/put/2026-01-06/1", "working", f"-1 {PUT.key}")
    assert (line.first, line.limit, line.worst, line.price, line.broker_id) == (
        D("0.60"),
        D("0.60"),
        D("0.55"),
        None,
        7,
    )


def test_each_change_of_price_is_counted():
    steps = [
        ev.ReplaceRequested(at=at(1, 6, 15, n), key=ORDER.key, limit=price(f"0.{60 - n}")) for n in (1, 2)
    ]

    line = line_of(*steps)

    assert (line.first, line.limit, line.reprices) == (D("0.60"), D("0.58"), 2)


def test_executions_are_averaged_and_fees_added():
    fills = [
        ev.OrderFilled(
            at=at(1, 6, 15, n), key=ORDER.key, fill=a_fill(ORDER, PUT, -1, p, WHEN, exec_id=f"e{n}.01")
        )
        for n, p in ((1, "0.60"), (2, "0.58"))
    ]

    half, whole = line_of(fills[0]), line_of(*fills)

    assert (half.state, half.filled, half.partly, half.fees) == ("working", 1, True, D("1.05"))
    assert (whole.state, whole.filled, whole.partly, whole.fees) == ("filled", 2, False, D("2.10"))
    assert (whole.price, whole.executions) == (D("0.59"), 2)


def test_a_commission_told_later_is_added_and_a_correction_replaces():
    first = a_fill(ORDER, PUT, -2, "0.60", WHEN, exec_id="e1.01", commission=None)
    second = a_fill(ORDER, PUT, -2, "0.57", WHEN, exec_id="e1.02")

    line = line_of(
        ev.OrderFilled(at=WHEN, key=ORDER.key, fill=first),
        ev.CommissionReported(at=WHEN, exec_id="e1.01", commission=usd("2.10")),
    )
    corrected = line_of(
        ev.OrderFilled(at=WHEN, key=ORDER.key, fill=first),
        ev.CommissionReported(at=WHEN, exec_id="e1.01", commission=usd("2.10")),
        ev.OrderFilled(at=WHEN, key=ORDER.key, fill=second),
    )

    assert (line.fees, line.price) == (D("2.10"), D("0.60"))
    assert (corrected.fees, corrected.price, corrected.executions) == (D("1.05"), D("0.57"), 1)


def test_a_roll_has_the_net_price_of_its_legs():
    """Bought back at 0.90, sold anew at 1.10: 0.20 net credit."""
    roll, new = a_roll("t", WHEN)
    legs = [filled(roll, PUT, 1, "0.90", WHEN), filled(roll, new, -1, "1.10", WHEN)]

    [half] = orders(numbered([*sent(roll, WHEN), legs[0]]))
    [line] = orders(numbered([*sent(roll, WHEN), *legs]))

    assert (half.price, half.filled, half.state) == (None, 0, "working")
    assert (line.price, line.filled, line.state, line.purpose) == (D("0.20"), 1, "filled", "roll")


@pytest.mark.parametrize(
    ("event", "state", "why"),
    [
        (ev.OrderRejected(at=WHEN, key=ORDER.key, code=201, text="no"), "rejected", "201: no"),
        (ev.OrderCancelled(at=WHEN, key=ORDER.key, why="patience ended"), "cancelled", "patience ended"),
        (ev.CancelRequested(at=WHEN, key=ORDER.key, why="patience ended"), "cancelling", "patience ended"),
        (ev.OrderUnknown(at=WHEN, key=ORDER.key, why="no evidence"), "unknown", "no evidence"),
        (ev.OrderNeverSent(at=WHEN, key=ORDER.key, why="id free"), "never_sent", "id free"),
        (
            ev.OrderDropped(at=WHEN, key=ORDER.key, rule="what_if", reason="margin", evidence=evidence()),
            "never_sent",
            "margin",
        ),
    ],
)
def test_an_end_says_why(event, state, why):
    line = line_of(event)

    assert (line.state, line.why) == (state, why)


def test_a_filled_order_stays_filled_whatever_is_said_after():
    fill = ev.OrderFilled(at=WHEN, key=ORDER.key, fill=a_fill(ORDER, PUT, -2, "0.60", WHEN))

    assert line_of(fill, ev.OrderCancelled(at=WHEN, key=ORDER.key, why="late")).state == "filled"


def test_events_of_other_orders_change_nothing():
    assert line_of(ev.OrderCancelled(at=WHEN, key="other", why="x")) == line_of()


def test_an_order_taken_back_tells_our_reason_and_not_the_brokers_word_for_it():
    why = "not filled within 0:18:00 of market time"
    ending = [
        ev.CancelRequested(at=at(1, 6, 15, 18), key=ORDER.key, why=why),
        ev.OrderCancelled(at=at(1, 6, 15, 19), key=ORDER.key, why="Cancelled"),
    ]

    ours, theirs = line_of(*ending), line_of(ending[1])

    assert (ours.state, ours.why) == ("cancelled", why)
    assert (theirs.state, theirs.why) == ("cancelled", "Cancelled")


def test_a_fill_that_overtakes_our_cancel_leaves_no_reason_why_not():
    when = at(1, 6, 15, 18)
    fill = a_fill(ORDER, PUT, -2, "0.60", WHEN)
    asked = ev.CancelRequested(at=when, key=ORDER.key, why="not filled within 0:18:00 of market time")

    line = line_of(asked, ev.OrderFilled(at=when, key=ORDER.key, fill=fill))

    assert (line.state, line.why) == ("filled", "")
