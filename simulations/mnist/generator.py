"""The earlier model that writes synthetic labels: random features on few or badly labelled images."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from simulations.mnist.features import relu_features

WIDTH, RIDGE = 2000, 0.01
ROWS = 1000  # images whose features are in memory at once


class Generator(NamedTuple):
    """How good a generator is: how many images it saw, and the variance of noise on each class label."""

    samples: int
    noise: float = 0.0


def synthetic_labels(
    generator: Generator,
    images: Float[Array, "N0 d"],
    labels: Float[Array, "N0 classes"],
    others: list[Float[Array, "_ d"]],
    key: Key[Array, ""],
) -> list[Float[Array, "_ classes"]]:
    """The labels that a generator trained on the first `samples` of these images gives to others.

    A ridge regression on `WIDTH` ReLU features.  Raises ValueError if there are too few images.
    """
    if not 1 <= generator.samples <= len(images):
        raise ValueError(f"generator = {generator.samples}: expected 1 to {len(images)} images")
    features_key, noise_key = jax.random.split(key)
    n = generator.samples
    d = images.shape[1]
    S = jax.random.normal(features_key, (d, WIDTH)) / jnp.sqrt(d)
    noise = jnp.sqrt(generator.noise) * jax.random.normal(noise_key, labels[:n].shape)
    Z = relu_features(images[:n], S)
    gram = Z.T @ Z / n + RIDGE * jnp.eye(WIDTH)
    weights = jax.scipy.linalg.solve(gram, Z.T @ (labels[:n] + noise) / n, assume_a="pos")
    return [_written(rows, S, weights) for rows in others]


@jax.jit
def _written(
    images: Float[Array, "n d"], S: Float[Array, "d m"], weights: Float[Array, "m classes"]
) -> Float[Array, "n classes"]:
    """The labels of these images, a few at a time: all of MNIST's features are a gigabyte."""
    return jax.lax.map(lambda x: relu_features(x[None], S)[0] @ weights, images, batch_size=ROWS)
