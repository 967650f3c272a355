"""Models on images against plain NumPy: the task, ridge regressions, networks."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from simulations.mnist.data import digits
from simulations.mnist.features import BLOCK, linear_features, projection, relu_features
from simulations.mnist.generator import RIDGE, WIDTH, Generator, synthetic_labels
from simulations.mnist.mix import CLEAN, Mix, mixed_labels
from simulations.mnist.network import mean_squared_error, train_networks, train_step, two_layers
from simulations.mnist.ridge import image_order, projection_key, scores_by_size, scores_by_width
from simulations.mnist.task import make_task, task_keys
from tests.images import GOOD, MIXES, POOR, digits_task


@pytest.fixture(autouse=True)
def strict_types():
    """No number of one type silently becomes another."""
    with jax.numpy_dtype_promotion("strict"):
        yield


@pytest.fixture(scope="module")
def task():
    return digits_task()


def test_quality_is_measured_on_the_test_images(task):
    """c^2 from labels written again by hand: the generator's images are those outside the pool."""
    images = digits()
    order = np.asarray(jax.random.permutation(task_keys(0)[0], 1348))
    outside, pool = order[:224], order[224:]
    scale = np.sqrt(64 / images.train[pool].var(axis=0).sum())
    mean, offset = images.train[pool].mean(axis=0), np.eye(10)[images.train_digits[pool]].mean(axis=0)
    np.testing.assert_allclose(task.pool, (images.train[pool] - mean) * scale, rtol=1e-12, atol=1e-12)
    for generator in (GOOD, POOR):
        (held_out,) = synthetic_labels(
            generator,
            jnp.array((images.train[outside] - mean) * scale),
            jnp.array(np.eye(10)[images.train_digits[outside]] - offset),
            [task.test.images],
            task_keys(0)[1],
        )
        wrong = np.sum((np.asarray(held_out) - np.asarray(task.test.labels)) ** 2, axis=1)
        synthetic = task.synthetic[generator]
        assert synthetic.quality == pytest.approx(wrong.mean(), rel=1e-6)
        assert synthetic.stderr == pytest.approx(wrong.std(ddof=1) / np.sqrt(449), rel=1e-6)


def test_label_noise_makes_a_generator_worse(task):
    noisy = make_task(digits(), [Generator(200, 0.3)], key=0).synthetic[Generator(200, 0.3)]
    assert noisy.quality > task.synthetic[GOOD].quality + 10 * noisy.stderr


def test_task_is_centred_and_scaled(task):
    assert abs(task.pool.mean(axis=0)).max() < 1e-12
    assert jnp.mean(jnp.sum(task.pool**2, axis=1)) == pytest.approx(task.pool.shape[1])
    assert abs(task.labels.sum(axis=1)).max() < 1e-12
    assert len(task.pool) == 1348 - 1348 // 6
    assert 0 < task.synthetic[GOOD].quality < task.synthetic[POOR].quality


def test_a_generator_is_a_ridge_regression(task):
    """The same in NumPy, dual, on the same random features."""
    images, labels = np.asarray(task.pool[:200]), np.asarray(task.labels[:200])
    key = jax.random.key(3)
    (written,) = synthetic_labels(GOOD, task.pool[:200], task.labels[:200], [task.test.images], key)
    S = np.asarray(jax.random.normal(jax.random.split(key)[0], (64, WIDTH))) / 8
    Z, T = np.maximum(images @ S, 0), np.maximum(np.asarray(task.test.images) @ S, 0)
    kernel = Z @ Z.T / 200 + RIDGE * np.eye(200)
    np.testing.assert_allclose(
        written, T @ Z.T @ np.linalg.solve(kernel, labels) / 200, rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize("fraction", [0.001, 0.01, 0.3, 0.5, 1.0])
def test_every_prefix_has_its_share_of_synthetic_labels(task, fraction):
    mix = Mix(fraction, POOR)
    order = np.random.default_rng(0).permutation(1000)
    (labels,) = mixed_labels(task, order, [mix])
    written = np.all(np.asarray(labels == task.synthetic[POOR].pool[order]), axis=1)
    true = np.all(np.asarray(labels == task.labels[order]), axis=1)
    assert (written ^ true).all()
    for n in (1, 10, 499, 500, 1000):
        assert written[:n].sum() == mix.synthetic(n) == np.floor(fraction * n + 0.5)


@pytest.mark.parametrize(
    ("features", "width"), [(linear_features, None), (linear_features, 40), (relu_features, 90)]
)
def test_ridge_by_size_is_plain_ridge(task, features, width):
    key = jax.random.key(5)
    sizes, ridges = [60, 300], [1e-3, 0.5]
    scores = scores_by_size(task, MIXES, sizes, width, features, ridges, key)
    S = np.eye(64) if width is None else np.asarray(projection(projection_key(key), 64, width))
    T = np.asarray(features(task.test.images, S))
    for i, n in enumerate(sizes):
        order = image_order(task, n, key)
        Z = np.asarray(features(task.pool[order], S))
        for k, y in enumerate(np.asarray(mixed_labels(task, order, MIXES))):
            for j, ridge in enumerate(ridges):
                fitted = np.linalg.solve(Z.T @ Z / n + ridge * np.eye(Z.shape[1]), Z.T @ y / n)
                error = np.mean(np.sum((T @ fitted - np.asarray(task.test.labels)) ** 2, axis=1))
                shown = np.argmax(T @ fitted + np.asarray(task.test.offset), axis=1)
                train = np.mean(np.sum((Z @ fitted - y) ** 2, axis=1))
                assert float(scores.error[i, j, k]) == pytest.approx(error, rel=1e-8)
                assert float(scores.train_error[i, j, k]) == pytest.approx(train, rel=1e-6)
                right = np.mean(shown == np.asarray(task.test.digits))
                assert float(scores.accuracy[i, j, k]) == pytest.approx(right)


def test_ridge_by_width_is_ridge_by_size(task):
    """Sums over features against sums over images, across a block of features."""
    key, n, widths = jax.random.key(6), 100, [BLOCK + 30, 20, 100]
    wide = scores_by_width(task, MIXES, n, widths, relu_features, [0.01], key)
    for i, m in enumerate(widths):
        one = scores_by_size(task, MIXES, [n], m, relu_features, [0.01], key)
        for a, b in zip(jax.tree.map(lambda leaf, i=i: leaf[i], wide), one, strict=True):
            np.testing.assert_allclose(a, b[0], rtol=1e-7)


def test_a_network_step_is_the_gradient_by_hand():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(8, 5)).astype(np.float32), rng.normal(size=(8, 3)).astype(np.float32)
    network = two_layers(5, 4, 3, jax.random.key(0))
    (W1, b1), (W2, b2) = ((np.asarray(one.weight), np.asarray(one.bias)) for one in network.layers)
    hidden = X @ W1.T + b1
    active = np.maximum(hidden, 0)
    wrong = active @ W2.T + b2 - Y
    assert float(mean_squared_error(network, X, Y)) == pytest.approx(np.sum(wrong**2) / 8, rel=1e-5)
    back = 2 * wrong / 8
    below = (back @ W2) * (hidden > 0)
    sgd = optax.sgd(0.1)
    (moved, _) = train_step((network, sgd.init(None)), jnp.array(X), jnp.array(Y), sgd)
    expected = [W1 - 0.1 * below.T @ X, b1 - 0.1 * below.sum(0), W2 - 0.1 * back.T @ active]
    expected.append(b2 - 0.1 * back.sum(0))
    got = [leaf for one in moved.layers for leaf in (one.weight, one.bias)]
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_networks_interpolate_few_images_and_share_their_draws(task):
    keys = jax.random.split(jax.random.key(1), 2)
    shares = []
    both = train_networks(task, MIXES[:2], 30, 64, 600, keys, shares.append).scores
    assert both.error.shape == (2, 2)
    assert (np.asarray(both.train_error) < 1e-3).all()
    assert (np.asarray(both.accuracy) > 0.5).all()
    assert sum(shares) == pytest.approx(1)
    alone = train_networks(task, MIXES[:1], 30, 64, 600, keys).scores
    np.testing.assert_allclose(alone.error[:, 0], both.error[:, 0], rtol=1e-3)


def test_a_network_that_diverges_is_an_error(task):
    broken = task._replace(labels=task.labels.at[0].set(jnp.nan))
    with pytest.raises(ArithmeticError, match="n = 1123, width = 4"):
        train_networks(broken, [CLEAN], 1123, 4, 20, jax.random.split(jax.random.key(0), 1))
