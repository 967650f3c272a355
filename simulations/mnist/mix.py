"""Which of the training labels are synthetic, the same rule for every model and sample size."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from simulations.mix import is_synthetic, synthetic_count
from simulations.mnist.generator import Generator
from simulations.mnist.task import Task


class Mix(NamedTuple):
    """A fraction p_2 of labels that this generator wrote; None where all labels are true."""

    fraction: float
    generator: Generator | None

    def synthetic(self, n: int) -> int:
        """n_2, which is p_2 n rounded."""
        return synthetic_count(self.fraction, n)


CLEAN = Mix(0.0, None)


def mixed_labels(
    task: Task, order: Int[np.ndarray, " n"], mixes: list[Mix]
) -> Float[Array, "mixes n classes"]:
    """The labels of the pool's images `order`, so that every prefix of them has its right share."""
    return jnp.stack([_labels(task, order, mix) for mix in mixes])


def _labels(task: Task, order: Int[np.ndarray, " n"], mix: Mix) -> Float[Array, "n classes"]:
    true = task.labels[order]
    if mix.generator is None:
        return true
    written = task.synthetic[mix.generator].pool[order]
    return jnp.where(is_synthetic(mix.fraction, len(order))[:, None], written, true)
