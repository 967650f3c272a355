"""The regression task: centred images and one-hot labels, and synthetic labels of known quality."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from simulations.mnist.data import Images, load
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


class Recipe(NamedTuple):
    """All that a task is made from, in a few words that any process can be told.

    `folder` and `small` say which images (see `load`), `key` how they are split.
    """

    folder: str | None
    small: bool
    generators: tuple[Generator, ...]
    key: int


@lru_cache(maxsize=1)
def prepared(recipe: Recipe) -> Task:
    """The task of a recipe, made once in a process."""
    return make_task(load(recipe.folder, recipe.small), recipe.generators, recipe.key)


def parts(images: int) -> tuple[int, int]:
    """How many training images are for the generators, and how many are the models' pool."""
    return images // 6, images - images // 6


class Extent(NamedTuple):
    """Which images, how many pixels each has, and how many there are to train on and to test with."""

    data: str
    d: int
    pool: int
    test: int


def extent(images: Images) -> Extent:
    """The extent of the task on these images."""
    pool = parts(len(images.train))[1]
    return Extent(images.name, images.train.shape[1], pool, len(images.test))


def task_keys(key: int) -> Key[Array, " 3"]:
    """Independent keys: of the split, of the generators and of everything trained on the task."""
    return jax.random.split(jax.random.key(key), 3)


def make_task(images: Images, generators: Sequence[Generator], key: int) -> Task:
    """The task on these images.  The split and the generators depend on `key` alone."""
    split_key, generator_key, _ = task_keys(key)
    order = np.asarray(jax.random.permutation(split_key, len(images.train)))
    outside, pool = np.split(order, parts(len(order))[:1])
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
            pixels(images.train[outside]),
            labels(images.train_digits[outside]),
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
