"""The closed form of a trained network's last layer: right for new images, not for those trained on."""

import json

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from figures.house import tables
from simulations.mnist.last_layer.frozen import hidden_units, last_layer_errors
from simulations.mnist.last_layer.measure import Setting, errors
from simulations.mnist.last_layer.run import COLUMNS, TABLE, inputs, settings
from simulations.mnist.mix import CLEAN
from simulations.mnist.network import train_networks, train_step, two_layers
from simulations.mnist.task import Extent, HeldOut, Task
from workbench.records import numbers


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


def made_task() -> Task:
    """Labels that are smooth functions of twelve pixels, with noise."""
    rng = np.random.default_rng(3)
    images = jnp.asarray(rng.normal(size=(1500, 12)))
    labels = jnp.sin(images @ jnp.asarray(rng.normal(size=(12, 3))))
    labels += 0.3 * jnp.asarray(rng.normal(size=labels.shape))
    digits = jnp.argmax(labels, axis=1)
    test = HeldOut(images[1200:], labels[1200:], digits[1200:], jnp.zeros(3))
    return Task("made", images[:1200], labels[:1200], test, {})


def test_the_network_is_the_one_that_the_studies_train():
    """By the same key; its float32 steps are compiled for one network, there for many."""
    task, key = made_task(), jax.random.key(5)
    setting = Setting(100, 8, CLEAN, (1e-3, 1.0), 40, 1, refits=3, images=400, held=200)
    first, second = errors(task, setting, key)
    scores = train_networks(task, [CLEAN], 100, 8, 40, key[None]).scores
    assert first.network == second.network
    np.testing.assert_allclose(first.network, float(scores.error[0, 0]), rtol=1e-4)
    assert first.own != second.own


def rows_of(**chosen):
    """Committed rows."""
    return [
        row
        for row in tables.committed(TABLE)
        if all(row[name] == value for name, value in chosen.items())
    ]


def test_the_committed_table_is_that_of_the_present_plan():
    rows = tables.committed(TABLE)
    manifest = json.loads((tables.FOLDER / f"{TABLE}.json").read_text())
    wanted = [
        row
        for setting in settings()
        for row in inputs(setting, Extent("mnist", 784, 50000, 10000), 0, manifest["code"])
    ]
    assert [{name: row[name] for name in wanted[0]} for row in rows] == wanted
    assert set(rows[0]) == set(COLUMNS)
    assert manifest["rows"] == len(rows)
    assert not manifest["failed"]


def test_the_committed_closed_form_is_that_of_new_images():
    """As the ridge models of the width study: 3% in the median and 10% at most, at the peak m = n."""
    rows = tables.committed(TABLE)
    gaps = abs(numbers(rows, "gap"))
    assert np.median(gaps) < 0.03
    assert gaps.max() < 0.10
    assert rows[int(gaps.argmax())]["width"] == 1000
    assert (numbers(rows, "gap_stderr") < 0.01).all()


def test_committed_networks_know_their_images():
    """Fitted to the network's own images, the last layer is worse at m = 30 and has no peak at m = n."""
    for p2 in (0.0, 0.5):
        rows = rows_of(p2=p2, ridge=1e-4)
        new, own, left = (numbers(rows, name) for name in ("new", "own", "network"))
        assert own[0] > 1.1 * new[0]
        assert new[-1] > 3 * own[-1]
        assert (np.diff(own) < 0).all()
        assert (abs(own / left - 1) < 0.05).all()
