"""Products with matrices that may be diagonal: a vector in place of a matrix is its diagonal.

What the theory calls product and trace meets diagonals with diagonals; a simulation meets diagonal
covariances with dense maps too, and these four operations are all that it needs.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

Matrix = Float[Array, "_ _"] | Float[Array, " _"]


def product(left: Matrix, right: Matrix) -> Matrix:
    """left @ right, a diagonal if both are."""
    if left.ndim == right.ndim:
        return left * right if left.ndim == 1 else left @ right
    return left[:, None] * right if left.ndim == 1 else left * right[None]


def trace(left: Matrix, right: Matrix) -> Float[Array, ""]:
    """tr[left right^T]; both are diagonals, or neither is."""
    return jnp.sum(left * right)


def square(outer: Matrix, M: Float[Array, "r c"], inner: Matrix | None = None) -> Float[Array, ""]:
    """tr[outer M inner M^T]; `inner` = I if there is none."""
    weighted = product(outer, M)
    return jnp.sum((weighted if inner is None else product(weighted, inner)) * M)


def form(matrix: Matrix, vector: Float[Array, " d"]) -> Float[Array, ""]:
    """vector^T matrix vector."""
    return vector @ (matrix * vector if matrix.ndim == 1 else matrix @ vector)
