"""Triangles by blocks are what full products and solves give."""

import jax
import numpy as np
import pytest

from simulations.triangle import inverse_of_lower, square_of_lower, square_of_upper


@pytest.mark.parametrize("q", [1, 33, 151])  # below and above the smallest blocks, in odd halves
def test_against_full_products(q):
    rows = np.random.default_rng(q).normal(size=(q, q))
    lower = np.tril(rows) + 2 * np.sqrt(q) * np.eye(q)
    square, inverse = jax.jit(square_of_lower)(lower), jax.jit(inverse_of_lower)(lower)
    np.testing.assert_allclose(square, lower.T @ lower, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(inverse @ lower, np.eye(q), atol=1e-12)
    assert (np.triu(inverse, 1) == 0).all()
    for length in {q, q // 2 + 1, q // 3}:
        upper = np.triu(rows)[:length]
        found = jax.jit(square_of_upper)(upper)
        np.testing.assert_allclose(found, upper.T @ upper, rtol=1e-12, atol=1e-12)
