"""Nonlinear features as they are against their Gaussian equivalent, and what a test set sees of them."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from simulations import simulate, simulate_draws, simulate_generations
from simulations.kernel import kernel, means
from simulations.sweep.draws import groups
from tests.problems import ALARM, parts, replace

D = 60


def tanh(u):
    return jnp.tanh(u)


def problem(*, d=D, exponent=0.0, activation=jax.nn.relu, second=True, ridge=0.05, seeds=None):
    """n = 1.5 d, m = d; source 2 and the test set have covariances, so slopes, of their own."""
    first = np.asarray(ct.spectra.power_law(d, exponent))
    other, test = (np.linspace(0.5, 2, d), 1.5 * first) if second else (first, None)
    sources = (ct.Source(0.9 * d, first, 0.1), ct.Source(0.6 * d, other, 0.2, 0.5, 0.8))
    return ct.Problem(sources, 1.0, ridge, d, test, activation=activation)


@pytest.fixture(scope="module")
def projection():
    rng = np.random.default_rng(3)
    covariance = rng.uniform(0.2, 2, 8)
    return rng.normal(size=(8, 30)) / np.sqrt(8), covariance


def test_the_kernel_of_relu_is_the_arc_cosine_one(projection):
    """Cho and Saul (2009): E relu(u) relu(v) of Gaussians at an angle."""
    S, covariance = projection
    found = kernel(jax.nn.relu, jnp.asarray(S), jnp.asarray(covariance))
    gram = S.T @ (covariance[:, None] * S)
    norms = np.sqrt(np.diag(gram))
    angle = np.arccos(np.clip(gram / np.outer(norms, norms), -1, 1))
    mean = norms / np.sqrt(2 * np.pi)
    exact = np.outer(norms, norms) / (2 * np.pi) * (np.sin(angle) + (np.pi - angle) * np.cos(angle))
    gap = np.abs(found.second - (exact - np.outer(mean, mean)))
    assert (gap <= np.asarray(found.left_out) + 1e-13).all()
    assert gap.max() < 1e-4  # of eight inputs some features are correlated by 0.97
    np.testing.assert_allclose(
        means(jax.nn.relu, jnp.asarray(S), jnp.asarray(covariance)), mean, rtol=1e-13
    )
    np.testing.assert_allclose(found.cross, (covariance[:, None] * S).T / 2, rtol=1e-12)


def test_the_kernel_of_any_function_is_what_a_large_test_set_sees(projection):
    S, covariance = projection
    matrix = (BASIS * covariance) @ BASIS.T
    found = kernel(tanh, jnp.asarray(S), jnp.asarray(matrix))
    rng = np.random.default_rng(5)
    x = rng.normal(size=(100_000, 8)) @ np.linalg.cholesky(matrix).T
    z = np.tanh(x @ S)
    for expected, others in ((found.second, z), (found.cross, x)):
        seen, squares = z.T @ others / len(x), (z**2).T @ others**2 / len(x)
        error = np.sqrt((squares - seen**2) / len(x))
        assert (np.abs(seen - np.asarray(expected)) < 5 * error).all()


BASIS = np.linalg.qr(np.random.default_rng(9).normal(size=(8, 8)))[0]


@pytest.mark.parametrize("activation", [jax.nn.relu, tanh], ids=["relu", "tanh"])
def test_isotropic_features_are_as_the_theory_says(activation):
    asked = problem(activation=activation)
    estimate, limit = simulate(asked, 100, key=1), ct.predict(asked)
    gaps = parts(estimate.mean) - parts(limit)
    print(f"{activation.__name__}: {gaps / float(limit.total)} +- {parts(estimate.stderr)}")
    # 2 / d: what features that are not Gaussian leave beside the limit; it falls like 1 / d (below).
    assert (np.abs(gaps) < ALARM * parts(estimate.stderr) + 2 / D * float(limit.total)).all()


def test_the_gap_is_one_of_effective_dimension():
    """The same d, n and m: 1/j has an effective dimension of 13 where isotropic inputs have 60."""
    gaps = []
    for exponent in (0.0, 1.0):
        asked = problem(exponent=exponent, second=False, ridge=0.01)
        estimate, limit = simulate(asked, 100, key=2), float(ct.predict(asked).total)
        gaps.append((abs(estimate.mean.total / limit - 1), estimate.stderr.total / limit))
    print(gaps)
    (gentle, error), (steep, steep_error) = gaps
    assert gentle < ALARM * error + 2 / D
    assert steep > ALARM * steep_error + 2 / D


def test_one_trained_model_is_the_average_in_the_mean():
    asked = problem()
    averaged, trained = simulate(asked, 100, key=1), simulate(asked, 400, key=5, measure="trained")
    gap = averaged.mean.total - trained.mean.total
    assert abs(gap) < ALARM * np.hypot(averaged.stderr.total, trained.stderr.total)
    assert trained.mean.bias is None


def test_a_line_is_what_projections_are():
    """Two simulators of one model: rows one by one here, by Bartlett's factors there."""
    pair = [simulate(problem(activation=a), 200, key=3) for a in (line, None)]
    gap = parts(pair[0].mean) - parts(pair[1].mean)
    assert (np.abs(gap) < ALARM * np.hypot(*(parts(e.stderr) for e in pair))).all()


def line(u):
    return u


def test_without_a_ridge_weights_are_of_least_norm():
    """Fewer rows than features: the limit of small ridges."""
    draws = simulate_draws(replace(problem(), width=jnp.array(120.0)), [0.0, 1e-9], 8)
    np.testing.assert_allclose(draws.risks[..., 0], draws.risks[..., 1], rtol=1e-5)


def test_what_cannot_be_simulated_is_refused():
    asked = problem()
    with pytest.raises(ValueError, match='features = rademacher: expected "gaussian"'):
        simulate(asked, 4, features="rademacher")
    with pytest.raises(ValueError, match="activation = relu: expected None"):
        simulate_generations(asked, 2, 4)


def test_what_sums_leave_out_is_held_against_the_standard_error(monkeypatch):
    monkeypatch.setattr(sys.modules["simulations.simulate"], "LEFT_OUT", 1e-9)
    with pytest.raises(ArithmeticError, match="too correlated for sums of Hermite polynomials"):
        simulate(problem(d=10, exponent=2.0), 64)


def test_a_sweep_keeps_activations_apart():
    every = [problem(activation=a) for a in (jax.nn.relu, tanh, None, jax.nn.relu)]
    assert [group.places for group in groups(every, "averaged")] == [[0, 3], [1], [2]]
