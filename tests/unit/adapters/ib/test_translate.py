"""Between IB's words and ours."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_async import Contract as IbContract

from premia.adapters.ib import translate
from premia.domain.combo import Combo, Leg, single
from premia.domain.errors import InvariantViolated
from premia.domain.instrument import Index, Option, Right, Settlement, Stock, Style
from premia.domain.money import price

UNSET = 1.7976931348623157e308
PUT = Option("SPY", date(2026, 1, 16), Decimal(480), Right.PUT)
CALL = Option("SPY", date(2026, 1, 16), Decimal(520), Right.CALL)


def listed(option: Option, number: int) -> IbContract:
    """IB's contract of an option, as a message brings it."""
    return IbContract(
        secType="OPT",
        conId=number,
        symbol=option.symbol,
        lastTradeDateOrContractMonth=f"{option.expiry:%Y%m%d}",
        strike=float(option.strike),
        right=option.right.value,
        multiplier=str(option.multiplier),
        exchange="CBOE",
        currency="USD",
        localSymbol=translate.local_symbol(option),
        tradingClass=option.trading_class or option.symbol,
    )


@pytest.mark.parametrize("value", [UNSET, math.nan, math.inf, "", None, "nan", str(UNSET), "words"])
def test_every_sign_of_no_value_is_none(value):
    assert translate.number(value) is None


@given(st.decimals(-99_999, 99_999, places=4))
def test_a_price_comes_back_from_the_wire_as_the_exact_decimal_it_was(amount):
    assert translate.number(float(amount)) == amount


def test_sentinels_of_model_values_are_none_and_a_small_theta_is_not():
    assert translate.model_value(-2.0, -2) is None
    assert translate.model_value(math.nan, -2) is None
    assert translate.model_value(-0.02, -2) == -0.02


@given(
    st.dates(date(2024, 1, 2), date(2027, 12, 31)),
    st.decimals("0.5", 9_000, places=1),
    st.sampled_from(Right),
)
def test_an_option_survives_the_way_there_and_back(expiry, strike, right):
    option = Option("SPY", expiry, strike, right)

    assert translate.contract_from(translate.option_to(option)) == option
    assert translate.contract_from(listed(option, 1)) == option


def test_stocks_and_indices_keep_their_kind():
    assert translate.contract_from(translate.underlying_to(Stock("SPY"))) == Stock("SPY")
    assert translate.contract_from(translate.underlying_to(Index("SPX"))) == Index("SPX")
    assert translate.underlying_to(Index("SPX")).exchange == "CBOE"


def test_a_class_that_only_drops_the_blank_is_the_standard_one():
    assert translate.class_is_standard("BRK B", "BRKB", "100")
    option = translate.option_of("BRK B", "BRKB", date(2026, 1, 16), Decimal(400), Right.PUT, 100)
    assert (option.trading_class, option.adjusted) == ("", False)
    assert translate.option_to(option).tradingClass == "BRKB"


@pytest.mark.parametrize(("name", "multiplier"), [("2AAPL", "100"), ("AAPL1", "100"), ("AAPL", "10")])
def test_adjusted_classes_are_not_standard_and_marked(name, multiplier):
    assert not translate.class_is_standard("AAPL", name, multiplier)
    option = translate.option_of("AAPL", name, date(2026, 1, 16), Decimal(200), Right.PUT, int(multiplier))
    assert option.adjusted


def test_index_classes_settle_as_their_class_says():
    weekly = translate.option_of("SPX", "SPXW", date(2026, 1, 16), Decimal(6000), Right.PUT, 100)
    monthly = translate.option_of("SPX", "SPX", date(2026, 1, 16), Decimal(6000), Right.PUT, 100)

    assert (weekly.style, weekly.settlement, weekly.adjusted) == (
        Style.EUROPEAN,
        Settlement.CASH_PM,
        False,
    )
    assert (monthly.settlement, monthly.trading_class) == (Settlement.CASH_AM, "")


def test_a_morning_settled_series_is_named_by_its_expiry_not_by_its_last_trading_day():
    """IB lists SPX 17 January 2020 under its last trading day, the 16th; its name holds the expiry."""
    told = IbContract(
        secType="OPT",
        symbol="SPX",
        lastTradeDateOrContractMonth="20200116",
        strike=3205.0,
        right="P",
        multiplier="100",
        currency="USD",
        localSymbol="SPX   200117P03205000",
        tradingClass="SPX",
    )

    assert translate.contract_from(told).expiry == date(2020, 1, 17)
    assert translate.expiry_of("SPX", "SPX", date(2020, 1, 16)) == date(2020, 1, 17)
    assert translate.option_to(translate.contract_from(told)).localSymbol == told.localSymbol


def test_what_premia_does_not_trade_is_shown_under_a_name_that_no_symbol_has():
    future = IbContract(secType="FUT", symbol="ES", localSymbol="ESH6", currency="USD")

    assert translate.contract_from(future) == Stock("ESH6 (FUT)")


@pytest.mark.parametrize(
    ("ratio", "credit", "action", "wire"), [(-1, "1.25", "SELL", "1.25"), (1, "-0.40", "BUY", "0.40")]
)
def test_a_single_leg_is_bought_or_sold_at_its_own_price(ratio, credit, action, wire):
    priced = translate.order_units(single(PUT, ratio), 3, price(credit), (listed(PUT, 1),))

    assert (priced.action, priced.quantity, priced.price) == (action, 3, Decimal(wire))


def test_a_combo_is_bought_as_written_and_a_credit_is_a_negative_price():
    condor_half = Combo((Leg(PUT, -2), Leg(CALL, 2)))

    priced = translate.order_units(condor_half, 3, price("0.50"), (listed(PUT, 1), listed(CALL, 2)))

    assert (priced.contract.secType, priced.action, priced.quantity) == ("BAG", "BUY", 6)
    assert priced.price == Decimal("-0.25")
    assert [(leg.conId, leg.action, leg.ratio) for leg in priced.contract.comboLegs] == [
        (1, "SELL", 1),
        (2, "BUY", 1),
    ]


def test_a_combo_needs_the_number_of_each_leg():
    with pytest.raises(InvariantViolated, match="no contract number"):
        translate.order_units(
            Combo((Leg(PUT, -1), Leg(CALL, 1))), 1, price("0.50"), (listed(PUT, 1), listed(CALL, 0))
        )
