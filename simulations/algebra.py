"""Quadratic forms of matrices that may be diagonal: a vector in place of a matrix is its diagonal."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import Matrix, product


def square(outer: Matrix, M: Float[Array, "r c"], inner: Matrix | None = None) -> Float[Array, ""]:
    """tr[outer M inner M^T]; `inner` = I if there is none."""
    weighted = product(outer, M)
    return jnp.sum((weighted if inner is None else product(weighted, inner)) * M)


def form(matrix: Matrix, vector: Float[Array, " d"]) -> Float[Array, ""]:
    """vector^T matrix vector."""
    return vector @ (matrix * vector if matrix.ndim == 1 else matrix @ vector)
