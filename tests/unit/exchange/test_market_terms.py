"""Contract numbers and details: one number a contract, for ever, and back again."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.domain.errors import InvariantViolated, MarketDataError
from premia.domain.instrument import Index, Option, Right, Stock
from premia.domain.money import price
from premia.exchange.terms import ContractIds, strike_code
from tests.unit.exchange.fixed_market import at
from tests.unit.exchange.model_market import a_market, fresh, options_of

NOW = at("2024-02-05 11:00")
IDS = ContractIds([("AAA", "AAA"), ("IDX", "IDX"), ("IDX", "IDXW")], date(2014, 1, 1), date(2024, 12, 31))


def everything(when=NOW):
    market = a_market()
    return [
        option
        for symbol in market.symbols
        for series in market.listed(symbol, when).series
        for option in options_of(symbol, series)
    ]


def test_no_two_listed_contracts_share_a_number():
    contracts = everything()
    numbers = [a_market().terms(one).con_id for one in contracts]
    numbers += [a_market().terms(a_market().underlier(symbol)).con_id for symbol in a_market().symbols]

    assert len(contracts) > 5_000
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) > 0
    assert max(numbers) < 2**31


def test_every_number_is_read_back_into_its_contract():
    market = fresh()
    for one in everything():
        assert market.by_con_id(a_market().terms(one).con_id) == one
    for symbol in market.symbols:
        assert market.by_con_id(market.terms(market.underlier(symbol)).con_id) == market.underlier(symbol)


def test_a_number_that_belongs_to_no_contract_reads_as_none():
    """28812380 is what IB gives every combo; the others lie below, between and above the layout."""
    assert [a_market().by_con_id(number) for number in (0, 1, 999, 28_812_380, 2**31 - 1)] == [None] * 5


@given(st.dates(date(2014, 1, 1), date(2024, 12, 31)), st.integers(1, 4095), st.sampled_from(Right))
def test_numbers_of_half_dollar_strikes_are_exact(expiry, halves, right):
    option = Option("IDX", expiry, Decimal(halves) / 2, right, trading_class="IDXW")

    read = IDS.read(IDS.option(option))

    assert (read.symbol, read.trading_class, read.expiry, read.right) == ("IDX", "IDXW", expiry, right)
    assert read.strike == option.strike


def test_strikes_that_only_a_split_makes_have_codes_of_their_own():
    """92.86 (650 divided by 7) is no half dollar; 2,050 is a whole number of five dollars."""
    assert strike_code(Decimal("92.5")) == 185
    assert strike_code(Decimal(2050)) == 4096 + 410
    assert strike_code(Decimal("92.86")) >= 4096 + 2048


def test_the_same_option_has_one_number_however_its_class_is_written():
    plain = Option("STK", date(2024, 3, 15), price("80"), Right.PUT)
    named = Option("STK", date(2024, 3, 15), price("80"), Right.PUT, trading_class="STK")

    assert a_market().terms(plain) == a_market().terms(named)
    assert a_market().terms(named).contract == plain


def test_a_contract_outside_the_layout_has_no_number():
    with pytest.raises(InvariantViolated, match="belongs to no class or day"):
        IDS.option(Option("AAA", date(2030, 1, 18), price("50"), Right.CALL))


def test_more_classes_than_numbers_are_refused_with_both_counts():
    with pytest.raises(MarketDataError, match="60 option classes over 4018 days"):
        ContractIds([(f"S{i}", f"S{i}") for i in range(60)], date(2014, 1, 1), date(2024, 12, 31))


def test_details_say_what_trades_where_and_in_which_ticks():
    fund = a_market().terms(Stock("FND"))
    index = a_market().terms(Index("IDX"))
    put = a_market().terms(Option("STK", date(2024, 3, 15), price("80"), Right.PUT))

    assert (fund.kind, fund.exchange, fund.primary_exchange) == ("ETF", "SMART", "ARCA")
    assert (index.kind, index.exchange) == ("INDEX", "CBOE")
    assert (put.tick_low, put.tick_high) == (Decimal("0.01"), Decimal("0.05"))
    assert "simulated" in fund.long_name


def test_what_settles_in_the_morning_trades_until_the_session_before():
    market = a_market()
    morning = next(one for one in market.listed("IDX", NOW).series if one.trading_class == "IDX")

    last = market.terms(options_of("IDX", morning)[0]).last_trade

    assert (morning.expiry, last) == (date(2024, 2, 16), date(2024, 2, 15))


def test_an_unknown_symbol_is_refused_with_the_known_ones():
    with pytest.raises(MarketDataError, match="ZZZ is not in this market; it has FND, STK, IDX"):
        a_market().terms(Stock("ZZZ"))
    with pytest.raises(MarketDataError, match="FND is known as Stock"):
        a_market().terms(Index("FND"))
