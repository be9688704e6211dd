"""Recorded chains behind the gateway, on the first day that they hold."""

from __future__ import annotations

from datetime import date

from pyarrow import parquet

from premia.adapters.markets import recorded_market
from premia.domain.instrument import Option, Right
from premia.domain.market import MarketRequest, Seen, SymbolRequest
from premia.domain.money import price
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Policy
from tests.integration.ib.markets import ACCOUNT
from tests.integration.markets.test_market_files import chain_table, new_york


async def test_a_recording_is_quoted_on_its_first_day_without_an_evening_before(opened, tmp_path):
    path = tmp_path / "chains.parquet"
    parquet.write_table(chain_table(), path)
    market = recorded_market(path)
    put = Option("IDX", date(2024, 2, 9), price("4900"), Right.PUT)
    exchange = Exchange(market, [AccountSetup(ACCOUNT)], Policy(seed=1), new_york("2024-02-05 15:45"))
    world = await opened(exchange)

    view = await world.market_data.observe(MarketRequest((SymbolRequest("IDX", contracts=(put,)),)))

    seen = view.seen("IDX")
    assert isinstance(seen, Seen), seen.why
    found = seen.option(put)
    assert found is not None
    assert (found[0].bid, found[0].ask) == (price("10"), price("10.5"))
    assert seen.underlying.last == price("4950")
