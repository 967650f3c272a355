"""What rows say of their population: without bias, as the rows themselves say, and as forecasts say."""

import jax.numpy as jnp
import numpy as np

from collapse_theory import spectra
from simulations.forecast.estimate import Training, predicted
from simulations.forecast.population import directions, population
from simulations.forecast.sample import Sample
from simulations.forecast.sums import sums_of
from tests.simulations.forecast.made import NOISES, SIGNALS, D, draw, with_intercept


def test_estimates_are_unbiased():
    """Means over 200 data sets within 4 standard errors, though each is of only 5 d rows."""
    d, N = 12, 60
    random = np.random.default_rng(0)
    W, V = random.normal(size=(2, d, 2))
    estimates = []
    for _ in range(200):
        X, noise = random.normal(size=(N, d)), random.normal(size=(N, 2))
        labels = [X @ W + 0.5 * noise, X @ V + 0.3 * noise]  # residuals are correlated
        known = population(sums_of(jnp.asarray(X), list(map(jnp.asarray, labels))))
        weighted = np.asarray(jnp.sum(known.eigenvalues[None, None] * known.moments, axis=2))
        estimates.append([*known.noises, weighted[0, 0], weighted[0, 1], weighted[1, 1]])
    expected = [0.5, 0.18, np.sum(W * W), np.sum(W * V), np.sum(V * V)]
    stderr = np.std(estimates, axis=0, ddof=1) / np.sqrt(len(estimates))
    assert (abs(np.mean(estimates, axis=0) - expected) < 4 * stderr).all()


def test_labels_without_noise_and_a_feature_that_never_varies():
    random = np.random.default_rng(1)
    X = np.column_stack([random.normal(size=(40, 5)), np.zeros(40)])
    w = random.normal(size=(6, 2))
    sums = sums_of(jnp.asarray(X), [jnp.asarray(X @ w)])
    known = population(sums)
    eigenvalues, basis = directions(sums)
    expected, _ = spectra.from_data(X, center=False)
    np.testing.assert_allclose(eigenvalues, expected, atol=1e-12)
    assert eigenvalues[-1] == 0
    assert 0 <= known.noises[0] < 1e-12
    turned = np.sum((basis.T @ w) ** 2, axis=1)
    np.testing.assert_allclose(known.moments[0, 0, :5], turned[:5], rtol=1e-9)


def test_forecasts_of_endless_data_say_the_same():
    """At endless data and hardly a ridge both are the noise, and c^2 beside it, without bias.

    The forecast's leave-one-out errors differ from residuals over N - d as single rows' leverages do
    from their mean: by less than 1 / N of the noise here, and by the ridge that stands for none.
    """
    random = np.random.default_rng(2)
    N = 4000
    x, y = draw(random, N, 0)
    second = (x @ SIGNALS[1] + NOISES[1] * random.normal(size=N))[:, None]
    real, other = with_intercept((x, y)), with_intercept((x, second))
    known = population(sums_of(jnp.asarray(real[0]), [jnp.asarray(y), jnp.asarray(second)]))
    C = known.moments
    c2 = float(jnp.sum(known.eigenvalues * (C[0, 0] - 2 * C[0, 1] + C[1, 1])))
    sample = Sample(real, other, paired=True)
    for counts, error in (((np.inf, 0), known.noises[0]), ((0, np.inf), known.noises[0] + c2)):
        forecast = predicted(sample, Training(*counts, 0.0), replicates=False).real[0]
        np.testing.assert_allclose(forecast, error, rtol=(D + 1) / N)
    assert c2 > 10 * (D + 1) / N * known.noises[0]  # the second error is seen to be another
