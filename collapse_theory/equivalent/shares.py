"""Shares of a direction among all that pull at it, and their derivatives without cancellation.

Stacks of matrices, which are diagonals of shape (d,) or (d, d) arrays as everywhere, have one leading
axis and are multiplied at once: programs do not grow with the number of sources.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float

from collapse_theory.equivalent.algebra import Matrix, inverse

Logs = Float[Array, " unknowns"]
Stack = Float[Array, "_ *matrix"]  # one matrix for each unknown, or one for all


@jax.custom_jvp
def shares(shift: Logs, pulls: Stack) -> tuple[Stack, Stack]:
    """X_k = a_k G and I - X_k, for G the inverse of the sum of all a_k = pulls_k exp(shift_k).

        dX_k = sum_j X_k X_j (dshift_k - dshift_j) = -d(I - X_k)

    The X_k add up to I: so neither X_k - X_k X_k nor I - X_k is ever formed as a difference.
    """
    X = multiply(moved(shift, pulls), resolvent(shift, pulls)[None])
    return X, _others(X)


def _derivative(primals: Any, tangents: Any) -> Any:
    (shift, pulls), (shifts, changes) = primals, tangents
    X, rest = shares(shift, pulls)
    change = jnp.zeros_like(X)
    if not isinstance(shifts, SymbolicZero):
        change += multiply(X, jnp.tensordot(shifts[:, None] - shifts[None], X, axes=1))
    if not isinstance(changes, SymbolicZero):
        # For any da_k: dX_k = sum_j (da_k G X_j - X_k da_j G).
        pulled = multiply(moved(shift, changes), resolvent(shift, pulls)[None])
        change += multiply(pulled, rest) - multiply(X, _others(pulled))
        change += multiply(pulled, X) - multiply(X, pulled)  # 0 where matrices commute
    return (X, rest), (change, -change)


shares.defjvp(_derivative, symbolic_zeros=True)


def _others(stack: Stack) -> Stack:
    """The sums of all matrices but one."""
    return jnp.tensordot(1.0 - jnp.eye(len(stack)), stack, axes=1)


def resolvent(shift: Logs, pulls: Stack) -> Matrix:
    """G."""
    return inverse(moved(shift, pulls).sum(axis=0))


def moved(shift: Logs, pulls: Stack) -> Stack:
    """pulls_k exp(shift_k)."""
    return pulls * jnp.exp(shift).reshape(-1, *(1,) * (pulls.ndim - 1))


def multiply(A: Stack, B: Stack) -> Stack:
    """A_k B_k; a stack of one matrix serves for all."""
    return A * B if A.ndim == 2 else A @ B


def transpose(A: Stack) -> Stack:
    """A_k^T."""
    return A if A.ndim == 2 else A.mT


def traces(A: Stack, B: Stack) -> Float[Array, "_ _"]:
    """tr[A_k B_l]."""
    if A.ndim == 2:
        return jnp.sum(A[:, None] * B[None], axis=-1)
    return A.reshape(len(A), -1) @ transpose(B).reshape(len(B), -1).T
