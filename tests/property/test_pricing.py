"""What holds for every option: parity, bounds, monotony, greeks as slopes, and round trips."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from premia.pricing import american, black_scholes
from premia.pricing.dividends import CashDividends
from premia.pricing.implied_vol import implied_volatility
from premia.pricing.probability import touch_probability
from premia.pricing.terms import Carry, OptionTerms

CALL, PUT = 1.0, -1.0
SPOT = 100.0

strikes = st.floats(60.0, 160.0)
lives = st.floats(1 / 365, 2.0)
vols = st.floats(0.05, 1.2)
rates = st.floats(0.0, 0.08)
yields = st.floats(0.0, 0.06)
signs = st.sampled_from([CALL, PUT])


@given(strikes, lives, vols, rates, yields)
def test_put_call_parity(strike, life, vol, rate, income):
    carry = Carry(SPOT, rate, income)

    call = black_scholes.value(OptionTerms(strike, life, CALL), carry, vol)[0]
    put = black_scholes.value(OptionTerms(strike, life, PUT), carry, vol)[0]

    assert abs(call - put - (SPOT * np.exp(-income * life) - strike * np.exp(-rate * life))) < 1e-11


@given(strikes, lives, vols, rates, yields, signs)
def test_values_stay_within_the_bounds_of_no_arbitrage(strike, life, vol, rate, income, sign):
    terms, carry = OptionTerms(strike, life, sign), Carry(SPOT, rate, income)
    low, high = black_scholes.bounds(terms, carry)

    value = black_scholes.value(terms, carry, vol)

    assert low[0] <= value[0] <= high[0] * (1 + 1e-14)


@given(strikes, lives, vols, rates, yields, signs)
def test_greeks_are_the_slopes_of_the_value(strike, life, vol, rate, income, sign):
    """Central differences of the European value, in the units of the greeks."""
    terms = OptionTerms(strike, life, sign)
    greeks = black_scholes.greeks(terms, Carry(SPOT, rate, income), vol)

    def value(spot=SPOT, vol=vol, rate=rate, life=life):
        return black_scholes.value(OptionTerms(strike, life, sign), Carry(spot, rate, income), vol)[0]

    day = min(0.01, 0.2 * life) * 0.01
    slopes = {
        "delta": (value(spot=SPOT + 1e-4) - value(spot=SPOT - 1e-4)) / 2e-4,
        "vega": (value(vol=vol + 1e-5) - value(vol=vol - 1e-5)) / 2e-5 * 0.01,
        "theta": (value(life=life - day) - value(life=life + day)) / (2 * day) / 365,
        "rho": (value(rate=rate + 1e-5) - value(rate=rate - 1e-5)) / 2e-5 * 0.01,
    }
    for name, slope in slopes.items():
        assert abs(getattr(greeks, name)[0] - slope) < 2e-4 * max(1.0, abs(slope)), name
    bend = (value(spot=SPOT + 0.01) - 2 * value() + value(spot=SPOT - 0.01)) / 1e-4
    assert abs(greeks.gamma[0] - bend) < 1e-3 * max(1.0, abs(bend))


@given(strikes, lives, st.floats(0.05, 1.0), rates, yields, signs)
def test_more_volatility_is_worth_more(strike, life, vol, rate, income, sign):
    terms, carry = OptionTerms(strike, life, sign), Carry(SPOT, rate, income)

    calm, wild = black_scholes.value(terms, carry, [vol, vol + 0.05])

    assert wild >= calm


@given(strikes, lives, vols, rates, yields)
def test_an_out_of_the_money_price_gives_back_its_volatility(strike, life, vol, rate, income):
    carry = Carry(SPOT, rate, income)
    sign = CALL if strike > SPOT * np.exp((rate - income) * life) else PUT
    terms = OptionTerms(strike, life, sign)
    price = black_scholes.value(terms, carry, vol)[0]

    answer = implied_volatility(price, terms, carry)[0]

    if price > 1e-9:
        assert abs(answer / vol - 1.0) < 1e-10


@settings(max_examples=60, deadline=None)
@given(strikes, lives, vols, rates, yields, signs)
def test_an_american_option_is_worth_at_least_the_european_one_and_what_exercise_brings(
    strike, life, vol, rate, income, sign
):
    terms, carry = OptionTerms(strike, life, sign), Carry(SPOT, rate, income)

    value = american.value(terms, carry, vol)[0]

    assert value >= black_scholes.value(terms, carry, vol)[0] - 1e-6
    assert value >= max((SPOT - strike) * sign, 0.0)
    assert value <= (SPOT if sign == CALL else strike) + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.floats(80.0, 120.0), st.floats(5 / 365, 1.0), st.floats(0.08, 0.8), rates, yields)
def test_american_parity_holds_as_an_inequality(strike, life, vol, rate, income):
    """S e^(-qT) - K <= C - P <= S - K e^(-rT), within the precision of the American values."""
    carry = Carry(SPOT, rate, income)
    call = american.value(OptionTerms(strike, life, CALL), carry, vol)[0]
    put = american.value(OptionTerms(strike, life, PUT), carry, vol)[0]

    assert SPOT * np.exp(-income * life) - strike - 2e-3 <= call - put
    assert call - put <= SPOT - strike * np.exp(-rate * life) + 2e-3


@settings(max_examples=40, deadline=None)
@given(
    st.floats(80.0, 120.0),
    st.floats(10 / 365, 0.5),
    st.floats(0.1, 0.8),
    st.floats(0.0, 0.06),
    signs,
    st.data(),
)
def test_with_a_cash_dividend_an_american_option_still_covers_its_alternatives(
    strike, life, vol, rate, sign, data
):
    """Waiting to the end, and exercising now."""
    day = data.draw(st.floats(0.05, 0.95)) * life
    dividends = CashDividends([day], [data.draw(st.floats(0.05, 3.0))])
    terms, carry = OptionTerms(strike, life, sign), Carry(SPOT, rate)

    value = american.value(terms, carry, vol, dividends=dividends)[0]

    net = SPOT - dividends.columns()[1][0] * np.exp(-rate * day)
    assert value >= black_scholes.value(terms, Carry(net, rate), vol)[0] - 1e-6
    assert value >= max((SPOT - strike) * sign, 0.0)


@settings(max_examples=40, deadline=None)
@given(st.floats(80.0, 120.0), st.floats(10 / 365, 1.0), st.floats(0.1, 0.8), rates, yields, signs)
def test_american_deltas_are_the_slopes_of_the_value(strike, life, vol, rate, income, sign):
    terms = OptionTerms(strike, life, sign)
    greeks = american.greeks(terms, Carry(SPOT, rate, income), vol)

    up, here, down = american.value(terms, Carry([SPOT + 0.01, SPOT, SPOT - 0.01], rate, income), vol)

    # Exactly at the boundary of exercise the slope on one side is the sign already.
    edge = abs(here - max((SPOT - strike) * sign, 0.0)) < 1e-3
    assert edge or abs(greeks.delta[0] - (up - down) / 0.02) < 1e-3


@given(st.floats(60.0, 140.0), lives, st.floats(-0.1, 0.1), vols)
def test_a_barrier_is_touched_at_least_as_often_as_it_is_passed_at_the_end(barrier, life, drift, vol):
    touched = touch_probability(SPOT, barrier, life, drift, vol)[0]

    sign = CALL if barrier > SPOT else PUT
    passed = black_scholes.itm_probability(OptionTerms(barrier, life, sign), Carry(SPOT, drift), vol)[0]

    assert passed - 1e-12 <= touched <= 1.0
