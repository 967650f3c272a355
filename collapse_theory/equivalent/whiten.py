"""Cholesky factors by matrix products: what LAPACK does one matrix at a time, for a whole batch."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Blocks this small, or this part of the matrix, are eliminated column by column: smaller ones make
# long programs, larger ones few matrix products.
SMALLEST, SHARE = 32, 12


def whiten(A: Float[Array, "q q"]) -> Float[Array, "q q"]:
    """The lower triangle X with X A X^T = I, the inverse of the Cholesky factor; A^-1 = X^T X.

    Recursion over halves, so that 4/3 q^3 flops are matrix products, which run at their full speed
    for many small matrices too: 1.6 to 1.9 times as fast as batched LAPACK calls on a CPU with two cores
    (`benchmarks/README.md`).  Not a number where A is not positive definite.
    """
    return _whiten(A, max(SMALLEST, len(A) // SHARE))


def _whiten(A: Float[Array, "q q"], smallest: int) -> Float[Array, "q q"]:
    if len(A) <= smallest:
        return _eliminate(A)
    h = len(A) // 2
    first = _whiten(A[:h, :h], smallest)
    coupling = A[h:, :h] @ first.T
    second = _whiten(A[h:, h:] - coupling @ coupling.T, smallest)
    below = -second @ (coupling @ first)
    return jnp.block([[first, jnp.zeros((h, len(A) - h), A.dtype)], [below, second]])


def _eliminate(A: Float[Array, "b b"]) -> Float[Array, "b b"]:
    """`whiten` of a small block: Gauss elimination, in place, of A beside the identity."""
    index = jnp.arange(len(A))

    def step(k: Array, M: Array) -> Array:
        row = jax.lax.dynamic_index_in_dim(M, k, 0, keepdims=False)
        column = jax.lax.dynamic_index_in_dim(M, k, 1, keepdims=False)
        below = index > k
        factors = jnp.where(below, column / row[k], 0)
        # What column k loses to elimination makes room for that column of the identity.
        row = jnp.where(index == k, 1, row)
        M = jnp.where((index == k)[None] & below[:, None], 0, M)
        return M - factors[:, None] * row[None]

    M = jax.lax.fori_loop(0, len(A), step, A)
    row, column = index[:, None], index[None]
    pivots = jnp.where(row == column, M, 0).sum(axis=1)
    return jnp.where(row > column, M, (row == column).astype(A.dtype)) / jnp.sqrt(pivots)[:, None]
