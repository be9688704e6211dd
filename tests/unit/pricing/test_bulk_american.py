"""Compiled American values, implied volatilities and the tests of early exercise: equal to those of numpy."""

import numpy as np
import pandas as pd
import pytest

from premia.pricing import american, black_scholes, bulk, compiled_american
from premia.pricing.implied_vol import Reason
from premia.pricing.terms import Carry, OneOption, OptionTerms, broadcast
from tests.real_data import real_data
from tests.unit.pricing.quantlib_pins import AMERICAN
from tests.unit.pricing.test_black_scholes import columns, inputs

CALL, PUT = 1.0, -1.0
SPOT = 100.0
COUNT = 3_000


@pytest.fixture(scope="module")
def options():
    """Two days to two years, 1 to 100 % volatility, rates and yields of either sign: every way is taken."""
    draw = np.random.default_rng(11)
    strike = SPOT * np.exp(draw.normal(0.0, 0.15, COUNT))
    years, sign = draw.integers(2, 730, COUNT) / 365, draw.choice([CALL, PUT], COUNT)
    carry = Carry(SPOT, draw.uniform(-0.01, 0.08, COUNT), draw.choice([0.0, 0.01, 0.05], COUNT))
    return OptionTerms(strike, years, sign), carry, draw.uniform(0.01, 1.0, COUNT)


def each(terms, carry, vol):
    """The same options one by one."""
    flat = broadcast(terms, carry, vol)
    return [OneOption(*row) for row in zip(*(column.tolist() for column in flat), strict=True)]


def test_values_agree_with_quantlib():
    """Twenty-four options on a spot of 100, a month to a year, around and in the money."""
    answer = bulk.american(*inputs(AMERICAN)).value

    assert np.max(np.abs(answer - columns(AMERICAN, "value")[0])) < 5e-4


def test_textbook_cases():
    """Exact values by QuantLib 1.44, QD+ fixed point; the third is the example of Longstaff and Schwartz."""
    strike = [100.0, 110.0, 40.0, 130.0, 100.0, 90.0, 95.0, 70.0]
    years = np.array([365, 365, 365, 180, 365, 180, 45, 730]) / 365
    spot = [100.0, 100.0, 36.0, 100.0, 100.0, 100.0, 100.0, 100.0]
    rate = [0.05, 0.05, 0.06, 0.05, 0.05, 0.03, 0.045, 0.05]
    income = [0.0, 0.0, 0.0, 0.0, 0.08, 0.06, 0.013, 0.02]
    vol = [0.20, 0.20, 0.20, 0.20, 0.20, 0.25, 0.25, 0.35]
    terms = OptionTerms(strike, years, [PUT, PUT, PUT, PUT, CALL, CALL, PUT, PUT])

    answer = bulk.american(terms, Carry(spot, rate, income), vol)

    exact = [6.090371, 11.972827, 4.486674, 30.0, 6.542094, 11.937580, 1.378995, 4.389057]
    assert answer.value == pytest.approx(exact, abs=5e-4)
    assert answer.delta[[1, 6]] == pytest.approx([-0.655151, -0.252102], abs=1e-4)
    assert answer.gamma[[1, 6]] == pytest.approx([0.027796, 0.036605], abs=1e-5)


def test_values_and_slopes_are_those_of_numpy(options):
    answer = bulk.american(*options)

    expected = american.greeks(*options)
    taken = {compiled_american.way_of(one) for one in each(*options)}
    assert taken == {compiled_american.EUROPEAN, compiled_american.BOUNDARY, compiled_american.TREE}
    assert answer.value == pytest.approx(expected.value, rel=1e-10, abs=1e-12 * SPOT)
    # Exactly at the exercise boundary a rounding decides between both.
    assert np.mean(np.abs(answer.delta - expected.delta) > 1e-9) < 0.002
    assert np.mean(np.abs(answer.gamma - expected.gamma) > 1e-9) < 0.002


def test_a_value_is_not_below_the_european_one_nor_below_intrinsic(options):
    terms = options[0]

    value = bulk.american(*options).value

    assert (value >= black_scholes.value(*options) - 1e-9).all()
    assert (value >= np.asarray(terms.sign) * (SPOT - np.asarray(terms.strike))).all()


def test_delta_and_gamma_are_the_slopes_of_the_value(options):
    """Central differences, at options whose value is smooth there."""
    terms, carry, vol = options
    step = 0.01
    answer = bulk.american(terms, carry, vol)
    up = bulk.american(terms, carry._replace(spot=SPOT + step), vol)
    down = bulk.american(terms, carry._replace(spot=SPOT - step), vol)

    slope, curve = (up.value - down.value) / (2 * step), (up.delta - down.delta) / (2 * step)
    # The nodes of the tree, which is asked where rates are negative, move with the spot.
    smooth = (vol > 0.1) & (carry.rate > 0.0)
    assert np.quantile(np.abs(answer.delta - slope)[smooth], 0.99) < 1e-5
    assert np.quantile(np.abs(answer.gamma - curve)[smooth], 0.99) < 1e-5


def test_any_number_of_threads_gives_the_same_bits():
    draw = np.random.default_rng(2)
    count = 20_000
    terms = OptionTerms(SPOT * np.exp(draw.normal(0.0, 0.1, count)), draw.uniform(0.02, 1.0, count), PUT)
    vol = draw.uniform(0.1, 0.6, count)

    alone = bulk.american(terms, Carry(SPOT, 0.04, 0.01), vol, threads=1)
    together = bulk.american(terms, Carry(SPOT, 0.04, 0.01), vol, threads=2)

    for ours, theirs in zip(together, alone, strict=True):
        assert ours.tobytes() == theirs.tobytes()
    solved = [
        bulk.american_implied_volatility(alone.value, terms, Carry(SPOT, 0.04, 0.01), threads=threads)
        for threads in (1, 2)
    ]
    assert solved[0].vol.tobytes() == solved[1].vol.tobytes()
    assert solved[0].reason.tobytes() == solved[1].reason.tobytes()


def test_one_option_alone_has_the_bits_that_it_has_among_others(options):
    answer = bulk.american(*options)

    alone = np.array([compiled_american.american_one(one) for one in each(*options)[:300]])

    assert np.array_equal(alone, np.stack(answer, axis=1)[:300])


def test_a_nan_answers_nan_and_stays_alone():
    terms = OptionTerms([95.0, 95.0, np.nan], [0.5, 0.5, 0.5], PUT)

    value = bulk.american(terms, Carry(SPOT, 0.05), [0.2, np.nan, 0.2]).value

    assert np.isnan(value).tolist() == [False, True, True]


def test_the_implied_volatility_is_the_one_that_made_the_price(options):
    terms, carry, vol = options
    low = np.maximum(terms.sign * (SPOT - terms.strike), black_scholes.bounds(terms, carry)[0])
    price = bulk.american(terms, carry, vol).value
    clear = (price - low > 1e-3) & (vol > 0.05)
    assert clear.sum() > 0.75 * COUNT

    answer = bulk.american_implied_volatility(price, terms, carry)

    assert (answer.reason[clear] == Reason.SOLVED).all()
    errors = np.abs(answer.vol - vol)[clear]
    assert np.quantile(errors, 0.99) < 1e-7
    # Where one way to a value gives over to another the value has a step of up to 2e-6 of the strike.
    again = bulk.american(terms, carry, np.where(clear, answer.vol, vol)).value
    assert np.max(np.abs(again - price)) <= american.NEGLIGIBLE * np.max(terms.strike)


def test_the_implied_volatility_is_that_of_numpy():
    strikes = np.linspace(80.0, 125.0, 10)
    terms, carry = OptionTerms(strikes, 120 / 365, PUT), Carry(SPOT, 0.045, 0.013)
    price = american.value(terms, carry, np.linspace(0.40, 0.20, 10))

    answer = bulk.american_implied_volatility(price, terms, carry).vol

    assert answer == pytest.approx(american.implied_volatility(price, terms, carry), abs=1e-8, nan_ok=True)
    assert np.isnan(answer).tolist() == [False] * 9 + [True]  # of 125 only intrinsic value is left


def test_a_deep_call_whose_european_volatility_is_beyond_all_reason_has_an_american_one():
    """A strike of 2.50 under a share of 181.46: a year's yield alone is worth more than the time value."""
    terms, carry = OptionTerms(2.5, 381 / 365, CALL), Carry(181.46, 0.04, 0.01)
    assert bulk.implied_volatility(179.475, terms, carry).vol[0] > 5.0

    found = bulk.american_implied_volatility(179.475, terms, carry).vol

    assert 1.0 < found[0] < 5.0
    assert bulk.american(terms, carry, found).value == pytest.approx([179.475], abs=1e-6)


@pytest.mark.parametrize("strike", [108.75, 109.25, 109.5, 110.5, 114.5])
def test_a_price_above_intrinsic_by_rounding_alone_has_no_implied_volatility(strike):
    """A put on a spot of 104.40 quoted at what exercise brings: 108.75 - 104.40 is 4.35 less 5e-15."""
    terms, carry, price = OptionTerms(strike, 3 / 365, PUT), Carry(104.4, 0.0388), round(strike - 104.4, 2)

    answer = bulk.american_implied_volatility(price, terms, carry)

    assert answer.reason.tolist() == [Reason.AT_OR_BELOW_LEAST]
    assert np.isnan(american.implied_volatility(price, terms, carry)).all()


def test_no_volatility_above_five_hundred_percent_is_given():
    terms, carry = OptionTerms(100.0, 1 / 365, CALL), Carry(100.0, 0.03)
    price = black_scholes.value(terms, carry, [4.9, 5.1])

    answer = bulk.american_implied_volatility(price, terms, carry)

    assert answer.vol[0] == pytest.approx(4.9, rel=1e-9)
    assert answer.reason.tolist() == [Reason.SOLVED, Reason.AT_OR_ABOVE_MOST]


def test_every_quote_of_recorded_chains_is_explained_or_says_why_not():
    """Ten shares on five days of 2025, bad quotes and all; each volatility gives its price back."""
    path = real_data("option_chains/us_equity_chains_bidask_2025-11-25_2025-12-02.parquet")
    rows = pd.read_parquet(path).iloc[::7]
    days = (pd.to_datetime(rows["expiry"]) - pd.to_datetime(rows["date"])).dt.days.to_numpy()
    sign = np.where(rows["right"].astype(str).str.upper().str[0] == "C", CALL, PUT)
    spot, strike = rows["underlying_price"].to_numpy(np.float64), rows["strike"].to_numpy(np.float64)
    price = 0.5 * (rows["bid"].to_numpy(np.float64) + rows["ask"].to_numpy(np.float64))
    terms, carry = OptionTerms(strike, np.maximum(days, 0.25) / 365, sign), Carry(spot, 0.04, 0.01)

    answer = bulk.american_implied_volatility(price, terms, carry)

    solved = answer.reason == Reason.SOLVED
    assert solved.mean() > 0.75
    again = bulk.american(terms, carry, np.where(solved, answer.vol, 0.2)).value
    assert np.max(np.abs(again - price)[solved] / strike[solved]) < 2e-6
    # Without one the price is what exercise brings or less, or more than 500 % explain.
    low = answer.reason == Reason.AT_OR_BELOW_LEAST
    least = bulk.american(terms, carry, 1e-4).value
    assert (price[low] <= least[low] + 1e-6 * strike[low]).all()
    high = answer.reason == Reason.AT_OR_ABOVE_MOST
    most = bulk.american(terms, carry, 5.0).value
    assert (price[high] >= most[high] - 1e-6 * strike[high]).all()
    named = solved | low | high | (answer.reason == Reason.NOT_A_NUMBER)
    assert named.all()


def test_a_price_without_time_value_has_no_implied_volatility_but_a_reason():
    """A put of 130 on a spot of 100: 30 is what exercising brings, 130 the most it can ever bring."""
    answer = bulk.american_implied_volatility(
        [29.0, 30.0, 31.0, 130.0, 500.0, np.nan], OptionTerms(130.0, 0.5, PUT), Carry(SPOT, 0.05)
    )

    assert answer.reason.tolist() == [
        Reason.AT_OR_BELOW_LEAST,
        Reason.AT_OR_BELOW_LEAST,
        Reason.SOLVED,
        Reason.AT_OR_ABOVE_MOST,
        Reason.AT_OR_ABOVE_MOST,
        Reason.NOT_A_NUMBER,
    ]
    assert np.array_equal(np.isnan(answer.vol), answer.reason != Reason.SOLVED)


@pytest.mark.parametrize(("strike", "pays"), [(95.0, True), (100.0, True), (104.0, False)])
def test_a_call_is_exercised_before_the_ex_date_when_the_dividend_beats_the_put_given_up(strike, pays):
    """Spot 105 with a dividend of 1.50 in it, ten days left; at 104 holding is worth 1.54 (QuantLib)."""
    one = OneOption(105.0, strike, 10 / 365, 0.25, 0.05, 0.0, CALL)

    assert compiled_american.call_exercise_pays_one(one, 1.50) is pays


@pytest.mark.parametrize(
    ("days", "rate", "income", "vol", "critical"),
    # The price at which QuantLib's high-precision value meets intrinsic.
    [(30, 0.05, 0.0, 0.20, 90.786), (365, 0.05, 0.0, 0.20, 80.875), (45, 0.045, 0.013, 0.25, 84.906)],
)
def test_a_put_is_exercised_below_its_critical_price(days, rate, income, vol, critical):
    answers = [
        compiled_american.put_exercise_pays_one(OneOption(spot, 100.0, days / 365, vol, rate, income, PUT))
        for spot in (critical - 0.05, critical + 0.05)
    ]

    assert answers == [True, False]


def test_decisions_to_exercise_are_those_of_numpy(options):
    """Deep in the money too; numpy follows the boundary more finely, so next to it they may differ."""
    terms, carry, vol = options
    terms = terms._replace(strike=SPOT * (np.asarray(terms.strike) / SPOT) ** 2)
    rows = each(terms, carry, vol)

    puts = np.array([compiled_american.put_exercise_pays_one(one) for one in rows])
    calls = np.array([compiled_american.call_exercise_pays_one(one, 0.8) for one in rows])

    assert np.mean(puts == american.put_exercise_pays(terms, carry, vol)) > 0.995
    assert np.mean(calls == american.early_exercise_pays(terms, carry, vol, 0.8)) > 0.999
    assert puts.sum() > 50
    assert calls.sum() > 100
    sign = np.asarray(terms.sign)
    assert not puts[sign > 0.0].any()
    assert not calls[sign < 0.0].any()


def test_the_shape_of_the_inputs_is_the_shape_of_the_answers():
    answer = bulk.american(OptionTerms([[95.0], [105.0]], 0.3, PUT), Carry(SPOT, 0.04), [0.2, 0.3, 0.4])

    assert answer.value.shape == answer.delta.shape == answer.gamma.shape == (2, 3)
