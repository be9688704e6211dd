"""Compiled prices, greeks and implied volatilities: equal to those of numpy, right far out, never silent."""

import os
import shutil
import subprocess
import sys
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from premia.pricing import black_scholes, bulk, compiled
from premia.pricing.implied_vol import Reason, implied_volatility
from premia.pricing.terms import Carry, OneOption, OptionTerms
from tests.real_data import ROOT, real_data
from tests.unit.pricing.quantlib_pins import EUROPEAN
from tests.unit.pricing.test_black_scholes import columns, inputs

CALL, PUT = 1.0, -1.0
SPOT = 100.0
COUNT = 30_000


@pytest.fixture(scope="module")
def options():
    """Options of a day to two years, 3 to 150 % volatility, in and out of the money."""
    draw = np.random.default_rng(3)
    strike = SPOT * np.exp(draw.normal(0.0, 0.25, COUNT))
    years, vol = draw.integers(1, 730, COUNT) / 365, draw.uniform(0.03, 1.5, COUNT)
    carry = Carry(np.full(COUNT, SPOT), draw.uniform(-0.01, 0.08, COUNT), draw.uniform(0.0, 0.06, COUNT))
    return OptionTerms(strike, years, draw.choice([CALL, PUT], COUNT)), carry, vol


@pytest.fixture(scope="module")
def tail():
    """Out-of-the-money prices below a hundred-thousandth of the spot and above 1e-100, with volatilities."""
    draw = np.random.default_rng(5)
    strike = SPOT * np.exp(draw.normal(0.0, 0.5, COUNT))
    years, vol = draw.integers(1, 400, COUNT) / 365, draw.uniform(0.05, 0.9, COUNT)
    sign = np.where(strike > SPOT, CALL, PUT)
    price = black_scholes.value(OptionTerms(strike, years, sign), Carry(SPOT, 0.03, 0.01), vol)
    far = (price < 1e-5 * SPOT) & (price > 1e-100)
    assert far.sum() > 5_000
    return price[far], OptionTerms(strike[far], years[far], sign[far]), Carry(SPOT, 0.03, 0.01), vol[far]


def test_values_and_greeks_agree_with_quantlib():
    """Sixty options with all greeks."""
    answer = bulk.greeks(*inputs(EUROPEAN))

    for name in answer._fields:
        assert getattr(answer, name) == pytest.approx(columns(EUROPEAN, name)[0], rel=1e-9, abs=1e-10), name


def test_values_and_greeks_are_those_of_numpy(options):
    answer, expected = bulk.greeks(*options), black_scholes.greeks(*options)

    for name, ours, theirs in zip(answer._fields, answer, expected, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-13 * SPOT), name


def test_published_prices_give_back_their_volatilities():
    """On a forward of 100 without interest, by the reference implementation of "Let's be rational"."""
    terms = OptionTerms(
        [100.0, 150.0, 60.0, 100.0, 300.0], [1.0, 0.1, 30 / 365, 1e-4, 1.0], [CALL, CALL, PUT, CALL, CALL]
    )
    price = [7.96556745541, 4.08315693189e-4, 5.02133369981e-4, 0.0398942263779, 4.10916661849e-13]

    answer = bulk.implied_volatility(price, terms, Carry(100.0, 0.0))

    assert answer.vol == pytest.approx([0.20, 0.35, 0.50, 0.10, 0.15], rel=2e-12)


def test_put_call_parity(options):
    (strike, years, _), carry, vol = options
    call = bulk.greeks(OptionTerms(strike, years, CALL), carry, vol).value
    put = bulk.greeks(OptionTerms(strike, years, PUT), carry, vol).value

    forward = carry.spot * np.exp(-carry.dividend_yield * years) - strike * np.exp(-carry.rate * years)
    assert np.max(np.abs(call - put - forward)) < 1e-12 * SPOT


def test_at_expiry_and_without_volatility_nothing_is_left_but_the_intrinsic_value():
    terms = OptionTerms([95.0, 100.0, 105.0], [0.0, 0.0, -1.0], PUT)

    answer = bulk.greeks(terms, Carry(SPOT, 0.05), 0.2)

    for name, ours, theirs in zip(
        answer._fields, answer, black_scholes.greeks(terms, Carry(SPOT, 0.05), 0.2), strict=True
    ):
        assert ours == pytest.approx(theirs, abs=1e-15), name
    assert answer.delta == pytest.approx([0.0, -0.5, -1.0], abs=1e-15)


@pytest.mark.parametrize("field", range(7))
def test_a_nan_answers_nan_and_stays_alone(field):
    rows = np.tile([[100.0], [95.0], [0.5], [0.2], [0.03], [0.01], [PUT]], 3)
    rows[field, 1] = np.nan
    spot, strike, years, vol, rate, income, sign = rows

    value = bulk.greeks(OptionTerms(strike, years, sign), Carry(spot, rate, income), vol).value

    assert np.isnan(value).tolist() == [False, True, False]


def test_implied_volatilities_are_those_of_numpy(options):
    terms, carry, vol = options
    price = black_scholes.value(terms, carry, vol)

    answer = bulk.implied_volatility(price, terms, carry)

    expected = implied_volatility(price, terms, carry)
    # Where no time value is left to speak of, rounding alone decides whether there is any.
    clear = price - black_scholes.bounds(terms, carry)[0] > 1e-4
    assert clear.sum() > 0.8 * COUNT
    assert answer.vol[clear] == pytest.approx(expected[clear], rel=1e-11)
    assert np.array_equal(np.isnan(answer.vol), answer.reason != Reason.SOLVED)


def test_the_deep_tail_gives_back_its_volatility(tail):
    price, terms, carry, vol = tail

    answer = bulk.implied_volatility(price, terms, carry)

    assert (answer.reason == Reason.SOLVED).all()
    assert np.max(np.abs(answer.vol / vol - 1.0)) < 1e-10


def test_fast_vollib_is_silently_wrong_there(tail):
    """What the claim of the benchmark stands on: a third of its answers are off by more than 0.001."""
    fast_vollib = pytest.importorskip("fast_vollib")
    price, terms, carry, vol = tail
    flag = np.where(np.asarray(terms.sign) > 0.0, "c", "p")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = fast_vollib.fast_implied_volatility(
            price,
            SPOT,
            terms.strike,
            terms.years,
            carry.rate,
            flag,
            q=carry.dividend_yield,
            model="black_scholes_merton",
            return_as="numpy",
            backend="numpy",
        )

    wrong = np.isfinite(answer) & (np.abs(answer - vol) > 1e-3)
    assert wrong.mean() > 0.3


def test_no_price_is_without_a_volatility_or_a_reason():
    """A call of 90 on a spot of 100 for half a year, at prices on and beyond its bounds."""
    terms, carry = OptionTerms(90.0, 0.5, CALL), Carry(100.0, 0.05)
    low, high = (float(bound[0]) for bound in black_scholes.bounds(terms, carry))

    answer = bulk.implied_volatility([low - 1.0, low, low + 1.0, high, high + 1.0, np.nan], terms, carry)

    assert answer.reason.tolist() == [
        Reason.AT_OR_BELOW_LEAST,
        Reason.AT_OR_BELOW_LEAST,
        Reason.SOLVED,
        Reason.AT_OR_ABOVE_MOST,
        Reason.AT_OR_ABOVE_MOST,
        Reason.NOT_A_NUMBER,
    ]
    assert np.array_equal(np.isnan(answer.vol), answer.reason != Reason.SOLVED)


@pytest.mark.parametrize("strike", [60.1, 70.3, 80.7, 90.9])
def test_a_price_above_intrinsic_by_rounding_alone_has_no_implied_volatility(strike):
    """A call without interest, quoted one unit in the last place above spot less strike."""
    terms, carry = OptionTerms(strike, 0.1, CALL), Carry(SPOT, 0.0)
    price = np.nextafter(SPOT - strike, np.inf)

    answer = bulk.implied_volatility([price, price + 1e-9], terms, carry)

    assert answer.reason.tolist() == [Reason.AT_OR_BELOW_LEAST, Reason.SOLVED]
    assert np.isnan(implied_volatility([price, price + 1e-9], terms, carry)).tolist() == [True, False]


def test_every_quote_of_a_recorded_index_is_explained_or_outside_its_bounds():
    """570,000 quotes of the S&P 500 on 41 days of 2019: each volatility gives its price back."""
    rows = pd.read_parquet(real_data("option_chains/spx_chain_2019-04-25_2019-06-28.parquet"))
    days = (pd.to_datetime(rows["expiry"]) - pd.to_datetime(rows["date"])).dt.days.to_numpy()
    sign = np.where(rows["right"].astype(str).str.upper().str[0] == "C", CALL, PUT)
    price = 0.5 * (rows["bid"].to_numpy(np.float64) + rows["ask"].to_numpy(np.float64))
    terms = OptionTerms(rows["strike"].to_numpy(np.float64), np.maximum(days, 0.25) / 365, sign)
    carry = Carry(rows["underlying_price"].to_numpy(np.float64), 0.024, 0.019)

    answer = bulk.implied_volatility(price, terms, carry)

    solved = answer.reason == Reason.SOLVED
    assert solved.mean() > 0.9
    again = bulk.greeks(terms, carry, np.where(solved, answer.vol, 0.2)).value
    assert np.max(np.abs(again - price)[solved]) < 1e-9
    low, high = black_scholes.bounds(terms, carry)
    under = answer.reason == Reason.AT_OR_BELOW_LEAST
    assert (price[under] <= low[under] + 1e-9).all()
    over = answer.reason == Reason.AT_OR_ABOVE_MOST
    assert (price[over] >= high[over] - 1e-9).all()
    assert (solved | under | over).all()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"spot": 0.0}, Reason.NOT_A_NUMBER),
        ({"spot": -5.0}, Reason.NOT_A_NUMBER),
        ({"spot": np.inf}, Reason.NOT_A_NUMBER),
        ({"strike": 0.0}, Reason.NOT_A_NUMBER),
        ({"years": 0.0}, Reason.NO_TIME),
        ({"years": -0.1}, Reason.NO_TIME),
        ({"years": np.nan}, Reason.NOT_A_NUMBER),
        ({"rate": np.nan}, Reason.NOT_A_NUMBER),
        ({"rate": np.inf}, Reason.NOT_A_NUMBER),
        ({"sign": np.nan}, Reason.NOT_A_NUMBER),
    ],
)
def test_an_input_that_means_nothing_is_named(changed, reason):
    given = {"spot": 100.0, "strike": 95.0, "years": 0.5, "rate": 0.03, "sign": PUT} | changed

    answer = bulk.implied_volatility(
        2.0, OptionTerms(given["strike"], given["years"], given["sign"]), Carry(given["spot"], given["rate"])
    )

    assert answer.reason.tolist() == [reason]
    assert np.isnan(answer.vol).all()


@pytest.mark.parametrize("threads", [2, 3])
def test_any_number_of_threads_gives_the_same_bits(options, threads):
    terms, carry, vol = options
    alone = bulk.greeks(terms, carry, vol, threads=1)
    solved = bulk.implied_volatility(alone.value, terms, carry, threads=1)

    together = bulk.greeks(terms, carry, vol, threads=threads)

    for ours, theirs in zip(together, alone, strict=True):
        assert ours.tobytes() == theirs.tobytes()
    again = bulk.implied_volatility(alone.value, terms, carry, threads=threads)
    assert again.vol.tobytes() == solved.vol.tobytes()
    assert again.reason.tobytes() == solved.reason.tobytes()


def test_callers_on_several_threads_do_not_disturb_each_other(options):
    """Each of them starts threads of its own."""
    terms, carry, vol = options
    alone = bulk.greeks(terms, carry, vol, threads=1).value

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: bulk.greeks(terms, carry, vol).value, range(8)))

    assert all(value.tobytes() == alone.tobytes() for value in together)


def test_one_option_alone_has_the_bits_that_it_has_among_others(options):
    terms, carry, vol = options
    many = bulk.greeks(terms, carry, vol)
    solved = bulk.implied_volatility(many.value, terms, carry)

    for i in range(0, COUNT, 1009):
        one = OneOption(
            SPOT,
            terms.strike[i],
            terms.years[i],
            vol[i],
            carry.rate[i],
            carry.dividend_yield[i],
            terms.sign[i],
        )
        alone = compiled.greeks_one(one)
        assert tuple(alone) == tuple(column[i] for column in many)
        assert compiled.value_one(one) == many.value[i]
        vol_alone, reason = compiled.implied_one(many.value[i], one)
        assert np.array_equal([vol_alone, reason], [solved.vol[i], solved.reason[i]], equal_nan=True)


def test_shapes_broadcast_as_elsewhere():
    terms = OptionTerms([[95.0], [100.0]], 45 / 365, PUT)

    answer = bulk.implied_volatility([[1.30, 1.35, 1.40], [3.20, 3.30, 3.40]], terms, Carry(SPOT, 0.045))

    assert answer.vol.shape == answer.reason.shape == (2, 3)
    assert (np.diff(answer.vol, axis=1) > 0.0).all()
    with pytest.raises(bulk.ShapeMismatch, match="shapes"):
        bulk.greeks(OptionTerms([1.0, 2.0], 1.0, PUT), Carry([1.0, 2.0, 3.0], 0.0), 0.2)


def test_no_option_at_all_is_answered_with_none():
    answer = bulk.implied_volatility([], OptionTerms([], 0.5, PUT), Carry(SPOT, 0.03))

    assert answer.vol.shape == (0,)
    assert bulk.greeks(OptionTerms([], 0.5, PUT), Carry(SPOT, 0.03), 0.2).value.shape == (0,)


@pytest.mark.parametrize(
    ("price", "terms", "vol"),
    [
        # Nearer to the top than to nothing, hardly any time, hardly any volatility, half a century.
        (99.0, OptionTerms(100.0, 30.0, CALL), None),
        (0.0398942263779, OptionTerms(100.0, 1e-4, CALL), 0.10),
        (4.10916661849e-13, OptionTerms(300.0, 1.0, CALL), 0.15),
        (1e-9, OptionTerms(100.0, 1 / 365, CALL), None),
        (60.0, OptionTerms(100.0, 50.0, PUT), None),
        (1e-290, OptionTerms(140.0, 0.25, CALL), None),
    ],
)
def test_prices_that_four_steps_do_not_settle_are_settled_too(price, terms, vol):
    carry = Carry(SPOT, 0.0)

    answer = bulk.implied_volatility(price, terms, carry).vol[0]

    assert answer == pytest.approx(implied_volatility(price, terms, carry)[0], rel=1e-12)
    assert vol is None or answer == pytest.approx(vol, rel=2e-12)


def test_columns_of_any_number_type_are_taken_as_they_are():
    """Strikes as whole numbers, volatilities as four bytes, a column that nobody may write to."""
    strikes = np.arange(90, 111, dtype=np.int32)
    vol = np.linspace(0.2, 0.3, 21, dtype=np.float32)
    vol.flags.writeable = False

    answer = bulk.greeks(OptionTerms(strikes, 0.25, PUT), Carry(SPOT, 0.03), vol)

    expected = black_scholes.greeks(OptionTerms(strikes, 0.25, PUT), Carry(SPOT, 0.03), vol)
    assert answer.value == pytest.approx(expected.value, rel=1e-12)


def test_memory_beside_input_and_answer_does_not_grow_with_the_number_of_options():
    count = 400_000
    strike, price = np.full(count, 95.0), np.full(count, 2.0)
    answer_bytes = count * (8 + 1)
    bulk.implied_volatility(price[:10], OptionTerms(strike[:10], 0.25, PUT), Carry(SPOT, 0.03))

    tracemalloc.start()
    bulk.implied_volatility(price, OptionTerms(strike, 0.25, PUT), Carry(SPOT, 0.03), threads=2)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most - answer_bytes < 2_500_000


@pytest.mark.slow
def test_kept_code_is_renewed_when_a_module_that_it_takes_functions_from_changes(tmp_path):
    """A European value doubled in one module is seen by the American value of another, compiled before."""
    folder = tmp_path / "premia"
    shutil.copytree(ROOT / "src" / "premia", folder, ignore=shutil.ignore_patterns("__pycache__"))
    program = (
        "from premia.pricing import compiled_american; from premia.pricing.terms import OneOption; "
        "print(compiled_american.american_one(OneOption(100.0, 100.0, 1.0, 0.2, 0.05, 0.0, 1.0)).value)"
    )

    def value():
        run = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return float(run.stdout)

    before = value()
    text = (folder / "pricing" / "compiled.py").read_text(encoding="utf-8")
    changed = text.replace("value=floor if raw < floor else raw", "value=2.0 * raw")
    assert changed != text
    (folder / "pricing" / "compiled.py").write_text(changed, encoding="utf-8")

    assert before == pytest.approx(10.450584, abs=1e-6)
    assert value() == pytest.approx(2.0 * before, rel=1e-12)


@pytest.mark.slow
def test_where_compiled_code_cannot_be_kept_it_is_compiled_again():
    """A service may run without a folder of its own to write to: no place is offered to keep code in."""
    program = (
        "from premia.pricing import compiled; from premia.pricing.terms import OneOption; "
        "print(compiled.value_one(OneOption(100.0, 100.0, 1.0, 0.2, 0.05, 0.0, 1.0)))"
    )
    nowhere = {"NUMBA_CACHE_LOCATOR_CLASSES": "ZipCacheLocator"}

    answer = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        check=True,
    )

    assert float(answer.stdout) == pytest.approx(10.450584, abs=1e-6)
