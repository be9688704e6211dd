"""What holds for every option of compiled code: parity, bounds, round trips, and never a silent mistake."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from premia.pricing import black_scholes, compiled, compiled_american
from premia.pricing.implied_vol import Reason
from premia.pricing.terms import Carry, OneOption, OptionTerms

SPOT = 100.0

strikes = st.floats(1.0, 10_000.0)
lives = st.floats(1e-5, 30.0)
vols = st.floats(1e-3, 3.0)
rates = st.floats(-0.02, 0.15)
yields = st.floats(0.0, 0.15)
signs = st.sampled_from([1.0, -1.0])
anything = st.floats(allow_nan=True, allow_infinity=True)


def bounds(one):
    """Lowest and highest European value."""
    low, high = black_scholes.bounds(
        OptionTerms(one.strike, one.years, one.sign), Carry(one.spot, one.rate, one.dividend_yield)
    )
    return float(low[0]), float(high[0])


@settings(deadline=None)  # the first example waits for the compiler
@given(strikes, lives, vols, rates, yields)
def test_put_call_parity_and_the_bounds_of_no_arbitrage(strike, life, vol, rate, income):
    call = OneOption(SPOT, strike, life, vol, rate, income, 1.0)
    put = call._replace(sign=-1.0)
    values = [compiled.value_one(one) for one in (call, put)]

    forward = SPOT * np.exp(-income * life) - strike * np.exp(-rate * life)
    assert abs(values[0] - values[1] - forward) <= 1e-13 * (SPOT + strike) * max(1.0, np.exp(-rate * life))
    for one, value in zip((call, put), values, strict=True):
        low, high = bounds(one)
        assert low * (1.0 - 1e-13) <= value <= high * (1.0 + 1e-13)


@settings(deadline=None)  # the first example waits for the compiler
@given(strikes, lives, vols, rates, yields)
def test_an_out_of_the_money_price_gives_back_its_volatility(strike, life, vol, rate, income):
    """To 1e-10 wherever the price says so much: down to 1e-100, and not within a hair of its top."""
    forward = SPOT * np.exp((rate - income) * life)
    one = OneOption(SPOT, strike, life, vol, rate, income, 1.0 if strike >= forward else -1.0)
    price = compiled.value_one(one)
    _, high = bounds(one)
    moneyness = abs(np.log(strike / forward))

    found, reason = compiled.implied_one(price, one)

    told = moneyness > 1e-4 or moneyness == 0.0
    if told and 1e-100 < price < 0.9 * high and vol * np.sqrt(life) > 1e-3:
        assert reason == Reason.SOLVED
        assert abs(found / vol - 1.0) < 1e-10


@settings(deadline=None)  # the first example waits for the compiler
@given(st.floats(1e-12, 200.0), strikes, lives, rates, yields, signs)
def test_a_volatility_that_is_found_explains_the_price(price, strike, life, rate, income, sign):
    """Or a reason says why there is none, and the bounds agree with it."""
    one = OneOption(SPOT, strike, life, 0.0, rate, income, sign)
    low, high = bounds(one)
    rounding = 1e-12 * (price + low)

    found, reason = compiled.implied_one(price, one)

    if reason == Reason.SOLVED:
        again = compiled.value_one(one._replace(vol=found))
        assert abs(again - price) <= 1e-9 * abs(price - low) + 10.0 * rounding
    elif reason == Reason.AT_OR_BELOW_LEAST:
        assert price <= low + rounding
    else:
        assert reason == Reason.AT_OR_ABOVE_MOST
        assert price >= high - rounding


@settings(deadline=None)  # the first example waits for the compiler
@given(st.tuples(*[anything] * 7))
def test_whatever_comes_in_a_volatility_is_nan_exactly_where_a_reason_is_given(numbers):
    price, spot, strike, years, rate, income, sign = numbers

    found, reason = compiled.implied_one(price, OneOption(spot, strike, years, 0.2, rate, income, sign))

    assert np.isnan(found) == (reason != Reason.SOLVED)
    assert np.isnan(found) or 0.0 < found < np.inf


@settings(deadline=None)  # the first example waits for the compiler
@given(
    st.floats(40.0, 250.0), st.floats(1 / 365, 3.0), st.floats(0.03, 1.5), st.floats(0.0, 0.1), yields, signs
)
def test_an_american_value_is_between_what_exercise_brings_and_what_it_can_bring(
    strike, life, vol, rate, income, sign
):
    one = OneOption(SPOT, strike, life, vol, rate, income, sign)

    value = compiled_american.american_one(one).value

    most = SPOT if sign > 0.0 else strike
    assert max(sign * (SPOT - strike), 0.0) <= value <= most
    assert value >= compiled.value_one(one) - 1e-9
