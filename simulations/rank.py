"""Least squares of any rank, by the singular values of the rows, and when they are needed.

Cholesky factors of Gram matrices are fast, and lose what is small beside the square root of the
precision: repeated rows, collinear features, fewer rows than the features of a discrete law span.
Such draws are done again with the singular values of the rows themselves (`seeds.over_seeds`).
"""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import Matrix, diagonal


class Decomposition(NamedTuple):
    """Z = U diag(s) V^T with a square V; singular values that are rounding are 0."""

    U: Float[Array, "rows q"]
    s: Float[Array, " q"]
    V: Float[Array, "q q"]

    def gains(self, ridge: Float[Array, ""]) -> Float[Array, " q"]:
        """s / (s^2 + lambda): V diag(gains) U^T y minimises |Z v - y|^2 + lambda |v|^2.

        0 where s = 0: without a ridge the minimiser of least norm.
        """
        safe = jnp.where(self.s > 0, self.s, 1)
        return jnp.where(self.s > 0, 1 / (safe + ridge / safe), 0)

    def losses(self, ridge: Float[Array, ""]) -> Float[Array, " q"]:
        """lambda / (s^2 + lambda), the part of each direction that is not learnt; 1 where s = 0."""
        safe = jnp.where(self.s > 0, self.s, 1)
        return jnp.where(self.s > 0, (ridge / safe) / (safe + ridge / safe), 1)


def decompose(Z: Float[Array, "rows q"], rows: int) -> Decomposition:
    """The singular values of Z, which stands for `rows` rows or as many as it has.

    Those up to max(rows, q) eps times the largest are taken for 0, as `numpy.linalg.matrix_rank` does.
    """
    length, q = Z.shape
    padding = jnp.zeros((max(q - length, 0), q), Z.dtype)
    U, s, transposed = jnp.linalg.svd(jnp.concatenate([Z, padding]), full_matrices=False)
    cutoff = max(rows, length, q) * np.finfo(Z.dtype).eps * s[0]
    return Decomposition(U[:length], jnp.where(s > cutoff, s, 0), transposed.T)


def inflation(A: Matrix, triangle: Float[Array, "q q"]) -> Float[Array, ""]:
    """The largest variance inflation factor A_ii (A^-1)_ii, for triangle^T triangle = A^-1.

    The condition number of A once its diagonal is scaled to 1 is at least this, and at most q^2 times
    it: what a Cholesky factor loses, which does not depend on the scales of rows and columns.  Only the
    diagonal of A is needed.
    """
    return jnp.max(diagonal(A) * jnp.sum(triangle**2, axis=0))


def cancellation(magnitude: Float[Array, " *k"], result: Float[Array, " *k"]) -> Float[Array, " *k"]:
    """By how much a sum of terms of this size amplifies rounding; infinite unless it is positive."""
    positive = result > 0
    ratio = jnp.where(positive, magnitude / jnp.where(positive, result, 1), jnp.inf)
    return jnp.where(magnitude == 0, 0, ratio)


def tolerated(dtype: Any) -> float:
    """Amplification of rounding up to which the fast way is trusted: half of all digits are left.

    1e-8 in float64 and 3e-4 in float32, times a factor that grows with the system: far below the error
    of any simulation.
    """
    return float(np.finfo(dtype).eps ** -0.5)
