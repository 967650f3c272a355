"""Which of the training labels are synthetic, the same rule for every model and sample size."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from simulations.mnist.generator import Generator
from simulations.mnist.task import Task


class Mix(NamedTuple):
    """A fraction p_2 of labels that this generator wrote; None where all labels are true."""

    fraction: float
    generator: Generator | None

    def synthetic(self, n: int) -> int:
        """n_2, which is p_2 n rounded."""
        return int(_rounded(self.fraction, np.array(n)))


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
    return jnp.where(_synthetic(mix.fraction, len(order))[:, None], written, true)


def _synthetic(fraction: float, n: int) -> Bool[np.ndarray, " n"]:
    """Whether image i is labelled by the generator: whenever p_2 i, rounded, has grown by one."""
    return np.diff(_rounded(fraction, np.arange(n + 1))) > 0


def _rounded(fraction: float, n: np.ndarray) -> np.ndarray:
    return np.floor(fraction * n + 0.5)
