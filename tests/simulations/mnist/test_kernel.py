"""Kernels of random features against their means, and spectra against populations that are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from simulations.mnist.features import linear_features, relu_features
from simulations.mnist.infinite import images_of_a_sample, infinite_population, spectrum
from simulations.mnist.kernel import KERNELS, Reading, reading, sample
from simulations.mnist.mix import CLEAN, Mix
from simulations.mnist.ridge import scores_by_width
from simulations.mnist.task import HeldOut, Synthetic, Task
from simulations.mnist.theory import predicted_errors
from tests.images import POOR

FEATURES = {"projection": linear_features, "relu": relu_features}


@pytest.mark.parametrize("model", KERNELS)
def test_kernel_is_the_mean_over_random_features(model):
    """Within 4.5 standard errors of 40,000 features (24 pairs), also of an image with itself."""
    x, y = np.random.default_rng(0).normal(size=(2, 6, 5))
    x, y = jnp.asarray(x), jnp.asarray(np.concatenate([x[:1], y[:3]]))
    S = jax.random.normal(jax.random.key(1), (5, 40000)) / jnp.sqrt(5)
    products = FEATURES[model](x, S)[:, None] * FEATURES[model](y, S)[None]
    stderr = products.std(axis=2, ddof=1) / np.sqrt(products.shape[2])
    assert (abs(products.mean(axis=2) - KERNELS[model](x, y)) < 4.5 * stderr).all()


def gaussian(N, d, seed):
    """Gaussian images, their eigenvalues, true labels with noise and others, their weights."""
    rng = np.random.default_rng(seed)
    eigenvalues = 20.0 * np.arange(1, d + 1) ** -1.0
    X = rng.normal(size=(N, d)) * np.sqrt(eigenvalues)
    weights = np.random.default_rng(9).normal(size=(2, d, 2))
    weights[1] = weights[0] + 0.5 * weights[1]
    return X, eigenvalues, np.stack([X @ weights[0] + rng.normal(size=(N, 2)), X @ weights[1]]), weights


def test_samples_say_what_the_population_is():
    """Degrees of freedom and unlearned parts of Gaussian data are those of the known population.

    Means over 12 samples within 4 standard errors and 2/N, at every effective ridge.
    """
    N, d = 120, 150
    readings, expected = [], []
    for seed in range(12):
        X, eigenvalues, labels, weights = gaussian(N, d, seed)
        read = reading([sample(jnp.asarray(X), jnp.asarray(labels), KERNELS["projection"])])
        t = eigenvalues / d  # as the kernel is x.y / d
        shares = t / (t + read.kappa[:, None])
        signal = np.einsum("jdc,kdc->jkd", weights, weights) * eigenvalues
        left = np.einsum("rd,jkd->rjk", 1 - shares, signal) + np.diag([2.0, 0.0])
        readings.append(np.column_stack([read.df, read.labels.reshape(len(t := read.kappa), -1)]))
        expected.append(np.column_stack([shares.sum(axis=1), left.reshape(len(t), -1)]))
    gap = np.array(readings) / np.array(expected) - 1
    stderr = gap.std(axis=0, ddof=1) / np.sqrt(len(gap))
    assert (abs(gap.mean(axis=0)) < 4 * stderr + 2 / N).all()
    assert (stderr < 0.1).all()


def test_a_spectrum_is_found_again():
    """From exact values of a power law: traces between and beyond the ridges that were read."""
    t = 3.0 * np.arange(1, 2001) ** -1.3
    kappa = np.geomspace(30, 1e-3, 60)
    shares = t / (t + kappa[:, None])
    signal = np.array([[1.0, 0.4], [0.4, 2.0]])[..., None] * t**1.1
    noise = np.array([[0.3, 0.0], [0.0, 0.0]])
    left = np.einsum("rd,jkd->rjk", 1 - shares, signal) + noise
    known = jax.tree.map(np.asarray, spectrum(Reading(kappa, shares.sum(axis=1), left)))
    at = np.geomspace(10, 2e-3, 37)
    exact, fitted = t / (t + at[:, None]), known.eigenvalues / (known.eigenvalues + at[:, None])
    strengths = known.moments * known.multiplicities * known.eigenvalues
    for power in (1, 2):
        degrees = fitted**power @ known.multiplicities, (exact**power).sum(axis=1)
        learned = fitted**power @ strengths.reshape(4, -1).T, exact**power @ signal.reshape(4, -1).T
        np.testing.assert_allclose(*degrees, rtol=5e-3)
        np.testing.assert_allclose(*learned, rtol=1e-2)
    # Below the smallest ridge signal and noise are one.
    own = np.einsum("kkd->k", strengths) + known.noises
    expected = signal[[0, 1], [0, 1]].sum(axis=1) + np.array([0.3, 0.0])
    np.testing.assert_allclose(own, expected, rtol=5e-3)
    trace = float(known.multiplicities @ known.eigenvalues)
    assert trace == pytest.approx(t.sum(), rel=5e-3)


def test_values_that_no_spectrum_has_are_refused():
    """Degrees of freedom grow as the ridge falls; nothing is returned where they do not."""
    kappa = np.geomspace(10, 1e-3, 60)
    with pytest.raises(ArithmeticError, match="no spectrum explains"):
        spectrum(Reading(kappa, np.where(kappa > 0.1, 5.0, 1.0), np.ones((60, 1, 1))))


def test_few_images_are_asked_of_many():
    assert images_of_a_sample(1000, 50000) == 2000
    assert images_of_a_sample(3, 50000) == 200
    assert images_of_a_sample(3000, 50000) == 0
    assert images_of_a_sample(150, 250) == 0
    with pytest.raises(ValueError, match="n = 150: expected at most half of 250"):
        infinite_population(jnp.ones((250, 3)), [jnp.ones((250, 1))], KERNELS["relu"], 150)


@pytest.mark.parametrize("model", KERNELS)
def test_models_of_every_width_on_gaussian_images(model):
    """Measured errors, double descent included, and what samples of the same images predict.

    Within 4 standard errors of draws, test images (their squares vary as much as their mean) and the
    images of the samples (alike), and a finite-size term of 2/d.
    """
    n, d, widths, (train, tested) = 100, 60, [20, 100, 300, 2000], (1600, 2000)
    X, _, Y, _ = gaussian(train + tested, d, 3)
    images = [jnp.asarray(x) for x in np.split(X, [train])]
    labels = np.split(Y, [train], axis=1)
    task = Task(
        "gaussian",
        images[0],
        jnp.asarray(labels[0][0]),
        HeldOut(images[1], jnp.asarray(labels[1][0]), jnp.zeros(tested, int), jnp.zeros(2)),
        {POOR: Synthetic(jnp.asarray(labels[0][1]), 0.0, 0.0)},
    )
    keys, ridge = jax.random.split(jax.random.key(2), 16), 0.02
    mixes = [CLEAN, Mix(0.5, POOR)]
    errors = np.stack(
        [scores_by_width(task, mixes, n, widths, FEATURES[model], [ridge], k).error for k in keys]
    )[:, :, 0]
    known = infinite_population(task.pool, list(jnp.asarray(labels[0])), KERNELS[model], n)
    counts = np.array([(n - mix.synthetic(n), mix.synthetic(n)) for mix in mixes] * 4, float)
    scaled = ridge / float(known.multiplicities.sum())
    expected = predicted_errors(known, [0, 1] * 4, counts, [scaled] * 8, list(np.repeat(widths, 2)))
    expected = np.asarray(expected).reshape(4, 2)
    stderr = errors.std(axis=0, ddof=1) / np.sqrt(len(keys))
    stderr = np.sqrt(stderr**2 + (1 / tested + 1 / train) * expected**2)
    assert (abs(errors.mean(axis=0) - expected) < 4 * stderr + 2 / d * expected).all()
    assert (stderr < 0.08 * expected).all()
    if model == "relu":  # the peak at m = n that it has to predict
        assert (expected[1] > 1.3 * expected[3]).all()
