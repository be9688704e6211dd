"""The market is a function of seed, contract and market time, and of nothing that anybody asked before."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from premia.exchange.market import Market
from premia.exchange.underlyings import UnderlyingSetup
from tests.unit.exchange.fixed_market import at
from tests.unit.exchange.model_market import MODELS, a_market, calendar, fresh, options_of

FIRST = at("2024-01-03 00:00")
MINUTES = st.integers(0, 120 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))
SYMBOLS = st.sampled_from([model.symbol for model in MODELS])


def options_at(market: Market, symbol: str, when, chosen):
    series = market.listed(symbol, when).series
    found = []
    for place, row in chosen:
        one = series[place % len(series)]
        options = options_of(symbol, one)
        found.append(options[row % len(options)])
    return found


CHOSEN = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 400)), min_size=1, max_size=8)


@settings(max_examples=25)
@given(SYMBOLS, MINUTES, CHOSEN, CHOSEN)
def test_two_clients_that_ask_for_different_amounts_of_data_see_identical_quotes(symbol, when, few, more):
    """One asks for a few contracts; the other, on a market of its own, for much else first."""
    modest, greedy = fresh(), fresh()
    wanted = options_at(modest, symbol, when, few)
    crowd = options_at(greedy, symbol, when, more)
    for other in MODELS:
        greedy.quotes(options_at(greedy, other.symbol, when, more), when + timedelta(minutes=7))
    greedy.greeks(crowd, when)
    whole = greedy.quotes([*crowd, *reversed(wanted)], when)

    assert modest.quotes(wanted, when) == whole[: len(crowd) - 1 : -1]
    assert modest.greeks(wanted[:1], when) == greedy.greeks([*wanted[:1], *crowd], when)[:1]
    assert [modest.last(one, when) for one in wanted] == [greedy.last(one, when) for one in wanted]


@settings(max_examples=20)
@given(SYMBOLS, MINUTES, CHOSEN)
def test_one_contract_alone_is_quoted_as_in_any_company(symbol, when, chosen):
    market = a_market()
    options = options_at(market, symbol, when, chosen)

    together = fresh().quotes(options, when)

    assert [fresh().quotes([option], when)[0] for option in options[:2]] == together[:2]


@settings(max_examples=15)
@given(SYMBOLS, st.integers(0, 60), CHOSEN, st.integers(0, 2**20))
def test_whatever_the_next_sessions_bring_today_stays(symbol, ahead, chosen, seed):
    """Later prices, volatilities, dividends not yet declared and announcements to come are scrambled."""
    market = a_market()
    today = calendar().between(date(2024, 1, 3), date(2024, 4, 30))[ahead]
    when = today.opens + timedelta(hours=2)
    other = Market([scrambled(market.setup(one), today.day, seed) for one in market.symbols], calendar(), 1)

    options = options_at(market, symbol, when, chosen)

    assert other.quotes(options, when) == market.quotes(options, when)
    assert other.listed(symbol, when) == market.listed(symbol, when)
    assert other.iv30(symbol, when) == market.iv30(symbol, when)
    assert other.bars(market.underlier(symbol), when, 5, 86_400, "TRADES") == market.bars(
        market.underlier(symbol), when, 5, 86_400, "TRADES"
    )


def scrambled(setup: UnderlyingSetup, today: date, seed: int) -> UnderlyingSetup:
    history = setup.history
    later = np.array([day > today for day in history.days])
    factor = np.where(later, 1.0 + 0.3 * np.random.default_rng(seed).random(later.size), 1.0)
    changed = history._replace(
        open=history.open * factor,
        high=history.high * factor,
        low=history.low * factor,
        close=history.close * factor,
        vol=history.vol * np.where(later, 1.2, 1.0),
    )
    dividends = tuple(
        one if one.declared <= today else type(one)(one.ex, one.pay, one.amount * 3, one.declared)
        for one in setup.dividends
    )
    return type(setup)(
        contract=setup.contract,
        settings=setup.settings,
        history=changed,
        dividends=dividends,
        splits=setup.splits,
        earnings=setup.earnings,
        earnings_move=setup.earnings_move,
        calm_vol=setup.calm_vol,
        liquidity=setup.liquidity,
        half_spread=setup.half_spread,
        open_interest=setup.open_interest,
    )


def test_another_seed_is_another_market():
    when = at("2024-02-05 11:00")
    option = options_at(a_market(), "FND", when, [(5, 90)])

    assert fresh(2).spot("FND", when) != a_market().spot("FND", when)
    assert fresh(1).quotes(option, when) == a_market().quotes(option, when)
