"""What the engine is shown of recorded chains: the columns of the store, cut to what was asked for."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from premia.adapters.simulated.history import HistoryMarketData
from premia.adapters.simulated.market import SimulatedMarketData
from premia.domain.instrument import Option, Right
from premia.domain.known import Known, Unknown
from premia.domain.market import MarketRequest, Scan, SymbolRequest
from premia.domain.quote import DataKind
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Policy
from premia.exchange.stochastic import Kind
from tests.recorded import Story, a_recorded_market, walk

PUTS = Scan(Right.PUT, 0.15, 0.30, 20, 45, expirations=3)
CALLS = Scan(Right.CALL, 0.20, 0.40, 0, 20, expirations=2, strike_min=Decimal(105), strike_max=Decimal(120))


@pytest.fixture(scope="module")
def market():
    return a_recorded_market(
        Story("ABC", walk(30, seed=3)), Story("XYZ", walk(30, seed=4), Kind.STOCK, earnings=())
    )


def an_exchange(market, day: int, minutes: float = 0) -> Exchange:
    at = market.snapshots("ABC").all[day].at + timedelta(minutes=minutes)
    return Exchange(market, [AccountSetup("DU1", cash=Decimal(100_000))], Policy(), at)


async def test_rows_quotes_and_greeks_are_those_of_the_market_contract_by_contract(market):
    exchange = an_exchange(market, 7)
    held = market.snapshots("ABC").option_at(
        *next((start + 5, run) for run, (start, _) in market.snapshots("ABC").runs(7).items())
    )
    request = MarketRequest((SymbolRequest("ABC", (PUTS, CALLS), (held,)), SymbolRequest("XYZ", (PUTS,))))

    plain = await SimulatedMarketData(exchange).observe(request)
    fast = await HistoryMarketData(exchange, market).observe(request)

    for symbol in ("ABC", "XYZ"):
        one, other = plain.seen(symbol).chain, fast.seen(symbol).chain
        assert len(other) >= 4
        assert one.contracts == other.contracts
        for name in ("expiry", "strike", "right", "bid", "ask", "open_interest", "as_of", "starts"):
            assert getattr(one, name).tolist() == getattr(other, name).tolist(), name
        assert one.delta.tolist() == other.delta.tolist()
        assert one.iv.tolist() == other.iv.tolist()
        assert [one.quote(row) for row in range(len(one))] == [other.quote(row) for row in range(len(other))]
        assert plain.seen(symbol).underlying._replace(earnings=None) == fast.seen(symbol).underlying._replace(
            earnings=None
        )


async def test_after_the_close_the_snapshot_is_frozen(market):
    seen = (await HistoryMarketData(an_exchange(market, 7, 60), market).observe(asked())).seen("ABC")

    assert seen.chain.kind is DataKind.FROZEN
    assert seen.underlying.quote.kind is DataKind.FROZEN


async def test_with_a_lag_the_view_is_that_of_the_snapshot_before_and_passes_for_live(market):
    exchange = an_exchange(market, 7)

    lagging = (await HistoryMarketData(exchange, market, lag=1).observe(asked())).seen("ABC")
    before = (await HistoryMarketData(an_exchange(market, 6), market).observe(asked(dte=1))).seen("ABC")

    shared = set(lagging.chain.contracts) & set(before.chain.contracts)
    assert shared
    for contract in shared:
        quote, known = lagging.option(contract)[0], before.option(contract)[0]
        assert (quote.bid, quote.ask) == (known.bid, known.ask)
        assert quote.as_of == exchange.now
    assert lagging.chain.kind is DataKind.LIVE
    assert lagging.underlying.last == before.underlying.last


async def test_a_held_contract_that_was_not_recorded_is_counted_and_named(market):
    data = HistoryMarketData(an_exchange(market, 7), market)
    ghost = Option("ABC", market.sessions.last.day, Decimal(33), Right.PUT)

    seen = (await data.observe(MarketRequest((SymbolRequest("ABC", (), (ghost,)),)))).seen("ABC")

    assert data.unquoted == 1
    assert "was not recorded" in seen.gaps[0]


async def test_what_is_not_recorded_is_unknown(market):
    view = await HistoryMarketData(an_exchange(market, 7), market).observe(
        MarketRequest((SymbolRequest("NOPE", (PUTS,)),))
    )

    assert isinstance(view.seen("NOPE"), Unknown)


async def test_earnings_are_the_recordings_own_where_it_has_them(market):
    view = await HistoryMarketData(an_exchange(market, 7), market).observe(
        MarketRequest((SymbolRequest("XYZ", (PUTS,)),))
    )

    assert isinstance(view.seen("XYZ").underlying.earnings, Known)
    assert not np.isnan(view.seen("XYZ").chain.delta).any()


def asked(dte: int = 0) -> MarketRequest:
    wider = PUTS
    if dte:
        wider = Scan(Right.PUT, 0.15, 0.30, 20 + dte, 45 + dte, expirations=3)
    return MarketRequest((SymbolRequest("ABC", (wider,)),))
