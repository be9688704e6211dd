"""What a trade does to buying power."""

from datetime import date
from decimal import Decimal

from premia.domain.instrument import Option, Right, Stock
from premia.domain.money import usd
from premia.margin.impact import impact
from premia.margin.reg_t import Position, Underlying

EXPIRY = date(2026, 1, 16)
PRICES = {"XYZ": Underlying(Decimal(100))}


def option(right, strike, mark, quantity):
    return Position(Option("XYZ", EXPIRY, Decimal(strike), Right(right)), quantity, Decimal(mark))


def test_a_naked_put_takes_its_requirement_less_the_credit():
    answer = impact([], [option("P", 95, "1.37", -1)], PRICES)

    assert answer.initial_change == usd("1637.00")
    assert answer.credit == usd("137.00")
    assert answer.buying_power == usd("1500.00")


def test_a_spread_takes_its_greatest_loss():
    """Width 5.00, credit 1.20."""
    answer = impact([], [option("P", 95, "1.70", -1), option("P", 90, "0.50", 1)], PRICES)

    assert answer.buying_power == usd("380.00")


def test_covering_a_naked_put_frees_buying_power():
    answer = impact([option("P", 95, "1.37", -1)], [option("P", 90, "0.50", 1)], PRICES)

    # From 1,637 to the width of 500, at a cost of 50.
    assert answer.initial_change == usd("-1137.00")
    assert answer.buying_power == usd("-1087.00")


def test_a_covered_call_costs_nothing_beyond_the_shares():
    shares = Position(Stock("XYZ"), 100, Decimal(100))

    answer = impact([shares], [option("C", 105, "1.74", -1)], PRICES)

    assert answer.initial_change == usd(0)
    assert answer.buying_power == usd("-174.00")
