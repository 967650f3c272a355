"""Linear algebra written once for dense and for diagonal matrices.

A matrix is a d x d array, or a vector of length d that stands for the diagonal matrix with these
entries.  What only concerns diagonals costs O(d).
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent.whiten import whiten

Matrix = Float[Array, "..."]  # two dimensions or one
HALVED = 32  # rows of a half, below which more and smaller products are no gain


def product(first: Matrix, *others: Matrix) -> Matrix:
    """The matrix product, a diagonal if all factors are."""
    return functools.reduce(_times, others, first)


def _times(left: Matrix, right: Matrix) -> Matrix:
    if left.ndim == right.ndim == 2:
        return left @ right
    if left.ndim == right.ndim == 1:
        return left * right
    return left[:, None] * right if left.ndim == 1 else left * right[None]


def trace(left: Matrix, right: Matrix) -> Float[Array, ""]:
    """tr[left right^T], that is tr[left right] if one of them is symmetric."""
    if left.ndim != right.ndim:
        left, right = diagonal(left), diagonal(right)
    return jnp.sum(left * right)


def diagonal(matrix: Matrix) -> Float[Array, " d"]:
    """The diagonal of a matrix."""
    if matrix.ndim == 1:
        return matrix
    # A sum: one loop, where gathering from computed places made fifteen operations to compile.
    return jnp.where(jnp.eye(len(matrix), dtype=bool), matrix, 0.0).sum(axis=1)


def identity(like: Matrix, scale: Float[Array, ""] | float = 1.0) -> Matrix:
    """`scale` times the identity, dense or diagonal as `like` is."""
    return scale * (jnp.ones_like(like) if like.ndim == 1 else jnp.eye(len(like)))


def expand(matrix: Matrix, ndim: int) -> Matrix:
    """The same matrix as a dense array if `ndim` is 2; of a dense one the diagonal if it is 1."""
    if matrix.ndim == ndim:
        return matrix
    return jnp.diag(matrix) if ndim == 2 else diagonal(matrix)


def add_diagonal(matrix: Matrix, entries: Float[Array, " d"]) -> Matrix:
    """The matrix plus the diagonal one of these entries."""
    if matrix.ndim == 1:
        return matrix + entries
    return matrix + jnp.where(jnp.eye(len(matrix), dtype=bool), entries[None], 0.0)


def inverse(matrix: Matrix) -> Matrix:
    """The inverse of a positive definite matrix.

    Rows and columns are scaled to a diagonal of ones first.  What rounding does then depends on the
    condition of the scaled matrix: diagonal entries may differ by any factor.
    """
    if matrix.ndim == 1:
        return 1 / matrix
    scale = jax.lax.stop_gradient(jnp.sqrt(jnp.abs(diagonal(matrix))))
    return unscale(_inverse(unscale(matrix, scale)), scale)


@jax.custom_jvp
def _inverse(A: Float[Array, "d d"]) -> Float[Array, "d d"]:
    """By matrix products alone: threads of LAPACK's and XLA's would wait for each other."""
    triangle, h = whiten(A), len(A) // 2
    if h < HALVED:
        return triangle.T @ triangle
    # Half of the operations: what is above the diagonal is 0, and one product is the other's transpose.
    first, below, last = triangle[:h, :h], triangle[h:, :h], triangle[h:, h:]
    beside = below.T @ last
    return jnp.block([[first.T @ first + below.T @ below, beside], [beside.T, last.T @ last]])


@_inverse.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (A,), (change,) = primals, tangents
    G = _inverse(A)
    return G, -G @ change @ G


def unscale(matrix: Float[Array, "d d"], scale: Float[Array, " d"]) -> Float[Array, "d d"]:
    """The matrix with row and column i divided by scale_i."""
    return matrix / scale[:, None] / scale[None]


def scaled_condition(matrix: Matrix, inverse: Matrix) -> Float[Array, ""]:
    """An upper bound of the condition of a positive definite matrix scaled to a diagonal of ones."""
    if matrix.ndim == 1:
        return jnp.array(1.0)
    scale = jnp.sqrt(jnp.abs(diagonal(matrix)))
    scaled, back = unscale(matrix, scale), unscale(inverse, 1 / scale)
    return jnp.abs(scaled).sum(axis=1).max() * jnp.abs(back).sum(axis=1).max()
