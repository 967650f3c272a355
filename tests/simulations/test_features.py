"""Bartlett factors have the Gram matrix of Gaussian rows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from simulations.features import bartlett, compress, rademacher, student_t


@pytest.mark.parametrize("n", [1, 3, 5, 40])
def test_wishart_moments(n):
    q, draws = 5, 20_000
    keys = jax.random.split(jax.random.key(0), draws)
    counts = jnp.array([float(n), 7.0])
    F = jax.vmap(lambda key: bartlett(key, counts, (q, 2), q))(keys)[:, :q]
    W = np.einsum("sri,srj->sij", F, F)
    # E W = n I, Var W_ii = 2 n, Var W_ij = n.
    mean, spread = W.mean(axis=0), W.std(axis=0)
    expected = np.sqrt(n * (np.eye(q) + 1))
    assert (np.abs(mean - n * np.eye(q)) < 4.5 * expected / np.sqrt(draws)).all()
    # The standard deviation of a sample variance of such heavy tails: kurtosis at most 15.
    np.testing.assert_allclose(spread**2, expected**2, rtol=4.5 * np.sqrt(15 / draws))
    assert np.linalg.matrix_rank(W[0]) == min(n, q)


def test_upper_triangle_with_positive_diagonal_and_padding():
    F = np.array(bartlett(jax.random.key(1), jnp.array([2.0, 9.0]), (4, 3), 3))
    assert (F[2:4] == 0).all()
    for block in (F[:4], F[4:]):
        assert (np.tril(block, -1) == 0).all()
    assert (np.diag(F[4:]) > 0).all()


def test_compressed_rows_have_the_same_gram_matrix():
    X = jax.random.normal(jax.random.key(0), (30, 4))
    np.testing.assert_allclose(compress(X).T @ compress(X), X.T @ X, rtol=1e-12)
    assert compress(X[:3]).shape == (3, 4)


@pytest.mark.parametrize("entries", [rademacher, student_t(9.0)])
def test_entries_are_standardised(entries):
    values = np.array(entries(jax.random.key(0), (400_000,), np.float64))
    assert abs(values.mean()) < 4.5 / np.sqrt(values.size)
    assert abs(values.var() - 1) < 4.5 * np.sqrt(5 / values.size)
