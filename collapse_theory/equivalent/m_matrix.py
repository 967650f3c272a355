"""Linear systems of M-matrices, solved without subtraction, and their determinants."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def solve_m_matrix(
    O: Float[Array, "K K"],
    excess: Float[Array, " K"],
    forcing: Float[Array, "K columns"],
) -> Float[Array, "K columns"]:
    """z of (I - O) z = forcing, for O >= 0 with row sums 1 - excess, excess > 0 and forcing >= 0.

    Gaussian elimination that carries the row sums along, so that each diagonal entry is a sum of
    non-negative terms (the GTH algorithm): all of z is accurate to rounding, however close I - O is
    to singular, provided the excess is.
    """
    K = len(excess)
    rows = []
    for k in range(K - 1):
        right, pivot, factor = _step(O, excess, k)
        rows.append((right[k + 1 :], forcing[k], pivot))
        O = O + factor[:, None] * right[None]
        excess = excess + factor * excess[k]
        forcing = forcing + factor[:, None] * forcing[k][None]
    z = (forcing[K - 1] / excess[K - 1])[None]
    for right, force, pivot in reversed(rows):
        z = jnp.concatenate([((force + right @ z) / pivot)[None], z])
    return z


def log_determinant(O: Float[Array, "K K"], excess: Float[Array, " K"]) -> Float[Array, ""]:
    """log det(I - O), by the same elimination: the sum of the pivots' logarithms."""
    pivots = []
    for k in range(len(excess)):
        right, pivot, factor = _step(O, excess, k)
        pivots.append(pivot)
        O = O + factor[:, None] * right[None]
        excess = excess + factor * excess[k]
    return jnp.log(jnp.stack(pivots)).sum()


def _step(
    O: Float[Array, "K K"], excess: Float[Array, " K"], k: int
) -> tuple[Float[Array, " K"], Float[Array, ""], Float[Array, " K"]]:
    """What eliminates unknown k: its row, its pivot, and the multiple of it that each row below takes.

    Masks in place of slices: a third of the program, as XLA makes a loop of every update of a slice.
    """
    below = jnp.arange(len(excess)) > k
    right = jnp.where(below, O[k], 0.0)
    pivot = excess[k] + right.sum()
    return right, pivot, jnp.where(below, O[:, k], 0.0) / pivot
