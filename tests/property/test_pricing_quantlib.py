"""American values against QuantLib's fixed-point engine on options drawn at random."""

import numpy as np
import pytest

from premia.pricing import american
from premia.pricing.terms import Carry, OptionTerms

quantlib = pytest.importorskip("QuantLib")

COUNT = 400
SPOT = 100.0


def exact_values(options):
    """QuantLib's QD+ fixed-point engine, accurate scheme, ACT/365."""
    today = quantlib.Date(1, 1, 2020)
    quantlib.Settings.instance().evaluationDate = today
    count = quantlib.Actual365Fixed()
    spot = quantlib.QuoteHandle(quantlib.SimpleQuote(SPOT))

    def curve(rate):
        return quantlib.YieldTermStructureHandle(quantlib.FlatForward(today, rate, count))

    def one(strike, days, vol, rate, income, sign):
        level = quantlib.BlackConstantVol(today, quantlib.NullCalendar(), vol, count)
        volatility = quantlib.BlackVolTermStructureHandle(level)
        process = quantlib.BlackScholesMertonProcess(spot, curve(income), curve(rate), volatility)
        right = quantlib.Option.Call if sign > 0 else quantlib.Option.Put
        pay = quantlib.PlainVanillaPayoff(right, strike)
        option = quantlib.VanillaOption(pay, quantlib.AmericanExercise(today, today + int(days)))
        scheme = quantlib.QdFpAmericanEngine.accurateScheme()
        option.setPricingEngine(quantlib.QdFpAmericanEngine(process, scheme))
        return option.NPV()

    return np.array([one(*row) for row in zip(*(column.tolist() for column in options), strict=True)])


def test_values_are_within_a_thousandth_of_quantlib_on_a_spot_of_100():
    """A day to 500 days, 5 to 90 % volatility, rates and yields of the last decades."""
    draw = np.random.default_rng(7)
    options = (
        SPOT * np.exp(draw.normal(0.0, 0.15, COUNT)),
        draw.integers(1, 500, COUNT),
        draw.uniform(0.05, 0.90, COUNT),
        draw.choice([0.0, 0.001, 0.01, 0.03, 0.06], COUNT),
        draw.choice([0.0, 0.005, 0.02, 0.05], COUNT),
        draw.choice([1.0, -1.0], COUNT),
    )
    strike, days, vol, rate, income, sign = options

    values = american.value(OptionTerms(strike, days / 365, sign), Carry(SPOT, rate, income), vol)

    errors = np.abs(values - exact_values(options))
    assert np.median(errors) < 1e-5
    assert np.quantile(errors, 0.99) < 5e-4
    assert errors.max() < 1e-3
