"""What every source of market data owes a strategy, on the exchange in process and over TCP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest

from premia.domain.chain import expiry_of, strike_of
from premia.domain.instrument import Option, Right
from premia.domain.known import Known, Unknown
from premia.domain.market import MarketRequest, Scan, Seen, SymbolRequest
from premia.domain.quote import DataKind
from tests.contracts.worlds import World, in_process, over_tcp
from tests.integration.ib.markets import an_exchange

PUTS = Scan(Right.PUT, 0.15, 0.30, 28, 45)
CALLS = Scan(Right.CALL, 0.15, 0.35, 28, 45)
FAR_PUT = Option("ABC", date(2024, 4, 19), Decimal(80), Right.PUT)


@pytest.fixture(params=["in process", "over tcp"])
async def world(request) -> AsyncIterator[World]:
    open_world = in_process if request.param == "in process" else over_tcp
    async with open_world(an_exchange()) as opened:
        yield opened


def asking(*symbols: str, scans: tuple[Scan, ...] = (PUTS,), contracts: tuple[Option, ...] = ()):
    """A request for the same of each symbol."""
    return MarketRequest(tuple(SymbolRequest(symbol, scans, contracts) for symbol in symbols))


async def test_a_scan_shows_puts_inside_the_band_with_both_sides_and_model_values(world):
    view = await world.market_data.observe(asking("ABC"))

    chain = view.seen("ABC").chain
    inside = [row for row in range(len(chain)) if 0.15 <= -chain.delta[row] <= 0.30]
    assert len(inside) >= 4
    for row in inside:
        assert chain.quote(row).fault() is None
        assert chain.greeks(row).iv > 0
        assert chain.open_interest[row] >= 0


async def test_rows_and_underlying_are_live_and_of_now(world):
    view = await world.market_data.observe(asking("ABC"))

    seen = view.seen("ABC")
    assert view.at == world.exchange.now
    assert seen.chain.kind is seen.underlying.quote.kind is DataKind.LIVE
    assert seen.chain.quote(0).as_of == seen.underlying.quote.as_of == world.exchange.now


async def test_only_the_expirations_of_the_window_are_looked_at_and_no_more_than_asked(world):
    narrow = Scan(Right.PUT, 0.15, 0.30, 28, 70, expirations=2)

    view = await world.market_data.observe(asking("ABC", scans=(narrow,)))

    # Fridays from 28 days after Monday, 11 March 2024.
    assert {expiry_of(day) for day in view.seen("ABC").chain.expiry} == {date(2024, 4, 12), date(2024, 4, 19)}


async def test_a_floor_of_strikes_is_kept(world):
    above = Scan(Right.CALL, 0.15, 0.35, 28, 45, strike_min=Decimal(108))

    view = await world.market_data.observe(asking("ABC", scans=(above,)))

    chain = view.seen("ABC").chain
    assert len(chain) > 0
    assert all(strike_of(units) >= 108 for units in chain.strike)
    assert all(contract.right is Right.CALL for contract in chain.contracts)


async def test_a_held_series_is_quoted_whatever_its_delta(world):
    view = await world.market_data.observe(asking("ABC", scans=(), contracts=(FAR_PUT,)))

    quote, greeks = view.seen("ABC").option(FAR_PUT)
    assert quote.ask is not None
    assert abs(greeks.delta) < 0.10


async def test_an_unknown_symbol_is_unknown_alone(world):
    view = await world.market_data.observe(asking("ABC", "NONE"))

    assert isinstance(view.seen("ABC"), Seen)
    unknown = view.seen("NONE")
    assert isinstance(unknown, Unknown)
    assert "NONE" in unknown.why


async def test_a_window_without_expirations_is_a_gap_in_words(world):
    view = await world.market_data.observe(asking("ABC", scans=(Scan(Right.PUT, 0.15, 0.30, 1000, 1100),)))

    assert view.seen("ABC").gaps == ("ABC lists no expiration 1000 to 1100 days away",)


async def test_a_fund_is_known_to_have_no_earnings_and_a_stock_without_a_source_is_not(world):
    view = await world.market_data.observe(asking("FND", "ABC", scans=()))

    fund, stock = view.seen("FND").underlying, view.seen("ABC").underlying
    assert (fund.fund, fund.earnings.value) == (True, None)
    assert not stock.fund
    assert isinstance(stock.earnings, Unknown)


async def test_the_next_dividend_is_told_and_its_absence_too(world):
    view = await world.market_data.observe(asking("FND", "ABC", scans=()))

    dividend = view.seen("FND").underlying.dividend.value
    assert (dividend.ex, dividend.amount) == (date(2024, 3, 22), Decimal("0.80"))
    assert isinstance(view.seen("ABC").underlying.dividend, Known)
    assert view.seen("ABC").underlying.dividend.value is None


async def test_puts_and_calls_are_looked_at_together(world):
    view = await world.market_data.observe(asking("ABC", "XYZ", scans=(PUTS, CALLS)))

    for symbol in ("ABC", "XYZ"):
        chain = view.seen(symbol).chain
        assert len(chain.rows(Right.PUT)) >= 2
        assert len(chain.rows(Right.CALL)) >= 2


async def test_both_ways_to_the_market_show_the_same_quotes():
    """A client that sees a few options over the wire sees them as one that sees them all in process."""
    request = asking("FND", "ABC", "XYZ", scans=(PUTS, CALLS))
    async with over_tcp(an_exchange()) as wire, in_process(an_exchange()) as direct:
        few, all_of_them = [await world.market_data.observe(request) for world in (wire, direct)]

    for symbol in ("FND", "ABC", "XYZ"):
        seen, whole = few.seen(symbol), all_of_them.seen(symbol)
        assert seen.underlying._replace(earnings=None) == whole.underlying._replace(earnings=None)
        shared = [contract for contract in seen.chain.contracts if whole.option(contract) is not None]
        assert len(shared) >= 12
        for contract in shared:
            assert seen.option(contract)[0] == whole.option(contract)[0]
            assert seen.option(contract)[1].delta == pytest.approx(whole.option(contract)[1].delta)
