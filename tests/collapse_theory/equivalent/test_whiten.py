"""Inverse Cholesky factors by matrix products."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from collapse_theory.equivalent import whiten as whitening

whiten = jax.jit(whitening.whiten)  # one program in place of dozens


def gram(q, ridge, rng):
    rows = rng.normal(size=(q, q))
    return rows @ rows.T / q + ridge * np.eye(q)


@pytest.mark.parametrize("q", [1, 2, 31, 33, 150])
def test_inverts_the_cholesky_factor(q):
    A = gram(q, 1e-3, np.random.default_rng(q))
    X = np.asarray(whiten(jnp.asarray(A)))
    assert (np.triu(X, 1) == 0).all()
    np.testing.assert_allclose(X, np.linalg.inv(np.linalg.cholesky(A)), rtol=1e-8, atol=1e-9)


def test_as_exact_as_lapack_where_conditions_are_bad():
    # Condition 1e10: both lose ten of sixteen digits.
    A = gram(60, 0.0, np.random.default_rng(0))
    _, basis = np.linalg.eigh(A)
    A = (basis * np.geomspace(1e-10, 1, 60)) @ basis.T
    exact = (basis * np.geomspace(1e10, 1, 60)) @ basis.T
    X = np.asarray(whiten(jnp.asarray(A)))
    assert np.abs(X.T @ X - exact).max() < 10 * max(np.abs(np.linalg.inv(A) - exact).max(), 1e3)


def test_batches_are_what_each_matrix_gives():
    rng = np.random.default_rng(1)
    batch = jnp.stack([jnp.asarray(gram(40, 0.1, rng)) for _ in range(3)])
    alone = [whiten(A) for A in batch]
    np.testing.assert_allclose(jax.jit(jax.vmap(whiten))(batch), alone, rtol=1e-10, atol=1e-12)


def test_no_number_where_there_is_no_factor():
    assert not np.isfinite(np.asarray(whiten(jnp.diag(jnp.array([1.0, -1.0, 1.0]))))).all()
