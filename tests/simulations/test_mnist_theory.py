"""The closed form on data: unbiased estimates, and what it predicts against what is measured."""

import jax
import jax.numpy as jnp
import numpy as np

from simulations.mnist.features import linear_features
from simulations.mnist.mix import CLEAN, Mix
from simulations.mnist.ridge import scores_by_size
from simulations.mnist.task import HeldOut, Synthetic, Task
from simulations.mnist.theory import population, predicted_errors
from tests.images import POOR, digits_task


def gaussian_task(N, d, rng):
    """Images with a power-law covariance, labels linear in them plus noise, synthetic ones too."""
    X = rng.normal(size=(N + 2000, d)) * np.arange(1, d + 1) ** -0.5
    W = rng.normal(size=(d, 2))
    V = W + 0.5 * rng.normal(size=(d, 2))
    Y, L = X @ W + 0.5 * rng.normal(size=(N + 2000, 2)), X @ V
    test = HeldOut(jnp.array(X[N:]), jnp.array(Y[N:]), jnp.zeros(2000, int), jnp.zeros(2))
    written = {POOR: Synthetic(jnp.array(L[:N]), 0.0, 0.0)}
    return Task("gaussian", jnp.array(X[:N]), jnp.array(Y[:N]), test, written)


def counted(mixes, sizes):
    """(n_1, n_2) of every mix at every size."""
    return np.array([(n - mix.synthetic(n), mix.synthetic(n)) for n in sizes for mix in mixes], float)


def test_population_is_unbiased():
    """Means over 200 data sets within 4 standard errors, though each is of only 5 d samples."""
    d, N = 12, 60
    rng = np.random.default_rng(0)
    W, V = rng.normal(size=(2, d, 2))
    found = []
    for _ in range(200):
        X = rng.normal(size=(N, d))
        noise = rng.normal(size=(N, 2))
        Y, L = X @ W + 0.5 * noise, X @ V + 0.3 * noise  # residuals are correlated
        known = population(jnp.array(X), [jnp.array(Y), jnp.array(L)])
        weighted = np.asarray(jnp.sum(known.eigenvalues[None, None] * known.moments, axis=2))
        found.append([*known.noises, weighted[0, 0], weighted[0, 1], weighted[1, 1]])
    expected = [0.5, 0.18, np.sum(W * W), np.sum(W * V), np.sum(V * V)]
    stderr = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert (abs(np.mean(found, axis=0) - expected) < 4 * stderr).all()


def test_theory_predicts_models_on_gaussian_images():
    """Where its assumptions hold, the closed form predicts what `scores_by_size` measures.

    Within 4 standard errors over draws, 4 of the test set's and a finite-size term of 2/d.
    """
    d, sizes, mixes = 80, [60, 200, 1000], [CLEAN, Mix(0.5, POOR)]
    task = gaussian_task(20000, d, np.random.default_rng(1))
    known = population(task.pool, [task.labels, task.synthetic[POOR].pool])
    keys = jax.random.split(jax.random.key(2), 12)
    for width in (None, 50):
        drawn = np.stack(
            [scores_by_size(task, mixes, sizes, width, linear_features, [0.05], k).error for k in keys]
        )[:, :, 0]
        counts = counted(mixes, sizes)
        widths = None if width is None else [width] * 6
        predicted = predicted_errors(known, [0, 1] * 3, counts, [0.05] * 6, widths).reshape(3, 2)
        stderr = drawn.std(axis=0, ddof=1) / np.sqrt(len(keys))
        # Squared errors of two Gaussian outputs vary as much as their mean.
        allowed = 4 * stderr + (4 / np.sqrt(2000) + 2 / d) * np.asarray(predicted)
        assert (abs(drawn.mean(axis=0) - predicted) < allowed).all()
        # The test images' own noise cancels in the collapse, which is linear in what is predicted.
        collapse = drawn[..., 1] - drawn[..., 0]
        stderr = collapse.std(axis=0, ddof=1) / np.sqrt(len(keys))
        expected = np.asarray(predicted[:, 1] - predicted[:, 0])
        assert (abs(collapse.mean(axis=0) - expected) < 4 * stderr + 4 / d * expected).all()


def test_theory_predicts_models_on_digits():
    """Real images are not Gaussian: 6% is what the default study shows away from the threshold."""
    task, sizes, mixes = digits_task(), [250, 1000], [CLEAN, Mix(0.5, POOR)]
    known = population(task.pool, [task.labels, task.synthetic[POOR].pool])
    keys = jax.random.split(jax.random.key(2), 8)
    drawn = np.stack(
        [scores_by_size(task, mixes, sizes, None, linear_features, [0.05], k).error for k in keys]
    )[:, :, 0]
    counts = counted(mixes, sizes)
    predicted = np.asarray(predicted_errors(known, [0, 1] * 2, counts, [0.05] * 4, None)).reshape(2, 2)
    stderr = drawn.std(axis=0, ddof=1) / np.sqrt(len(keys))
    assert (abs(drawn.mean(axis=0) - predicted) < 3 * stderr + 0.06 * predicted).all()
    assert (predicted[:, 1] > predicted[:, 0]).all()  # and it tells the mixes apart
