"""What a Sharpe ratio is worth: pins of the literature, and figures that can be worked out by hand."""

import math

import numpy as np
import pytest

from premia.metrics import sharpe as of
from premia.metrics.returns import Moments, moments
from premia.metrics.series import UnusableSeries

SERIES = [0.01, -0.02, 0.015, 0.005, -0.01, 0.02, -0.005, 0.0, 0.01, -0.015]
DAILY = 1 / math.sqrt(252)
TRIALS = np.array(
    [
        [0.01, -0.01, 0],
        [0.02, 0.01, -0.01],
        [-0.01, 0.02, 0.01],
        [0.03, -0.02, 0.02],
        [0, 0.01, -0.02],
        [-0.02, 0.02, 0.03],
        [0.01, 0, 0.01],
        [0.02, -0.01, -0.01],
    ]
)


def test_the_probability_that_a_ratio_is_above_zero():
    ratio = of.sharpe_per_period(SERIES)

    assert of.probabilistic_sharpe(ratio, 10, moments(SERIES)) == pytest.approx(0.58861965, abs=5e-9)
    sample = moments(SERIES, sample=True)
    assert of.probabilistic_sharpe(ratio, 10, sample) == pytest.approx(0.58850358, abs=1e-8)


def test_the_published_example_of_a_deflated_ratio():
    """2.5 a year in 1250 days of 250 a year, skew -3, kurtosis 10, the best of 100 trials of variance 1/2."""
    ratio, shape, variance = 2.5 / math.sqrt(250), Moments(-3.0, 10.0), 0.5 / 250

    assert of.expected_best(100) == pytest.approx(2.530603, abs=5e-7)
    assert of.luck(100, 0.5) == pytest.approx(1.789406, abs=5e-7)
    assert of.luck(100, variance) == pytest.approx(0.113172, abs=5e-7)
    assert of.deflated_sharpe(ratio, 1250, shape, 100, variance) == pytest.approx(0.900397, abs=5e-7)


@pytest.mark.parametrize(
    ("trials", "probability"), [(10, 0.993880), (46, 0.950502), (88, 0.910153), (1000, 0.639915)]
)
def test_the_more_was_tried_the_less_the_best_proves(trials, probability):
    ratio = 2.5 / math.sqrt(250)

    found = of.deflated_sharpe(ratio, 1250, Moments(-3.0, 10.0), trials, 0.5 / 250)

    assert found == pytest.approx(probability, abs=5e-7)


def test_one_trial_is_no_luck():
    assert of.expected_best(1) == 0.0
    assert of.luck(0, 1.0) == 0.0


def test_the_track_record_that_is_needed():
    assert of.minimum_track_record(DAILY, of.NORMAL) == pytest.approx(684.15, abs=0.005)
    assert of.minimum_track_record(DAILY, Moments(-2.0, 12.0)) == pytest.approx(776.14, abs=0.005)
    assert of.minimum_track_record(DAILY, of.NORMAL, benchmark=DAILY) is None


def test_after_the_needed_track_record_the_probability_is_reached():
    shape = Moments(-2.0, 12.0)
    needed = of.minimum_track_record(DAILY, shape)

    assert of.probabilistic_sharpe(DAILY, round(needed), shape) == pytest.approx(0.95, abs=2e-4)


def test_the_standard_error_of_five_years_of_days():
    assert of.standard_error(DAILY, 5 * 252) * math.sqrt(252) == pytest.approx(0.447657, abs=5e-7)
    assert of.standard_error(DAILY, 0) is None


def test_without_deviation_or_a_possible_shape_there_is_no_probability():
    assert of.sharpe_per_period([0.01, 0.01]) is None
    assert of.probabilistic_sharpe(0.1, 1, of.NORMAL) is None
    # A skew that large needs a larger kurtosis: no series has this shape.
    assert of.probabilistic_sharpe(1.0, 100, Moments(9.0, 3.0)) is None
    assert of.minimum_track_record(1.0, Moments(9.0, 3.0)) is None


def test_gains_that_follow_gains_lower_the_ratio_of_a_year():
    steps = np.random.default_rng(7).standard_normal(100_000) * 0.01
    leaning = steps[1:] + 0.5 * steps[:-1]

    free = of.autocorrelation_factor(steps, 12)
    held = of.autocorrelation_factor(leaning, 12)

    assert free == pytest.approx(math.sqrt(12), rel=0.03)
    # One lag with correlation 0.4: 12 / sqrt(12 + 2 * 11 * 0.4).
    assert held == pytest.approx(12 / math.sqrt(12 + 8.8), rel=0.03)
    assert of.autocorrelation_factor([0.01] * 5, 12) is None
    assert of.autocorrelation_factor([0.01, -0.01] * 20, 2) is not None


def test_correlated_trials_count_for_fewer():
    assert of.independent_trials(100, 0.0) == 100
    assert of.independent_trials(100, 1.0) == 1.0
    assert of.independent_trials(101, 0.5) == 51.0
    assert of.independent_trials(1, 0.3) == 1.0


def test_the_probability_of_overfitting_of_a_table_by_hand():
    found = of.overfit(TRIALS, blocks=4)

    third = math.log(1 / 3)
    assert found.logits == pytest.approx([0.0, third, third, third, 0.0, third])
    assert found.probability == 1.0


def test_the_earliest_periods_that_fill_no_block_are_left_out():
    longer = np.vstack([[[9.0, -9.0, 0.0]], TRIALS])

    assert np.array_equal(of.overfit(longer, blocks=4).logits, of.overfit(TRIALS, blocks=4).logits)


def test_noise_is_overfit_now_and_then_and_a_real_edge_never():
    noise = np.random.default_rng(0).standard_normal((512, 50)) * 0.01
    edge = noise.copy()
    edge[:, 0] += 0.003

    assert of.overfit(noise, blocks=8).probability == pytest.approx(0.342857, abs=5e-7)
    assert of.overfit(edge, blocks=8).probability == 0.0


def test_trials_without_variation_are_ranked_by_their_sign():
    table = np.column_stack([np.full(8, 0.01), np.full(8, -0.01), TRIALS[:, 0]])

    assert of.overfit(table, blocks=4).probability == 0.0


@pytest.mark.parametrize(
    ("table", "blocks", "words"),
    [
        (TRIALS, 3, "cut into 3 blocks"),
        (TRIALS, 0, "cut into 0 blocks"),
        (TRIALS, 16, "8 periods cannot be cut into 16 blocks"),
        (TRIALS[:, :1], 4, "two trials at least"),
        (TRIALS * np.nan, 4, "finite numbers"),
    ],
)
def test_a_table_that_cannot_be_cut_is_refused(table, blocks, words):
    with pytest.raises(UnusableSeries, match=words):
        of.overfit(table, blocks)
