"""What IB's messages about orders mean, in whatever order they come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ib_async import CommissionReport, Contract, Execution, Order, OrderState

from premia.adapters.ib.connection import Address, Connection
from premia.adapters.ib.contracts import ContractBook
from premia.adapters.ib.orders import OrderTracker
from premia.adapters.ib.pacing import unpaced
from premia.domain.events import (
    BrokerWarned,
    CancelRefused,
    CommissionReported,
    OrderAccepted,
    OrderCancelled,
    OrderFilled,
    OrderRejected,
    ReplaceRefused,
)
from premia.domain.money import price

NOW = datetime(2024, 3, 11, 14, 30, tzinfo=UTC)
KEY = "wheel/ABC/put/2024-03-11/1"
UNSET = 1.7976931348623157e308
PUT = Contract(
    secType="OPT",
    conId=11,
    symbol="ABC",
    lastTradeDateOrContractMonth="20240419",
    strike=95.0,
    right="P",
    multiplier="100",
    currency="USD",
    tradingClass="ABC",
)


@pytest.fixture
def tracker() -> OrderTracker:
    """A tracker of client 1 that has just sent order 7 at a credit of 1.25."""
    book = ContractBook(Connection(Address(client_id=1), unpaced()))
    tracker = OrderTracker(1, book, lambda: NOW)
    tracker.sending(KEY, 7, price("1.25"))
    return tracker


def opened(tracker, status: str = "Submitted", limit: float = 1.25, client: int = 1) -> list:
    order = Order(
        orderId=7, clientId=client, permId=99, action="SELL", orderType="LMT", lmtPrice=limit, orderRef=KEY
    )
    return list(tracker.open_order(order, OrderState(status=status)))


def told(tracker, status: str, client: int = 1) -> list:
    return list(tracker.status(7, client, status, 99))


def executed(tracker, exec_id: str = "aa.01.01", shares: float = 1, sec_type: str = "OPT") -> list:
    contract = PUT if sec_type == "OPT" else Contract(secType="BAG", symbol="ABC", conId=28812380)
    execution = Execution(
        execId=exec_id,
        time=NOW,
        side="SLD",
        shares=shares,
        price=1.25,
        permId=99,
        clientId=1,
        orderId=7,
        orderRef=KEY,
    )
    return list(tracker.execution(contract, execution))


def refused(tracker, code: int, text: str = "words") -> list:
    return list(tracker.refused(7, code, text))


def kinds(events: list) -> list[type]:
    return [type(event) for event in events]


def test_the_first_word_about_an_order_acknowledges_it_and_repetitions_say_nothing(tracker):
    assert kinds(opened(tracker, "PreSubmitted")) == [OrderAccepted]
    assert told(tracker, "PreSubmitted") == []
    assert opened(tracker) == []
    assert told(tracker, "Submitted") == []


def test_a_fill_before_the_acknowledgement_acknowledges_first(tracker):
    events = executed(tracker)

    assert kinds(events) == [OrderAccepted, OrderFilled]
    assert events[0].perm_id == 99
    assert (events[1].fill.quantity, events[1].fill.price) == (-1, price("1.25"))


def test_an_execution_told_twice_counts_once(tracker):
    executed(tracker)

    assert executed(tracker) == []


def test_a_corrected_execution_is_told_with_the_root_of_the_one_it_corrects(tracker):
    first = executed(tracker, "aa.01.01")[-1].fill
    second = executed(tracker, "aa.01.02", shares=2)[-1].fill

    assert first.root == second.root
    assert second.quantity == -2


def test_the_summary_line_of_a_combo_is_no_fill(tracker):
    assert executed(tracker, sec_type="BAG") == []


def test_a_late_submitted_after_filled_brings_nothing_back(tracker):
    opened(tracker)
    executed(tracker)
    told(tracker, "Filled")

    assert told(tracker, "Submitted") == []
    assert opened(tracker, "Submitted") == []


@pytest.mark.parametrize("code", [399, 404, 10349, 2109, 10167])
def test_a_warning_kills_nothing_and_acknowledges_nothing(tracker, code):
    assert kinds(refused(tracker, code)) == [BrokerWarned]
    assert kinds(told(tracker, "Submitted")) == [OrderAccepted]


@pytest.mark.parametrize("code", [201, 200, 110, 321, 103, 434, 435, 10052])
def test_an_error_before_the_acknowledgement_is_a_rejection(tracker, code):
    (event,) = refused(tracker, code)

    assert isinstance(event, OrderRejected)
    assert event.code == code
    assert told(tracker, "Inactive") == []


def test_a_later_margin_refusal_rejects_an_acknowledged_order(tracker):
    opened(tracker, "PreSubmitted")

    assert kinds(refused(tracker, 201)) == [OrderRejected]


def test_an_inactive_order_is_held_until_more_is_known(tracker):
    (event,) = told(tracker, "Inactive")

    assert isinstance(event, OrderAccepted)
    assert event.held
    assert kinds(refused(tracker, 201)) == [OrderRejected]


@pytest.mark.parametrize("code", [110, 104, 105, 134, 201])
def test_a_refused_change_of_price_leaves_the_order_as_it_was(tracker, code):
    opened(tracker)
    tracker.sending(KEY, 7, price("1.20"))

    assert kinds(refused(tracker, code)) == [ReplaceRefused]
    assert opened(tracker, limit=1.25) == []
    assert kinds(executed(tracker)) == [OrderFilled]


def test_a_change_of_price_is_accepted_when_the_order_shows_it(tracker):
    opened(tracker)
    tracker.sending(KEY, 7, price("1.20"))

    assert opened(tracker, limit=1.25) == []
    (event,) = opened(tracker, limit=1.20)
    assert event.limit == price("1.20")
    assert opened(tracker, limit=1.20) == []


def test_a_cancel_is_told_once_whether_by_status_or_by_note(tracker):
    opened(tracker)

    assert kinds(told(tracker, "Cancelled")) == [OrderCancelled]
    assert refused(tracker, 202) == []


def test_a_cancel_note_alone_ends_the_order(tracker):
    opened(tracker)

    assert kinds(refused(tracker, 202)) == [OrderCancelled]


def test_a_cancel_that_came_too_late_ends_nothing_and_the_fill_counts(tracker):
    opened(tracker)

    assert kinds(refused(tracker, 10148)) == [CancelRefused]
    assert kinds(executed(tracker)) == [OrderFilled]


def test_a_fill_after_the_cancel_still_counts(tracker):
    opened(tracker)
    told(tracker, "Cancelled")

    assert kinds(executed(tracker)) == [OrderFilled]


def test_another_clients_order_under_the_same_number_is_not_ours(tracker):
    assert told(tracker, "Submitted", client=2) == []
    assert opened(tracker, client=2) == []


def test_a_cost_is_told_once_and_only_for_a_fill_told_without_it(tracker):
    executed(tracker)
    report = CommissionReport("aa.01.01", 1.05, "USD", UNSET, 0.0, 0)

    (event,) = tracker.commission(report)
    assert isinstance(event, CommissionReported)
    assert (str(event.commission), event.realized) == ("1.05 USD", None)
    assert list(tracker.commission(report)) == []
    assert list(tracker.commission(CommissionReport("bb.01.01", 1.05, "USD", 0.0, 0.0, 0))) == []


def test_an_unset_cost_is_not_a_cost_yet(tracker):
    executed(tracker)

    assert list(tracker.commission(CommissionReport("aa.01.01", UNSET, "USD", UNSET, 0.0, 0))) == []


def test_an_order_of_an_earlier_session_is_understood_once_adopted(tracker):
    tracker.adopt("wheel/XYZ/put/2024-03-08/1", 5, price("0.80"))

    events = list(tracker.status(5, 1, "Cancelled", 98))

    assert [event.key for event in events] == ["wheel/XYZ/put/2024-03-08/1"]
