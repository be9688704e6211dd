"""Implied volatility: round trips to machine precision, and no number where no volatility exists."""

import numpy as np
import pytest

from premia.pricing import black_scholes
from premia.pricing.implied_vol import implied_volatility
from premia.pricing.terms import Carry, OptionTerms

CALL, PUT = 1.0, -1.0


@pytest.mark.parametrize(
    ("price", "terms", "vol"),
    [
        # Prices on a forward of 100 without interest, by the reference implementation of "Let's be rational".
        (7.96556745541, OptionTerms(100.0, 1.0, CALL), 0.20),
        (4.08315693189e-4, OptionTerms(150.0, 0.1, CALL), 0.35),
        (5.02133369981e-4, OptionTerms(60.0, 30 / 365, PUT), 0.50),
        (0.0398942263779, OptionTerms(100.0, 1e-4, CALL), 0.10),
        (4.10916661849e-13, OptionTerms(300.0, 1.0, CALL), 0.15),
    ],
)
def test_published_prices_give_back_their_volatility(price, terms, vol):
    """The prices are printed with twelve digits, and so much is recovered."""
    assert implied_volatility(price, terms, Carry(100.0, 0.0))[0] == pytest.approx(vol, rel=2e-12)


@pytest.mark.parametrize("sign", [CALL, PUT])
def test_a_chain_gives_back_its_volatilities(sign):
    """A month, strikes from 60 to 160, volatilities from 10 to 60 %; out-of-the-money prices down to 1e-9."""
    strikes = np.linspace(60.0, 160.0, 41)
    vols = np.linspace(0.60, 0.10, 41)
    terms, carry = OptionTerms(strikes, 30 / 365, sign), Carry(100.0, 0.045, 0.013)
    price = black_scholes.value(terms, carry, vols)
    low, _ = black_scholes.bounds(terms, carry)
    known = price - low > 1e-9

    answer = implied_volatility(price, terms, carry)

    assert known.sum() > 25
    # In the money the price holds the time value only to 1e-14 of the spot.
    assert answer[known] == pytest.approx(vols[known], abs=1e-6)
    outside = known & ((strikes - 100.0) * sign > 0.0)
    assert answer[outside] == pytest.approx(vols[outside], rel=1e-11)


def test_no_volatility_explains_a_price_outside_the_bounds():
    terms, carry = OptionTerms(90.0, 0.5, CALL), Carry(100.0, 0.05)
    low, high = black_scholes.bounds(terms, carry)

    answer = implied_volatility([low[0], low[0] - 1.0, high[0], high[0] + 1.0, np.nan], terms, carry)

    assert np.isnan(answer).all()


def test_an_expired_option_has_no_implied_volatility():
    assert np.isnan(implied_volatility(5.0, OptionTerms(100.0, 0.0, CALL), Carry(100.0, 0.05))[0])


def test_the_bid_the_middle_and_the_ask_of_a_quote_are_inverted_at_once():
    terms, carry = OptionTerms([[95.0], [100.0]], 45 / 365, PUT), Carry(100.0, 0.045)

    answer = implied_volatility([[1.30, 1.35, 1.40], [3.20, 3.30, 3.40]], terms, carry)

    assert answer.shape == (2, 3)
    assert (np.diff(answer, axis=1) > 0.0).all()
