"""Ridge regression on features of images, for many sample sizes or many widths in one pass.

    minimise  (1/n) sum_i |theta^T z_i - y_i|^2 + lambda |theta|^2

Sums over images (primal: Z^T Z) grow with n, sums over features (dual: Z Z^T) grow with m.  So the
models of all sizes are read off one pass over the largest, which is taken in chunks: what is held is
one chunk and an m x m matrix, or an n x n one.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from simulations.mnist.features import BLOCK, block, projection
from simulations.mnist.mix import Mix, mixed_labels
from simulations.mnist.task import HeldOut, Task

FeatureMap = Callable[[Array, Array], Array]  # (images, S) -> features
Real = Float[Array, ""] | Int[Array, ""] | float | int  # inside `jit` numbers are arrays
ROWS = 1000  # images of a chunk


class Scores(NamedTuple):
    """Mean squared errors on test and training images, summed over classes; share of digits right.

    `test_stderr` is the standard error of `error` for there being so few test images.
    """

    error: Float[Array, "*shape mixes"]
    test_stderr: Float[Array, "*shape mixes"]
    accuracy: Float[Array, "*shape mixes"]
    train_error: Float[Array, "*shape mixes"]


class Sums(NamedTuple):
    """Sums over images: Z^T Z, Z^T y, and y^2 of the labels of each mix."""

    gram: Float[Array, "m m"]
    moment: Float[Array, "mixes m classes"]
    squares: Float[Array, " mixes"]


class Kernels(NamedTuple):
    """Sums over features: Z Z^T of the training images, and of test images with those."""

    among: Float[Array, "n n"]
    between: Float[Array, "T n"]


def scores_by_size(
    task: Task,
    mixes: list[Mix],
    sizes: list[int],
    width: int | None,
    features: FeatureMap,
    ridges: list[float],
    key: Key[Array, ""],
) -> Scores:
    """Scores (sizes, ridges, mixes) of one draw; `width` None: the pixels themselves are features.

    Costs max(sizes) m^2 + m^3 for each size and ridge, whatever the number of mixes.
    """
    order = image_order(task, max(sizes), key)
    S = None if width is None else projection(projection_key(key), task.pool.shape[1], width)
    tested = task.test.images if S is None else features(task.test.images, S)
    labels = mixed_labels(task, order, mixes)
    m = tested.shape[1]
    sums = Sums(jnp.zeros((m, m)), jnp.zeros((len(mixes), m, labels.shape[2])), jnp.zeros(len(mixes)))
    scores = []
    done = 0
    for n in sorted(sizes):
        for start, stop in _pieces(done, n, ROWS):
            images = task.pool[order[start:stop]]
            sums = _add_rows(sums, _pad(images), _pad(labels[:, start:stop]), S, features)
        done = n
        scores.append([_from_sums(sums, n, ridge, tested, task.test) for ridge in ridges])
    return _stack(scores, [sorted(sizes).index(n) for n in sizes])


def scores_by_width(
    task: Task,
    mixes: list[Mix],
    n: int,
    widths: list[int],
    features: FeatureMap,
    ridges: list[float],
    key: Key[Array, ""],
) -> Scores:
    """Scores (widths, ridges, mixes) of one draw, at a cost of max(widths) (n + T) (d + n).

    T is the number of test images.
    """
    order = image_order(task, n, key)
    images, labels = task.pool[order], mixed_labels(task, order, mixes)
    kernels = Kernels(jnp.zeros((n, n)), jnp.zeros((len(task.test.images), n)))
    scores = []
    done = 0
    for m in sorted(widths):
        for start, stop in _pieces(done, m, BLOCK):
            column = start // BLOCK * BLOCK + np.arange(BLOCK)
            S = block(projection_key(key), start // BLOCK, images.shape[1])
            wanted = (column >= start) & (column < stop)
            S = jnp.where(wanted[None], S, 0)  # no features of the other columns
            kernels = _add_columns(kernels, images, task.test.images, S, features)
        done = m
        scores.append([_from_kernels(kernels, labels, ridge, task.test) for ridge in ridges])
    return _stack(scores, [sorted(widths).index(m) for m in widths])


def image_order(task: Task, n: int, key: Key[Array, ""]) -> Int[np.ndarray, " n"]:
    """The pool's images of this seed: a larger training set begins with a smaller one.

    Raises ValueError if the pool is too small.
    """
    if n > len(task.pool):
        raise ValueError(f"n = {n}: expected at most {len(task.pool)}, the images there are")
    return np.asarray(jax.random.permutation(jax.random.fold_in(key, 0), len(task.pool)))[:n]


def projection_key(key: Key[Array, ""]) -> Key[Array, ""]:
    """The key of this seed's S."""
    return jax.random.fold_in(key, 1)


def _pieces(start: int, stop: int, length: int) -> Iterator[tuple[int, int]]:
    """start ... stop cut at multiples of `length`."""
    cuts = [start, *range((start // length + 1) * length, stop, length), stop]
    return ((a, b) for a, b in pairwise(cuts) if a < b)


def _pad(rows: Float[Array, "*mixes n d"]) -> Float[Array, "*mixes ROWS d"]:
    """Zeros after the images (second last axis) up to one shape for all chunks."""
    missing = [(0, 0)] * rows.ndim
    missing[-2] = (0, ROWS - rows.shape[-2])
    return jnp.pad(rows, missing)


@partial(jax.jit, static_argnames="features", donate_argnums=0)
def _add_rows(
    sums: Sums,
    images: Float[Array, "chunk d"],
    labels: Float[Array, "mixes chunk classes"],
    S: Float[Array, "d m"] | None,
    features: FeatureMap,
) -> Sums:
    gram, moment, squares = sums
    Z = images if S is None else features(images, S)
    moment += jnp.einsum("nm,cnk->cmk", Z, labels)
    return Sums(gram + Z.T @ Z, moment, squares + jnp.sum(labels**2, axis=(1, 2)))


@partial(jax.jit, static_argnames="features", donate_argnums=0)
def _add_columns(
    kernels: Kernels,
    images: Float[Array, "n d"],
    test: Float[Array, "T d"],
    S: Float[Array, "d m"],
    features: FeatureMap,
) -> Kernels:
    Z = features(images, S)
    return Kernels(kernels.among + Z @ Z.T, kernels.between + features(test, S) @ Z.T)


@jax.jit
def _from_sums(sums: Sums, n: Real, ridge: Real, tested: Float[Array, "T m"], test: HeldOut) -> Scores:
    gram, moment, squares = jax.tree.map(lambda total: total / n, sums)
    factor = jax.scipy.linalg.cho_factor(gram + ridge * jnp.eye(len(gram)))
    weights = jax.scipy.linalg.cho_solve(factor, jnp.concatenate(moment, axis=1))
    weights = jnp.stack(jnp.split(weights, len(moment), axis=1))
    train = squares + jnp.sum(weights * (gram @ weights - 2 * moment), axis=(1, 2))
    return _scores(tested @ weights, train, test)


@jax.jit
def _from_kernels(
    kernels: Kernels, labels: Float[Array, "mixes n classes"], ridge: Real, test: HeldOut
) -> Scores:
    n = len(kernels.among)
    factor = jax.scipy.linalg.cho_factor(kernels.among / n + ridge * jnp.eye(n))
    weights = jax.scipy.linalg.cho_solve(factor, jnp.concatenate(labels, axis=1) / n)
    weights = jnp.stack(jnp.split(weights, len(labels), axis=1))
    # among/n + ridge times weights is labels/n, so that ridge n weights are the residuals.
    train = n * ridge**2 * jnp.sum(weights**2, axis=(1, 2))
    return _scores(kernels.between @ weights, train, test)


def _scores(
    predicted: Float[Array, "mixes T classes"], train_error: Float[Array, " mixes"], test: HeldOut
) -> Scores:
    """Scores of predictions for the test images."""
    wrong = jnp.sum((predicted - test.labels[None]) ** 2, axis=2)
    right = jnp.argmax(predicted + test.offset[None, None], axis=2) == test.digits[None]
    stderr = wrong.std(axis=1, ddof=1) / jnp.sqrt(wrong.shape[1])
    return Scores(wrong.mean(axis=1), stderr, right.mean(axis=1), train_error)


def _stack(scores: list[list[Scores]], order: list[int]) -> Scores:
    return jax.tree.map(
        lambda *leaves: jnp.stack(leaves),
        *[jax.tree.map(lambda *leaves: jnp.stack(leaves), *scores[i]) for i in order],
    )
