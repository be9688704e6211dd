"""Looks at a market that shows only part of itself: what is missing is said, and nothing is made up."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from premia.adapters.ib.market import MarketSettings
from premia.domain.instrument import Index, Option, Right, Settlement
from premia.domain.known import Unknown
from premia.domain.market import MarketRequest, Scan, Seen, SymbolRequest
from premia.domain.quote import DataKind
from tests.integration.ib.markets import an_exchange

PUTS = Scan(Right.PUT, 0.15, 0.30, 28, 45, delta_target=0.25)
SYMBOLS = ("FND", "ABC", "XYZ")
STALE_OK = MarketSettings(stale_ok=True)


def asking(*symbols: str, scan: Scan = PUTS) -> MarketRequest:
    return MarketRequest(tuple(SymbolRequest(symbol, (scan,)) for symbol in symbols))


async def look(world, *symbols: str):
    return await world.market_data.observe(asking(*(symbols or SYMBOLS)))


async def test_a_second_look_asks_nothing_about_contracts_again(looking):
    before = looking.parts.connection.counts.sent
    await look(looking)
    first = looking.parts.connection.counts.sent - before

    await look(looking)

    # Details and option classes of three symbols are known by now.
    assert looking.parts.connection.counts.sent - before - first == first - 3 * 2


async def test_no_line_stays_open_after_a_look_at_a_stepped_market(looking):
    await look(looking)

    assert looking.parts.lines.opened == 3 + 24
    assert looking.server.floor.lines_in_use() == 0


async def test_more_options_than_lines_are_looked_at_in_turns(opened):
    world = await opened(an_exchange(), lines=7)

    view = await look(world)

    # One for each of six expirations instead of four, because lines are scarce.
    assert world.parts.lines.opened == 3 + 6
    assert sum(len(view.seen(symbol).chain) for symbol in SYMBOLS) == 6


async def test_missing_model_values_are_missing_and_named(opened):
    world = await opened(an_exchange(), ("missing_greeks:symbol=ABC",))

    view = await look(world)

    chain = view.seen("ABC").chain
    assert len(chain) > 0
    assert np.isnan(chain.delta).all()
    assert any("no delta of" in gap for gap in view.seen("ABC").gaps)
    assert not np.isnan(view.seen("XYZ").chain.delta).any()


async def test_model_values_that_are_no_numbers_are_missing(opened):
    world = await opened(an_exchange(), ("nan_greeks:symbol=ABC",))

    chain = (await look(world, "ABC")).seen("ABC").chain

    assert all(
        chain.greeks(row).delta is None and chain.greeks(row).theta is None for row in range(len(chain))
    )


async def test_options_without_a_quote_have_no_sides(opened):
    world = await opened(an_exchange(), ("unquoted:symbol=ABC",))

    seen = (await look(world, "ABC")).seen("ABC")

    assert all(seen.chain.quote(row).fault() == "no quote" for row in range(len(seen.chain)))


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (354, "Market Data Subscriptions"),
        (10089, "Market Data Subscriptions"),
        (10168, "delayed data are not enabled"),
        (10197, "log out of other TWS"),
    ],
)
async def test_a_refusal_makes_one_symbol_unknown_with_what_to_click(opened, code, advice):
    world = await opened(an_exchange(), (f"refuse_data:symbol=ABC,code={code}",))

    view = await look(world)

    assert isinstance(view.seen("ABC"), Unknown)
    assert str(code) in view.seen("ABC").why
    assert advice in view.seen("ABC").why
    assert isinstance(view.seen("FND"), Seen)
    assert len(view.seen("XYZ").chain) >= 4


async def test_a_symbol_without_a_single_tick_is_unknown_alone(opened):
    world = await opened(an_exchange(), ("no_data:symbol=ABC",))

    view = await look(world)

    assert "no price in time" in view.seen("ABC").why
    assert isinstance(view.seen("FND"), Seen)


async def test_a_symbol_that_ib_does_not_know_is_unknown_alone(opened):
    world = await opened(an_exchange(), ("no_contract:symbol=ABC",))

    view = await look(world)

    assert "200" in view.seen("ABC").why
    assert isinstance(view.seen("XYZ"), Seen)


async def test_delayed_data_are_marked_and_not_tradable(opened):
    world = await opened(an_exchange(), ("refuse_data:symbol=ABC,code=10167",))

    seen = (await look(world, "ABC")).seen("ABC")

    assert seen.underlying.quote.kind is DataKind.DELAYED
    assert "delayed" in seen.underlying.quote.fault()
    assert seen.chain.kind is DataKind.DELAYED
    assert len(seen.chain) > 0


async def test_a_plan_takes_older_data_where_live_ones_are_refused(opened):
    world = await opened(an_exchange(), ("refuse_data:symbol=ABC,code=354,count=1",), market=STALE_OK)

    seen = (await look(world, "ABC")).seen("ABC")

    assert isinstance(seen, Seen)
    assert seen.underlying.quote.kind in (DataKind.DELAYED, DataKind.DELAYED_FROZEN)


async def test_in_the_evening_a_plan_sees_frozen_quotes(opened):
    world = await opened(an_exchange(when="2024-03-11 19:00"), market=STALE_OK)

    seen = (await look(world, "ABC")).seen("ABC")

    assert seen.chain.kind is DataKind.FROZEN
    assert "frozen" in seen.chain.quote(0).fault()


async def test_a_session_lost_between_two_looks_makes_every_symbol_unknown(looking):
    await look(looking)
    await looking.strike("drop")

    view = await look(looking)

    assert all(isinstance(view.seen(symbol), Unknown) for symbol in SYMBOLS)


async def test_a_later_look_never_shows_an_older_price(looking):
    first = (await look(looking, "ABC")).seen("ABC")

    await looking.advance(90)
    second = (await look(looking, "ABC")).seen("ABC")

    assert second.underlying.quote.as_of == looking.exchange.now > first.underlying.quote.as_of
    shared = set(first.chain.contracts) & set(second.chain.contracts)
    assert shared
    for contract in shared:
        assert second.option(contract)[0] == looking.exchange.quote(contract)


async def test_a_guess_far_off_is_corrected_by_what_was_seen(opened):
    """The broker tells no volatility of the underlying, and the guess of 30 % is twice that of the fund."""
    world = await opened(an_exchange())
    world.exchange.market.iv30 = lambda _symbol, _at: None
    world.exchange.market.hv30 = lambda _symbol, _at: None

    chain = (await look(world, "FND")).seen("FND").chain

    assert any(0.15 <= abs(delta) <= 0.30 for delta in chain.delta)
    assert world.parts.lines.opened <= 1 + 2 * (4 + 2 + 2)


async def test_an_index_is_seen_by_its_level_and_its_options_settle_in_cash(opened):
    world = await opened(an_exchange("SPX"))

    seen = (await look(world, "SPX")).seen("SPX")

    assert seen.underlying.quote.bid is None
    assert seen.underlying.spot == world.exchange.last(Index("SPX"))
    assert seen.underlying.fund
    assert len(seen.chain) >= 4
    for contract in seen.chain.contracts:
        assert isinstance(contract, Option)
        assert contract.settlement in (Settlement.CASH_PM, Settlement.CASH_AM)
        assert world.exchange.terms(contract).contract == contract
        assert contract.strike % Decimal(5) == 0
