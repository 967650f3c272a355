"""Images of two digits, and linear classifiers trained on some of them."""

from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from simulations.mnist.data import Images, load


class Pair(NamedTuple):
    """Images x of two digits, less their mean, in units that make E|x|^2 = d; labels y of -1 and 1.

    Models train on images of the pool and are tested on the data set's own test images; `offset` is the
    mean label of the pool, which models do not learn.
    """

    pool: Float[Array, "N d"]
    labels: Float[Array, " N"]
    test: Float[Array, "T d"]
    test_labels: Float[Array, " T"]
    offset: float


class Measured(NamedTuple):
    """Of one trained model on the test images: mean squared error, and the share it gets wrong."""

    error: Float[Array, ""]
    wrong: Float[Array, ""]


@lru_cache(maxsize=1)
def _images(folder: str | None, small: bool) -> Images:
    return load(folder, small)


def pair_of(folder: str | None, small: bool, digits: tuple[int, int]) -> Pair:
    """The pair of these digits, the first of label 1."""
    images = _images(folder, small)
    parts = []
    for rows, shown in ((images.train, images.train_digits), (images.test, images.test_digits)):
        chosen = np.isin(shown, digits)
        parts.append((rows[chosen], np.where(shown[chosen] == digits[0], 1.0, -1.0)))
    (pool, labels), (test, test_labels) = parts
    mean = pool.mean(axis=0)
    scale = np.sqrt(pool.shape[1] / np.sum(pool.var(axis=0)))
    arrays = [jnp.asarray((rows - mean) * scale) for rows in (pool, test)]
    return Pair(
        arrays[0], jnp.asarray(labels), arrays[1], jnp.asarray(test_labels), float(labels.mean())
    )


def trained(pair: Pair, n: int, ridge: float, flip: float, key: Key[Array, ""]) -> Measured:
    """Ridge regression on n images of the pool, whose labels are flipped with probability `flip`.

    One key draws the same images for every ridge and probability.
    """
    image_key, flip_key = jax.random.split(key)
    order = jax.random.permutation(image_key, len(pair.pool))[:n]
    flipped = jax.random.uniform(flip_key, (n,)) < flip
    return _fit(pair, order, flipped, ridge, 1 - 2 * flip)


@jax.jit
def _fit(
    pair: Pair,
    order: Int[Array, " n"],
    flipped: Array,
    ridge: Float[Array, ""] | float,
    kept: Float[Array, ""] | float,
) -> Measured:
    X, offset = pair.pool[order], kept * pair.offset
    y = jnp.where(flipped, -1.0, 1.0) * pair.labels[order] - offset
    n = float(len(X))
    gram = X.T @ X / n + ridge * jnp.eye(X.shape[1])
    w = jax.scipy.linalg.solve(gram, X.T @ y / n, assume_a="pos")
    scores = pair.test @ w + offset
    error = jnp.mean((scores - pair.test_labels) ** 2)
    return Measured(error, jnp.mean((jnp.sign(scores) != pair.test_labels).astype(float)))
