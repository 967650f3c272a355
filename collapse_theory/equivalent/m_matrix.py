"""Linear systems of M-matrices and their inverses, solved without subtraction."""

import jax
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


def invert_m_matrix(
    O: Float[Array, "K K"], excess: Float[Array, " K"]
) -> tuple[Float[Array, "K K"], Float[Array, "K K"]]:
    """N = (I - O)^-1 of a symmetric O, and D_kl = N_kk - N_kl, the derivative of log det in O_kl.

    A walk with steps O and ends `excess` comes from l to k with probability N_kl / N_kk, and ends before
    that with probability D_kl / N_kk: both solve systems without k, and neither is a difference.
    """
    K = len(excess)

    def without(k: Array) -> Float[Array, "K 2"]:
        here = jnp.arange(K) == k
        steps = jnp.where(here[:, None] | here[None], 0.0, O)
        ends = jnp.where(here[:, None], jnp.array([1.0, 0.0]), jnp.stack([O[k], excess], axis=1))
        return solve_m_matrix(steps, ends.sum(axis=1), ends)

    comes, leaves = jnp.moveaxis(jax.vmap(without)(jnp.arange(K)), 2, 0)
    own = 1 / (excess + (O * leaves).sum(axis=1))
    return own[:, None] * comes, own[:, None] * leaves


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
