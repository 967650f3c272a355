"""A diagonal is the dense matrix that it stands for; inverses of graded matrices keep their digits."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from collapse_theory.equivalent import algebra
from tests import oracle

D = 4
VECTORS = jnp.asarray(np.random.default_rng(0).uniform(0.5, 2, (3, D)))
MATRICES = jnp.asarray(np.random.default_rng(1).normal(size=(3, D, D)))


def dense(matrix):
    return np.diag(matrix) if matrix.ndim == 1 else np.asarray(matrix)


@pytest.mark.parametrize("left", [VECTORS[0], MATRICES[0]])
@pytest.mark.parametrize("right", [VECTORS[1], MATRICES[1]])
def test_products_and_traces(left, right):
    product = algebra.product(left, right)
    assert product.ndim == max(left.ndim, right.ndim)
    np.testing.assert_allclose(dense(product), dense(left) @ dense(right), rtol=1e-14)
    thrice = algebra.product(left, right, left)
    np.testing.assert_allclose(dense(thrice), dense(left) @ dense(right) @ dense(left), rtol=1e-13)
    trace = np.trace(dense(left) @ dense(right).T)
    np.testing.assert_allclose(algebra.trace(left, right), trace, rtol=1e-13)


@pytest.mark.parametrize("matrix", [VECTORS[0], MATRICES[0]])
def test_forms(matrix):
    np.testing.assert_array_equal(algebra.diagonal(matrix), np.diag(dense(matrix)))
    np.testing.assert_array_equal(dense(algebra.identity(matrix, 3.0)), 3 * np.eye(D))
    np.testing.assert_array_equal(algebra.expand(matrix, 1), np.diag(dense(matrix)))
    np.testing.assert_array_equal(algebra.expand(matrix, 2), dense(matrix))
    added = algebra.add_diagonal(matrix, VECTORS[1])
    np.testing.assert_array_equal(dense(added), dense(matrix) + np.diag(VECTORS[1]))


def graded(span):
    """A positive definite matrix whose diagonal entries span this factor."""
    core = MATRICES[2] @ MATRICES[2].T + jnp.eye(D)
    scale = jnp.geomspace(1, span**-0.5, D)
    return core * scale[:, None] * scale[None]


def test_inverse_of_a_graded_matrix_keeps_every_entry():
    matrix = graded(1e24)
    inverse = algebra.inverse(matrix)
    exact = oracle.matrix(matrix) ** -1
    expected = np.array([[float(exact[i, j]) for j in range(D)] for i in range(D)])
    size = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert (np.abs(inverse - expected) < 1e-13 * size).all()
    assert algebra.scaled_condition(matrix, inverse) < 1e3
    np.testing.assert_allclose(algebra.inverse(VECTORS[0]), 1 / VECTORS[0], rtol=1e-16)
    assert algebra.scaled_condition(VECTORS[0], 1 / VECTORS[0]) == 1


def test_inverse_has_its_derivative():
    matrix, change = graded(1e4), graded(1.0)
    _, tangent = jax.jvp(algebra.inverse, (matrix,), (change,))
    inverse = np.linalg.inv(matrix)
    np.testing.assert_allclose(tangent, -inverse @ change @ inverse, rtol=1e-9)


def test_scaled_condition_is_a_bound():
    near = jnp.array([[1.0, 1 - 1e-9], [1 - 1e-9, 1.0]])
    bound = algebra.scaled_condition(near, algebra.inverse(near))
    assert mp.mpf(2e9) * 0.99 < float(bound) < 1e10
