"""Test errors of one network's last layer: by the closed form, fitted anew, and as training left it."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from simulations.mnist.last_layer.frozen import hidden_units, last_layer_errors
from simulations.mnist.last_layer.training import trained_network
from simulations.mnist.mix import Mix, mixed_labels
from simulations.mnist.network import mean_squared_error
from simulations.mnist.ridge import image_order
from simulations.mnist.task import HeldOut, Recipe, Task, prepared, task_keys
from workbench.job import Answer, Progress
from workbench.records import Record

DIGITS = 6  # of a result


class Setting(NamedTuple):
    """Networks of `width` units trained by `steps` on n images, and ridges of new last layers.

    `refits` sets of n other images are fitted to; `images` others, many more than there are units, tell
    the closed form what the hidden units are like.
    """

    n: int
    width: int
    mix: Mix
    ridges: tuple[float, ...]
    steps: int
    seeds: int
    refits: int
    images: int


class Errors(NamedTuple):
    """Test errors of one network's last layer.

    `predicted` is the closed form of `new`, the mean of fits to other images; `own` is the fit to the
    network's images, `network` the layer that training left.
    """

    predicted: float
    new: float
    own: float
    network: float


def work(recipe: Recipe, setting: Setting, progress: Progress) -> Answer:
    """A row a ridge: means over seeds, which draw images and initial weights, with standard errors.

    `gap` is new / predicted - 1, whose standard error knows that both are of the same networks.  Raises
    ArithmeticError where the closed form did not converge or a network is not finite.
    """
    task, key = prepared(recipe), task_keys(recipe.key)[2]
    drawn = []
    for seed in range(setting.seeds):
        drawn.append(errors(task, setting, jax.random.fold_in(key, seed)))
        progress(1 / setting.seeds)
    return Answer([_row(list(networks)) for networks in zip(*drawn, strict=True)])


def _row(networks: list[Errors]) -> Record:
    """Means over networks, and their standard errors."""
    columns = dict(zip(Errors._fields, np.array(networks).T, strict=True))
    if not all(np.isfinite(values).all() for values in columns.values()):
        raise ArithmeticError("a network is not finite, or the closed form did not converge")
    columns["gap"] = columns["new"] / columns["predicted"] - 1
    row: Record = {}
    for name, values in columns.items():
        row[name] = _rounded(values.mean())
        row[f"{name}_stderr"] = _rounded(values.std(ddof=1) / np.sqrt(len(values)))
    return row


def errors(task: Task, setting: Setting, key: Key[Array, ""]) -> list[Errors]:
    """The errors of one network at each ridge; no image is in two of the sets that it asks for."""
    n, mix, ridges = setting.n, setting.mix, setting.ridges
    order = image_order(task, n * (1 + setting.refits) + setting.images, key)
    own, *new = order[: n * (1 + setting.refits)].reshape(-1, n)
    known = order[n * (1 + setting.refits) :]

    def labels(images: np.ndarray) -> Array:
        return mixed_labels(task, images, [mix])[0]

    network = trained_network(task.pool[own], labels(own), setting.width, setting.steps, key)
    tested = hidden_units(network, task.test.images)

    def fitted(images: np.ndarray) -> Float[np.ndarray, " ridges"]:
        units = hidden_units(network, task.pool[images])
        return np.asarray(_fitted(units, labels(images), jnp.array(ridges), tested, task.test))

    true = task.labels[known]
    other = true if mix.generator is None else task.synthetic[mix.generator].pool[known]
    counts = np.array([[n - mix.synthetic(n), mix.synthetic(n)]] * len(ridges), dtype=float)
    sets = [1] * len(ridges)
    predicted = last_layer_errors(network, task.pool[known], [true, other], sets, counts, list(ridges))
    means = np.mean([fitted(images) for images in new], axis=0)
    left = float(_tested(network, task.test))
    columns = zip(predicted, means, fitted(own), strict=True)
    return [Errors(float(a), float(b), float(c), left) for a, b, c in columns]


@jax.jit
def _fitted(
    Z: Float[Array, "n units"],
    labels: Float[Array, "n classes"],
    ridges: Float[Array, " ridges"],
    tested: Float[Array, "T units"],
    test: HeldOut,
) -> Float[Array, " ridges"]:
    """Test errors of  min_v (1/n) sum_i |v^T z_i - y_i|^2 + lambda |v|^2,  an entry each lambda."""
    gram, moment = Z.T @ Z / len(Z), Z.T @ labels / len(Z)

    def error(ridge: Float[Array, ""]) -> Float[Array, ""]:
        matrix = gram + ridge * jnp.eye(len(gram))
        weights = jax.scipy.linalg.solve(matrix, moment, assume_a="pos")
        return jnp.mean(jnp.sum((tested @ weights - test.labels) ** 2, axis=1))

    return jax.lax.map(error, ridges)


@eqx.filter_jit
def _tested(network: eqx.nn.MLP, test: HeldOut) -> Float[Array, ""]:
    return mean_squared_error(network, test.images.astype(jnp.float32), test.labels.astype(jnp.float32))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
