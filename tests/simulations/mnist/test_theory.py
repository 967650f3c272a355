"""The closed form on data: what it predicts against what is measured."""

from importlib.resources import files
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from simulations.mnist.data import Images, digits
from simulations.mnist.features import linear_features
from simulations.mnist.mix import CLEAN, Mix
from simulations.mnist.report import near_threshold
from simulations.mnist.ridge import scores_by_size
from simulations.mnist.task import HeldOut, Synthetic, Task, make_task
from simulations.mnist.theory import population, predicted_errors
from tests.images import POOR
from workbench.records import numbers, read_csv

TABLE = Path(str(files("figures"))) / "tables" / "mnist.csv"
# What is left of |measured - predicted| / predicted beyond three standard errors, of draws and of test
# images: at most 0.021 in the committed table (ReLU features, n = 40,000; pixels 0.013, projections
# 0.001), where no finite size is left to blame: features of images are not Gaussian.  A ridge below
# 1e-3 and as many images as features need more, as the README's table says.
NON_GAUSSIAN = 0.025


def gaussian_task(N, d, rng):
    """Images with a power-law covariance, labels linear in them plus noise, synthetic ones too."""
    X = rng.normal(size=(N + 2000, d)) * np.arange(1, d + 1) ** -0.5
    W = rng.normal(size=(d, 2))
    V = W + 0.5 * rng.normal(size=(d, 2))
    Y, L = X @ W + 0.5 * rng.normal(size=(N + 2000, 2)), X @ V
    test = HeldOut(jnp.array(X[N:]), jnp.array(Y[N:]), jnp.zeros(2000, int), jnp.zeros(2))
    written = {POOR: Synthetic(jnp.array(L[:N]), 0.0, 0.0)}
    return Task("gaussian", jnp.array(X[:N]), jnp.array(Y[:N]), test, written)


def counted(mixes, sizes):
    """(n_1, n_2) of every mix at every size."""
    return np.array([(n - mix.synthetic(n), mix.synthetic(n)) for n in sizes for mix in mixes], float)


def test_theory_predicts_models_on_gaussian_images():
    """Where its assumptions hold, the closed form predicts what `scores_by_size` measures.

    Within 4 standard errors over draws, 4 of the test set's and a finite-size term of 2/d.
    """
    d, sizes, mixes = 80, [60, 200, 1000], [CLEAN, Mix(0.5, POOR)]
    task = gaussian_task(20000, d, np.random.default_rng(1))
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


def test_theory_predicts_models_on_mnist():
    """The committed table, away from the threshold: sampling errors, and what images are not."""
    rows = [row for row in read_csv(TABLE) if "predicted_error" in row and row["ridge"] >= 1e-3]
    away = [row for row in rows if not near_threshold(row)]
    assert len(away) > 200
    error, predicted, draws, images = (
        numbers(away, name) for name in ("error", "predicted_error", "error_stderr", "test_stderr")
    )
    excess = abs(error - predicted) - 3 * np.hypot(draws, images)
    assert (excess < NON_GAUSSIAN * predicted).all()


def test_theory_predicts_models_on_digits():
    """Each image of the digits is once a test image: within 3 standard errors, of draws and of images.

    These are 1.6% of the error; the digits are too few to show that their pixels are not Gaussian.
    """
    sizes, mixes, folds = [250, 1000], [CLEAN, Mix(0.5, POOR)], 4
    images, counts = digits(), counted(mixes, sizes)
    pixels = np.concatenate([images.test, images.train])
    shown = np.concatenate([images.test_digits, images.train_digits])
    gaps, collapses, variances, predictions = [], [], [], []
    for tested in np.array_split(np.arange(len(pixels)), folds):
        rest = np.setdiff1d(np.arange(len(pixels)), tested)
        fold = Images("digits", pixels[rest], shown[rest], pixels[tested], shown[tested])
        task = make_task(fold, [POOR], key=0)
        known = population(task.pool, [task.labels, task.synthetic[POOR].pool])
        predicted = np.asarray(predicted_errors(known, [0, 1] * 2, counts, [0.05] * 4)).reshape(2, 2)
        keys = jax.random.split(jax.random.key(2), 8)
        scores = [scores_by_size(task, mixes, sizes, None, linear_features, [0.05], key) for key in keys]
        drawn = np.stack([score.error for score in scores])[:, :, 0]
        images_stderr = np.mean([score.test_stderr for score in scores], axis=0)[:, 0]
        variances.append(drawn.var(axis=0, ddof=1) / len(keys) + images_stderr**2)
        gaps.append(drawn.mean(axis=0) - predicted)
        collapses.append(np.diff(gaps[-1]))
        predictions.append(predicted)
    stderr = np.sqrt(np.mean(variances, axis=0) / folds)
    predicted = np.mean(predictions, axis=0)
    assert (abs(np.mean(gaps, axis=0)) < 3 * stderr).all()
    # The collapse, of which the test images' noise cancels, varies from fold to fold.
    stderr = np.std(collapses, axis=0, ddof=1) / np.sqrt(folds)
    assert (abs(np.mean(collapses, axis=0)) < 3 * stderr).all()
    assert (stderr < 0.05 * np.diff(predicted)).all()
