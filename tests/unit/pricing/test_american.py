"""American values against QuantLib, cash dividends, and when exercising early pays."""

import numpy as np
import pytest

from premia.pricing import american, black_scholes
from premia.pricing.dividends import CashDividends, present_value
from premia.pricing.terms import Carry, Flat, OptionTerms
from premia.pricing.tree import tree_value
from tests.unit.pricing.quantlib_pins import AMERICAN
from tests.unit.pricing.test_black_scholes import columns, inputs

CALL, PUT = 1.0, -1.0


def test_values_agree_with_quantlib_to_a_thousandth():
    """Twenty-four options on a spot of 100, a month to a year, around and in the money."""
    answer = american.value(*inputs(AMERICAN))

    assert np.max(np.abs(answer - columns(AMERICAN, "value")[0])) < 5e-4


@pytest.mark.parametrize(
    "case",
    [
        # right, spot, strike, days, rate, yield, volatility, exact value
        (PUT, 100, 100, 365, 0.05, 0.0, 0.20, 6.090371),
        (PUT, 100, 110, 365, 0.05, 0.0, 0.20, 11.972827),
        (PUT, 36, 40, 365, 0.06, 0.0, 0.20, 4.486674),  # the example of Longstaff and Schwartz
        (PUT, 100, 130, 180, 0.05, 0.0, 0.20, 30.0),
        (CALL, 100, 100, 365, 0.05, 0.08, 0.20, 6.542094),
        (CALL, 100, 90, 180, 0.03, 0.06, 0.25, 11.937580),
        (PUT, 100, 95, 45, 0.045, 0.013, 0.25, 1.378995),
        (PUT, 100, 70, 730, 0.05, 0.02, 0.35, 4.389057),
    ],
)
def test_textbook_cases(case):
    """Exact values by QuantLib 1.44, QD+ fixed point."""
    sign, spot, strike, days, rate, income, vol, exact = case
    answer = american.value(OptionTerms(strike, days / 365, sign), Carry(spot, rate, income), vol)

    assert answer[0] == pytest.approx(exact, abs=5e-4)


def test_greeks_of_a_put():
    """By bumping QuantLib's exact engine."""
    terms = OptionTerms([95.0, 110.0], np.array([45, 365]) / 365, PUT)

    answer = american.greeks(terms, Carry(100.0, [0.045, 0.05], [0.013, 0.0]), [0.25, 0.20])

    assert answer.delta == pytest.approx([-0.252102, -0.655151], abs=1e-4)
    assert answer.gamma == pytest.approx([0.036605, 0.027796], abs=1e-5)
    assert answer.vega == pytest.approx([0.111900, 0.335720], abs=6e-4)
    assert answer.theta == pytest.approx([-0.029083, -0.004620], abs=2e-4)
    assert answer.rho == pytest.approx([-0.029291, -0.334492], abs=1e-3)


def test_where_exercising_is_optimal_only_intrinsic_is_left():
    answer = american.greeks(OptionTerms(130.0, 180 / 365, PUT), Carry(100.0, 0.05), 0.2)

    assert (answer.value[0], answer.delta[0]) == (30.0, -1.0)
    assert answer.gamma[0] == answer.vega[0] == answer.theta[0] == answer.rho[0] == 0.0


def test_at_expiry_a_value_is_intrinsic_and_delta_is_a_step():
    answer = american.greeks(OptionTerms([95.0, 100.0, 105.0], 0.0, PUT), Carry(100.0, 0.05), 0.2)

    assert answer.value.tolist() == [0.0, 0.0, 5.0]
    assert answer.delta == pytest.approx([0.0, -0.5, -1.0], abs=1e-15)
    assert not answer.theta.any()


@pytest.mark.parametrize(
    ("case", "exact"),
    [
        # Right, strike, days, rate, yield, volatility on a spot of 100; QuantLib 1.44, high precision.
        ((CALL, 100.7241, 289, 0.001, 0.20, 0.0809), 0.3843),
        ((PUT, 98.3214, 754, 0.15, 0.001, 0.1289), 1.4186),
        ((PUT, 99.2161, 819, 0.15, 0.001, 0.0485), 0.1056),
    ],
)
def test_rates_that_dwarf_volatility_are_left_to_the_tree(case, exact):
    """The fixed point of the boundary does not settle there."""
    sign, strike, days, rate, income, vol = case

    answer = american.value(OptionTerms(strike, days / 365, sign), Carry(100.0, rate, income), vol)

    assert answer[0] == pytest.approx(exact, abs=3e-3)


def test_a_nan_stays_alone():
    answer = american.value(OptionTerms(95.0, 0.2, PUT), Carry(100.0, 0.03), [0.25, np.nan])

    assert answer[0] > 0.0
    assert np.isnan(answer[1])


@pytest.mark.parametrize(("sign", "exact"), [(CALL, 11.192450), (PUT, 12.452150)])
def test_a_large_cash_dividend_in_the_escrowed_model(sign, exact):
    """Spot 100, a year, 7.00 at day 182; QuantLib's finite differences, escrowed."""
    dividends = CashDividends([182 / 365], [7.0])

    answer = american.value(OptionTerms(100.0, 1.0, sign), Carry(100.0, 0.06), 0.30, dividends=dividends)

    assert answer[0] == pytest.approx(exact, abs=1.5e-3)


@pytest.mark.parametrize("sign", [CALL, PUT])
@pytest.mark.parametrize("strike", [90.0, 100.0, 110.0])
def test_the_fast_ways_agree_with_the_tree(sign, strike):
    """One dividend of 0.60 in 20 days, 45 days to expiry: integrals against a tree of 801 steps."""
    dividends = CashDividends([20 / 365], [0.60])
    terms, carry = OptionTerms(strike, 45 / 365, sign), Carry(100.0, 0.02)
    net = 100.0 - present_value(dividends, 0.02, 45 / 365)
    ones = np.ones(1)
    flat = Flat(net, strike * ones, 45 / 365 * ones, 0.25 * ones, 0.02 * ones, 0 * ones, sign * ones)

    quick = american.value(terms, carry, 0.25, dividends=dividends)

    assert quick == pytest.approx(tree_value(flat, dividends, 801).value, abs=1e-3)


def test_two_dividends_that_matter_are_left_to_the_tree():
    """A year's call with two dividends of 3.00 is worth more than with either of them as the only chance."""
    terms, carry = OptionTerms(90.0, 1.0, CALL), Carry(100.0, 0.01)
    both = CashDividends([0.3, 0.8], [3.0, 3.0])

    whole = american.value(terms, carry, 0.2, dividends=both)[0]

    european = black_scholes.value(terms, Carry(100.0 - present_value(both, 0.01, 1.0), 0.01), 0.2)[0]
    assert whole == pytest.approx(11.946, abs=0.04)  # the tree itself with 1,601 steps
    assert whole > european + 0.5


def test_a_dividend_after_expiry_changes_nothing():
    terms, carry = OptionTerms([95.0, 105.0], 45 / 365, [PUT, CALL]), Carry(100.0, 0.02)

    later = american.value(terms, carry, 0.25, dividends=CashDividends([46 / 365], [2.0]))

    assert later.tolist() == american.value(terms, carry, 0.25).tolist()


def test_a_call_without_dividends_is_european():
    terms, carry = OptionTerms([80.0, 100.0, 120.0], 0.5, CALL), Carry(100.0, 0.03)

    assert american.value(terms, carry, 0.3).tolist() == black_scholes.value(terms, carry, 0.3).tolist()


@pytest.mark.parametrize(("strike", "pays"), [(95.0, True), (100.0, True), (104.0, False)])
def test_a_call_is_exercised_before_the_ex_date_when_the_dividend_beats_the_put_given_up(strike, pays):
    """Spot 105 with a dividend of 1.50 in it, ten days left.

    At 104 exercising brings 1.00 and holding 1.538570 (QuantLib 1.44).
    """
    answer = american.early_exercise_pays(OptionTerms(strike, 10 / 365, CALL), Carry(105.0, 0.05), 0.25, 1.50)

    assert answer.tolist() == [pays]


@pytest.mark.parametrize(
    ("days", "rate", "income", "vol", "critical"),
    # The price at which QuantLib's high-precision value meets intrinsic.
    [(30, 0.05, 0.0, 0.20, 90.786), (365, 0.05, 0.0, 0.20, 80.875), (45, 0.045, 0.013, 0.25, 84.906)],
)
def test_a_put_is_exercised_below_its_critical_price(days, rate, income, vol, critical):
    terms, carry = (
        OptionTerms(100.0, days / 365, PUT),
        Carry([critical - 0.005, critical + 0.005], rate, income),
    )

    assert american.put_exercise_pays(terms, carry, vol).tolist() == [True, False]


def test_no_put_is_exercised_without_interest():
    assert american.put_exercise_pays(OptionTerms(100.0, 0.2, PUT), Carry(60.0, 0.0), 0.2).tolist() == [False]


def test_the_implied_volatility_of_an_american_price_is_the_one_that_made_it():
    strikes = np.array([90.0, 95.0, 100.0, 105.0])
    terms, carry = OptionTerms(strikes, 45 / 365, PUT), Carry(100.0, 0.045, 0.013)
    vols = np.array([0.31, 0.27, 0.24, 0.22])

    price = american.value(terms, carry, vols)

    assert american.implied_volatility(price, terms, carry) == pytest.approx(vols, abs=1e-8)


def test_a_price_at_intrinsic_has_no_implied_volatility():
    answer = american.implied_volatility([30.0, 500.0], OptionTerms(130.0, 0.5, PUT), Carry(100.0, 0.05))

    assert np.isnan(answer).all()
