"""Products and inverses of triangles by matrix products that skip what is known to be 0 or equal.

Recursion over halves, so that nearly all of the work runs at the speed of full products: for a whole
batch of matrices, where LAPACK works on one after another.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Smaller triangles are multiplied in full, and inverted column by column; so is this part of large ones.
SMALLEST, SHARE = 64, 4
COLUMNS = 32


def square_of_lower(L: Float[Array, "q q"]) -> Float[Array, "q q"]:
    """L^T L of a lower triangle, a third of the operations of a full product."""
    return _square_of_lower(L, max(SMALLEST, len(L) // SHARE))


def _square_of_lower(L: Float[Array, "q q"], smallest: int) -> Float[Array, "q q"]:
    if len(L) <= smallest:
        return L.T @ L
    h = len(L) // 2
    below, last = L[h:, :h], L[h:, h:]
    first = _square_of_lower(L[:h, :h], smallest) + below.T @ below
    beside = below.T @ last
    return jnp.block([[first, beside], [beside.T, _square_of_lower(last, smallest)]])


def square_of_upper(U: Float[Array, "rows q"]) -> Float[Array, "q q"]:
    """U^T U of an upper triangle, or of its first rows."""
    return _square_of_upper(U, max(SMALLEST, U.shape[1] // SHARE))


def _square_of_upper(U: Float[Array, "rows q"], smallest: int) -> Float[Array, "q q"]:
    rows, q = U.shape
    h = min(rows, q // 2)
    if rows == 0 or q <= smallest:
        return U.T @ U
    first, beside = U[:h, :h], U[:h, h:]
    corner = _square_of_upper(first, smallest)
    right = first.T @ beside
    last = beside.T @ beside + _square_of_upper(U[h:, h:], smallest)
    return jnp.block([[corner, right], [right.T, last]])


def inverse_of_lower(L: Float[Array, "q q"]) -> Float[Array, "q q"]:
    """L^-1 of a lower triangle; not a number where its diagonal has a 0."""
    if len(L) <= COLUMNS:
        return _substitute(L)
    h = len(L) // 2
    first, last = inverse_of_lower(L[:h, :h]), inverse_of_lower(L[h:, h:])
    below = -last @ (L[h:, :h] @ first)
    return jnp.block([[first, jnp.zeros((h, len(L) - h), L.dtype)], [below, last]])


def _substitute(L: Float[Array, "b b"]) -> Float[Array, "b b"]:
    """`inverse_of_lower` of a small block: forward substitution, one row after another."""
    index = jnp.arange(len(L))

    def step(k: Array, X: Array) -> Array:
        column = jax.lax.dynamic_index_in_dim(L, k, 1, keepdims=False)
        row = jax.lax.dynamic_index_in_dim(X, k, 0, keepdims=False) / column[k]
        X = jnp.where((index == k)[:, None], row[None], X)
        return X - jnp.where(index > k, column, 0)[:, None] * row[None]

    return jax.lax.fori_loop(0, len(L), step, jnp.eye(len(L), dtype=L.dtype))
