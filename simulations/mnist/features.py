"""Random features of images: projections z = S^T x, S with iid N(0, 1/d) entries, and their ReLU."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

BLOCK = 1024  # columns of S that are drawn together


@jax.jit
def relu_features(images: Float[Array, "n d"], S: Float[Array, "d m"]) -> Float[Array, "n m"]:
    """z = max(S^T x, 0), the hidden layer of a network whose first layer is not trained."""
    return jnp.maximum(images @ S, 0)


def linear_features(images: Float[Array, "n d"], S: Float[Array, "d m"]) -> Float[Array, "n m"]:
    """z = S^T x, the random projections of the paper."""
    return images @ S


def block(key: Key[Array, ""], index: Array | int, d: int) -> Float[Array, "d BLOCK"]:
    """Columns index BLOCK, index BLOCK + 1, ... of S: a wide S begins with a narrow one."""
    return jax.random.normal(jax.random.fold_in(key, index), (d, BLOCK)) / jnp.sqrt(d)


def projection(key: Key[Array, ""], d: int, width: int) -> Float[Array, "d m"]:
    """The first `width` columns of S."""
    blocks = [block(key, index, d) for index in range(-(-width // BLOCK))]
    return jnp.concatenate(blocks, axis=1)[:, :width]
