"""European values, greeks and implied volatilities against QuantLib in the same run, and an American chain.

Both price the same random options on one thread. QuantLib is called as its Python users call it, one
option at a time; ours takes arrays. Each counts the processor time of its best round, so that a busy
machine disturbs less. The figure is the slowest of the three against QuantLib.
"""

import contextlib
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import QuantLib
from numpy.typing import NDArray

from premia.pricing import american, black_scholes
from premia.pricing.dividends import CashDividends
from premia.pricing.implied_vol import implied_volatility
from premia.pricing.terms import Carry, OptionTerms

GOAL = 2.0
"""Times QuantLib's throughput that the slowest of the three must reach."""
OURS, THEIRS, ROUNDS = 100_000, 5_000, 7
SPOT, RATE, YIELD = 100.0, 0.03, 0.01
WORTH_INVERTING = 1e-8

Work = Callable[[], object]


class Options(NamedTuple):
    """Random out-of-the-money options of a week to a year."""

    strike: NDArray[np.float64]
    years: NDArray[np.float64]
    vol: NDArray[np.float64]
    sign: NDArray[np.float64]
    price: NDArray[np.float64]


def seconds(work: Work) -> float:
    """The least processor time that the work took."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def random_options(count: int) -> Options:
    """The same options on every run."""
    draw = np.random.default_rng(1)
    strike = SPOT * np.exp(draw.normal(0.0, 0.15, count))
    years, vol = draw.uniform(7 / 365, 1.0, count), draw.uniform(0.10, 0.80, count)
    sign = np.where(strike > SPOT, 1.0, -1.0)
    price = black_scholes.value(OptionTerms(strike, years, sign), Carry(SPOT, RATE, YIELD), vol)
    return Options(strike, years, vol, sign, price)


def of_quantlib(options: Options) -> tuple[Work, Work, Work]:
    """Values, greeks and implied volatilities by QuantLib, option by option."""
    forward = SPOT * np.exp((RATE - YIELD) * options.years)
    columns = (options.strike, forward, options.vol * np.sqrt(options.years), np.exp(-RATE * options.years))
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    kinds = [QuantLib.Option.Call if side > 0 else QuantLib.Option.Put for side in options.sign]
    prices, times = options.price.tolist(), options.years.tolist()

    def values() -> None:
        for kind, (strike, ahead, width, discount) in zip(kinds, rows, strict=True):
            QuantLib.blackFormula(kind, strike, ahead, width, discount)

    def greeks() -> None:
        for kind, (strike, ahead, width, discount), years in zip(kinds, rows, times, strict=True):
            one = QuantLib.BlackCalculator(QuantLib.PlainVanillaPayoff(kind, strike), ahead, width, discount)
            one.value(), one.delta(SPOT), one.gamma(SPOT), one.vega(years)
            one.theta(SPOT, years), one.rho(years), one.itmCashProbability()

    def vols() -> None:
        for kind, (strike, ahead, _, discount), price in zip(kinds, rows, prices, strict=True):
            # It gives up on some far options, which then cost its caller no answer but the time.
            with contextlib.suppress(RuntimeError):
                QuantLib.blackFormulaImpliedStdDevLiRS(kind, strike, ahead, price, discount)

    return values, greeks, vols


def american_chain() -> None:
    """What a chain of sixty American options with a dividend costs."""
    chain = OptionTerms(np.linspace(85.0, 115.0, 60), 35 / 365, np.tile([1.0, -1.0], 30))
    dividends = CashDividends([20 / 365], [0.45])
    for name, price in (("values", american.value), ("greeks", american.greeks)):
        took = seconds(lambda price=price: price(chain, Carry(SPOT, 0.02), 0.2, dividends=dividends))
        print(f"American {name} of a chain of 60 with a dividend: {took * 1e3:.2f} ms")


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    many = random_options(OURS)
    terms, carry = OptionTerms(many.strike, many.years, many.sign), Carry(SPOT, RATE, YIELD)
    ours = {
        "values": lambda: black_scholes.value(terms, carry, many.vol),
        "greeks": lambda: black_scholes.greeks(terms, carry, many.vol),
        "implied volatilities": lambda: implied_volatility(many.price, terms, carry),
    }
    ratios: dict[str, float] = {}
    theirs = of_quantlib(Options(*(column[:THEIRS] for column in many)))
    for (name, work), other in zip(ours.items(), theirs, strict=True):
        mine, library = OURS / seconds(work) / 1e6, THEIRS / seconds(other) / 1e6
        ratios[name] = mine / library
        print(f"{name:<21}{mine:6.2f} million/s   QuantLib{library:7.3f} million/s   {ratios[name]:5.1f}x")
    known = many.price > WORTH_INVERTING
    error = np.max(np.abs(implied_volatility(many.price, terms, carry)[known] / many.vol[known] - 1.0))
    print(f"implied volatility: worst relative error of {int(known.sum()):,} options {error:.1e}")
    american_chain()
    least = min(ratios, key=ratios.__getitem__)
    print(f"pricing: {ratios[least]:.1f}x QuantLib on {least} (goal {GOAL:.0f}x)")
    return 0 if ratios[least] >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
