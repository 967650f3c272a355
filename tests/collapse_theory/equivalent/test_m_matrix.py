"""Singular to rounding, and still every digit."""

import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from collapse_theory.equivalent.m_matrix import log_determinant, solve_m_matrix

mp.mp.dps = 60


@pytest.mark.parametrize("K", [1, 2, 4])
@pytest.mark.parametrize("size", [1.0, 1e-8, 1e-16, 1e-30])
def test_sixty_digits(K, size):
    # I - O has an eigenvalue of the order of the excess: its entries in float64 do not even say which.
    rng = np.random.default_rng(K)
    excess = size * rng.uniform(0.5, 1, K)
    O = rng.uniform(0, 1, (K, K)) / K
    forcing = rng.uniform(0, 1, (K, 2))
    np.fill_diagonal(O, 0)
    # Row sums are 1 - excess: the diagonal of I - O is the excess and the rest of its row.
    system = -mp.matrix(O.tolist())
    for k in range(K):
        system[k, k] = mp.mpf(float(excess[k])) + mp.fsum(mp.mpf(float(x)) for x in O[k])
    full = O + np.diag([float(1 - system[k, k]) for k in range(K)])
    z = solve_m_matrix(*map(jnp.asarray, (full, excess, forcing)))
    for column in range(2):
        expected = mp.lu_solve(system, mp.matrix(forcing[:, column].tolist()))
        np.testing.assert_allclose(z[:, column], [float(x) for x in expected], rtol=1e-14)
    logarithm = log_determinant(jnp.asarray(full), jnp.asarray(excess))
    np.testing.assert_allclose(logarithm, float(mp.log(mp.det(system))), rtol=1e-14, atol=1e-14)
