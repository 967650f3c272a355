"""Trained projections: against ridge regression on S^T x written out; forecasts against their mean."""

import math

import numpy as np
import pytest

from collapse_theory import Problem, Source, finite_size
from simulations.forecast.data import make_data
from simulations.forecast.estimate import Training, predicted
from simulations.forecast.model import Forecast
from simulations.forecast.sample import Sample
from simulations.forecast.trials import shuffled, weighted_sums
from simulations.forecast.width import trials
from simulations.forecast.width.sizes import sized
from simulations.forecast.width.trials import projected_minimiser, projections
from tests.simulations.forecast.made import NOISES, ROOTS, SIGNALS, D, draw, risk, with_intercept

WIDTH, RIDGE = 8, 0.02


def test_projections_have_entries_of_variance_one_over_d():
    S = projections([0], 40, 100)
    assert S.shape == (10, 40, 100)
    entries = S.ravel() ** 2 * 40
    assert abs(entries.mean() - 1) < 4 * entries.std() / math.sqrt(len(entries))


def test_trained_projections_are_ridge_regressions_on_projected_rows():
    """With the intercept outside the penalty: centred rows and labels, then the mean."""
    random = np.random.default_rng(0)
    (x, y), (other, labels) = draw(random, 30, 0), draw(random, 20, 1)
    S, weight = projections([1], D, 5)[0], 0.4
    real, synthetic = shuffled(with_intercept((x, y)), with_intercept((other, labels)), False, random)
    sums = weighted_sums(real, synthetic, Training(30, 20, RIDGE, weight), False)
    weights = projected_minimiser(*sums, RIDGE, S)
    z, targets = np.concatenate([x, other]) @ S, np.concatenate([y, labels])
    w = np.repeat([1.0, weight], [30, 20])[:, None] / 50
    mean_z, mean_y = (np.sum(w * rows, axis=0) / w.sum() for rows in (z, targets))
    z, targets = z - mean_z, targets - mean_y
    v = np.linalg.solve((w * z).T @ z + RIDGE * np.eye(5), (w * z).T @ targets)
    np.testing.assert_allclose(weights[:-1], S @ v, rtol=1e-9)
    np.testing.assert_allclose(weights[-1], mean_y - mean_z @ v, rtol=1e-9)


def test_few_rows_forecast_projections_trained_on_many():
    """The mean over data sets and S, up to the finite-size term and, as without projections, 1/40."""
    random = np.random.default_rng(2)
    n = 120, 60
    training = Training(*n, RIDGE, 1.0, WIDTH)
    forecasts, errors = [], []
    for index in range(150):
        here = [with_intercept(draw(random, count, k)) for k, count in enumerate((40, 50))]
        forecasts.append(predicted(Sample(*here), training, replicates=False).real[0])
        there = [with_intercept(draw(random, count, k)) for k, count in enumerate(n)]
        sums = weighted_sums(*shuffled(*there, False, random), training, False)
        S = projections([3, index], D, WIDTH)[0]
        errors.append(risk(projected_minimiser(*sums, RIDGE, S)))
    covariances = [root.T @ root for root in ROOTS]
    sources = tuple(Source(n[k], covariances[k], NOISES[k] ** 2) for k in range(2))
    moments = np.array([[np.outer(a, b) for b in SIGNALS] for a in SIGNALS])
    term = abs(float(finite_size(Problem(sources, None, RIDGE, WIDTH, moments=moments)).total))
    stderr = np.hypot(np.std(forecasts), np.std(errors)) / np.sqrt(len(errors))
    gap = abs(np.mean(forecasts) - np.mean(errors))
    assert term < 0.1 * np.mean(errors)
    assert gap < 4 * stderr + term + np.mean(errors) / 40


def test_standard_errors_know_that_projections_are_few(monkeypatch):
    """Other matrices S, all else the same: errors scatter by what few S add to the standard error."""
    random = np.random.default_rng(4)
    (x, y), (tested, truth) = draw(random, 60, 0), draw(random, 500, 0)
    data = make_data(x, y[:, 0], None, None, tested, truth[:, 0])
    model = sized(Forecast("embedding", ridge=RIDGE).fit_data(data), 1)
    training = Training(30, 0, RIDGE, 1.0, 1)
    errors, variances = [], []
    for index in range(60):
        monkeypatch.setattr(
            trials, "projections", lambda seed, d, m, i=index: projections([*seed, i], d, m)
        )
        squared, variance = trials._projected(data, model, [training], 2, 0, 0, lambda share: None)
        errors.append(squared.mean())
        variances.append(variance[0])
        (result,) = trials.measured(data, model, [training], 2, 0)
        assert result.error == pytest.approx(squared.mean())
        assert result.stderr**2 == pytest.approx(variance[0] + squared.var(ddof=1) / 500)
    # A variance of 60 numbers has a relative standard error of sqrt(2 / 59).
    assert abs(np.var(errors, ddof=1) / np.mean(variances) - 1) < 4 * math.sqrt(2 / 59)
