"""Pairs of digits: the predicted share of errors against trained classifiers."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from figures.house import tables
from simulations.mnist.pairs.__main__ import main
from simulations.mnist.pairs.pair import Pair, trained
from simulations.mnist.pairs.run import PAIRS
from simulations.mnist.pairs.theory import known_of, predicted
from workbench.records import numbers, read_csv

D, POOL, TEST, SEEDS = 12, 3000, 20_000, 200


def made(distance: float) -> Pair:
    """Two classes that differ in mean and in covariance, and have heavy tails."""
    rng = np.random.default_rng(0)
    rows, labels = [], []
    for size in (POOL, TEST):
        y = np.where(rng.random(size) < 0.4, 1.0, -1.0)
        x = rng.laplace(size=(size, D)) * np.linspace(0.5, 1.5, D)[None]
        x[y > 0] *= 0.6
        x[:, 0] += distance * y
        rows.append(x)
        labels.append(y)
    mean = rows[0].mean(axis=0)
    arrays = [jnp.asarray(array) for array in (rows[0] - mean, labels[0], rows[1] - mean, labels[1])]
    return Pair(*arrays, float(labels[0].mean()))


@pytest.mark.parametrize(("ridge", "flip"), [(0.1, 0.0), (0.1, 0.2), (2.0, 0.2)])
def test_made_classes(ridge, flip):
    """Within sampling errors of models, of the images both sides know, and 1/n."""
    pair, n = made(0.7), 100
    expected = predicted(pair, known_of(pair), n, ridge, flip)
    keys = jax.random.split(jax.random.key(1), SEEDS)
    models = [trained(pair, n, ridge, flip, key) for key in keys]
    measured, value = np.array([m.wrong for m in models]), float(expected.wrong)
    stderr = measured.std(ddof=1) / np.sqrt(SEEDS)
    images = np.sqrt(value * (1 - value) * (1 / POOL + 1 / TEST))
    assert abs(measured.mean() - value) < 4 * np.hypot(stderr, images) + value / n
    errors = np.array([m.error for m in models])
    assert abs(errors.mean() / expected.error - 1) < 0.05


def test_committed_table():
    rows = tables.committed("mnist.pairs")
    manifest = json.loads((tables.FOLDER / "mnist.pairs.json").read_text())
    assert tables.code(rows) == manifest["code"]
    assert {row["pair"] for row in rows} == {f"{a}-{b}" for a, b in PAIRS}
    gaps = numbers(rows, "accuracy") - numbers(rows, "predicted_accuracy")
    assert np.median(np.abs(gaps)) < 0.01
    assert np.abs(gaps).max() < 0.04


def test_quick_run(tmp_path, monkeypatch, capsys):
    pytest.importorskip("sklearn")
    monkeypatch.delenv("COLLAPSE_DATA", raising=False)
    assert main(["--quick", "--pair", "3-8", "--format", "png", "--out", str(tmp_path)]) == 0
    rows = read_csv(tmp_path / "mnist.pairs.csv")
    assert len(rows) == 8
    assert (numbers(rows, "accuracy") > 0.6).all()
    assert (tmp_path / "pairs.png").exists()
    assert "accuracy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--pair", "3-3"], "expected two different digits"),
        (["--pair", "3"], "expected two different digits"),
        (["--pair", "a-b"], "expected two different digits"),
        (["--key", "-1"], "key = -1: expected between 0 and"),
    ],
)
def test_bad_arguments(flags, says, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--quick", "--out", str(tmp_path), *flags])
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err
