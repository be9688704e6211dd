"""A session of ib_async, run by the Python of its own environment; prints one JSON object."""

from __future__ import annotations

import asyncio
import json
import logging
import sys

import ib_async
from ib_async import Bag, ComboLeg, LimitOrder, Option, Stock


class Complaints(logging.Handler):
    """Keeps what the decoder and the connection complain about."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        if record.name in ("ib_async.Decoder", "ib_async.client"):
            self.lines.append(f"{record.name}: {record.getMessage()}")


async def session(port, client_id, symbol):
    """Chain, quotes, history, a fill, a change, a cancellation, a combo."""
    ib = ib_async.IB()
    await ib.connectAsync("127.0.0.1", port, clientId=client_id, timeout=20)
    [stock] = await ib.qualifyContractsAsync(Stock(symbol, "SMART", "USD"))
    chain = next(
        one
        for one in await ib.reqSecDefOptParamsAsync(symbol, "", "STK", stock.conId)
        if one.exchange == "SMART"
    )
    [spot] = await ib.reqTickersAsync(stock)
    found = await ib.reqContractDetailsAsync(
        Option(symbol, chain.expirations[4], right="P", exchange="SMART")
    )
    puts = sorted(
        (one.contract for one in found if one.contract.strike < spot.ask), key=lambda one: -one.strike
    )
    put, lower = puts[1], puts[3]
    ticker = ib.reqMktData(put, "101,106")
    while not (ticker.modelGreeks and ticker.putOpenInterest >= 0 and ticker.bid > 0):
        await asyncio.wait_for(ticker.updateEvent, 10)
    bars = await ib.reqHistoricalDataAsync(stock, "", "1 M", "1 day", "TRADES", useRTH=True)
    margin = await ib.whatIfOrderAsync(put, LimitOrder("SELL", 1, ticker.bid, tif="DAY"))
    sold = ib.placeOrder(put, LimitOrder("SELL", 1, ticker.bid, tif="DAY", orderRef="client/1"))
    resting = ib.placeOrder(stock, LimitOrder("BUY", 10, 1.0, tif="DAY"))
    await ib.reqCurrentTimeAsync()
    resting.order.lmtPrice = 1.01
    ib.placeOrder(stock, resting.order)
    ib.cancelOrder(resting.order)
    legs = [ComboLeg(put.conId, 1, "BUY", "SMART"), ComboLeg(lower.conId, 1, "SELL", "SMART")]
    bag = Bag(symbol=symbol, exchange="SMART", currency="USD", comboLegs=legs)
    combo = ib.placeOrder(bag, LimitOrder("BUY", 1, 50.0, tif="DAY"))
    await ib.reqCurrentTimeAsync()
    fills = await ib.reqExecutionsAsync()
    completed = await ib.reqCompletedOrdersAsync(apiOnly=False)
    report = {
        "version": ib.client.serverVersion(),
        "delta": ticker.modelGreeks.delta,
        "bars": len(bars),
        "margin": margin.initMarginChange,
        "statuses": [trade.orderStatus.status for trade in (sold, resting, combo)],
        "fills": len(fills),
        "completed": len(completed),
        "positions": len(await ib.reqPositionsAsync()),
    }
    ib.disconnect()
    return report


def main():
    """Run the session and print what came of it."""
    complaints = Complaints()
    logging.getLogger("ib_async").addHandler(complaints)
    report = asyncio.run(session(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
    sys.stdout.write(json.dumps({**report, "complaints": complaints.lines}) + "\n")


if __name__ == "__main__":
    main()
