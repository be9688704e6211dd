"""Orders as the broker lists them: which live, which are over, and whose status is whose."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from ib_async import Contract, Order, OrderState

from premia.adapters.clocks import WallClock
from premia.adapters.ib import translate
from premia.adapters.ib.connection import Address, Connection
from premia.adapters.ib.contracts import ContractBook
from premia.adapters.ib.orders import OrderTracker
from premia.adapters.ib.pacing import Pacer, unpaced
from premia.adapters.ib.requests import AccountFigure, OpenOrder, PositionRow, StatusRow
from premia.adapters.ib.snapshot import Reader, account_state
from premia.domain.instrument import Option
from premia.domain.known import Known, Unknown

NOW = datetime(2024, 3, 11, 14, 30, tzinfo=UTC)
OURS = "wheel/ABC/put/2024-03-11/1"
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
def reader() -> Reader:
    connection = Connection(Address(client_id=1), unpaced())
    book = ContractBook(connection)
    return Reader(connection, book, OrderTracker(1, book, lambda: NOW), WallClock())


def an_order(perm: int, status: str, ref: str = OURS, order_id: int = 7, client: int = 1) -> OpenOrder:
    order = Order(
        orderId=order_id,
        clientId=client,
        permId=perm,
        action="SELL",
        totalQuantity=1.0,
        orderType="LMT",
        lmtPrice=1.25,
        orderRef=ref,
        account="DU1",
    )
    return OpenOrder(PUT, order, OrderState(status=status))


async def listed(reader: Reader, opened=(), statuses=(), completed=()) -> dict:
    answer = await reader._orders(
        "DU1", Known((list(opened), list(statuses)), NOW), Known(list(completed), NOW)
    )
    assert isinstance(answer, Known)
    return {order.order_ref: order for order in answer.value}


async def test_an_order_of_ours_that_ended_does_not_live_by_the_status_of_a_persons_order(reader):
    """Completed orders come without numbers of client and order, and so does an order made by hand."""
    by_hand = an_order(50, "Submitted", ref="", order_id=0, client=0)
    hint = StatusRow(0, 0, 50, "Submitted", 0.0, 1.0)
    ended = an_order(99, "Cancelled", order_id=0, client=0)

    found = await listed(reader, [by_hand], [hint], [ended])

    assert (found[OURS].status, found[OURS].done) == ("Cancelled", True)
    assert (found[""].status, found[""].done) == ("Submitted", False)


async def test_two_orders_made_by_hand_keep_their_own_statuses(reader):
    first, second = (an_order(perm, "", ref=f"hand {perm}", order_id=0, client=0) for perm in (50, 51))
    hints = [StatusRow(0, 0, 50, "Submitted", 2.0, 1.0), StatusRow(0, 0, 51, "PreSubmitted", 0.0, 1.0)]

    found = await listed(reader, [first, second], hints)

    assert (found["hand 50"].status, found["hand 50"].filled) == ("Submitted", 2)
    assert (found["hand 51"].status, found["hand 51"].filled) == ("PreSubmitted", 0)


async def test_an_inactive_order_that_is_still_listed_as_open_is_not_over(reader):
    """It waits for shares, for a session or for a person, and may work again: no second one beside it."""
    found = await listed(reader, [an_order(99, "Inactive")])
    assert not found[OURS].done

    found = await listed(reader, completed=[an_order(99, "Inactive", order_id=0, client=0)])
    assert found[OURS].done


def test_settled_cash_of_a_dollar_account_does_not_count_other_currencies():
    """30,000 USD and 20,000 EUR: the euros are in the figures of the base currency, and buy no shares."""
    rows = [
        AccountFigure(tag, value, currency, "DU1")
        for tag, value, currency in (
            ("NetLiquidation", "52000", "USD"),
            ("SettledCash", "52000", "USD"),
            ("TotalCashValue", "52000", "USD"),
            ("CashBalance", "30000", "USD"),
            ("CashBalance", "20000", "EUR"),
            ("CashBalance", "52000", "BASE"),
        )
    ]

    state = account_state("DU1", rows)

    assert state.settled_cash == Decimal(30_000)


def test_a_name_of_twenty_one_characters_need_not_be_an_american_options():
    """A person's option on a European exchange must not stop the reading of the account."""
    foreign = Contract(
        secType="OPT",
        symbol="BAYN",
        localSymbol="P BAYN 20261218 128 M",
        lastTradeDateOrContractMonth="20261218",
        strike=128.0,
        right="P",
        multiplier="100",
        currency="EUR",
        tradingClass="BAYN",
    )

    option = translate.contract_from(foreign)

    assert isinstance(option, Option)
    assert (option.expiry, option.currency) == (date(2026, 12, 18), "EUR")


def test_an_option_without_terms_is_shown_under_a_name_that_no_symbol_has():
    broken = Contract(secType="OPT", symbol="XYZ", localSymbol="XYZ odd", strike=10.0, right="P")

    assert translate.contract_from(broken).key == "XYZ odd (OPT)"


@pytest.mark.parametrize(("told", "held"), [(99.6, 99), (100.0, 100), (-0.4, -1)])
def test_a_fraction_of_a_share_covers_nothing(reader, told, held):
    row = PositionRow("DU1", Contract(secType="STK", symbol="ABC", conId=5, currency="USD"), told, 10.0)

    (position,) = reader._positions("DU1", Known([row], NOW), Unknown(NOW, "a test"), NOW).value

    assert position.quantity == held


def test_an_order_that_waited_for_the_pace_is_not_sent_in_the_next_session():
    """The session ended before it could leave: recovery calls it never sent, so it must never be sent."""
    pacer = Pacer(lambda: 0.0, rate_per_s=1.0, burst_s=0.0)
    client = Connection(Address(client_id=1), pacer).client
    pacer.offer("3\0an order", urgent=True)

    client.reset()

    assert pacer.wait_s() is None
