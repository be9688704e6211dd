"""A session of the official API client, run by the Python of its own environment.

It asks a gateway for everything that an options trader asks, places, changes and cancels orders, and
prints one JSON object: what it heard, by kind, and every line that the library logged as a complaint.
Works with `ibapi` 9.81.1 and with `ibapi` 10.46 (as packaged by `nautilus-ibapi`), whose signatures differ.
"""

# The library calls methods by its own names, and takes flags by position.
# ruff: noqa: N802, N803, ARG002, FBT003, PLR0913, PLR0917
from __future__ import annotations

import json
import logging
import sys
import threading
from collections import Counter

from ibapi.client import EClient
from ibapi.contract import ComboLeg, Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.wrapper import EWrapper

TIMEOUT_S = 20


class Complaints(logging.Handler):
    """Keeps every warning of the library."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.name}: {record.getMessage()}")


class App(EWrapper, EClient):
    """Counts what it hears, and lets the script wait for any of it."""

    def __init__(self):
        EWrapper.__init__(self)
        EClient.__init__(self, self)
        self.heard = Counter()
        self.news = threading.Condition()
        self.errors = []
        self.details = {}
        self.next_id = 0
        self.statuses = {}
        self.option_classes = []
        self.bars = {}
        self.ticks = {}
        self.what_if = {}
        self.deals = []

    def note(self, kind):
        with self.news:
            self.heard[kind] += 1
            self.news.notify_all()

    def wait(self, condition, what):
        with self.news:
            if not self.news.wait_for(condition, TIMEOUT_S):
                raise TimeoutError(
                    f"waited {TIMEOUT_S} s for {what}; heard {dict(self.heard)}, errors {self.errors}"
                )

    def wait_for(self, kind, count=1):
        self.wait(lambda: self.heard[kind] >= count, kind)

    # answers

    def error(self, req_id, *rest):
        numbers = [part for part in rest if isinstance(part, int) and part < 100_000]
        words = [part for part in rest if isinstance(part, str)]
        self.errors.append([req_id, numbers[-1] if numbers else 0, words[0] if words else ""])
        self.note(f"error {numbers[-1] if numbers else 0}")

    def nextValidId(self, orderId):
        self.next_id = orderId
        self.note("nextValidId")

    def managedAccounts(self, accountsList):
        self.accounts = accountsList.split(",")
        self.note("managedAccounts")

    def currentTime(self, time):
        self.note("currentTime")

    def contractDetails(self, reqId, details):
        self.details.setdefault(reqId, []).append(details)
        self.note("contractDetails")

    def contractDetailsEnd(self, reqId):
        self.note(f"contractDetailsEnd {reqId}")

    def securityDefinitionOptionParameter(
        self, reqId, exchange, conId, tradingClass, multiplier, expirations, strikes
    ):
        self.option_classes.append([exchange, tradingClass, multiplier, sorted(expirations), sorted(strikes)])
        self.note("optionClass")

    def securityDefinitionOptionParameterEnd(self, reqId):
        self.note("optionClassEnd")

    def symbolSamples(self, reqId, descriptions):
        self.note("symbolSamples")

    def marketRule(self, marketRuleId, increments):
        self.note("marketRule")

    def headTimestamp(self, reqId, timestamp):
        self.note("headTimestamp")

    def tickPrice(self, reqId, tickType, price, attrib):
        self.ticks.setdefault(reqId, {})[tickType] = price
        self.note("tickPrice")

    def tickSize(self, reqId, tickType, size):
        self.ticks.setdefault(reqId, {})[tickType] = float(size)
        self.note("tickSize")

    def tickString(self, reqId, tickType, value):
        self.note("tickString")

    def tickGeneric(self, reqId, tickType, value):
        self.note("tickGeneric")

    def tickOptionComputation(self, reqId, tickType, *values):
        self.note("greeks 53" if tickType == 53 else f"greeks {tickType}")

    def tickSnapshotEnd(self, reqId):
        self.note("tickSnapshotEnd")

    def marketDataType(self, reqId, marketDataType):
        self.note(f"marketDataType {marketDataType}")

    def tickReqParams(self, *values):
        self.note("tickReqParams")

    def tickByTickBidAsk(self, *values):
        self.note("tickByTick")

    def realtimeBar(self, *values):
        self.note("realtimeBar")

    def historicalData(self, reqId, bar):
        self.bars.setdefault(reqId, []).append(bar.date)
        self.note("bar")

    def historicalDataEnd(self, reqId, start, end):
        self.note(f"barsEnd {reqId}")

    def historicalSchedule(self, reqId, *values):
        self.note("schedule")

    def accountSummary(self, *values):
        self.note("accountSummary")

    def accountSummaryEnd(self, reqId):
        self.note("accountSummaryEnd")

    def updateAccountValue(self, key, val, currency, accountName):
        self.note("accountValue")

    def updatePortfolio(self, contract, *values):
        self.note("portfolio")

    def accountDownloadEnd(self, accountName):
        self.note("accountDownloadEnd")

    def accountUpdateMulti(self, *values):
        self.note("accountUpdateMulti")

    def accountUpdateMultiEnd(self, reqId):
        self.note("accountUpdateMultiEnd")

    def position(self, account, contract, position, avgCost):
        self.note("position")

    def positionEnd(self):
        self.note("positionEnd")

    def positionMulti(self, *values):
        self.note("positionMulti")

    def positionMultiEnd(self, reqId):
        self.note("positionMultiEnd")

    def pnl(self, *values):
        self.note("pnl")

    def pnlSingle(self, *values):
        self.note("pnlSingle")

    def openOrder(self, orderId, contract, order, orderState):
        if order.whatIf:
            self.what_if[orderId] = orderState.initMarginChange
            self.note("whatIf")
            return
        self.statuses.setdefault(orderId, []).append(orderState.status)
        self.note(f"openOrder {orderState.status}")

    def openOrderEnd(self):
        self.note("openOrderEnd")

    def orderStatus(self, orderId, status, *values):
        self.statuses.setdefault(orderId, []).append(status)
        self.note(f"status {orderId} {status}")

    def execDetails(self, reqId, contract, execution):
        self.deals.append(
            [execution.orderId, contract.secType, float(execution.shares), execution.price, execution.side]
        )
        self.note("execution")

    def execDetailsEnd(self, reqId):
        self.note("executionsEnd")

    def commissionReport(self, report):
        self.note("commission")

    def commissionAndFeesReport(self, report):
        self.note("commission")

    def completedOrder(self, contract, order, orderState):
        self.note("completedOrder")

    def completedOrdersEnd(self):
        self.note("completedOrdersEnd")


def contract(symbol, kind, **parts):
    """A contract with these parts."""
    one = Contract()
    one.symbol, one.secType, one.exchange, one.currency = symbol, kind, "SMART", "USD"
    for name, value in parts.items():
        setattr(one, name, value)
    return one


def limit(action, quantity, price, **parts):
    """A day order with a limit."""
    order = Order()
    order.action, order.totalQuantity, order.orderType, order.lmtPrice, order.tif = (
        action,
        quantity,
        "LMT",
        price,
        "DAY",
    )
    order.eTradeOnly = order.firmQuoteOnly = False
    for name, value in parts.items():
        setattr(order, name, value)
    return order


def reference_data(app, symbol):
    """Contracts, chains and what belongs to them; the stock and two puts below its price."""
    app.reqContractDetails(1, contract(symbol, "STK"))
    app.wait_for("contractDetailsEnd 1")
    stock = app.details[1][0].contract
    app.reqSecDefOptParams(2, symbol, "", "STK", stock.conId)
    app.wait_for("optionClassEnd")
    smart = next(one for one in app.option_classes if one[0] == "SMART")
    app.reqMktData(3, contract(symbol, "STK"), "104,106,233,236,456", False, False, [])
    app.wait(lambda: app.ticks.get(3, {}).get(2), "a quote of the stock")
    spot = app.ticks[3][2]
    expiry = smart[3][min(4, len(smart[3]) - 1)]
    app.reqContractDetails(4, contract(symbol, "OPT", lastTradeDateOrContractMonth=expiry, right="P"))
    app.wait_for("contractDetailsEnd 4")
    below = sorted(
        (one.contract for one in app.details[4] if one.contract.strike < spot), key=lambda one: -one.strike
    )
    app.reqMatchingSymbols(5, symbol)
    app.reqMarketRule(int(app.details[4][0].marketRuleIds.split(",")[0]))
    app.reqHeadTimeStamp(6, contract(symbol, "STK"), "TRADES", 1, 1)
    for kind in ("symbolSamples", "marketRule", "headTimestamp"):
        app.wait_for(kind)
    return stock, below[1], below[3]


def quotes(app, stock, put):
    """Streams, snapshots, ticks, calculators and history."""
    app.reqMarketDataType(1)
    app.reqMktData(10, put, "100,101,106", False, False, [])
    app.wait_for("greeks 13")
    app.wait(lambda: 28 in app.ticks.get(10, {}), "open interest")
    app.reqMktData(11, put, "", True, False, [])
    app.wait_for("tickSnapshotEnd")
    app.reqTickByTickData(12, stock, "BidAsk", 0, False)
    app.reqRealTimeBars(13, stock, 5, "TRADES", True, [])
    app.calculateImpliedVolatility(14, put, app.ticks[10][2], app.ticks[3][2], [])
    app.calculateOptionPrice(15, put, 0.3, app.ticks[3][2], [])
    for kind in ("tickByTick", "realtimeBar"):
        app.wait_for(kind)
    app.wait_for("greeks 53", 2)
    app.reqHistoricalData(16, stock, "", "1 M", "1 day", "TRADES", 1, 1, False, [])
    app.reqHistoricalData(17, stock, "", "1 D", "30 mins", "MIDPOINT", 1, 1, False, [])
    app.reqHistoricalData(18, stock, "", "1 M", "1 day", "OPTION_IMPLIED_VOLATILITY", 1, 1, False, [])
    for req_id in (16, 17, 18):
        app.wait_for(f"barsEnd {req_id}")
    if hasattr(EWrapper, "historicalSchedule"):
        app.reqHistoricalData(19, stock, "", "1 M", "1 day", "SCHEDULE", 1, 1, False, [])
        app.wait_for("schedule")
    for req_id in (3, 10):
        app.cancelMktData(req_id)
    app.cancelTickByTickData(12)
    app.cancelRealTimeBars(13)


def account(app):
    """Everything about the account."""
    app.reqAccountSummary(20, "All", "NetLiquidation,AvailableFunds,$LEDGER:ALL")
    app.wait_for("accountSummaryEnd")
    app.cancelAccountSummary(20)
    app.reqAccountUpdates(True, app.accounts[0])
    app.wait_for("accountDownloadEnd")
    app.reqAccountUpdatesMulti(21, app.accounts[0], "", True)
    app.wait_for("accountUpdateMultiEnd")
    app.reqPositions()
    app.wait_for("positionEnd")
    app.reqPositionsMulti(22, app.accounts[0], "")
    app.wait_for("positionMultiEnd")
    app.reqPnL(23, app.accounts[0], "")
    app.wait_for("pnl")


def orders(app, stock, put, lower):
    """A margin question, a fill, a change, a cancellation, a combo; then what is remembered of them."""
    first, bid = app.next_id, app.ticks[10][1]
    app.placeOrder(first, put, limit("SELL", 1, bid, whatIf=True))
    app.wait_for("whatIf")
    app.placeOrder(first + 1, put, limit("SELL", 1, bid, orderRef="client/1", algoStrategy="Adaptive"))
    app.wait_for(f"status {first + 1} Filled", 2)
    app.wait_for("commission")
    app.placeOrder(first + 2, stock, limit("BUY", 10, 1.0))
    app.wait_for(f"status {first + 2} Submitted")
    app.placeOrder(first + 2, stock, limit("BUY", 10, 1.01))
    app.wait_for(f"status {first + 2} Submitted", 2)
    cancel(app, first + 2)
    app.wait_for(f"status {first + 2} Cancelled")
    app.wait_for("error 202")
    app.placeOrder(first + 3, combo(stock.symbol, put, lower), limit("BUY", 1, 50.0))
    app.wait_for(f"status {first + 3} Filled", 2)
    app.reqExecutions(30, ExecutionFilter())
    app.wait_for("executionsEnd")
    app.reqCompletedOrders(False)
    app.wait_for("completedOrdersEnd")
    app.reqAllOpenOrders()
    app.wait_for("openOrderEnd")
    app.reqPnLSingle(31, app.accounts[0], "", put.conId)
    app.wait_for("pnlSingle")


def combo(symbol, bought, sold):
    """One put bought, a lower one sold."""
    bag = contract(symbol, "BAG")
    bag.comboLegs = []
    for one, action in ((bought, "BUY"), (sold, "SELL")):
        leg = ComboLeg()
        leg.conId, leg.ratio, leg.action, leg.exchange = one.conId, 1, action, "SMART"
        bag.comboLegs.append(leg)
    return bag


def cancel(app, order_id):
    """Cancel, in the words of either version."""
    try:
        from ibapi.order_cancel import OrderCancel  # noqa: PLC0415 - only the newer library has it
    except ImportError:
        app.cancelOrder(order_id)
    else:
        app.cancelOrder(order_id, OrderCancel())


def main():
    """Run the session and print what came of it."""
    port, client_id, symbol = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    logging.getLogger().setLevel(logging.WARNING)
    app = App()
    app.connect("127.0.0.1", port, client_id)
    reader = threading.Thread(target=app.run, daemon=True)
    reader.start()
    failure = ""
    try:
        app.wait_for("nextValidId")
        app.wait_for("managedAccounts")
        app.reqCurrentTime()
        app.wait_for("currentTime")
        stock, put, lower = reference_data(app, symbol)
        quotes(app, stock, put)
        account(app)
        orders(app, stock, put, lower)
    except (TimeoutError, LookupError, StopIteration) as error:
        failure = f"{type(error).__name__}: {error}"
    version = app.serverVersion()
    app.disconnect()
    reader.join(5)
    report = {
        "version": version,
        "heard": dict(app.heard),
        "errors": [error for error in app.errors if not 2100 <= error[1] < 2170],
        "deals": app.deals,
        "statuses": app.statuses,
        "what_if": app.what_if,
        "complaints": complaints.lines,
        "failure": failure,
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
