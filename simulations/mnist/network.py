"""Two-layer ReLU networks, all of whose weights are trained: seeds and mixes of labels side by side."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Key

from simulations.mnist.mix import Mix, mixed_labels
from simulations.mnist.ridge import Scores, image_order
from simulations.mnist.task import HeldOut, Task

LEARNING_RATE = 1e-3  # of Adam, falling to zero as a cosine
BATCH = 128  # images a step
SEGMENTS = 10  # of a training run, after each of which progress is told

# A network and the state of its optimiser; trained side by side, with axes (seeds, mixes) in front.
State = tuple[eqx.nn.MLP, optax.OptState]


class Trained(NamedTuple):
    """Scores (seeds, mixes) of trained networks, and samples per second, counting every network."""

    scores: Scores
    samples_per_second: float


def train_networks(
    task: Task,
    mixes: list[Mix],
    n: int,
    width: int,
    steps: int,
    keys: Key[Array, " seeds"],
    progress: Callable[[float], object] = lambda share: None,
) -> Trained:
    """Networks of `width` hidden units trained on n images by `steps` steps of Adam, in float32.

    The networks of a seed, one for each mix, share images, initial weights and batches.  `progress`
    hears which share of the steps was made.  Raises ArithmeticError if an error is not finite.
    """
    pool = task.pool.astype(jnp.float32)
    orders = [image_order(task, n, key) for key in keys]
    labels = jnp.stack([mixed_labels(task, order, mixes) for order in orders]).astype(jnp.float32)
    images = jnp.asarray(np.stack(orders))
    optimiser = optax.adam(optax.cosine_decay_schedule(LEARNING_RATE, steps))

    def begin(key: Key[Array, ""]) -> State:
        network = two_layers(pool.shape[1], width, labels.shape[-1], jax.random.fold_in(key, 2))
        return network, optimiser.init(eqx.filter(network, eqx.is_array))

    begun = eqx.filter_vmap(lambda key, mix: begin(key), in_axes=(None, 0))
    state = eqx.filter_vmap(begun, in_axes=(0, None))(keys, jnp.arange(len(mixes)))
    bounds = [*range(0, steps, -(-steps // SEGMENTS)), steps]
    times = [time.perf_counter()]
    for start, stop in pairwise(bounds):
        index = jnp.arange(start, stop)
        state = _train(state, pool, images, labels, keys, index, optimiser)
        jax.block_until_ready(eqx.filter(state, eqx.is_array))
        times.append(time.perf_counter())
        progress((stop - start) / steps)
    scores = _scores(state[0], pool, images, labels, task.test)
    if not np.isfinite(np.asarray(scores.train_error)).all():
        raise ArithmeticError(f"n = {n}, width = {width}: a network's training error is not finite")
    # The first segment compiles, and so does a last one that is shorter.
    alike = [b - a for a, b in pairwise(times)][: steps // bounds[1]]
    seconds = np.median(alike[1:] or alike)
    return Trained(scores, float(BATCH * len(keys) * len(mixes) * bounds[1] / seconds))


def two_layers(d: int, width: int, classes: int, key: Key[Array, ""]) -> eqx.nn.MLP:
    """A network x -> W_2 max(W_1 x + b_1, 0) + b_2 with Equinox's initial weights."""
    return eqx.nn.MLP(d, classes, width, depth=1, key=key, dtype=jnp.float32)


def mean_squared_error(
    network: eqx.nn.MLP, images: Float[Array, "n d"], labels: Float[Array, "n classes"]
) -> Float[Array, ""]:
    """(1/n) sum_i |f(x_i) - y_i|^2, summed over classes."""
    return jnp.mean(jnp.sum((jax.vmap(network)(images) - labels) ** 2, axis=1))


def train_step(
    state: State,
    images: Float[Array, "batch d"],
    labels: Float[Array, "batch classes"],
    optimiser: optax.GradientTransformation,
) -> State:
    """One step down the gradient of the mean squared error on a batch."""
    network, moments = state
    gradient = eqx.filter_grad(mean_squared_error)(network, images, labels)
    with jax.numpy_dtype_promotion("standard"):  # Optax multiplies whole numbers by others
        updates, moments = optimiser.update(gradient, moments)
    return eqx.apply_updates(network, updates), moments


@eqx.filter_jit
def _train(
    state: State, pool, images, labels, keys, index, optimiser: optax.GradientTransformation
) -> State:
    """The steps `index` of every network."""
    arrays, rest = eqx.partition(state, eqx.is_array)

    def one_seed(arrays: Any, images: Array, labels: Array, key: Array) -> Any:
        def step(arrays: Any, at: Array) -> tuple[Any, None]:
            batch = jax.random.randint(jax.random.fold_in(key, 3 + at), (BATCH,), 0, len(images))
            drawn = pool[images[batch]]

            def one_mix(arrays: Any, labels: Array) -> Any:
                moved = train_step(eqx.combine(arrays, rest), drawn, labels, optimiser)
                return eqx.filter(moved, eqx.is_array)

            return jax.vmap(one_mix)(arrays, labels[:, batch]), None

        return jax.lax.scan(step, arrays, index)[0]

    return eqx.combine(jax.vmap(one_seed)(arrays, images, labels, keys), rest)


@eqx.filter_jit
def _scores(networks: eqx.nn.MLP, pool, images, labels, test: HeldOut) -> Scores:
    """Scores of every network, one at a time: what each holds is its hidden layer on all images."""
    arrays, rest = eqx.partition(networks, eqx.is_array)
    tested = test.images.astype(jnp.float32)

    def one(arrays: Any, images: Array, labels: Array) -> Scores:
        network = eqx.combine(arrays, rest)
        predicted = jax.vmap(network)(tested).astype(float)
        wrong = jnp.sum((predicted - test.labels) ** 2, axis=1)
        return Scores(
            error=wrong.mean(),
            test_stderr=wrong.std(ddof=1) / jnp.sqrt(len(wrong)),
            accuracy=jnp.mean(jnp.argmax(predicted + test.offset[None], axis=1) == test.digits),
            train_error=mean_squared_error(network, pool[images], labels),
        )

    def one_seed(per_seed: Any) -> Scores:
        arrays, images, labels = per_seed
        return jax.lax.map(lambda per_mix: one(per_mix[0], images, per_mix[1]), (arrays, labels))

    return jax.lax.map(one_seed, (arrays, images, labels))
