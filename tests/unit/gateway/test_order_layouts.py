"""Order messages at every server version, read by the decoder of ib_async and written by its client."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from decimal import Decimal

import ib_async
import pytest
from ib_async.client import Client
from ib_async.decoder import Decoder

from premia.gateway.order_messages import (
    Deal,
    OrderLine,
    Preview,
    commission,
    completed_order,
    execution,
    open_order,
    order_status,
)
from premia.gateway.requests import TagValue, WireContract, WireLeg, read_placing
from premia.gateway.wire import Cursor, text_of

VERSIONS = [version for version in range(157, 179) if version != 158]
PUT = WireContract(5, "ABC", "OPT", "20240419", Decimal(95), "P", "100", "SMART", "", "USD", "ABC 1", "ABC")
LEGS = (WireLeg(5, 1, "BUY", "SMART"), WireLeg(6, 2, "SELL", "SMART"))
AT = datetime(2024, 3, 11, 14, 5, 6, tzinfo=UTC)


def a_line(**changes) -> OrderLine:
    order = {"action": "SELL", "totalQuantity": "3", "orderType": "LMT", "lmtPrice": "1.25", "tif": "DAY"}
    order |= {"account": "DU1", "orderRef": "wheel/1", **changes.pop("order", {})}
    values = {
        "client_id": 7,
        "order_id": 11,
        "perm_id": 99,
        "contract": PUT,
        "order": order,
        "legs": (),
        "leg_prices": (),
        "routing": (),
        "algo": (),
        "status": "Submitted",
        "filled": 1,
        "remaining": 2,
        "average": Decimal("1.25"),
        "last_price": Decimal("1.25"),
    }
    return OrderLine(**(values | changes))


class Listener:
    """Keeps the calls of the decoder."""

    defaultTimezone = UTC  # noqa: N815 - the decoder looks for this name

    def __init__(self):
        self.calls = {}
        self.ib = ib_async.IB()

    def __getattr__(self, name):
        def kept(*values):
            self.calls[name] = values

        return kept


@pytest.fixture
def decoded(caplog):
    """A function that decodes one message; the decoder must have nothing to say about it."""

    def decode(fields, version):
        listener = Listener()
        Decoder(listener, version).interpret([text_of(field) for field in fields])
        return listener.calls

    with caplog.at_level(logging.WARNING):
        yield decode
    assert caplog.messages == []


@pytest.mark.parametrize("version", VERSIONS)
def test_an_open_order_reads_back_at_every_version(decoded, version):
    line = a_line(order={"algoStrategy": "Adaptive"}, algo=(TagValue("adaptivePriority", "Patient"),))

    order_id, contract, order, state = decoded(open_order(line, version), version)["openOrder"]

    assert (order_id, contract.conId, contract.strike) == (11, 5, 95.0)
    assert (order.lmtPrice, order.orderRef, order.permId, order.clientId) == (1.25, "wheel/1", 99, 7)
    assert (order.algoStrategy, len(order.algoParams)) == ("Adaptive", 1)
    assert state.status == "Submitted"
    assert order.clearingIntent == "IB"
    assert order.usePriceMgmtAlgo in (0, False)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_combo_reads_back_with_legs_prices_and_routing(decoded, version):
    bag = WireContract(28812380, "ABC", "BAG", exchange="SMART", currency="USD")
    routing = (TagValue("NonGuaranteed", "1"),)
    line = a_line(contract=bag, legs=LEGS, leg_prices=("1.0", "2.0"), routing=routing)

    _id, contract, order, state = decoded(open_order(line, version), version)["openOrder"]

    assert [(leg.conId, leg.ratio, leg.action) for leg in contract.comboLegs] == [
        (5, 1, "BUY"),
        (6, 2, "SELL"),
    ]
    assert [leg.price for leg in order.orderComboLegs] == [1.0, 2.0]
    assert order.smartComboRoutingParams[0].value == "1"
    assert state.status == "Submitted"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_margin_answer_reads_back(decoded, version):
    preview = Preview(("1", "2", "3"), ("4", "5", "6"), ("5", "7", "9"), "1.05", "", "", "USD", "careful")

    _id, _c, order, state = decoded(open_order(a_line(), version, preview, what_if=True), version)[
        "openOrder"
    ]

    assert order.whatIf
    assert (state.initMarginBefore, state.maintMarginChange, state.equityWithLoanAfter) == ("1", "5", "9")
    assert (state.commission, state.commissionCurrency, state.warningText) == (1.05, "USD", "careful")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_completed_order_reads_back(decoded, version):
    line = a_line(status="Filled", completed=AT, completed_status="Filled Size: 3")

    contract, order, state = decoded(completed_order(line, version), version)["completedOrder"]

    assert contract.conId == 5
    assert (order.permId, order.filledQuantity) == (99, 1)
    assert state.completedStatus == "Filled Size: 3"
    assert state.completedTime.startswith("20240311 ")


@pytest.mark.parametrize("version", VERSIONS)
def test_an_execution_reads_back_with_its_venue_and_its_time(version):
    deal = Deal("e.1", AT, "DU1", "CBOE", "SLD", 3, Decimal("1.25"), 99, 7, 11, 3, Decimal("1.25"), "wheel/1")
    listener = Listener()
    listener.ib.TimezoneTWS = "US/Eastern"

    fields = [text_of(field) for field in execution(-1, PUT, deal, version)]
    Decoder(listener, version).interpret(fields)
    req_id, contract, found = listener.calls["execDetails"]

    assert (req_id, contract.exchange, found.exchange) == (-1, "CBOE", "CBOE")
    assert (found.shares, found.price, found.orderRef) == (3, 1.25, "wheel/1")
    assert found.time == AT


def test_a_status_and_a_commission_read_back(decoded):
    assert decoded(order_status(a_line()), 178)["orderStatus"][:4] == (11, "Submitted", 1.0, 2.0)
    [report] = decoded(commission("e.1", Decimal("1.05"), "USD", None), 178)["commissionReport"]
    assert (report.execId, report.commission) == ("e.1", 1.05)
    assert report.realizedPNL > 1e300


class Wire:
    """Takes what the client would send."""

    def __init__(self, version):
        self.client = Client(Listener())
        self.client.connState = Client.CONNECTED
        self.client._serverVersion = version
        self.client.sendMsg = self.keep
        self.fields = []

    def keep(self, message):
        self.fields = message.split("\0")[:-1]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_request_is_read_to_its_last_field(version):
    wire = Wire(version)
    contract = ib_async.Option("ABC", "20240419", 95, "P", "SMART", conId=5)
    order = ib_async.LimitOrder("SELL", 3, 1.25, tif="GTC", orderRef="wheel/1", account="DU1")
    order.algoStrategy, order.algoParams = "Vwap", [ib_async.TagValue("maxPctVol", "0.1")]

    wire.client.placeOrder(11, contract, order)
    cursor = Cursor(wire.fields[1:])
    placing = read_placing(cursor, version)

    assert (placing.order_id, placing.contract.con_id, placing.contract.strike) == (11, 5, 95)
    assert (placing.order["lmtPrice"], placing.order["tif"], placing.order["orderRef"]) == (
        "1.25",
        "GTC",
        "wheel/1",
    )
    assert placing.algo == (TagValue("maxPctVol", "0.1"),)
    assert placing.unsupported == ""
    assert cursor.left == (1 if version >= 169 else 0)  # manualOrderTime is for people, not for this market


@pytest.mark.parametrize("version", [157, 166, 178])
def test_a_combo_request_is_read_with_its_legs(version):
    wire = Wire(version)
    legs = [ib_async.ComboLeg(5, 1, "BUY", "SMART"), ib_async.ComboLeg(6, 2, "SELL", "SMART")]
    bag = ib_async.Bag(symbol="ABC", exchange="SMART", currency="USD", comboLegs=legs)
    order = ib_async.LimitOrder("BUY", 1, -0.5, tif="DAY")
    order.smartComboRoutingParams = [ib_async.TagValue("NonGuaranteed", "1")]

    wire.client.placeOrder(12, bag, order)
    placing = read_placing(Cursor(wire.fields[1:]), version)

    assert [(leg.con_id, leg.ratio, leg.action) for leg in placing.legs] == [(5, 1, "BUY"), (6, 2, "SELL")]
    assert placing.routing == (TagValue("NonGuaranteed", "1"),)
    assert placing.order["lmtPrice"] == "-0.5"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parentId": 3}, "parent"),
        ({"scalePriceIncrement": 0.1}, "scale"),
        ({"hedgeType": "D", "hedgeParam": "x"}, "hedging"),
        ({"conditions": [ib_async.PriceCondition()]}, "conditional"),
        ({"deltaNeutralOrderType": "MKT"}, "delta-neutral"),
    ],
)
def test_what_this_market_does_not_simulate_is_named(changes, words):
    wire = Wire(178)
    order = ib_async.LimitOrder("BUY", 1, 1.0)
    for name, value in changes.items():
        setattr(order, name, value)

    wire.client.placeOrder(13, ib_async.Stock("ABC", "SMART", "USD"), order)

    assert words in read_placing(Cursor(wire.fields[1:]), 178).unsupported
