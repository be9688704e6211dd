"""Accounts as ib_async sees them: figures, positions, P&L, and the pushes after fills and with time."""

from __future__ import annotations

import ib_async
from ib_async import LimitOrder, MarketOrder, Option, Stock

from premia.domain.account import AccountKind
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Policy
from tests.integration.gateway.conftest import ACCOUNT, EXPIRY, MONDAY, a_market, an_exchange, at

PUT_95 = Option("ABC", EXPIRY.replace("-", ""), 95, "P", "SMART", currency="USD")


async def settled(client: ib_async.IB) -> None:
    """Everything that the gateway had sent is read."""
    await client.reqCurrentTimeAsync()


async def sold_a_put(client: ib_async.IB) -> ib_async.Trade:
    [put] = await client.qualifyContractsAsync(PUT_95)
    trade = client.placeOrder(put, LimitOrder("SELL", 1, 1.00, tif="DAY", account=ACCOUNT))
    await settled(client)
    return trade


async def test_a_fill_changes_positions_portfolio_and_values_at_once(start, ib):
    client = await ib(await start())

    trade = await sold_a_put(client)

    fee = trade.fills[0].commissionReport.commission
    [position] = client.positions(ACCOUNT)
    assert (position.contract.conId, position.position) == (trade.contract.conId, -1)
    assert position.contract.exchange == ""
    assert round(position.avgCost, 6) == round(100 - fee, 6)
    [item] = client.portfolio(ACCOUNT)
    assert item.marketValue < 0
    values = {(row.tag, row.currency): row.value for row in client.accountValues(ACCOUNT)}
    assert values["TotalCashValue", "USD"] == f"{100_000 + 100 - fee:.2f}"
    assert float(values["InitMarginReq", "USD"]) > 0


async def test_a_closed_position_is_listed_with_quantity_zero_for_the_day(start, ib):
    client = await ib(await start())
    trade = await sold_a_put(client)

    closing = client.placeOrder(trade.contract, LimitOrder("BUY", 1, 1.10, tif="DAY", account=ACCOUNT))
    await settled(client)

    [fill] = closing.fills
    assert fill.commissionReport.realizedPNL < 0
    assert client.positions(ACCOUNT) == []  # ib_async drops positions of quantity zero
    raw = await client.reqPositionsAsync()
    assert [position.position for position in raw] == [0]


async def test_daily_pnl_counts_from_the_day_before(start, ib):
    market = a_market()
    server = await start(an_exchange(market))
    client = await ib(server)
    pnl = client.reqPnL(ACCOUNT)
    await settled(client)
    assert pnl.dailyPnL == 0

    await sold_a_put(client)
    await server.advance(at("2024-03-11 10:30"))
    await settled(client)

    assert pnl.dailyPnL < 0
    assert round(pnl.dailyPnL - pnl.unrealizedPnL, 2) == 0


async def test_the_summary_tells_changes_after_three_minutes_and_updates_at_once(start, ib):
    server = await start()
    client = await ib(server)
    rows = await client.accountSummaryAsync()
    assert {row.tag for row in rows} >= {"NetLiquidation", "DayTradesRemaining", "StockMarketValue"}
    summary, updates = [], []
    client.accountSummaryEvent += summary.append
    client.accountValueEvent += updates.append

    await sold_a_put(client)
    await server.advance(at("2024-03-11 10:02"))
    await settled(client)
    early = len(summary)
    await server.advance(at("2024-03-11 10:04"))
    await settled(client)

    assert "TotalCashValue" in {row.tag for row in updates}
    assert "AccountType" not in {row.tag for row in updates}
    assert early == 0
    assert "TotalCashValue" in {row.tag for row in summary}


async def test_two_accounts_need_a_name_on_every_order(start, ib):
    setups = [AccountSetup("DU1"), AccountSetup("DU2", AccountKind.CASH)]
    server = await start(Exchange(a_market(), setups, Policy(seed=7), at(MONDAY)))
    client = await ib(server)
    assert client.managedAccounts() == ["DU1", "DU2"]
    [stock] = await client.qualifyContractsAsync(Stock("ABC", "SMART", "USD"))
    errors = []
    client.errorEvent += lambda _id, code, *_: errors.append(code)

    client.placeOrder(stock, MarketOrder("BUY", 10, tif="DAY"))
    await settled(client)
    client.placeOrder(stock, MarketOrder("BUY", 10, tif="DAY", account="DU2"))
    await settled(client)

    assert errors == [435]
    assert {(position.account, position.position) for position in client.positions()} == {("DU2", 10)}


async def test_expired_options_vanish_from_positions_and_are_pushed_as_zero(start, ib):
    server = await start()
    client = await ib(server)
    await sold_a_put(client)

    await server.advance(at("2024-04-19 21:00"))
    await settled(client)

    assert client.positions(ACCOUNT) == []


async def test_the_values_of_a_cash_account_say_so(start, ib):
    setups = [AccountSetup("DU1", AccountKind.CASH)]
    client = await ib(await start(Exchange(a_market(), setups, Policy(seed=7), at(MONDAY))))

    values = {row.tag: row.value for row in client.accountValues()}

    assert values["TradingType-S"] == "STKCASH"
    assert values["SettledCash"] == "100000.00"
