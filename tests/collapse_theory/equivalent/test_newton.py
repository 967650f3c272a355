"""The solver: bounded, quadratically convergent, at home in every corner."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.equivalent import fixed_point, newton
from collapse_theory.predict import predict_with_status
from tests.problems import random_problem


@pytest.mark.parametrize("start", [-30.0, 0.0, 5.0, 50.0])
def test_finds_the_minimum_of_exponentials_from_far_away(start):
    # The gradient of e^x + 3 e^-2x - x.
    def gradient(x):
        return jnp.exp(x) - 6 * jnp.exp(-2 * x) - 1

    found, status = newton.find_root(gradient, jnp.array([start]))
    assert status.converged
    assert float(jnp.abs(gradient(found))[0]) < 1e-12


def test_converges_quadratically(monkeypatch):
    def gradient(x):
        return jnp.exp(x) - 2

    errors = []
    for steps in range(1, 6):
        monkeypatch.setattr(newton, "MAX_STEPS", steps)
        found, _ = newton.find_root(gradient, jnp.array([1.5]))
        errors.append(abs(float(found[0]) - np.log(2)))
    errors = [error for error in errors if error > 1e-14]
    assert len(errors) >= 3
    assert all(after < before**1.9 for before, after in itertools.pairwise(errors[1:]))


def test_more_steps_are_named_as_the_cause(monkeypatch):
    monkeypatch.setattr(newton, "MAX_STEPS", 2)
    _, status = newton.find_root(lambda x: jnp.exp(x) - 2, jnp.array([20.0]))
    assert not status.converged
    message = status.message()
    assert message.startswith("the fixed-point equations did not converge in 2 Newton steps")
    assert message.endswith("more steps would be needed")


def test_numbers_that_are_not_finite_are_named_as_the_cause():
    _, status = newton.find_root(lambda x: jnp.exp(x) - jnp.inf, jnp.array([1.0]))
    assert not status.converged
    assert "left the range of float64" in status.message()


def failure(ridge, d):
    """What is said of two sources of ranks d and 2; programs of other d are compiled anew."""
    low_rank = np.where(np.arange(d) < 2, 1.0, 0.0)
    sources = (ct.Source(5, np.ones(d), 0.1), ct.Source(2.5, low_rank, 0.2, 0.5))
    with pytest.raises(ct.SolveError) as caught:
        ct.predict(ct.Problem(sources, 1.0, ridge))
    return str(caught.value)


def test_a_tiny_ridge_is_advised_without_one_only(monkeypatch):
    assert failure(0.0, d=9).endswith("try a tiny ridge, which gives the limit")
    monkeypatch.setattr(newton, "MAX_STEPS", 1)
    assert failure(0.1, d=10).endswith("more steps would be needed")


def test_a_badly_conditioned_inverse_cannot_fake_convergence(monkeypatch):
    monkeypatch.setattr(fixed_point, "WORST_CONDITION", 0.5)  # below any
    problem = random_problem(np.random.default_rng(0), d=13, sources=2, diagonal=False, width=None)
    with pytest.raises(ct.SolveError, match=r"sources that differ .* cannot be told apart in float64"):
        ct.predict(problem)


def test_the_worst_of_many():
    zeros, failed = jnp.zeros(3), jnp.array([False, True, False])
    causes = jnp.array([0, newton.Cause.STALLED.value, 0])
    worst = newton.Status.worst(newton.Status(~failed, zeros, jnp.array([7, 8, 9]), causes))
    assert (bool(worst.converged), int(worst.steps)) == (False, 8)
    assert "rounding" in worst.message()


@pytest.mark.parametrize("classical", [True, False])
@pytest.mark.parametrize("ridgeless", [True, False])
def test_every_corner_converges(classical, ridgeless):
    # Two different covariances over five decades of eigenvalues, n and m over nine, ridges over 16.
    draws = 2000
    rng = np.random.default_rng(0)
    n, m = 10 ** rng.uniform(0, 9, (2, draws))
    near = rng.choice([1 - 1e-3, 1 - 1e-6, 1 + 1e-6, 1 + 1e-3], draws)
    close = rng.random(draws)
    n = np.where(close < 0.2, 12 * near, n)
    m = np.where((close > 0.1) & (close < 0.3), n * near, m)
    ridge = np.zeros(draws) if ridgeless else 10 ** rng.uniform(-12, 4, draws)
    spectra = np.logspace(0, -5, 12), np.logspace(-3, 0, 12)

    @jax.jit
    @jax.vmap
    def solve(n, m, fraction, ridge, weight):
        sources = (
            ct.Source((1 - fraction) * n, spectra[0], 0.3),
            ct.Source(fraction * n, spectra[1], 0.1, 0.5, weight),
        )
        return predict_with_status(ct.Problem(sources, 1.0, ridge, None if classical else m))

    risk, status = solve(n, m, rng.uniform(0, 1, draws), ridge, 10 ** rng.uniform(-3, 3, draws))
    assert status.converged.all()
    assert status.steps.max() <= 60
    for part in (risk.bias, risk.variance, risk.zeta):
        assert np.isfinite(part).all()
        assert (part >= 0).all()
