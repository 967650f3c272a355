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
    the closed form what the hidden units are like; `held` others are tested on, beside the test images.
    """

    n: int
    width: int
    mix: Mix
    ridges: tuple[float, ...]
    steps: int
    seeds: int
    refits: int
    images: int
    held: int


class Errors(NamedTuple):
    """Test errors of one network's last layer.

    `predicted` is the closed form; `held` and `new` are means of fits to other images, tested on
    held-out training images, of which the closed form speaks, and on the data set's test images.  `own`
    is the fit to the network's images and `network` the layer that training left, on test images.
    """

    predicted: float
    held: float
    new: float
    own: float
    network: float


def work(recipe: Recipe, setting: Setting, progress: Progress) -> Answer:
    """A row a ridge: means over seeds, which draw images and initial weights, with standard errors.

    `gap` is held / predicted - 1, whose standard error knows that both are of the same networks.  Raises
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
    columns["gap"] = columns["held"] / columns["predicted"] - 1
    row: Record = {}
    for name, values in columns.items():
        row[name] = _rounded(values.mean())
        row[f"{name}_stderr"] = _rounded(values.std(ddof=1) / np.sqrt(len(values)))
    return row


def errors(task: Task, setting: Setting, key: Key[Array, ""]) -> list[Errors]:
    """The errors of one network at each ridge; no image is in two of the sets that it asks for."""
    n, mix, ridges = setting.n, setting.mix, setting.ridges
    fitted_to = n * (1 + setting.refits)
    order = image_order(task, fitted_to + setting.images + setting.held, key)
    own, *new = order[:fitted_to].reshape(-1, n)
    known, held = np.split(order[fitted_to:], [setting.images])

    def labels(images: np.ndarray) -> Array:
        return mixed_labels(task, images, [mix])[0]

    network = trained_network(task.pool[own], labels(own), setting.width, setting.steps, key)
    tested = [hidden_units(network, images) for images in (task.pool[held], task.test.images)]
    truth = [task.labels[held], task.test.labels]

    def fitted(images: np.ndarray) -> Float[np.ndarray, "2 ridges"]:
        units = hidden_units(network, task.pool[images])
        return np.asarray(_fitted(units, labels(images), jnp.array(ridges), tested, truth))

    true = task.labels[known]
    other = true if mix.generator is None else task.synthetic[mix.generator].pool[known]
    counts = np.array([[n - mix.synthetic(n), mix.synthetic(n)]] * len(ridges), dtype=float)
    sets = [1] * len(ridges)
    predicted = last_layer_errors(network, task.pool[known], [true, other], sets, counts, list(ridges))
    means = np.mean([fitted(images) for images in new], axis=0)
    left = float(_tested(network, task.test))
    columns = zip(predicted, *means, fitted(own)[1], strict=True)
    return [Errors(float(a), float(b), float(c), float(d), left) for a, b, c, d in columns]


@jax.jit
def _fitted(
    Z: Float[Array, "n units"],
    labels: Float[Array, "n classes"],
    ridges: Float[Array, " ridges"],
    tested: list[Float[Array, "_ units"]],
    truth: list[Float[Array, "_ classes"]],
) -> Float[Array, "sets ridges"]:
    """Errors on sets of images of  min_v (1/n) sum_i |v^T z_i - y_i|^2 + lambda |v|^2,  each lambda."""
    gram, moment = Z.T @ Z / len(Z), Z.T @ labels / len(Z)

    def errors(ridge: Float[Array, ""]) -> Float[Array, " sets"]:
        matrix = gram + ridge * jnp.eye(len(gram))
        weights = jax.scipy.linalg.solve(matrix, moment, assume_a="pos")
        left = [Z @ weights - y for Z, y in zip(tested, truth, strict=True)]
        return jnp.stack([jnp.mean(jnp.sum(one**2, axis=1)) for one in left])

    return jax.lax.map(errors, ridges).T


@eqx.filter_jit
def _tested(network: eqx.nn.MLP, test: HeldOut) -> Float[Array, ""]:
    return mean_squared_error(network, test.images.astype(jnp.float32), test.labels.astype(jnp.float32))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
