"""The loss of a crash, and the cash if everything is assigned."""

from datetime import date
from decimal import Decimal

import pytest

from premia.domain.instrument import Option, Right, Stock
from premia.domain.money import usd
from premia.margin.reg_t import Position
from premia.margin.stress import Shock, StressBook, cash_if_assigned, loss, losses


def index_puts(strike, vol, quantity):
    return StressBook(5000.0, strike, 30 / 365, -1, vol, 0.045, 0.013, quantity * 100)


@pytest.mark.parametrize(
    ("shock", "dollars"),
    [
        (Shock(-0.20, 0.40), 77_567.95),
        (Shock(-0.10, 0.20), 32_179.68),
        (Shock(-0.05, 0.08), 11_556.76),
        (Shock(0.05, -0.03), -1_856.73),
    ],
)
def test_a_short_index_put_loses_by_spot_and_volatility(shock, dollars):
    """SPX 5,000, one short 4,750 put of 30 days at 18 %; QuantLib 1.44."""
    assert loss(index_puts(4750.0, 0.18, -1), shock) == pytest.approx(dollars, abs=0.01)


def test_a_long_wing_limits_the_loss():
    book = StressBook(5000.0, [4750.0, 4650.0], 30 / 365, -1, [0.18, 0.20], 0.045, 0.013, [-100, 100])

    assert loss(book) < 10_000.0  # the width of the strikes
    assert losses(book)[0] == pytest.approx(77_567.95, abs=0.01)


def test_shares_lose_their_share_and_nothing_by_volatility():
    book = StressBook(50.0, 50.0, 0.0, 0, 0.0, 0.0, 0.0, 300)

    assert loss(book) == pytest.approx(0.20 * 50.0 * 300)


def test_cash_if_assigned_counts_every_short_put_and_nothing_else():
    def option(right, strike, quantity):
        contract = Option("XYZ", date(2026, 1, 16), Decimal(strike), Right(right))
        return Position(contract, quantity, Decimal("1.00"))

    held = [
        option("P", 95, -2),
        option("P", 90, +2),
        option("C", 105, -1),
        Position(Stock("XYZ"), 100, Decimal(100)),
    ]

    assert cash_if_assigned(held) == usd(19_000)
