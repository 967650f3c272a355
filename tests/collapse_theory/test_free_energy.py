"""The risk as a derivative of the free energy: a second route, and how far it can be trusted."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.equivalent import solve, stack
from collapse_theory.equivalent.expansion import expand, limit
from tests import oracle
from tests.problems import parts, random_problem


@eqx.filter_jit
def by_expansion(problem):
    return limit(*expand(solve(stack(problem))))


@pytest.mark.parametrize("diagonal", [True, False])
@pytest.mark.parametrize("width", [None, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_risk_is_a_derivative_of_the_free_energy(seed, width, diagonal):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, d=4, sources=2, diagonal=diagonal, width=width)
    expected = parts(ct.predict(problem))
    np.testing.assert_allclose(parts(ct.risk_from_free_energy(problem)), expected, rtol=1e-8)
    np.testing.assert_allclose(by_expansion(problem), expected, rtol=1e-13)


def test_the_deterministic_equivalent_is_its_only_stationary_point():
    problem = random_problem(np.random.default_rng(1), d=7, sources=2, width=5.0)
    x = ct.stationary_point(problem)
    np.testing.assert_allclose(jax.jit(jax.grad(lambda y: ct.free_energy(problem, y)))(x), 0, atol=1e-11)
    hessian = jax.jit(jax.hessian(lambda y: ct.free_energy(problem, y)))
    for far in (x + 1.0, x - jnp.array([2.0, -1.0, 0.5])):
        assert np.linalg.eigvalsh(hessian(far)).min() > 0


def test_eta_scales_the_labels():
    problem = random_problem(np.random.default_rng(2), d=7, sources=2, width=5.0)
    x, t = ct.stationary_point(problem), 0.3
    with_labels, without = (ct.free_energy(problem, x, t, eta) for eta in (2.0, 0.0))
    np.testing.assert_allclose(with_labels - without, 2 * ct.label_energy(problem, x, t), rtol=1e-10)


# The free energy as it is written loses digits of a small bias, which is a difference of large
# numbers; written in shares it does not, and is as accurate as `predict`.
@pytest.mark.parametrize("width", [None, 1, 4.0001, 1e9])
@pytest.mark.parametrize("n", [1, 3.9999, 60, 1e9])
@pytest.mark.parametrize("ridge", [1e-12, 1e-3, 1e4])
def test_sixty_digits(width, n, ridge):
    rng = np.random.default_rng(1)
    spectra = [np.array([1.0, 0.3, 1e-2, 1e-5]), np.array([0.5, 1.0, 2e-3, 3e-5])]
    sources = (
        ct.Source(0.7 * n, spectra[0], 0.3),
        ct.Source(0.3 * n, spectra[1], 0.1, rng.uniform(0.1, 1, 4), 0.6),
    )
    problem = ct.Problem(sources, rng.uniform(0.1, 1, 4), ridge, width, spectra[0])
    expected = np.array([float(value) for value in oracle.risk(problem)])
    np.testing.assert_allclose(by_expansion(problem), expected, rtol=1e-8)
    literal = parts(ct.risk_from_free_energy(problem))
    np.testing.assert_allclose(literal, expected, rtol=1e-8, atol=1e-8 * expected.sum())
