"""Commissions and fees against published examples and dated tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.domain.instrument import Option, Right, Settlement, Stock, Style
from premia.exchange.fees import OCC, charge, order_commission, sale_fees

PUT = Option("ABC", date(2024, 6, 21), Decimal(50), Right.PUT)
INDEX_PUT = Option(
    "SPX",
    date(2024, 6, 21),
    Decimal(5000),
    Right.PUT,
    trading_class="SPXW",
    style=Style.EUROPEAN,
    settlement=Settlement.CASH_PM,
)
EARLY_2024 = date(2024, 3, 1)


def commission(quantity: int, price: str, day: date = EARLY_2024, volume: int = 0) -> Decimal:
    return order_commission(charge(PUT, quantity, Decimal(price), day, volume).commission)


def all_in(quantity: int, price: str, day: date = EARLY_2024) -> Decimal:
    cost = charge(PUT, quantity, Decimal(price), day)
    return order_commission(cost.commission) + cost.fees


@pytest.mark.parametrize(
    ("contracts", "price", "expected"),
    [(1, "2.00", "1.00"), (2, "5.00", "1.30"), (3, "0.075", "1.50"), (5, "0.03", "1.25")],
)
def test_commissions_are_those_of_the_published_examples(contracts, price, expected):
    """IBKR, commissions of US options, examples of the tiered schedule."""
    assert commission(contracts, price) == Decimal(expected)


@pytest.mark.parametrize(
    ("contracts", "price", "volume", "expected"),
    [
        (2, "5.00", 20_000, "1.00"),
        (3, "0.075", 20_000, "1.50"),
        (5, "0.03", 20_000, "1.25"),
        (5, "2.00", 60_000, "1.25"),
        (7, "2.00", 200_000, "1.05"),
    ],
)
def test_commissions_of_busy_months_are_those_of_the_published_examples(contracts, price, volume, expected):
    """The same schedule, 10,001 contracts a month and more."""
    assert commission(contracts, price, volume=volume) == Decimal(expected)


@pytest.mark.parametrize(
    ("contracts", "price", "expected"),
    [(1, "2.00", "1.00"), (2, "5.00", "1.40"), (3, "0.075", "1.50"), (5, "0.03", "1.25")],
)
def test_commissions_were_higher_in_the_years_of_the_demo(contracts, price, expected):
    """IBKR's rate card of 2016 with its examples, when section 31 stood at 21.80 a million."""
    assert commission(contracts, price, date(2016, 6, 1)) == Decimal(expected)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2016, 6, 1), "0.05"),
        (date(2020, 8, 31), "0.055"),
        (date(2020, 9, 1), "0.045"),
        (date(2021, 6, 1), "0.02"),
    ],
)
def test_clearing_follows_the_notices_of_the_clearing_house(day, expected):
    """OCC: schedules of fees of January 2020, and the notice of 19 April 2021."""
    assert OCC.on(day).per_contract == Decimal(expected)


@pytest.mark.parametrize(
    ("contracts", "price", "expected"),
    [
        (1, "2.00", "1.05119"),
        (2, "5.00", "1.40728"),
        (3, "0.075", "1.64905"),
        (5, "0.03", "1.49827"),
        (10, "1.37", "7.00736"),
    ],
)
def test_a_sale_costs_commission_and_the_fees_of_four_bodies(contracts, price, expected):
    """By hand: ORF 0.02685 and OCC 0.02 a contract, 8.00 USD a million, TAF 0.00279 a contract."""
    assert all_in(-contracts, price) == Decimal(expected)


def test_a_purchase_pays_no_sale_fees():
    assert all_in(2, "5.00") == Decimal("1.30") + 2 * Decimal("0.02685") + 2 * Decimal("0.02")


def test_the_monthly_tiers_are_marginal():
    assert commission(2, "1.00", volume=9_999) == Decimal("0.65") + Decimal("0.50")


def test_clearing_is_capped_a_trade():
    fees = charge(PUT, 10_000, Decimal(1), EARLY_2024).fees
    assert fees == Decimal("268.5") + 55


def test_index_options_pay_their_exchange():
    plain = charge(PUT, 1, Decimal(5), EARLY_2024).fees
    assert charge(INDEX_PUT, 1, Decimal(5), EARLY_2024).fees - plain == Decimal("0.60")


@pytest.mark.parametrize(
    ("day", "per_million"),
    [
        (date(2014, 3, 17), "17.40"),
        (date(2014, 3, 18), "22.10"),
        (date(2018, 5, 22), "13.00"),
        (date(2024, 5, 21), "8.00"),
        (date(2024, 5, 22), "27.80"),
        (date(2025, 5, 13), "27.80"),
        (date(2025, 5, 14), "0.00"),
    ],
)
def test_the_fee_on_sales_follows_its_dates(day, per_million):
    taf = sale_fees(Stock("ABC"), 1, Decimal(0), day)
    assert sale_fees(Stock("ABC"), 1, Decimal(1_000_000), day) - taf == Decimal(per_million)


def test_the_trading_activity_fee_of_shares_is_capped():
    assert sale_fees(Stock("ABC"), 1_000_000, Decimal(0), date(2024, 3, 1)) == Decimal("8.30")


def test_shares_cost_half_a_cent_between_a_dollar_and_one_percent():
    def of(shares: int, price: str) -> Decimal:
        cost = charge(Stock("ABC"), shares, Decimal(price), EARLY_2024)
        return order_commission(cost.commission, cost.most)

    assert of(1_000, "50") == 5
    assert of(100, "50") == 1
    assert of(1, "50") == Decimal("0.50")


@given(
    st.integers(1, 500), st.integers(1, 500), st.decimals("0.01", "20", places=2), st.dates(date(2014, 1, 1))
)
def test_a_fill_in_two_parts_costs_what_one_fill_costs(first, second, price, day):
    """But for the parts of a cent to which the options regulatory fee is rounded."""
    whole = charge(PUT, -(first + second), price, day)
    parts = [charge(PUT, -first, price, day), charge(PUT, -second, price, day, volume=first)]
    assert sum(one.commission for one in parts) == whole.commission
    capped = whole.fees if first + second > 1_000 else sum(one.fees for one in parts)
    assert abs(capped - whole.fees) <= Decimal("0.0002")
