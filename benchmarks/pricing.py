"""Compiled implied volatilities, greeks and American values against their best peers in the same run.

The peers are called in the fastest way that gives the right answer for the same options, calls and puts
mixed: pyvolr and fast-vollib (which is left out where its answers are wrong) on arrays, QuantLib one option
at a time, which is all that its Python binding offers. Every library may use all processors. Ours and the
peer take turns, and the figure is the median of the ratios of the turns; correctness is counted beside it.
"""

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import NamedTuple

import fast_vollib
import numpy as np
import QuantLib
from numpy.typing import NDArray
from pyvolr import bs as pyvolr

from premia.pricing import black_scholes, bulk
from premia.pricing.compiled import PROCESSORS
from premia.pricing.terms import Carry, OptionTerms

IMPLIED_GOAL, GREEKS_GOAL, AMERICAN_GOAL = 1.5, 1.2, 10.0
"""How many times the best peer each has to reach."""
IMPLIED_ERROR, AMERICAN_ERROR = 1e-10, 3e-5
COUNT, AMERICANS, QUANTLIB, EXACT, TURNS = 1_000_000, 100_000, 1_500, 1_500, 9
SPOT, RATE, YIELD = 100.0, 0.03, 0.01
LEAST_PRICE, DEEP, WRONG = 1e-100, 1e-5, 1e-3

Floats = NDArray[np.float64]
Work = Callable[[], object]


class Options(NamedTuple):
    """Columns of one length: spot, strike, years, rate, yield, sign, volatility and European price."""

    spot: Floats
    strike: Floats
    years: Floats
    rate: Floats
    dividend_yield: Floats
    sign: Floats
    vol: Floats
    price: Floats

    @property
    def terms(self) -> OptionTerms:
        """What the contracts say."""
        return OptionTerms(self.strike, self.years, self.sign)

    @property
    def carry(self) -> Carry:
        """What the market says."""
        return Carry(self.spot, self.rate, self.dividend_yield)

    def where(self, chosen: NDArray[np.bool_]) -> "Options":
        """Some of them."""
        return Options(*(column[chosen] for column in self))


def out_of_the_money() -> Options:
    """Calls above and puts below the spot, of a day to 500 days, priced above 1e-100; the same each run."""
    draw = np.random.default_rng(1)
    strike = SPOT * np.exp(draw.normal(0.0, 0.25, COUNT))
    years, vol = draw.integers(1, 500, COUNT) / 365, draw.uniform(0.08, 0.90, COUNT)
    sign = np.where(strike > SPOT, 1.0, -1.0)
    spot, rate, income = (np.full(COUNT, number) for number in (SPOT, RATE, YIELD))
    price = black_scholes.value(OptionTerms(strike, years, sign), Carry(spot, rate, income), vol)
    options = Options(spot, strike, years, rate, income, sign, vol, price)
    return options.where(price > LEAST_PRICE)


def seconds(work: Work) -> float:
    """Time on the wall."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def fastest(forms: dict[str, Work]) -> str:
    """The name of the quickest of some ways to ask the same, each tried twice."""
    return min(forms, key=lambda name: min(seconds(forms[name]) for _ in range(2)))


class Race(NamedTuple):
    """How many options a second each reached, and the median ratio of the turns."""

    ours: float
    theirs: float
    ratio: float


def race(ours: Work, count: int, theirs: Work, other_count: int) -> Race:
    """Let both take turns."""
    ours()
    turns = [(count / seconds(ours), other_count / seconds(theirs)) for _ in range(TURNS)]
    mine, peer = (statistics.median(column) for column in zip(*turns, strict=True))
    return Race(mine, peer, statistics.median(a / b for a, b in turns))


def told(name: str, found: Race, peer: str) -> None:
    """Print the speeds of both."""
    print(f"{name:<21}{found.ours / 1e6:7.3f} million/s, {peer} {found.theirs / 1e6:.3f} million/s")


def apart(options: Options, ask: Callable[[str, Options], object]) -> Work:
    """Ask for calls and for puts in two calls, which spares a library the array of flags."""

    def work() -> None:
        for flag, sign in (("c", 1.0), ("p", -1.0)):
            ask(flag, options.where(options.sign == sign))

    return work


def implied(options: Options) -> float:
    """Implied volatilities; what share of the goal is reached, none where an answer is off."""
    flags = options.sign.astype(np.int8)

    def ask(flag: object, of: Options) -> Floats:
        return pyvolr.implied_vol(of.price, flag, of.spot, of.strike, of.years, of.rate, of.dividend_yield)

    forms: dict[str, Work] = {
        "flags +1 and -1": lambda: ask(flags, options),
        "flags +1 and -1, numbers that are the same for all": lambda: pyvolr.implied_vol(
            options.price, flags, SPOT, options.strike, options.years, RATE, YIELD
        ),
        "calls and puts apart": apart(options, ask),
    }
    form = fastest(forms)
    found = race(
        lambda: bulk.implied_volatility(options.price, options.terms, options.carry),
        options.price.size,
        forms[form],
        options.price.size,
    )
    deep = options.price < DEEP * SPOT
    ours = bulk.implied_volatility(options.price, options.terms, options.carry).vol
    flag = np.where(options.sign > 0.0, "c", "p")
    other = fast_vollib.fast_implied_volatility(
        *(options.price, options.spot, options.strike, options.years, options.rate, flag),
        q=options.dividend_yield,
        model="black_scholes_merton",
        return_as="numpy",
        backend="numpy",
    )
    worst = float(np.max(np.abs(ours / options.vol - 1.0)))
    told("implied volatility", found, "pyvolr")
    print(f"  {found.ratio:.2f}x (goal {IMPLIED_GOAL}x); pyvolr's fastest call: {form}")
    print(f"  worst relative error {worst:.1e}; of {int(deep.sum()):,} options in the deep tail:")
    for name, vols in (
        ("premia", ours),
        ("pyvolr", ask(flags, options)),
        ("fast-vollib", np.asarray(other)),
    ):
        wrong = np.abs(vols[deep] - options.vol[deep]) > WRONG
        print(f"    {name:<12} wrong by more than 0.001: {np.mean(wrong):7.2%}")
    return found.ratio / IMPLIED_GOAL if worst <= IMPLIED_ERROR else 0.0


def greeks(options: Options) -> float:
    """Value and greeks; what share of the goal is reached."""
    flag = np.where(options.sign > 0.0, "c", "p")
    numbers = options.sign.astype(np.int8)

    def ask(flags: object, of: Options) -> object:
        return fast_vollib.get_all_greeks(
            *(flags, of.spot, of.strike, of.years, of.rate, of.vol, of.dividend_yield),
            model="black_scholes_merton",
            return_as="dict",
            backend="numba",
        )

    forms: dict[str, Work] = {
        "fast-vollib, numba, an array of flags": lambda: ask(flag, options),
        "fast-vollib, numba, calls and puts apart": apart(options, ask),
        "pyvolr, flags +1 and -1": lambda: pyvolr.greeks(
            *(numbers, options.spot, options.strike, options.years, options.rate, options.vol),
            options.dividend_yield,
        ),
    }
    form = fastest(forms)
    count = options.price.size
    found = race(lambda: bulk.greeks(options.terms, options.carry, options.vol), count, forms[form], count)
    told("value and six greeks", found, "the fastest peer")
    print(f"  {found.ratio:.2f}x (goal {GREEKS_GOAL}x); the peer has five greeks and no value: {form}")
    return found.ratio / GREEKS_GOAL


def american() -> float:
    """American values; what share of the goal is reached, none where they are too far off."""
    draw = np.random.default_rng(2)
    strike = SPOT * np.exp(draw.normal(0.0, 0.15, AMERICANS))
    days, vol = draw.integers(3, 730, AMERICANS), draw.uniform(0.10, 0.80, AMERICANS)
    terms = OptionTerms(strike, days / 365, draw.choice([1.0, -1.0], AMERICANS))
    carry = Carry(SPOT, 0.04, YIELD)
    columns = [column.tolist() for column in (strike, days, vol, np.asarray(terms.sign))]
    rows = list(zip(*columns, strict=True))
    engine = QuantLib.QdFpAmericanEngine
    price = quantlib_prices(0.04)
    found = race(
        lambda: bulk.american(terms, carry, vol),
        AMERICANS,
        lambda: price(rows[:QUANTLIB], engine.fastScheme()),
        QUANTLIB,
    )
    exact = np.array(price(rows[:EXACT], engine.accurateScheme()))
    errors = np.abs(bulk.american(terms, carry, vol).value[:EXACT] - exact) / SPOT
    near, median = (float(np.quantile(errors, share)) for share in (0.99, 0.5))
    told("American value", found, "QuantLib's fast QdFp scheme")
    print(f"  {found.ratio:.1f}x (goal {AMERICAN_GOAL:.0f}x); shares of spot off QuantLib's accurate scheme:")
    print(
        f"  median {median:.1e}, 99 % within {near:.1e} (goal {AMERICAN_ERROR:.0e}), worst {errors.max():.1e}"
    )
    return found.ratio / AMERICAN_GOAL if near <= AMERICAN_ERROR else 0.0


def quantlib_prices(rate: float) -> Callable[[list[tuple[float, ...]], object], list[float]]:
    """How QuantLib's Python users price options: an engine for each, and its quotes kept."""
    today = QuantLib.Date(1, 1, 2020)
    QuantLib.Settings.instance().evaluationDate = today
    count = QuantLib.Actual365Fixed()
    spot = QuantLib.QuoteHandle(QuantLib.SimpleQuote(SPOT))
    level = QuantLib.SimpleQuote(0.2)
    flat = QuantLib.BlackConstantVol(today, QuantLib.NullCalendar(), QuantLib.QuoteHandle(level), count)
    flats = (QuantLib.FlatForward(today, level, count) for level in (YIELD, rate))
    curves = [QuantLib.YieldTermStructureHandle(one) for one in flats]
    process = QuantLib.BlackScholesMertonProcess(spot, *curves, QuantLib.BlackVolTermStructureHandle(flat))

    def prices(rows: list[tuple[float, ...]], scheme: object) -> list[float]:
        engine, answers = QuantLib.QdFpAmericanEngine(process, scheme), []
        for strike, days, vol, sign in rows:
            level.setValue(vol)
            right = QuantLib.Option.Call if sign > 0 else QuantLib.Option.Put
            exercise = QuantLib.AmericanExercise(today, today + int(days))
            option = QuantLib.VanillaOption(QuantLib.PlainVanillaPayoff(right, strike), exercise)
            option.setPricingEngine(engine)
            answers.append(option.NPV())
        return answers

    return prices


def main() -> int:
    """Measure, print, and say by the exit code whether all goals are met."""
    options = out_of_the_money()
    print(f"{options.price.size:,} European and {AMERICANS:,} American options, {PROCESSORS} threads")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shares = {"implied volatility": implied(options), "greeks": greeks(options), "American": american()}
    least = min(shares, key=shares.__getitem__)
    print(f"pricing: {shares[least]:.2f}x its goal on {least}, the least of three (goal 1x)")
    return 0 if shares[least] >= 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
