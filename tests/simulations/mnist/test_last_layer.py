"""The closed form of a trained network's last layer: right for new images, not for those trained on."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from simulations.mnist.last_layer.frozen import hidden_units, last_layer_errors
from simulations.mnist.network import train_step, two_layers


def fitted(features, labels, ridge):
    """The ridge fit, whatever its data."""
    gram = features.T @ features / len(features) + ridge * jnp.eye(features.shape[1])
    return jnp.linalg.solve(gram, features.T @ labels / len(features))


def test_frozen_features_on_new_images_and_on_those_that_made_them():
    """A made task: refits on 30 new sets within 4 standard errors and 2/units, not on the own set."""
    d, units, n, ridge = 10, 40, 120, 1e-4
    rng = np.random.default_rng(0)
    images = jnp.asarray(rng.normal(size=(40_000, d)))
    labels = jnp.stack([jnp.sin(images @ w) for w in jnp.asarray(rng.normal(size=(2, d)))], axis=1)
    labels += 0.5 * jnp.asarray(rng.normal(size=labels.shape))
    optimiser = optax.adam(1e-2)
    network = two_layers(d, units, 2, jax.random.key(1))
    state = network, optimiser.init(eqx.filter(network, eqx.is_array))
    step = eqx.filter_jit(lambda state, x, y: train_step(state, x, y, optimiser))
    for _ in range(1500):
        state = step(state, images[:n].astype(jnp.float32), labels[:n].astype(jnp.float32))
    network = state[0]
    units_of = hidden_units(network, images)
    tested, truth = units_of[20_000:], labels[20_000:]

    def error(at):
        return float(
            jnp.mean(jnp.sum((tested @ fitted(units_of[at], labels[at], ridge) - truth) ** 2, 1))
        )

    own = error(slice(0, n))
    new = np.array([error(slice(n * i, n * (i + 1))) for i in range(1, 31)])
    counts = np.array([[n, 0.0]])
    (expected,) = last_layer_errors(
        network, images[4000:20_000], [labels[4000:20_000]] * 2, [1], counts, [ridge]
    )
    stderr = new.std(ddof=1) / np.sqrt(len(new))
    assert abs(new.mean() - expected) < 4 * stderr + 2 / units * expected
    assert stderr < 0.03 * expected
    assert own > expected + 4 * new.std(ddof=1)
