"""ib_async against the gateway: the everyday questions of a client."""

from __future__ import annotations

from decimal import Decimal

import ib_async
from ib_async import LimitOrder, Option, Stock

from tests.integration.gateway.conftest import ACCOUNT, EXPIRY

PUT_95 = Option("ABC", EXPIRY.replace("-", ""), 95, "P", "SMART")


async def test_a_client_connects_and_knows_its_account(start, ib):
    client = await ib(await start())

    assert client.client.serverVersion() == 178
    assert client.managedAccounts() == [ACCOUNT]
    values = {row.tag: row.value for row in client.accountValues() if row.currency in ("USD", "")}
    assert values["NetLiquidation"] == "100000.00"
    assert values["TradingType-S"] == "STKMRGN"
    summary = {row.tag: row.value for row in await client.accountSummaryAsync()}
    assert summary["AvailableFunds"] == "100000.00"


async def test_contract_details_of_a_stock_and_of_one_option(start, ib):
    client = await ib(await start())

    [stock] = await client.reqContractDetailsAsync(Stock("ABC", "SMART", "USD"))
    [option] = await client.reqContractDetailsAsync(PUT_95)

    assert stock.contract.conId > 0
    assert option.contract.lastTradeDateOrContractMonth == "20240419"
    assert option.contract.multiplier == "100"
    assert option.underConId == stock.contract.conId
    assert option.contract.localSymbol == "ABC   240419P00095000"


async def test_a_wildcard_finds_every_strike_and_right(start, ib):
    client = await ib(await start())

    found = await client.reqContractDetailsAsync(Option("ABC", "202404", exchange="SMART"))

    pairs = {(detail.contract.strike, detail.contract.right) for detail in found}
    assert {(95.0, "P"), (105.0, "C")} <= pairs


async def test_a_snapshot_has_quote_and_greeks_and_ends(start, ib):
    client = await ib(await start())
    [contract] = await client.qualifyContractsAsync(PUT_95)

    [ticker] = await client.reqTickersAsync(contract)

    assert (ticker.bid, ticker.ask) == (1.00, 1.10)
    assert client.client.isConnected()


async def test_an_order_is_placed_and_filled(start, ib):
    server = await start()
    client = await ib(server)
    [contract] = await client.qualifyContractsAsync(PUT_95)

    trade = client.placeOrder(
        contract, LimitOrder("SELL", 1, 1.00, tif="DAY", orderRef="wheel/1", account=ACCOUNT)
    )
    await client.reqCurrentTimeAsync()

    assert trade.orderStatus.status == "Filled"
    [fill] = trade.fills
    assert fill.execution.price == 1.00
    assert fill.execution.orderRef == "wheel/1"
    assert fill.commissionReport.commission > 0
    [position] = await client.reqPositionsAsync()
    assert position.position == -1
    assert Decimal(str(position.avgCost)) < 100
    assert isinstance(client.trades()[0], ib_async.Trade)
