"""When the first synthetic sample helps, and what the training error tells."""

import jax
import numpy as np
import pytest

import collapse_theory as ct
from tests.problems import random_problem, replace


@pytest.mark.parametrize("n", [30.0, 80.0, 1e4])
def test_isotropic_without_ridge_it_is_the_test_error_with_noise(n):
    sources = (ct.Source(n, np.ones(50), 0.3), ct.Source(7.0, np.ones(50), 0.3))
    problem = ct.Problem(sources, 2.0, 0.0)
    alone = ct.predict(replace(problem, sources=sources[:1])).total
    if n > 50:
        np.testing.assert_allclose(ct.break_even(problem), 0.3 + alone, rtol=1e-9)
    # The derivative of the error in log n over the variance per unit of noise.
    slope = jax.grad(
        lambda n: ct.predict(ct.Problem((ct.Source(n, np.ones(50), 0.3),), 2.0, 0.0)).total
    )(n)
    V = ct.predict(replace(problem, sources=sources[:1])).variance
    np.testing.assert_allclose(ct.break_even(problem), -n * slope / (V / 0.3), rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("width", [None, 9.0])
def test_a_sample_at_break_even_neither_helps_nor_hurts(seed, width):
    problem = random_problem(np.random.default_rng(seed), d=11, sources=3, width=width)
    first, second, third = problem.sources
    third = replace(third, n=0.0 * third.n)
    quality = ct.break_even(problem, source=3)
    scale = quality / np.sum(third.covariance * third.shift)
    sources = (first, second, replace(third, shift=scale * third.shift))
    assert quality > 0
    worth = ct.marginal_risk(replace(problem, sources=sources)).total
    right = ct.marginal_risk(
        replace(problem, sources=(first, second, replace(third, shift=0 * third.shift)))
    ).total
    assert abs(worth[2]) < 1e-10 * abs(right[2])


@pytest.mark.parametrize("source", [1, 3, 0, True, 1.5])
def test_a_synthetic_source_is_needed(source):
    sources = (ct.Source(20, np.ones(5), 0.3), ct.Source(7.0, np.ones(5), 0.3))
    with pytest.raises(ValueError, match=r"source = .*: expected a synthetic source, 2 to 2"):
        ct.break_even(ct.Problem(sources, 2.0, 0.1), source)


@pytest.mark.parametrize("width", [None, 60])
def test_training_errors_of_trained_models(width):
    """Averaged over labels exactly; |z| counts the standard errors of 300 draws, plus O(1/d)."""
    d, ridge, n = 120, 0.05, (150, 90)
    rng = np.random.default_rng(0)
    spectra = np.linspace(0.2, 1.8, d), np.linspace(1.5, 0.5, d)
    noises, shift, weights = (0.3, 0.2), 0.5 / d, (1.0, 2.0)
    sources = [
        ct.Source(n[k], spectra[k], noises[k], np.full(d, shift * k), weights[k]) for k in range(2)
    ]
    problem = ct.Problem(sources, np.ones(d) / d, ridge, width)
    measured = []
    for _ in range(300):
        X = [rng.normal(size=(n[k], d)) * np.sqrt(spectra[k]) for k in range(2)]
        S = np.eye(d) if width is None else rng.normal(size=(d, width)) / np.sqrt(d)
        w = rng.normal(size=d) / np.sqrt(d)
        vectors = [w, w + rng.normal(size=d) * np.sqrt(shift)]
        y = [X[k] @ vectors[k] + rng.normal(size=n[k]) * np.sqrt(noises[k]) for k in range(2)]
        Z = [x @ S for x in X]
        normal = sum(weights[k] * Z[k].T @ Z[k] for k in range(2)) / sum(n)
        right = sum(weights[k] * Z[k].T @ y[k] for k in range(2)) / sum(n)
        v = np.linalg.solve(normal + ridge * np.eye(len(right)), right)
        measured.append([np.mean((y[k] - Z[k] @ v) ** 2) for k in range(2)])
    mean = np.mean(measured, axis=0)
    error = np.std(measured, axis=0) / np.sqrt(300)
    predicted = np.array(ct.training_error(problem))
    print(f"z {(mean - predicted) / error}, gap {mean / predicted - 1}")
    assert (np.abs(mean - predicted) < 4 * error + 3 / d * predicted).all()
    estimated = ct.generalised_cross_validation(problem, predicted)
    np.testing.assert_allclose(estimated, ct.source_errors(problem), rtol=1e-12)


def test_source_errors_are_risks_on_the_sources():
    problem = random_problem(np.random.default_rng(2), d=11, sources=1, width=9.0)
    tested = replace(problem, test_covariance=problem.sources[0].covariance)
    expected = ct.predict(tested).total + problem.sources[0].noise
    np.testing.assert_allclose(ct.source_errors(problem), [expected], rtol=1e-12)


def test_interpolation_leaves_no_training_error():
    problem = ct.Problem((ct.Source(20, np.ones(50), 0.3),), 1.0, 0.0)
    assert ct.training_error(problem)[0] == 0
    assert np.isnan(ct.generalised_cross_validation(problem, [0.0])[0])
