"""European values and greeks: QuantLib's numbers, parity, and the edges where formulas divide by zero."""

import numpy as np
import pytest

from premia.pricing import black_scholes
from premia.pricing.terms import Carry, OptionTerms, ShapeMismatch
from tests.unit.pricing.quantlib_pins import EUROPEAN

CALL, PUT = 1.0, -1.0


def columns(rows, *names):
    return [np.array([getattr(row, name) for row in rows], dtype=float) for name in names]


def inputs(rows):
    strike, days, spot, rate, income, vol = columns(
        rows, "strike", "days", "spot", "rate", "dividend_yield", "vol"
    )
    sign = np.array([CALL if row.right == "C" else PUT for row in rows])
    return OptionTerms(strike, days / 365.0, sign), Carry(spot, rate, income), vol


@pytest.mark.parametrize("name", ["value", "delta", "gamma", "vega", "theta", "rho", "itm"])
def test_values_and_greeks_agree_with_quantlib(name):
    """Sixty options of a week to a year, in and out of the money."""
    answer = black_scholes.greeks(*inputs(EUROPEAN))

    assert getattr(answer, name) == pytest.approx(columns(EUROPEAN, name)[0], rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        # Right, spot, strike, days, rate, yield, volatility; then by QuantLib 1.44
        # value, delta, gamma, vega, theta, rho and the probability to expire in the money.
        ((PUT, 100, 95, 45, 0.045, 0.013, 0.25),
         (1.370019, -0.250019, 0.03617536, 0.111499, -0.028611, -0.032513, 0.279144)),
        ((CALL, 100, 105, 45, 0.045, 0.013, 0.25),
         (1.742058, 0.319743, 0.04068741, 0.125406, -0.037424, 0.037273, 0.289528)),
        ((PUT, 5000, 4750, 30, 0.045, 0.013, 0.18),
         (19.170503, -0.141991, 0.00087063, 3.220134, -0.901434, -0.599282, 0.154069)),
        ((PUT, 450, 430, 30, 0.05, 0.015, 0.16),
         (1.511491, -0.140623, 0.01081109, 0.287901, -0.070499, -0.053253, 0.151299)),
        ((CALL, 100, 100, 365, 0.05, 0.0, 0.20),
         (10.450584, 0.636831, 0.01876202, 0.375240, -0.017573, 0.532325, 0.559618)),
    ],
)  # fmt: skip
def test_greeks_of_options_one_sells(case, expected):
    sign, spot, strike, days, rate, income, vol = case

    answer = black_scholes.greeks(OptionTerms(strike, days / 365, sign), Carry(spot, rate, income), vol)

    assert [column[0] for column in answer] == pytest.approx(expected, abs=6e-7)


def test_at_expiry_a_value_is_intrinsic_and_delta_is_a_step():
    terms = OptionTerms([95.0, 100.0, 105.0, 95.0, 100.0, 105.0], 0.0, [1, 1, 1, -1, -1, -1])

    answer = black_scholes.greeks(terms, Carry(100.0, 0.05), 0.2)

    assert answer.value.tolist() == [5.0, 0.0, 0.0, 0.0, 0.0, 5.0]
    assert answer.delta == pytest.approx([1.0, 0.5, 0.0, 0.0, -0.5, -1.0], abs=1e-15)
    for name in ("gamma", "vega", "theta", "rho"):
        assert not getattr(answer, name).any()


def test_without_volatility_a_value_is_the_discounted_forward_intrinsic():
    answer = black_scholes.value(OptionTerms([90.0, 110.0], 1.0, [CALL, CALL]), Carry(100.0, 0.05, 0.02), 0.0)

    assert answer == pytest.approx([100 * np.exp(-0.02) - 90 * np.exp(-0.05), 0.0], abs=1e-12)


def test_a_nan_stays_alone():
    answer = black_scholes.value(OptionTerms(100.0, 1.0, CALL), Carry([100.0, np.nan], 0.05), 0.2)

    assert answer[0] == pytest.approx(10.450583572185565, abs=1e-12)
    assert np.isnan(answer[1])


def test_an_option_on_the_vix_is_priced_off_its_future():
    # Black's formula on a future of 17 with 110 % volatility, QuantLib 1.44.
    assert black_scholes.black76(OptionTerms(25.0, 30 / 365, CALL), 17.0, 0.045, 1.10)[0] == pytest.approx(
        0.343725, abs=5e-7
    )


def test_the_chance_to_expire_in_the_money_is_not_the_delta():
    terms, carry = OptionTerms(95.0, 45 / 365, PUT), Carry(100.0, 0.045, 0.013)

    assert black_scholes.itm_probability(terms, carry, 0.25)[0] == pytest.approx(0.279144, abs=5e-7)
    assert black_scholes.greeks(terms, carry, 0.25).delta[0] == pytest.approx(-0.250019, abs=5e-7)


def test_the_delta_alone_is_the_one_among_the_greeks():
    terms = OptionTerms([90.0, 100.0, 110.0, 100.0], [0.1, 0.0, 0.5, 1.0], [CALL, CALL, PUT, PUT])
    carry = Carry(100.0, 0.045, 0.013)

    among = black_scholes.greeks(terms, carry, 0.25).delta

    assert black_scholes.delta(terms, carry, 0.25) == pytest.approx(among, abs=1e-15)


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ShapeMismatch, match=r"\(2,\), \(3,\)"):
        black_scholes.value(OptionTerms([1.0, 2.0, 3.0], 1.0, CALL), Carry([100.0, 101.0], 0.05), 0.2)


def test_results_have_the_broadcast_shape():
    strikes = np.linspace(80.0, 120.0, 5)

    answer = black_scholes.value(OptionTerms(strikes, np.array([[0.1], [0.5]]), PUT), Carry(100.0, 0.01), 0.2)

    assert answer.shape == (2, 5)
    assert black_scholes.value(OptionTerms(100.0, 1.0, PUT), Carry(100.0, 0.01), 0.2).shape == (1,)
