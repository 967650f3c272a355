"""Surrogate labels: stationary, no worse than the truth, and what arXiv 2410.18837 says of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

import collapse_theory as ct
from tests.problems import parts, random_problem, replace

D = 17


def labelled_by(problem, F, k=1):
    """The problem with labels of source k + 1 by F w_1, as moments, shifts staying where they are."""
    K, Gamma = len(problem.sources), jnp.asarray(problem.signal)
    product = jnp.multiply if F.ndim == 1 else jnp.matmul
    maps = [F if j == k else jnp.ones(D) if F.ndim == 1 else jnp.eye(D) for j in range(K)]
    rows = [[product(product(A, Gamma), B.T) for B in maps] for A in maps]
    moments = jnp.stack([jnp.stack(row) for row in rows])
    for j in range(1, K):
        moments = moments.at[j, j].add(problem.sources[j].shift)
    sources = [replace(source, shift=jnp.zeros(())) for source in problem.sources]
    settings = (problem.ridge, problem.width, problem.test_covariance, moments)
    return ct.Problem(sources, None, *settings)


@pytest.mark.parametrize(
    ("sources", "diagonal", "width", "source"),
    [(2, True, None, 2), (3, True, 30.0, 3), (2, False, 11.0, 2), (2, False, None, 2)],
)
def test_stationary(sources, diagonal, width, source):
    rng = np.random.default_rng(sources + source)
    problem = random_problem(rng, sources=sources, diagonal=diagonal, width=width, ridge=0.2)
    best = ct.best_surrogate(problem, source)
    one = jnp.ones(D) if diagonal else jnp.eye(D)

    def total(F):
        return ct.predict(labelled_by(problem, F, source - 1)).total

    (lowest, slope), (true, start) = (jax.value_and_grad(total)(F) for F in (best.factors, one))
    assert np.abs(slope).max() < 1e-8 * np.abs(start).max()
    np.testing.assert_allclose([lowest, true], [best.risk.total, best.true_labels.total], 1e-9)
    np.testing.assert_allclose(parts(best.true_labels), parts(ct.predict(problem)), 1e-9)
    assert lowest < true
    # The curvature is positive: another step in any direction leads up.
    for step in rng.normal(size=(3, *one.shape)):
        assert total(best.factors + 0.1 * step) > lowest


def test_neither_signal_nor_noise_matters():
    problem = random_problem(np.random.default_rng(1), sources=2, width=30.0)
    other = replace(problem, signal=jnp.linspace(0.1, 2.0, D))
    noisy = replace(other.sources[1], noise=jnp.array(3.0))
    other = replace(other, sources=(other.sources[0], noisy))
    one, two = (ct.best_surrogate(p).factors for p in (problem, other))
    np.testing.assert_allclose(one, two, 1e-10)


def student(n, ridge, covariance, noise=0.3, width=None):
    sources = (ct.Source(0, covariance), ct.Source(n, covariance, noise))
    return ct.Problem(sources, 1.0, ridge, width)


S = ct.spectra.power_law(D, 1.5)


@pytest.mark.parametrize(("n", "ridge"), [(10.0, 0.0), (10.0, 0.1), (40.0, 0.1)])
def test_one_source_in_closed_form(n, ridge):
    """arXiv 2410.18837: large eigenvalues are amplified, small ones shrunk."""
    best = ct.best_surrogate(student(n, ridge, S))
    kappa = brentq(lambda k: k - ridge - k * np.sum(S / (S + k)) / n, 1e-9, 100)
    theta = S / (S + kappa)
    u = np.sum(theta**2) / n
    np.testing.assert_allclose(best.factors, theta / (theta**2 + u / (1 - u) * (1 - theta) ** 2), 1e-8)
    np.testing.assert_array_equal(best.factors > 1, kappa * u / (1 - u) < S)


def test_a_weak_model_teaches_better_than_the_truth():
    """One that knows nothing of small eigenvalues: zeta of its labels is below 0 (2410.18837)."""
    problem = student(10.0, 0.0, S)
    best = ct.best_surrogate(problem)
    mask = jnp.asarray(
        best.factors > 0.5, float
    )  # a parabola is lower at 1 than at 0 right of its middle
    assert 0 < mask.sum() < D
    masked = ct.predict(labelled_by(replace(problem, signal=jnp.full(D, 1 / S.sum())), mask))
    assert best.risk.total < masked.total < best.true_labels.total
    own_error = np.sum(S * (1 - mask)) / S.sum()
    assert own_error > 0


def test_endless_data_undo_the_ridge():
    best = ct.best_surrogate(student(1e12, 0.5, S))
    np.testing.assert_allclose(best.factors, (S + 0.5) / S, 1e-9)
    assert best.risk.total < 1e-9 < best.true_labels.total
    unshrunk = ct.best_surrogate(student(1e12, 0.0, S))
    np.testing.assert_allclose(unshrunk.factors, 1, 1e-9)


def test_labels_that_reach_nothing():
    empty = ct.best_surrogate(
        replace(student(40.0, 0.1, S), sources=[ct.Source(40, S), ct.Source(0, S)])
    )
    np.testing.assert_array_equal(empty.factors, np.ones(D))
    threshold = ct.best_surrogate(student(float(D), 0.0, S))
    np.testing.assert_array_equal(threshold.factors, np.ones(D))
    assert np.isinf(threshold.risk.total)


def test_errors():
    problem = student(10.0, 0.1, S)
    for source in (1, 3, 2.0):
        with pytest.raises(ValueError, match=f"source = {source}: expected a whole number from 2 to 2"):
            ct.best_surrogate(problem, source)
    problem = labelled_by(replace(problem, signal=jnp.ones(D)), jnp.ones(D))
    with pytest.raises(ValueError, match="moments = an array: expected None"):
        ct.best_surrogate(problem)
