"""Sums over groups, against sums over their rows; rows with two labels."""

import jax.numpy as jnp
import numpy as np
import pytest

from simulations.forecast.estimate import Training, interval, predicted, widened
from simulations.forecast.features import penalty
from simulations.forecast.jackknife import GROUPS, kept
from simulations.forecast.sample import Sample
from simulations.forecast.transfer import Target, emulate
from simulations.forecast.trials import shuffled, trained
from tests.simulations.forecast.made import NOISES, SIGNALS, D, draw, risk, with_intercept


def test_sums_over_kept_groups_are_those_of_their_rows():
    random = np.random.default_rng(0)
    (Z, y), other = (with_intercept(draw(random, count, k)) for k, count in enumerate((33, 47)))
    statistics = Sample((Z, y), other).statistics
    groups = np.asarray(statistics.groups)
    assert (np.sort(groups[0, :33]) == np.sort(np.arange(33) % GROUPS)).all()
    for groups_kept in kept()[[0, 3, 25]]:
        sums, rows = (
            statistics.sums_of(jnp.asarray(groups_kept)),
            statistics.rows_of(jnp.asarray(groups_kept)),
        )
        left = groups_kept[groups[0, :33]] > 0
        np.testing.assert_array_equal(rows.use[0], np.append(left, np.zeros(len(groups[0]) - 33)))
        np.testing.assert_array_equal(sums.counts, rows.use.sum(axis=1))
        np.testing.assert_allclose(sums.grams[0], Z[left].T @ Z[left], atol=1e-12)
        np.testing.assert_allclose(sums.moments[0], Z[left].T @ y[left], atol=1e-12)
        np.testing.assert_allclose(sums.products[0, 0], np.sum(y[left] ** 2))
        np.testing.assert_array_equal(sums.products[0, 1], 0)
    with pytest.raises(ValueError, match="real data = 19 rows: expected at least 20"):
        Sample((Z[:19], y[:19]), None)


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
    sums = sample.statistics.sums_of(jnp.ones(GROUPS))
    target = Target(jnp.array([30.0, 90.0]), jnp.array([1.0, 0.5]), jnp.array(0.01), jnp.array(0.0))
    first = emulate(sums, jnp.asarray(penalty(D + 1)), target)
    again = emulate(sums, jnp.asarray(penalty(D + 1)), target, first.point + 1.0)
    np.testing.assert_allclose(first.losses, again.losses, rtol=1e-8)


def test_an_interval_for_a_measurement_is_wider():
    replicates = 1 + 0.01 * np.random.default_rng(5).normal(size=1 + GROUPS)
    narrow = interval(replicates, positive=True)
    wide = widened(narrow, 0.05)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    both = np.hypot(np.log(narrow.high / narrow.value), 1.6449 * 0.05 / narrow.value)
    np.testing.assert_allclose(np.log(wide.high / wide.value), both, rtol=1e-4)
