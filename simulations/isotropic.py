"""Isotropic features: a bidiagonal matrix in place of rows, so that a draw costs O(d) at any n."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from simulations.chi_squared import chi_squared
from simulations.draw import Constants, Plan
from simulations.measure import Measured

BYTES_A_ROW = 200.0  # of a seed: squares, degrees and what is drawn to get them


def is_isotropic(plan: Plan, constants: Constants) -> bool:
    """Whether rows are Gaussian and unlabelled, of covariances that are multiples of I, and no S."""
    return (
        plan.counts is None
        and constants.width is None
        and constants.covariances.ndim == 2
        and len(constants.covariances) == 1
        and bool(constants.counts[0] * constants.weights[0] > 0)
        and not np.ptp(np.asarray(constants.covariances))
        and not np.ptp(np.asarray(constants.test_covariance))
    )


class Bidiagonal(NamedTuple):
    """Squares of the entries of an upper bidiagonal matrix B; rows that are not `used` are padding."""

    diagonal: Float[Array, " rows"]
    beside: Float[Array, " rows"]  # 0 in the last used row
    used: Bool[Array, " rows"]


def spectral(
    key: Key[Array, ""], plan: Plan, constants: Constants, rank_revealing: bool = False
) -> Measured:
    """The terms of `unlabelled` where covariances are multiples of I: sums over eigenvalues of X^T X.

    In the mean over rotations of the features, which change nothing, so are Gamma and the Delta_k.
    With mu_i those that are not 0 by counting, Sigma = s I and c = alpha s / n,

        log det = sum_i log(c mu_i + lambda)

    has second derivatives by c and lambda, -sum_i mu_i^2 / (c mu_i + lambda)^2 and so on, that are all
    the sums needed.  There is no rank to reveal: its recursion adds numbers >= 0, and nothing is lost.
    """
    n, d = constants.counts[0], constants.covariances.shape[-1]
    s, test = constants.covariances[0, 0], constants.test_covariance[0]
    signal, *shifts = (jnp.mean(matrix) for matrix in (constants.signal, *constants.shifts[1:]))
    alpha = constants.weights[0] / n
    B = _bidiagonal(key, n, d, plan)
    size = s * jnp.sum(jnp.where(B.used, B.diagonal + B.beside, 0))  # tr X^T X
    hessian = jax.jacfwd(jax.jacfwd(_log_determinant))

    def terms(ridge: Float[Array, ""]) -> Measured:
        c = alpha * s
        (fitted, noise), (_, missed) = -hessian(jnp.stack([c, ridge]), B)
        # Directions that no row has are missed too.
        bias = signal * test * (ridge**2 * missed + (d - jnp.minimum(n, d)))
        gain = test * alpha * c * noise
        found = [bias + constants.floor, gain]
        for shift in shifts:
            agreed = test * shift * c**2 * fitted
            found += [agreed, (2 * agreed + gain * shift * size) / (n + 2)]
        return jnp.stack(found), jnp.ones_like(ridge)

    measured, rounding = jax.lax.map(terms, constants.ridges)
    return measured.T, rounding


def _bidiagonal(key: Key[Array, ""], n: Float[Array, ""], d: int, plan: Plan) -> Bidiagonal:
    """B such that B^T B has the nonzero eigenvalues of X^T X, X being n normal rows.

    Orthogonal matrices on both sides make X bidiagonal: chi numbers of p, p - 1, ... degrees on the
    diagonal and of q - 1, q - 2, ... beside it, p and q being the larger and the smaller of n and d
    (Silverstein 1985; Dumitriu, Edelman 2002).
    """
    index = jnp.arange(plan.rows[0], dtype=plan.dtype)
    degrees = jnp.concatenate([jnp.maximum(n, d) - index, jnp.minimum(n, d) - 1 - index])
    squares = chi_squared(key, jnp.maximum(degrees, 1), plan.dtype)
    diagonal, beside = jnp.split(jnp.where(degrees > 0, squares, 0), 2)
    used = index < jnp.minimum(n, d)
    return Bidiagonal(jnp.where(used, diagonal, 1), beside, used)


def _log_determinant(at: Float[Array, "2"], B: Bidiagonal) -> Float[Array, ""]:
    """log det(c B^T B + lambda) at (c, lambda), by the pivots of its triangular factors.

    The stationary quotient-difference recursion, whose shift has the sign that never subtracts.
    """
    c, ridge = at
    State = tuple[Float[Array, ""], Float[Array, ""]]

    def eliminate(state: State, row: Bidiagonal) -> tuple[State, None]:
        rest, total = state
        pivot = c * row.diagonal + rest
        total += jnp.where(row.used, jnp.log(pivot), 0)
        return (ridge + c * row.beside * rest / pivot, total), None

    (_, total), _ = jax.lax.scan(eliminate, (ridge, jnp.zeros_like(ridge)), B)
    return total
