"""Singular to rounding, and still every digit."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from collapse_theory.equivalent.m_matrix import invert_m_matrix, solve_m_matrix

mp.mp.dps = 60


def laplacian(O, excess):
    """I - O, whose row sums are the excess: on its diagonal are the excess and the rest of its row."""
    system = -mp.matrix(O.tolist())
    for k in range(len(O)):
        system[k, k] = mp.mpf(float(excess[k])) + mp.fsum(mp.mpf(float(x)) for x in O[k])
    return system


def random(K, size):
    """O >= 0 without a diagonal, and excesses of this size."""
    rng = np.random.default_rng(K)
    excess, O = size * rng.uniform(0.5, 1, K), rng.uniform(0, 1, (K, K)) / K
    np.fill_diagonal(O, 0)
    return rng, O, excess


def every_size(test):
    sizes = pytest.mark.parametrize("size", [1.0, 1e-8, 1e-16, 1e-30])
    return pytest.mark.parametrize("K", [1, 2, 4])(sizes(test))


@every_size
def test_sixty_digits(K, size):
    # I - O has an eigenvalue of the order of the excess: its entries in float64 do not even say which.
    rng, O, excess = random(K, size)
    forcing = rng.uniform(0, 1, (K, 2))
    system = laplacian(O, excess)
    full = O + np.diag([float(1 - system[k, k]) for k in range(K)])
    z = jax.jit(solve_m_matrix)(*map(jnp.asarray, (full, excess, forcing)))
    for column in range(2):
        expected = mp.lu_solve(system, mp.matrix(forcing[:, column].tolist()))
        np.testing.assert_allclose(z[:, column], [float(x) for x in expected], rtol=1e-14)


@every_size
def test_inverse_and_its_differences_in_sixty_digits(K, size):
    _, O, excess = random(K, size)
    O = np.triu(O, 1) + np.triu(O, 1).T
    N = mp.inverse(laplacian(O, excess))
    numbers = jax.jit(invert_m_matrix)(jnp.asarray(O), jnp.asarray(excess))
    inverse, differences = map(np.asarray, numbers)
    pairs = [(k, l) for k in range(K) for l in range(K)]
    np.testing.assert_allclose([inverse[p] for p in pairs], [float(N[p]) for p in pairs], rtol=1e-14)
    np.testing.assert_allclose(
        [differences[k, l] for k, l in pairs], [float(N[k, k] - N[k, l]) for k, l in pairs], rtol=1e-14
    )
