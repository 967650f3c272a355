"""Models on images against plain NumPy, the closed form on data whose law is known, the command."""

import csv
import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from simulations.mnist.__main__ import main
from simulations.mnist.data import digits
from simulations.mnist.features import BLOCK, linear_features, projection, relu_features
from simulations.mnist.generator import RIDGE, WIDTH, Generator, synthetic_labels
from simulations.mnist.mix import CLEAN, Mix, mixed_labels
from simulations.mnist.network import mean_squared_error, train_networks, train_step, two_layers
from simulations.mnist.results import inputs, measure
from simulations.mnist.ridge import image_order, projection_key, scores_by_size, scores_by_width
from simulations.mnist.study import DEFAULT, Block, jobs
from simulations.mnist.task import HeldOut, Synthetic, Task, make_task, task_keys
from simulations.mnist.theory import population, predicted_errors

GOOD, POOR = Generator(200), Generator(50, 0.1)
MIXES = [CLEAN, Mix(0.3, GOOD), Mix(1.0, POOR)]


@pytest.fixture(scope="module")
def task():
    return make_task(digits(), [GOOD, POOR], key=0)


def test_quality_is_measured_on_the_test_images(task):
    """c^2 from labels written again by hand: the generator's images are those outside the pool."""
    images = digits()
    order = np.asarray(jax.random.permutation(task_keys(0)[0], 1348))
    own, pool = order[:224], order[224:]
    scale = np.sqrt(64 / images.train[pool].var(axis=0).sum())
    mean, offset = images.train[pool].mean(axis=0), np.eye(10)[images.train_digits[pool]].mean(axis=0)
    np.testing.assert_allclose(task.pool, (images.train[pool] - mean) * scale, rtol=1e-12, atol=1e-12)
    for generator in (GOOD, POOR):
        (held_out,) = synthetic_labels(
            generator,
            jnp.array((images.train[own] - mean) * scale),
            jnp.array(np.eye(10)[images.train_digits[own]] - offset),
            [task.test.images],
            task_keys(0)[1],
        )
        wrong = np.sum((np.asarray(held_out) - np.asarray(task.test.labels)) ** 2, axis=1)
        found = task.synthetic[generator]
        assert found.quality == pytest.approx(wrong.mean(), rel=1e-6)
        assert found.stderr == pytest.approx(wrong.std(ddof=1) / np.sqrt(449), rel=1e-6)


def test_label_noise_makes_a_generator_worse(task):
    noisy = make_task(digits(), [Generator(200, 0.3)], key=0).synthetic[Generator(200, 0.3)]
    assert noisy.quality > task.synthetic[GOOD].quality + 10 * noisy.stderr


def test_task_is_centred_and_scaled(task):
    assert abs(task.pool.mean(axis=0)).max() < 1e-12
    assert jnp.mean(jnp.sum(task.pool**2, axis=1)) == pytest.approx(task.pool.shape[1])
    assert abs(task.labels.sum(axis=1)).max() < 1e-12
    assert len(task.pool) == 1348 - 1348 // 6
    for better, worse in [(GOOD, POOR)]:
        assert 0 < task.synthetic[better].quality < task.synthetic[worse].quality


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


def gaussian_task(N, d, rng):
    """Images with a power-law covariance, labels linear in them plus noise, synthetic ones too."""
    spectrum = np.arange(1, d + 1) ** -1.0
    X = rng.normal(size=(N + 2000, d)) * np.sqrt(spectrum)
    W = rng.normal(size=(d, 2))
    V = W + 0.5 * rng.normal(size=(d, 2))
    Y, L = X @ W + 0.5 * rng.normal(size=(N + 2000, 2)), X @ V
    test = HeldOut(jnp.array(X[N:]), jnp.array(Y[N:]), jnp.zeros(2000, int), jnp.zeros(2))
    written = {POOR: Synthetic(jnp.array(L[:N]), 0.0, 0.0)}
    return Task("gaussian", jnp.array(X[:N]), jnp.array(Y[:N]), test, written), spectrum, W, V


def counted(mixes, sizes):
    """(n_1, n_2) of every mix at every size."""
    return np.array([(n - mix.synthetic(n), mix.synthetic(n)) for n in sizes for mix in mixes], float)


def test_population_is_unbiased():
    """Means over 200 data sets within 4 standard errors, though each is of only 5 d samples."""
    d, N = 12, 60
    rng = np.random.default_rng(0)
    W, V = rng.normal(size=(2, d, 2))
    found = []
    for _ in range(200):
        X = rng.normal(size=(N, d))
        noise = rng.normal(size=(N, 2))
        Y, L = X @ W + 0.5 * noise, X @ V + 0.3 * noise  # residuals are correlated
        known = population(jnp.array(X), [jnp.array(Y), jnp.array(L)])
        weighted = np.asarray(jnp.sum(known.eigenvalues[None, None] * known.moments, axis=2))
        found.append([*known.noises, weighted[0, 0], weighted[0, 1], weighted[1, 1]])
    expected = [0.5, 0.18, np.sum(W * W), np.sum(W * V), np.sum(V * V)]
    stderr = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert (abs(np.mean(found, axis=0) - expected) < 4 * stderr).all()


def test_theory_predicts_models_on_gaussian_images():
    """Where its assumptions hold, the closed form predicts what `scores_by_size` measures.

    Within 4 standard errors over draws, 4 of the test set's and a finite-size term of 2/d.
    """
    d, sizes, mixes = 80, [60, 200, 1000], [CLEAN, Mix(0.5, POOR)]
    task, _, _, _ = gaussian_task(20000, d, np.random.default_rng(1))
    known = population(task.pool, [task.labels, task.synthetic[POOR].pool])
    keys = jax.random.split(jax.random.key(2), 12)
    for width in (None, 50):
        drawn = np.stack(
            [scores_by_size(task, mixes, sizes, width, linear_features, [0.05], k).error for k in keys]
        )[:, :, 0]
        counts = counted(mixes, sizes)
        widths = None if width is None else [width] * 6
        predicted = predicted_errors(known, [0, 1] * 3, counts, [0.05] * 6, widths).reshape(3, 2)
        stderr = drawn.std(axis=0, ddof=1) / np.sqrt(len(keys))
        # Squared errors of two Gaussian outputs vary as much as their mean.
        allowed = 4 * stderr + (4 / np.sqrt(2000) + 2 / d) * np.asarray(predicted)
        assert (abs(drawn.mean(axis=0) - predicted) < allowed).all()
        # The test images' own noise cancels in the collapse, which is linear in what is predicted.
        collapse = drawn[..., 1] - drawn[..., 0]
        stderr = collapse.std(axis=0, ddof=1) / np.sqrt(len(keys))
        expected = np.asarray(predicted[:, 1] - predicted[:, 0])
        assert (abs(collapse.mean(axis=0) - expected) < 4 * stderr + 4 / d * expected).all()


def test_theory_predicts_models_on_digits(task):
    """Real images are not Gaussian: 6% is what the default study shows away from the threshold."""
    sizes, mixes = [250, 1000], [CLEAN, Mix(0.5, POOR)]
    known = population(task.pool, [task.labels, task.synthetic[POOR].pool])
    keys = jax.random.split(jax.random.key(2), 8)
    drawn = np.stack(
        [scores_by_size(task, mixes, sizes, None, linear_features, [0.05], k).error for k in keys]
    )[:, :, 0]
    counts = counted(mixes, sizes)
    predicted = np.asarray(predicted_errors(known, [0, 1] * 2, counts, [0.05] * 4, None)).reshape(2, 2)
    stderr = drawn.std(axis=0, ddof=1) / np.sqrt(len(keys))
    assert (abs(drawn.mean(axis=0) - predicted) < 3 * stderr + 0.06 * predicted).all()
    assert (predicted[:, 1] > predicted[:, 0]).all()  # and it tells the mixes apart


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


@pytest.mark.parametrize(
    ("model", "sizes", "widths"), [("linear", (80, 300), (None,)), ("relu", (60,), (20, 90))]
)
def test_rows_hold_what_they_say(task, model, sizes, widths):
    """Every row of a job again by itself: one size, one width, one ridge, one mix."""
    block = Block("theory", model, sizes, widths, (0.3,), (GOOD, POOR), (0.02, 0.5), seeds=2)
    (job,) = jobs(block)
    rows = measure(job, task, inputs(job, task, 7, "code"), 7, lambda share: None).rows
    assert len(rows) == 12
    for row in rows:
        generator = None
        if row["generator_samples"] != "none":
            generator = Generator(int(row["generator_samples"]), float(row["generator_noise"]))
        mix = Mix(float(row["p2"]), generator) if generator else CLEAN
        n, ridge = int(row["n"]), float(row["ridge"])
        width = None if row["width"] == "none" else int(row["width"])
        features = relu_features if model == "relu" else linear_features
        keys = [jax.random.fold_in(task_keys(7)[2], seed) for seed in range(2)]
        drawn = [
            float(scores_by_size(task, [mix], [n], width, features, [ridge], key).error[0, 0, 0])
            for key in keys
        ]
        assert float(row["error"]) == pytest.approx(np.mean(drawn), rel=1e-4)
        assert float(row["error_stderr"]) == pytest.approx(np.std(drawn, ddof=1) / np.sqrt(2), rel=1e-3)
        seen = task.pool
        if width is not None:
            seen = relu_features(seen, projection(projection_key(keys[0]), 64, width))
        labels = [task.labels, task.synthetic[generator or GOOD].pool]
        counts = np.array([[n - mix.synthetic(n), mix.synthetic(n)]], float)
        (expected,) = predicted_errors(population(seen, labels), [1], counts, [ridge])
        assert float(row["predicted_error"]) == pytest.approx(float(expected), rel=1e-4)


def test_a_job_is_over_sizes_or_over_widths():
    block = Block("width", "relu", (100,), (100, 200), (0.5,), (GOOD,), (0.1,), seeds=2)
    assert [len(list(jobs(b))) for b in (block, replace(block, sizes=(1, 2, 3)))] == [1, 2]
    # Of one size and one width the smaller makes the system.
    assert replace(block, widths=(200,)).by_width
    assert not replace(block, widths=(50,)).by_width


def test_the_committed_table_is_that_of_the_default_run():
    task = SimpleNamespace(
        name="mnist", pool=np.empty((50000, 784)), test=SimpleNamespace(images=np.empty((10000, 784)))
    )
    with open(Path(str(files("figures"))) / "tables" / "mnist.csv") as file:
        found = list(csv.DictReader(file))
    wanted = [row for b in DEFAULT for job in jobs(b) for row in inputs(job, task, 0, found[0]["code"])]
    assert [{name: row[name] for name in wanted[0]} for row in found] == wanted
    assert all(float(row["error"]) > 0 for row in found)


SMALL = ["--quick", "--study", "scaling", "--model", "linear", "--n", "50,100", "--seeds", "2"]


@pytest.fixture
def no_mnist(monkeypatch):
    monkeypatch.delenv("COLLAPSE_DATA", raising=False)


def run(folder, *more):
    return main([*SMALL, "--format", "png", "--out", str(folder), *more])


def table(folder):
    with open(folder / "mnist.csv") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("no_mnist")
def test_command_resumes_and_says_how_it_ran(tmp_path, capsys):
    assert run(tmp_path) == 0
    names = {"mnist.csv", "manifest.json", "scaling.png", "scaling.csv"}
    assert {path.name for path in tmp_path.iterdir()} == names
    rows = table(tmp_path)
    assert len(rows) == 2 * 3
    for row in rows:
        assert float(row["error"]) > 0
        assert float(row["predicted_error"]) > 0
        assert (float(row["c2"]) > 0) == (float(row["p2"]) > 0)
    assert "measured / predicted" in capsys.readouterr().out
    lines = (tmp_path / "mnist.csv").read_text().splitlines(keepends=True)
    (tmp_path / "mnist.csv").write_text("".join(lines[:-1]) + lines[-1][:20])  # killed while writing
    assert run(tmp_path) == 0
    assert table(tmp_path) == rows
    assert json.loads((tmp_path / "manifest.json").read_text())["jobs_reused"] == 0
    assert run(tmp_path) == 0
    assert json.loads((tmp_path / "manifest.json").read_text())["jobs_reused"] == 1


@pytest.mark.usefixtures("no_mnist")
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--n", "1e6"], "n = 1e"),
        (["--n", "ten"], "n = ten"),
        (["--synthetic-fraction", "2"], "synthetic_fraction = 2"),
        (["--ridge", "0"], "ridge = 0"),
        (["--generator", "5000"], "generator = 5000"),
        (["--generator", "x"], "generator = x"),
        (["--generator", "10.7"], "generator = 10.7"),
        (["--steps", "5"], "steps = 5"),
        (["--width", "50"], "width = (50,)"),
        (["--model", "relu", "--width", "none"], "width = none"),
        (["--model", "relu", "--n", "100,200", "--width", "50000"], "width = 50000"),
        (["--model", "network", "--steps", "0"], "steps = 0"),
        (["--seeds", "1"], "seeds = 1"),
        (["--key", "-1"], "key = -1"),
        (["--study", "depth"], "study = depth"),
        (["--model", "network", "--study", "theory"], "study = theory"),
        (["--full"], "--quick and --full"),
        (["--format", "gif"], "format = gif"),
        (["--data", "/nowhere"], "data = /nowhere"),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, flags, says):
    with pytest.raises(SystemExit) as stop:
        run(tmp_path, *flags)
    assert stop.value.code == 2
    text = capsys.readouterr().err
    assert says in text
    assert "expected" in text
    assert text.count("\n") == 1
