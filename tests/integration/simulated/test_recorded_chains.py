"""Real recorded chains behind the ports, without a wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from premia.adapters.markets import recorded_market
from premia.adapters.simulated import SimulatedMarketData
from premia.domain.combo import single
from premia.domain.events import OrderFilled
from premia.domain.instrument import Right, Settlement
from premia.domain.market import MarketRequest, Scan, SymbolRequest
from premia.domain.quote import DataKind
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, FillRule, Policy
from tests.contracts.worlds import an_order, in_process
from tests.real_data import real_data
from tests.unit.exchange.fixed_market import at

CHAIN = "option_chains/spx_chain_2019-04-25_2019-06-28.parquet"
PUTS = MarketRequest((SymbolRequest("SPX", (Scan(Right.PUT, 0.15, 0.30, 28, 45),)),))


@pytest.fixture(scope="module")
def market():
    return recorded_market(real_data(CHAIN))


def an_exchange(market, when: str, alpha: str = "0.5") -> Exchange:
    accounts = [AccountSetup("DU1000001", cash=Decimal(2_000_000))]
    return Exchange(market, accounts, Policy(fills=FillRule.ALPHA, alpha=Decimal(alpha)), at(when))


async def test_a_recorded_chain_is_live_at_its_snapshot_and_frozen_before_it(market):
    early = await SimulatedMarketData(an_exchange(market, "2019-04-30 10:00")).observe(PUTS)
    late = await SimulatedMarketData(an_exchange(market, "2019-04-30 15:50")).observe(PUTS)

    assert early.seen("SPX").chain.kind is DataKind.FROZEN
    assert late.seen("SPX").chain.kind is DataKind.LIVE
    assert late.seen("SPX").chain.quote(0).as_of.date() == datetime(2019, 4, 30).date()  # noqa: DTZ001 - a date


async def test_the_whole_band_of_each_expiration_is_shown(market):
    view = await SimulatedMarketData(an_exchange(market, "2019-04-30 15:50")).observe(PUTS)

    chain = view.seen("SPX").chain
    assert len(chain) > 40
    assert all(0.15 <= abs(delta) <= 0.30 for delta in chain.delta)
    assert all(contract.settlement is not Settlement.SHARES for contract in chain.contracts)


@pytest.mark.parametrize(("alpha", "price_of"), [("0", "mid"), ("1", "bid")])
async def test_a_sale_fills_at_the_stated_place_in_the_spread(market, alpha, price_of):
    async with in_process(an_exchange(market, "2019-04-30 15:50", alpha)) as world:
        chain = (await world.market_data.observe(PUTS)).seen("SPX").chain
        option = chain.contracts[3]
        quote = chain.quote(3)

        await world.send(an_order(single(option, -1), str(quote.bid)))

        (filled,) = world.told(OrderFilled)
        wanted = quote.bid if price_of == "bid" else quote.mid
        # Rounded to the tick against us, so never better than the place in the spread.
        assert Decimal(0) <= wanted - filled.fill.price < Decimal("0.10")
