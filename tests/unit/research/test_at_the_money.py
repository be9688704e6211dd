"""At-the-money volatility of thirty days from quotes near the money."""

import numpy as np
import pytest

from premia.pricing import black_scholes
from premia.pricing.terms import CALL, PUT, Carry, OptionTerms
from premia.research.at_the_money import Pairs, Quotes, quotes_of, thirty_day_vol

MONEYNESS = np.array([0.985, 0.995, 1.005, 1.015])


def smile(days, at, slope=-0.4):
    """A line through the money."""
    return Quotes(np.full(4, float(days)), MONEYNESS, at + slope * np.log(MONEYNESS))


def joined(*quotes):
    return Quotes(*(np.concatenate(columns) for columns in zip(*quotes, strict=True)))


def test_the_smile_is_read_at_the_money():
    assert thirty_day_vol(smile(30, 0.18)) == pytest.approx(0.18)


def test_between_expiries_variance_grows_with_time():
    found = thirty_day_vol(joined(smile(25, 0.16), smile(45, 0.20)))

    # A quarter of the way from 25 days of 0.16 to 45 days of 0.20, in total variance.
    assert found == pytest.approx(((0.75 * 25 * 0.16**2 + 0.25 * 45 * 0.20**2) / 30) ** 0.5)


def test_the_nearest_expiry_stands_in_where_none_encloses():
    assert thirty_day_vol(joined(smile(34, 0.17), smile(50, 0.20))) == pytest.approx(0.17)
    assert thirty_day_vol(smile(50, 0.20)) is None


def test_what_lies_on_one_side_or_has_no_volatility_is_not_read():
    above = Quotes(np.full(4, 30.0), MONEYNESS + 0.02, np.full(4, 0.2))
    silent = Quotes(np.full(4, 30.0), MONEYNESS, np.array([np.nan, 0.0, np.nan, np.nan]))

    assert thirty_day_vol(above) is None
    assert thirty_day_vol(silent) is None
    assert thirty_day_vol(Quotes(*(np.empty(0) for _ in range(3)))) is None


def test_prices_on_their_own_forward_give_back_their_volatility():
    """Neither the rate nor the dividend of the market is told: parity knows the forward."""
    strike = np.repeat([3950.0, 3990.0, 4010.0, 4040.0], 2)
    days = np.tile([23.0, 37.0], 4)
    carry = Carry(4000.0, 0.05, 0.018)
    call, put = (
        black_scholes.value(OptionTerms(strike, days / 365, sign), carry, 0.17) for sign in (CALL, PUT)
    )

    found = thirty_day_vol(quotes_of(Pairs(days, strike, call, put), 4000.0, 0.05))

    assert found == pytest.approx(0.17, abs=1e-9)
