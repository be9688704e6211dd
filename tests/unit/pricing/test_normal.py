"""The normal distribution against the C library's error function, and its tails against exact expansions."""

import math

import numpy as np
import pytest

from premia.pricing import normal


def test_the_distribution_agrees_with_the_error_function_of_the_c_library():
    x = np.linspace(-8.0, 8.0, 4001)
    exact = np.array([0.5 * math.erfc(-value / math.sqrt(2.0)) for value in x])

    assert np.max(np.abs(normal.cdf(x) - exact)) < 4e-16


def test_the_lower_tail_keeps_its_relative_precision():
    x = np.linspace(-37.0, -1.0, 2001)
    exact = np.array([0.5 * math.erfc(-value / math.sqrt(2.0)) for value in x])

    assert np.max(np.abs(normal.cdf(x) / exact - 1.0)) < 1e-12


def test_few_and_many_values_are_computed_alike():
    """Few values take the path of one matrix product, many the path in place."""
    x = np.linspace(-6.0, 6.0, 20_000)

    pieces = np.concatenate([normal.cdf(part) for part in np.split(x, 200)])

    assert np.max(np.abs(pieces - normal.cdf(x))) < 1e-15


def test_the_logarithm_goes_on_where_the_probability_vanishes():
    # By the asymptotic series: log N(-100) = -5000 - log(100 sqrt(2 pi)) - 1e-4 + 2.5e-8 ...
    leading = -5000.0 - math.log(100.0 * math.sqrt(2.0 * math.pi)) - 1e-4 + 2.5e-8

    assert normal.cdf(np.array([-100.0]))[0] == 0.0
    assert normal.log_cdf(np.array([-100.0]))[0] == pytest.approx(leading, abs=1e-10)


def test_infinity_is_certain_and_nan_stays_nan():
    assert normal.cdf(np.array([-np.inf, np.inf])).tolist() == [0.0, 1.0]
    assert np.isnan(normal.cdf(np.array([np.nan]))[0])
