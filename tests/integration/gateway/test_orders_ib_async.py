"""Orders of every kind through ib_async: combos, margin questions, changes, lists of what happened."""

from __future__ import annotations

import ib_async
from ib_async import Bag, ComboLeg, ExecutionFilter, LimitOrder, MarketOrder, Option, Stock, TagValue

from premia.exchange.policy import Policy
from tests.integration.gateway.conftest import ACCOUNT, EXPIRY, an_exchange, at

NEVER = Policy(seed=7, shy=1.0, base_hazard=0.0)
DAY = {"tif": "DAY", "account": ACCOUNT}


def a_put(strike: float) -> Option:
    return Option("ABC", EXPIRY.replace("-", ""), strike, "P", "SMART", currency="USD")


async def settled(client: ib_async.IB) -> None:
    await client.reqCurrentTimeAsync()


async def a_spread(client: ib_async.IB) -> Bag:
    """Buy the 95 put, sell the 90."""
    upper, lower = await client.qualifyContractsAsync(a_put(95), a_put(90))
    legs = [ComboLeg(upper.conId, 1, "BUY", "SMART"), ComboLeg(lower.conId, 1, "SELL", "SMART")]
    return Bag(symbol="ABC", exchange="SMART", currency="USD", comboLegs=legs)


async def test_a_combo_is_one_order_with_executions_for_itself_and_each_leg(start, ib):
    client = await ib(await start())
    bag = await a_spread(client)
    order = LimitOrder("BUY", 2, 0.70, smartComboRoutingParams=[TagValue("NonGuaranteed", "1")], **DAY)

    trade = client.placeOrder(bag, order)
    await settled(client)

    assert trade.orderStatus.status == "Filled"
    kinds = [fill.contract.secType for fill in trade.fills]
    assert kinds[0] == "BAG"
    assert sorted(kinds) == ["BAG", "OPT", "OPT"]
    assert trade.fills[0].contract.conId == 28812380
    assert trade.fills[0].commissionReport.execId == ""
    assert all(fill.commissionReport.commission > 0 for fill in trade.fills[1:])
    assert {position.position for position in client.positions()} == {2, -2}
    legs = sum(fill.execution.price * (1 if fill.execution.side == "BOT" else -1) for fill in trade.fills[1:])
    assert round(legs - trade.fills[0].execution.price, 6) == 0


async def test_a_combo_has_a_quote_of_its_own(start, ib):
    client = await ib(await start())

    ticker = client.reqMktData(await a_spread(client), "", snapshot=False)
    await settled(client)

    assert (round(ticker.bid, 2), round(ticker.ask, 2)) == (0.55, 0.70)


async def test_a_margin_question_is_one_open_order_and_places_nothing(start, ib):
    server = await start()
    client = await ib(server)
    [put] = await client.qualifyContractsAsync(a_put(95))

    state = await client.whatIfOrderAsync(put, LimitOrder("SELL", 1, 1.00, **DAY))

    assert float(state.initMarginChange) > 0
    assert float(state.equityWithLoanAfter) == float(state.equityWithLoanBefore) + float(
        state.equityWithLoanChange
    )
    assert state.commission > 0
    assert state.commissionCurrency == "USD"
    assert client.openTrades() == []
    assert server.floor.exchange.open_orders() == []


async def test_a_changed_order_keeps_its_market_number_and_fills_at_the_new_price(start, ib):
    client = await ib(await start(an_exchange(policy=NEVER)))
    [put] = await client.qualifyContractsAsync(a_put(95))
    trade = client.placeOrder(put, LimitOrder("SELL", 1, 1.10, orderRef="r", **DAY))
    await settled(client)
    number = trade.order.permId

    trade.order.lmtPrice = 1.00
    client.placeOrder(put, trade.order)
    await settled(client)

    assert trade.orderStatus.status == "Filled"
    assert trade.order.permId == number
    assert trade.fills[0].execution.price == 1.00


async def test_a_refused_change_leaves_the_order_working(start, ib):
    server = await start(an_exchange(policy=NEVER))
    client = await ib(server)
    [put] = await client.qualifyContractsAsync(a_put(95))
    trade = client.placeOrder(put, LimitOrder("SELL", 1, 1.10, **DAY))
    await settled(client)
    errors = []
    client.errorEvent += lambda _id, code, *_: errors.append(code)

    trade.order.lmtPrice = 1.001
    client.placeOrder(put, trade.order)
    await settled(client)

    assert errors == [110]
    [view] = server.floor.exchange.open_orders()
    assert str(view.ticket.limit) == "1.1"


async def test_algo_and_reference_are_echoed(start, ib):
    client = await ib(await start(an_exchange(policy=NEVER)))
    [put] = await client.qualifyContractsAsync(a_put(95))
    order = LimitOrder(
        "SELL",
        1,
        1.10,
        orderRef="wheel/ABC/put/1",
        algoStrategy="Adaptive",
        algoParams=[TagValue("adaptivePriority", "Patient")],
        **DAY,
    )

    client.placeOrder(put, order)
    await settled(client)
    [echo] = await client.reqAllOpenOrdersAsync()

    assert echo.order.algoStrategy == "Adaptive"
    assert echo.order.algoParams == [TagValue("adaptivePriority", "Patient")]
    assert echo.order.orderRef == "wheel/ABC/put/1"
    assert echo.orderStatus.status == "Submitted"


async def test_another_client_sees_orders_and_executions_only_when_it_asks(start, ib):
    server = await start(an_exchange(policy=NEVER))
    first, second = await ib(server, 1), await ib(server, 2)
    [put] = await first.qualifyContractsAsync(a_put(95))
    first.placeOrder(put, LimitOrder("SELL", 1, 1.10, **DAY))
    first.placeOrder(put, LimitOrder("SELL", 1, 1.00, orderRef="filled", **DAY))
    await settled(first)
    await settled(second)

    unasked = list(second.trades())
    seen = await second.reqAllOpenOrdersAsync()
    fills = await second.reqExecutionsAsync()
    mine = await second.reqExecutionsAsync(ExecutionFilter(clientId=2))
    none = await second.reqExecutionsAsync(ExecutionFilter(symbol="XYZ"))

    assert unasked == []
    assert [trade.order.lmtPrice for trade in seen] == [1.10]
    assert [fill.execution.orderRef for fill in fills] == ["filled"]
    assert (mine, none) == ([], [])


async def test_cancelling_the_unknown_and_the_finished_have_codes_of_their_own(start, ib):
    client = await ib(await start())
    [put] = await client.qualifyContractsAsync(a_put(95))
    trade = client.placeOrder(put, LimitOrder("SELL", 1, 1.00, **DAY))
    await settled(client)
    errors = []
    client.errorEvent += lambda req_id, code, *_: errors.append((req_id, code))

    client.client.cancelOrder(trade.order.orderId)
    client.client.cancelOrder(9999)
    await settled(client)

    assert errors == [(trade.order.orderId, 10148), (9999, 10147)]


async def test_a_global_cancel_takes_back_every_order_of_every_client(start, ib):
    server = await start(an_exchange(policy=NEVER))
    first, second = await ib(server, 1), await ib(server, 2)
    for client in (first, second):
        [put] = await client.qualifyContractsAsync(a_put(95))
        client.placeOrder(put, LimitOrder("SELL", 1, 1.10, **DAY))
        await settled(client)

    first.reqGlobalCancel()
    await settled(first)
    await settled(second)

    assert [trade.orderStatus.status for trade in first.trades() + second.trades()] == [
        "Cancelled",
        "Cancelled",
    ]


async def test_a_day_order_ends_with_the_session_and_is_among_the_completed(start, ib):
    server = await start(an_exchange(policy=NEVER))
    client = await ib(server)
    [put] = await client.qualifyContractsAsync(a_put(95))
    trade = client.placeOrder(put, LimitOrder("SELL", 1, 1.10, **DAY))

    await settled(client)
    await server.advance(at("2024-03-11 16:30"))
    await settled(client)
    completed = await client.reqCompletedOrdersAsync(apiOnly=True)

    assert trade.orderStatus.status == "Cancelled"
    assert [one.orderStatus.status for one in completed] == ["Cancelled"]
    assert completed[0].order.permId == trade.order.permId


async def test_partial_fills_come_as_several_executions_with_a_running_average(start, ib):
    market_exchange = an_exchange()
    server = await start(market_exchange)
    client = await ib(server)
    [stock] = await client.qualifyContractsAsync(Stock("ABC", "SMART", "USD"))

    trade = client.placeOrder(stock, MarketOrder("BUY", 100, **DAY))
    await settled(client)

    assert trade.orderStatus.status == "Filled"
    assert trade.orderStatus.filled == 100
    assert sum(fill.execution.shares for fill in trade.fills) == 100
    assert trade.fills[-1].execution.cumQty == 100


async def test_an_overnight_order_is_waiting_and_fills_at_the_open(start, ib):
    server = await start(an_exchange(when="2024-03-11 07:00"))
    client = await ib(server)
    [put] = await client.qualifyContractsAsync(a_put(95))
    trade = client.placeOrder(put, LimitOrder("SELL", 1, 1.00, **DAY))
    await settled(client)
    early = [entry.status for entry in trade.log]

    await server.advance(at("2024-03-11 09:31"))
    await settled(client)

    assert early == ["PendingSubmit", "PreSubmitted", "ValidationError"]  # 399 is a warning, not an end
    assert trade.orderStatus.status == "Filled"


async def test_client_zero_may_bind_orders_that_nobody_placed(start, ib):
    client = await ib(await start(), client_id=0)

    client.reqAutoOpenOrders(autoBind=True)
    await settled(client)

    assert client.openTrades() == []
