"""What holds for every series of returns, and what an independent library says of random ones."""

import empyrical
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.metrics import compare, drawdown, flows, sharpe
from premia.metrics import returns as of
from premia.metrics.trades import trade_figures

RETURN = st.floats(-0.2, 0.2).map(lambda one: round(one, 6))
SERIES = st.lists(RETURN, min_size=2, max_size=60)
YEAR = 252


def random_series(seed, count=400):
    """Returns with a fat left tail."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.0006, 0.01, count) - 0.03 * (rng.random(count) < 0.02)


@pytest.mark.parametrize("seed", range(12))
def test_an_independent_library_agrees(seed):
    series, market = random_series(seed), random_series(seed + 100)
    rate = 0.00012
    line = compare.regress(series, market, YEAR, rate)

    ours = {
        "growth": of.annual_growth(series, YEAR),
        "volatility": of.volatility(series, YEAR),
        "sharpe": of.sharpe(series, YEAR, rate),
        "sortino": of.sortino(series, YEAR, rate),
        "drawdown": drawdown.max_drawdown(series),
        "calmar": of.calmar(of.annual_growth(series, YEAR), drawdown.max_drawdown(series)),
        "value at risk": -of.value_at_risk(series),
        # Twenty observations in the tail: a whole number, where the library's cut and ours are one.
        "shortfall": -of.expected_shortfall(series),
        "omega": of.omega(series),
        "tail ratio": of.tail_ratio(series),
        "beta": line.beta,
        "alpha": (1.0 + line.alpha / YEAR) ** YEAR - 1.0,
    }
    theirs = {
        "growth": empyrical.annual_return(series),
        "volatility": empyrical.annual_volatility(series),
        "sharpe": empyrical.sharpe_ratio(series, rate),
        "sortino": empyrical.sortino_ratio(series, rate),
        "drawdown": empyrical.max_drawdown(series),
        "calmar": empyrical.calmar_ratio(series),
        "value at risk": empyrical.value_at_risk(series),
        "shortfall": empyrical.conditional_value_at_risk(series),
        "omega": empyrical.omega_ratio(series),
        "tail ratio": empyrical.tail_ratio(series),
        "beta": empyrical.beta(series, market, rate),
        "alpha": empyrical.alpha(series, market, rate),
    }
    assert ours == pytest.approx(theirs, rel=1e-9)


@given(SERIES)
def test_wealth_grows_by_each_return_and_the_total_is_its_last(series):
    grown = of.wealth(series)

    assert grown[0] == 1.0
    assert np.allclose(grown[1:] / grown[:-1] - 1.0, series, atol=1e-12)
    assert of.total(series) == pytest.approx(grown[-1] - 1.0)


@given(SERIES, st.integers(1, 59))
def test_growth_is_compounded_over_any_cut(series, cut):
    whole = (1.0 + of.total(series[:cut])) * (1.0 + of.total(series[cut:])) - 1.0

    assert of.total(series) == pytest.approx(whole, abs=1e-12)


@given(SERIES)
def test_a_drawdown_lies_between_everything_and_nothing(series):
    grown = of.wealth(series)
    falls = drawdown.drawdowns(grown)

    assert -1.0 < drawdown.max_drawdown(series) <= 0.0
    assert min((one.depth for one in falls), default=0.0) == drawdown.max_drawdown(series)
    assert all(one.peak < one.trough < (one.recovery or one.last + 1) for one in falls)
    assert all(grown[one.recovery] >= grown[one.peak] for one in falls if one.recovery is not None)
    assert sum(one.underwater for one in falls) == np.sum(drawdown.depths(grown) < 0.0)
    assert not any(one.censored for one in falls[:-1])


@given(SERIES, st.floats(0.5, 0.99))
def test_the_shortfall_is_no_smaller_than_the_value_at_risk(series, level):
    shortfall = of.expected_shortfall(series, level)

    assert shortfall >= of.value_at_risk(series, level, by="order") - 1e-12
    assert shortfall <= -min(series) + 1e-12


@given(SERIES, st.floats(0.1, 10.0))
def test_ratios_do_not_depend_on_the_size_of_a_stake(series, scale):
    larger = [one * scale for one in series]

    for ratio in (of.omega, of.tail_ratio, lambda these: of.sortino(these, YEAR)):
        here, there = ratio(series), ratio(larger)
        assert here == there or there == pytest.approx(here, rel=1e-6)


@given(SERIES)
def test_the_profit_factor_is_omega_at_zero(series):
    here, there = trade_figures(series).profit_factor, of.omega(series)

    assert here == there or here == pytest.approx(there)


@given(SERIES)
def test_without_flows_all_returns_of_an_account_agree(series):
    worth = 1_000.0 * of.wealth(series)

    owner = flows.money_weighted(worth[0], worth[-1], [], [], len(series))

    assert flows.time_weighted(worth, 0.0) == pytest.approx(of.total(series), abs=1e-9)
    assert owner.total == pytest.approx(of.total(series), abs=1e-9)


@given(SERIES, st.lists(st.floats(-300.0, 900.0), min_size=60, max_size=60))
def test_deposits_do_not_change_the_time_weighted_return(series, deposits):
    worth = [1_000.0]
    paid = []
    for earned, wanted in zip(series, deposits, strict=False):
        paid.append(max(wanted, 100.0 - worth[-1]))
        worth.append((worth[-1] + paid[-1]) * (1.0 + earned))

    assert flows.time_weighted(worth, paid) == pytest.approx(of.total(series), rel=1e-9, abs=1e-9)


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(1.0, 500.0)), max_size=8), st.floats(-0.4, 0.9))
def test_deposits_at_a_rate_are_given_back_as_that_rate(deposits, rate):
    times = [when for when, _ in deposits]
    paid = [amount for _, amount in deposits]
    end = 1_000.0 * (1 + rate) ** 5 + sum(amount * (1 + rate) ** (5 - when) for when, amount in deposits)

    owner = flows.money_weighted(1_000.0, end, paid, times, 5.0)

    assert owner.method == "irr"
    assert owner.rate == pytest.approx(rate, abs=1e-9)


@given(SERIES, SERIES)
def test_the_mix_of_equal_beta_leaves_exactly_alpha(left, right):
    count = min(len(left), len(right))
    mix = compare.compare_with_mix(left[:count], right[:count], YEAR, 0.0001)
    if mix is None:
        return

    above = float(np.mean(np.array(left[:count]) - mix.returns)) * YEAR
    assert above == pytest.approx(mix.regression.alpha, rel=1e-6, abs=1e-6)
    assert -1.0 <= mix.regression.correlation <= 1.0


@given(st.floats(-0.3, 0.3), st.integers(2, 3_000), st.tuples(RETURN, RETURN))
def test_a_higher_benchmark_is_never_passed_more_surely(ratio, count, benchmarks):
    low, high = sorted(benchmarks)

    easy, hard = (sharpe.probabilistic_sharpe(ratio, count, sharpe.NORMAL, one) for one in (low, high))

    assert 0.0 <= hard <= easy <= 1.0
