"""The law of verified samples against counts of drawn ones, and what it does to a fit."""

import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct

# Samples that are drawn; and more that a fit by second moments may be off, as a share of 1/d.
DRAWN, FINITE = 400_000, 0.5
FLIP, PHI, PSI, COSINE, NOISE = 0.1, 0.9, 0.25, 0.6, 0.3


def drawn(rng):
    """Coordinates of x in the plane of w_1 and w_2, and labels, of samples that are kept."""
    x = rng.normal(size=(DRAWN, 2))
    w_1, w_2 = np.array([1.0, 0.0]), np.array([COSINE, np.sqrt(1 - COSINE**2)])
    y = np.sign(x @ w_2 + np.sqrt(NOISE) * rng.normal(size=DRAWN))
    y = np.where(rng.random(DRAWN) < FLIP, -y, y)
    keep = rng.random(DRAWN) < np.where(y == np.sign(x @ w_1), PHI, PSI)
    return x[keep], y[keep], w_1, w_2


@pytest.mark.parametrize(("n_1", "n_2", "ridge"), [(0.0, 300.0, 0.5), (150.0, 300.0, 0.02)])
def test_a_fit_of_the_second_moments_of_kept_samples(n_1, n_2, ridge):
    """As linear regression on inputs of the measured covariance, with the measured linear predictor.

    The same theory of ridge regression, but nothing of what stands for a verifier here: a covariance
    that is not I in two directions, and labels of its best linear predictor.  It changes e_k by O(1/d).
    """
    d = 100
    x, y, w_1, w_2 = drawn(np.random.default_rng(1))
    plane, cross = x.T @ x / len(x), x.T @ y / len(x)
    beta = np.linalg.solve(plane, cross)

    def embedded(vector):
        return np.pad(vector, (0, d - 2))

    covariance = np.eye(d)
    covariance[:2, :2] = plane
    mean = np.sqrt(2 / np.pi)
    # Labels of the real source, of w_1 without noise, and of the synthetic one.
    vectors = [embedded(v) for v in (mean * w_1, mean * w_1, beta)]
    kept = n_2 * len(x) / DRAWN
    sources = (
        ct.Source(0.0, np.eye(d)),
        ct.Source(n_1, np.eye(d), 1 - 2 / np.pi),
        ct.Source(kept, covariance, 1 - cross @ beta),
    )

    def size(scale):
        """E |w_hat - scale u|^2, u the truth of length `mean`."""
        first = [scale * vectors[0], *vectors[1:]]
        moments = np.einsum("ja,kb->jkab", first, first)
        return ct.predict(ct.Problem(sources, None, ridge, moments=moments)).total

    overlap = (size(0.0) + mean**2 - size(1.0)) / 2
    expected = np.arccos(overlap / mean / np.sqrt(size(0.0))) / np.pi

    isotropic = jnp.ones(d)
    same = np.array([[w_j @ w_k for w_k in (w_1, w_2)] for w_j in (w_1, w_2)])
    moments = same[:, :, None] * np.ones(d) / d
    data = (ct.Source(n_1, isotropic), ct.Source(n_2, isotropic, NOISE))
    problem = ct.Problem(data, None, ridge, moments=moments)
    labels = ct.SignLabels(), ct.SignLabels(FLIP, ct.Verifier(PHI, PSI))
    quality = ct.label_quality(problem, labels)
    rate = len(x) / DRAWN
    assert abs(quality.kept[1] - rate) < 4 * np.sqrt(rate * (1 - rate) / DRAWN)
    wrong = np.mean(y != np.sign(x @ w_1))
    assert abs(quality.wrong[1] - wrong) < 4 * np.sqrt(wrong * (1 - wrong) / len(x))
    error = ct.classification_error(problem, labels)
    # An angle by second moments of so many samples, of which each number has an error of 1/sqrt(kept).
    sampling = 4 / np.sqrt(len(x)) / np.pi
    assert abs(error - expected) < sampling + FINITE / d * expected
