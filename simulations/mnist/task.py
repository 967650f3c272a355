"""The regression task: centred images and one-hot labels, and synthetic labels of known quality."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from simulations.mnist.data import Images
from simulations.mnist.generator import Generator, synthetic_labels

CLASSES = 10


class Synthetic(NamedTuple):
    """Labels written by a generator, and c^2 = E|synthetic - true|^2 on the test images."""

    pool: Float[Array, "N classes"]
    quality: float
    stderr: float


class HeldOut(NamedTuple):
    """Images that nothing is trained on, and the mean label, which a classification adds back."""

    images: Float[Array, "T d"]
    labels: Float[Array, "T classes"]
    digits: Int[Array, " T"]
    offset: Float[Array, " classes"]


class Task(NamedTuple):
    """Images x and labels y, less their means; the pixels in units that make E|x|^2 = d.

    Models train on parts of the pool, generators on images outside it, and all are tested on the
    data set's own test images.  Labels are one-hot, and errors are summed over the classes.
    """

    name: str
    pool: Float[Array, "N d"]
    labels: Float[Array, "N classes"]
    test: HeldOut
    synthetic: dict[Generator, Synthetic]


def parts(images: int) -> tuple[int, int]:
    """How many training images are the generators' own, and how many are the models' pool."""
    return images // 6, images - images // 6


def task_keys(key: int) -> Key[Array, " 3"]:
    """Independent keys: of the split, of the generators and of everything trained on the task."""
    return jax.random.split(jax.random.key(key), 3)


def make_task(images: Images, generators: list[Generator], key: int) -> Task:
    """The task on these images.  The split and the generators depend on `key` alone."""
    split_key, generator_key, _ = task_keys(key)
    order = np.asarray(jax.random.permutation(split_key, len(images.train)))
    own, pool = np.split(order, parts(len(order))[:1])
    one_hot = np.eye(CLASSES)
    mean, offset = images.train[pool].mean(axis=0), one_hot[images.train_digits[pool]].mean(axis=0)
    scale = np.sqrt(images.train.shape[1] / np.sum(images.train[pool].var(axis=0)))

    def pixels(rows: np.ndarray) -> Array:
        return jnp.asarray((rows - mean) * scale)

    def labels(shown: np.ndarray) -> Array:
        return jnp.asarray(one_hot[shown] - offset)

    training, test = pixels(images.train[pool]), pixels(images.test)
    true = labels(images.test_digits)
    synthetic = {}
    for generator in dict.fromkeys(generators):
        written, held_out = synthetic_labels(
            generator,
            pixels(images.train[own]),
            labels(images.train_digits[own]),
            [training, test],
            generator_key,
        )
        wrong = np.sum((held_out - true) ** 2, axis=1)
        stderr = float(wrong.std(ddof=1) / np.sqrt(len(wrong)))
        synthetic[generator] = Synthetic(written, float(wrong.mean()), stderr)
    return Task(
        name=images.name,
        pool=training,
        labels=labels(images.train_digits[pool]),
        test=HeldOut(test, true, jnp.asarray(images.test_digits), jnp.asarray(offset)),
        synthetic=synthetic,
    )
