"""Random feature rows, raw or compressed to a triangle with the same Gram matrix."""

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from simulations.chi_squared import chi_squared
from simulations.normal import normals

Entries = Callable[[Any, tuple[int, ...], Any], Array]  # (key, shape, dtype) -> iid, mean 0, variance 1


def bartlett(
    key: Key[Array, ""],
    counts: Float[Array, " K"],
    rows: tuple[int, ...],
    q: int,
    dtype: Any = float,
) -> Float[Array, "rows q"]:
    """Stacked factors F_k with F_k^T F_k ~ Wishart_q(n_k, I): the Gram matrix of n_k normal rows.

    Row j of F_k is zero left of the diagonal, chi(n_k - j) on it and N(0, 1) right of it, for
    j < n_k, and zero for j >= n_k (Bartlett; for n_k < q the decomposition of a singular Wishart).
    `rows[k]`, at least min(n_k, q), is its number of rows.  F_k is the triangle of X_k = Q F_k, and
    Q^T turns label noise into iid label noise: so (F_k, F_k w + noise) has the law of all that least
    squares keeps of (X_k, X_k w + noise).
    """
    normal_key, chi_key = jax.random.split(key)
    position = jnp.concatenate([jnp.arange(r) for r in rows]).astype(dtype)
    degrees = jnp.repeat(counts, jnp.array(rows), total_repeat_length=sum(rows)) - position
    squares = chi_squared(chi_key, jnp.maximum(degrees, 1), dtype)
    normals = _above_diagonals(normal_key, rows, q, dtype)
    row, column = position[:, None], jnp.arange(q, dtype=dtype)[None]
    factor = jnp.where(column == row, jnp.sqrt(squares)[:, None], normals)
    return jnp.where((column >= row) & (degrees[:, None] > 0), factor, 0.0).astype(dtype)


def _above_diagonals(
    key: Key[Array, ""], rows: tuple[int, ...], q: int, dtype: Any
) -> Float[Array, "rows q"]:
    """Stacked normal matrices; only what is above their diagonals is independent."""
    heights = [-(-q // 2) if r == q else r for r in rows]
    drawn = normals(key, (sum(heights), q), dtype)
    blocks = jnp.split(drawn, list(accumulate(heights))[:-1])
    # Turned around, what lies below the diagonal in an upper half fills that above it in the lower.
    turned = [
        [block[: q // 2][::-1, ::-1]] if r == q else [] for block, r in zip(blocks, rows, strict=True)
    ]
    return jnp.concatenate(
        [part for block, rest in zip(blocks, turned, strict=True) for part in (block, *rest)]
    )


def rademacher(key: Key[Array, ""], shape: tuple[int, ...], dtype: Any) -> Array:
    """Independent signs: the lightest tails there are."""
    return jax.random.rademacher(key, shape, dtype)


def laplace(key: Key[Array, ""], shape: tuple[int, ...], dtype: Any) -> Array:
    """Laplace entries scaled to variance 1: exponential tails, kurtosis 6."""
    return jax.random.laplace(key, shape, dtype) * jnp.sqrt(0.5)


def student_t(degrees: float = 6.0) -> Entries:
    """Student-t entries scaled to variance 1; their fourth moment is finite for degrees > 4."""
    if not degrees > 4:
        raise ValueError(f"degrees = {degrees:g}: expected a number > 4 (finite fourth moment)")

    def entries(key: Key[Array, ""], shape: tuple[int, ...], dtype: Any) -> Array:
        return jax.random.t(key, degrees, shape, dtype) * jnp.sqrt((degrees - 2) / degrees)

    return entries


def compress(rows: Float[Array, "n d"]) -> Float[Array, "min(n,d) d"]:
    """At most d rows with the same Gram matrix: the triangle of a QR decomposition."""
    return jnp.linalg.qr(rows, mode="r") if rows.shape[0] > rows.shape[1] else rows
