"""Sums without groups, against sums over the rows that are left; rows with two labels."""

import jax.numpy as jnp
import numpy as np

from simulations.forecast.estimate import Training, interval, predicted, widened
from simulations.forecast.features import penalty
from simulations.forecast.sample import Kind, Sample, _by_group
from simulations.forecast.transfer import Sums, Target, emulate
from simulations.forecast.trials import shuffled, trained
from tests.simulations.forecast.made import NOISES, SIGNALS, D, draw, risk, with_intercept


def test_sums_without_a_group_are_those_of_the_other_rows():
    random = np.random.default_rng(0)
    Z, y = with_intercept(draw(random, 33, 0))
    groups = random.integers(0, 4, size=33)
    totals = _by_group(Kind(Z, [y, 2 * y]), groups, 4)
    for index in range(5):
        left = np.ones(33, bool) if index == 0 else groups != index - 1
        np.testing.assert_allclose(totals.counts[index], left.sum())
        np.testing.assert_allclose(totals.gram[index], Z[left].T @ Z[left], atol=1e-12)
        np.testing.assert_allclose(totals.moments[index, 1], 2 * Z[left].T @ y[left], atol=1e-12)
        np.testing.assert_allclose(totals.products[index, 0, 1], 2 * np.sum(y[left] ** 2))


def paired(random, n):
    """Rows whose second label is that of the other signal, with a noise of its own."""
    x, y = draw(random, n, 0)
    second = (x @ SIGNALS[1] + NOISES[1] * random.normal(size=n))[:, None]
    return with_intercept((x, y)), with_intercept((x, second))


def test_two_labels_of_the_same_rows_forecast_training_on_different_rows():
    """As `test_few_rows_forecast_training_on_many`, where sources are one set of rows."""
    random = np.random.default_rng(1)
    training = Training(60, 120, 0.02, 0.7)
    forecasts, errors = [], []
    for _ in range(150):
        sample = Sample(*paired(random, 50), paired=True)
        forecasts.append(predicted(sample, training, replicates=False).real[0])
        shown = shuffled(*paired(random, 180), True, random)
        errors.append(risk(trained(*shown, training, True)))
    stderr = np.hypot(np.std(forecasts), np.std(errors)) / np.sqrt(len(errors))
    assert abs(np.mean(forecasts) - np.mean(errors)) < 4 * stderr + np.mean(errors) / 50


def test_equal_labels_are_one_source():
    """Synthetic labels that are the real ones only add to the number of samples."""
    table = with_intercept(draw(np.random.default_rng(2), 60, 0))
    both = predicted(Sample(table, table, paired=True), Training(50, 70, 0.05), replicates=False)
    alone = predicted(Sample(table, None), Training(120, 0, 0.05), replicates=False)
    np.testing.assert_allclose(both.real, alone.real, rtol=1e-9)


def test_losses_of_the_whole_are_found_from_any_start():
    sample = Sample(*(with_intercept(draw(np.random.default_rng(3), 40, k)) for k in range(2)))
    sums = Sums(*(leaf[0] for leaf in sample.statistics.sums))
    target = Target(jnp.array([30.0, 90.0]), jnp.array([1.0, 0.5]), jnp.array(0.01), jnp.array(0.0))
    first = emulate(sums, jnp.asarray(penalty(D + 1)), target)
    again = emulate(sums, jnp.asarray(penalty(D + 1)), target, first.point + 1.0)
    np.testing.assert_allclose(first.losses, again.losses, rtol=1e-8)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    random = np.random.default_rng(4)
    values = random.normal(size=(500, 20))
    means = np.concatenate(
        [values.mean(axis=1)[:, None], (values.sum(1)[:, None] - values) / 19], axis=1
    )
    stderrs = [interval(row).stderr for row in means]
    # By all rows, where the jackknife's is that of one group less.
    chance = np.sqrt(2 / 19 / 500)
    np.testing.assert_allclose(np.mean(np.square(stderrs)), 19 / 20 / 20, rtol=4 * chance)


def test_an_interval_for_a_measurement_is_wider():
    replicates = 1 + 0.01 * np.random.default_rng(5).normal(size=21)
    narrow = interval(replicates, positive=True)
    wide = widened(narrow, 0.05)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    both = np.hypot(np.log(narrow.high / narrow.value), 1.6449 * 0.05 / narrow.value)
    np.testing.assert_allclose(np.log(wide.high / wide.value), both, rtol=1e-4)
