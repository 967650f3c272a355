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
    for k in range(K - 1):  # eliminate unknown k from the rows below
        pivot = excess[k] + O[k, k + 1 :].sum()
        rows.append((O[k, k + 1 :], forcing[k], pivot))
        factor = (O[k + 1 :, k] / pivot)[:, None]
        O = O.at[k + 1 :, k + 1 :].add(factor * O[k, k + 1 :][None])
        excess = excess.at[k + 1 :].add(factor[:, 0] * excess[k])
        forcing = forcing.at[k + 1 :].add(factor * forcing[k][None])
    z = (forcing[K - 1] / excess[K - 1])[None]
    for right, force, pivot in reversed(rows):
        z = jnp.concatenate([((force + right @ z) / pivot)[None], z])
    return z


def log_determinant(O: Float[Array, "K K"], excess: Float[Array, " K"]) -> Float[Array, ""]:
    """log det(I - O), by the same elimination: the sum of the pivots' logarithms."""
    total = jnp.array(0.0)
    for k in range(len(excess)):
        pivot = excess[k] + O[k, k + 1 :].sum()
        total += jnp.log(pivot)
        factor = O[k + 1 :, k] / pivot
        excess = excess.at[k + 1 :].add(factor * excess[k])
        O = O.at[k + 1 :, k + 1 :].add(factor[:, None] * O[k, k + 1 :][None])
    return total
