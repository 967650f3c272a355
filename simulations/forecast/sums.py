"""Sums over rows, all that ridge regression and its forecasts need to know of most of them."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Sums(NamedTuple):
    """Sums over rows: N, Z^T Z of each kind of rows, Z^T y of each kind of labels, products of labels.

    `kinds` says which labels are those of which rows; `products` are y_j^T y_k of the same rows.
    """

    kinds: Float[Array, "D K"]
    counts: Float[Array, " D"]
    grams: Float[Array, "D d d"]
    moments: Float[Array, "K d c"]
    products: Float[Array, "K K"]


@jax.jit
def sums_of(features: Float[Array, "N d"], labels: list[Float[Array, "N c"]]) -> Sums:
    """The sums of one kind of rows, with K labels each."""
    return Sums(
        jnp.ones((1, len(labels))),
        jnp.array([float(len(features))]),
        (features.T @ features)[None],
        jnp.stack([features.T @ y for y in labels]),
        jnp.stack([jnp.stack([jnp.sum(y * other) for other in labels]) for y in labels]),
    )
