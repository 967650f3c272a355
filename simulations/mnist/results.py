"""Rows of the table: what a job measures, over seeds, and what the theory predicts for it."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from simulations.mnist.features import linear_features, projection, relu_features
from simulations.mnist.network import BATCH, train_networks
from simulations.mnist.ridge import Scores, projection_key, scores_by_size, scores_by_width
from simulations.mnist.study import Block, Job, Point, points
from simulations.mnist.task import CLASSES, Task, task_keys
from simulations.mnist.theory import population, predicted_errors
from simulations.table import Row, as_text

INPUTS = ["study", "data", "d", "pool", "test", "model", "n", "width", "p2"]
INPUTS += ["generator_samples", "generator_noise", "ridge", "steps", "seeds", "key", "code"]
MEASURED = ["c2", "c2_stderr", "error", "error_stderr", "test_stderr", "collapse", "collapse_stderr"]
MEASURED += ["train_error", "accuracy", "predicted_error", "predicted_collapse", "predicted_plateau"]
COLUMNS = [*INPUTS, *MEASURED]
# The covariance of features is estimated for up to this many, and from this many images for each.
MOST_FEATURES, IMAGES_A_FEATURE = 3000, 8
ENDLESS = 1e12  # images, for plateaus


class Found(NamedTuple):
    """Rows of a job, and samples per second where networks were trained."""

    rows: list[Row]
    samples_per_second: float | None


def inputs(job: Job, task: Task, key: int, code: str) -> list[Row]:
    """The input columns of a job's rows."""
    block = job.block
    common: dict[str, object] = {"study": block.study, "model": block.model}
    common |= {
        "data": task.name,
        "d": task.pool.shape[1],
        "pool": len(task.pool),
        "test": len(task.test.images),
        "seeds": block.seeds,
        "key": key,
        "code": code,
    }
    rows = []
    for point in points(job):
        generator = point.mix.generator
        own = {"n": point.n, "width": point.width, "p2": point.mix.fraction, "ridge": point.ridge}
        own |= {
            "steps": block.steps_for(point.n) if block.model == "network" else 0,
            "generator_samples": generator and generator.samples,
            "generator_noise": generator and generator.noise,
        }
        rows.append({name: as_text((common | own)[name]) for name in INPUTS})
    return rows


def cost(job: Job, task: Task) -> float:
    """Floating-point operations of a job, to leading order."""
    block, d, T = job.block, task.pool.shape[1], len(task.test.images)
    n, mixes = max(job.sizes), len(block.mixes)
    if block.model == "network":
        (m,) = job.widths
        return block.seeds * mixes * block.steps_for(n) * BATCH * 6.0 * m * (d + CLASSES)  # type: ignore[operator]
    m = max(width or d for width in job.widths)
    features = 0 if block.model == "linear" else 2.0 * (n + T) * d * m
    if block.by_width:
        return block.seeds * (features + 2.0 * (n + T) * n * m)
    solves = len(job.sizes) * len(block.ridges) * m**3 / 3
    return block.seeds * (features + 2.0 * n * m * m + solves)


def measure(
    job: Job, task: Task, rows: list[Row], key: int, progress: Callable[[float], object]
) -> Found:
    """The job's rows, complete.  `progress` hears which share of the job was done.

    Raises ArithmeticError if a model or its prediction is not finite.
    """
    block = job.block
    keys = jax.vmap(partial(jax.random.fold_in, task_keys(key)[2]))(jnp.arange(block.seeds))
    rate = None
    if block.model == "network":
        (n,), (width,) = job.sizes, job.widths
        assert width is not None  # a network has one
        scores, rate = train_networks(task, block.mixes, n, width, block.steps_for(n), keys, progress)
        scores = jax.tree.map(lambda leaf: leaf[:, None, None], scores)
    else:
        drawn = []
        for seed in keys:
            drawn.append(jax.block_until_ready(_scores(job, task, seed)))
            progress(1 / block.seeds)
        scores = jax.tree.map(lambda *leaves: jnp.stack(leaves), *drawn)
    theory = _theory(job, task, keys[0])
    if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(scores)):
        raise ArithmeticError("a model is singular to rounding; use a larger ridge")
    results = _summary(jax.tree.map(np.asarray, scores), theory)
    quality = [task.synthetic.get(mix.generator) for mix in block.mixes]  # type: ignore[arg-type]
    complete = []
    for index, row in enumerate(rows):
        synthetic = quality[index % len(quality)]
        result = {name: values[index] for name, values in results.items()}
        result |= {
            "c2": synthetic.quality if synthetic else 0.0,
            "c2_stderr": synthetic.stderr if synthetic else 0.0,
        }
        complete.append(row | {name: _short(result[name]) for name in MEASURED})
    return Found(complete, rate)


def _scores(job: Job, task: Task, key: jax.Array) -> Scores:
    """One seed's scores (sizes or widths, ridges, mixes) of a ridge model."""
    block = job.block
    features = relu_features if block.model == "relu" else linear_features
    ridges = list(block.ridges)
    if block.by_width:
        (n,) = job.sizes
        widths = [width for width in job.widths if width is not None]
        return scores_by_width(task, block.mixes, n, widths, features, ridges, key)
    (width,) = job.widths
    return scores_by_size(task, block.mixes, list(job.sizes), width, features, ridges, key)


def _summary(scores: Scores, theory: Float[np.ndarray, "2 shape ridges mixes"]) -> dict[str, np.ndarray]:
    """Means and standard errors over seeds (the first axis), a value a row.

    The collapse is the error less that of the same images with true labels: mixes share all draws.
    Its plateau is what the theory says of it for n -> infinity.
    """
    root = np.sqrt(len(scores.error))
    collapse = scores.error - scores.error[..., :1]
    found = {
        "error": scores.error.mean(axis=0),
        "error_stderr": scores.error.std(axis=0, ddof=1) / root,
        "collapse": collapse.mean(axis=0),
        "collapse_stderr": collapse.std(axis=0, ddof=1) / root,
        "test_stderr": scores.test_stderr.mean(axis=0),
        "train_error": scores.train_error.mean(axis=0),
        "accuracy": scores.accuracy.mean(axis=0),
        "predicted_error": theory[0],
        "predicted_collapse": theory[0] - theory[0, ..., :1],
        "predicted_plateau": theory[1] - theory[1, ..., :1],
    }
    return {name: values.ravel() for name, values in found.items()}


def _theory(job: Job, task: Task, key: jax.Array) -> Float[np.ndarray, "2 shape ridges mixes"]:
    """Predicted errors, of the sizes asked for and of endless data.

    NaN where there is no theory, or too many features to estimate it from.
    """
    block = job.block
    shape = (2, len(job.sizes) * len(job.widths), len(block.ridges), len(block.mixes))
    all_points = points(job)
    found = np.full((2, len(all_points)), np.nan)
    most = min(MOST_FEATURES, len(task.pool) // IMAGES_A_FEATURE)
    groups: dict[int | None, list[int]] = {}
    for index, point in enumerate(all_points):
        width = point.width if block.model == "relu" else None
        if block.model != "network" and (width or task.pool.shape[1]) <= most:
            groups.setdefault(width, []).append(index)
    for width, chosen in groups.items():
        found[:, chosen] = _predictions(block, task, width, [all_points[i] for i in chosen], key)
        if not np.isfinite(found[:, chosen]).all():
            raise ArithmeticError("the closed form did not converge")
    return found.reshape(shape)


def _predictions(
    block: Block, task: Task, width: int | None, some: list[Point], key: jax.Array
) -> list[np.ndarray]:
    """Predictions for points that share features: pixels, or this seed's ReLU features of a width."""
    features = task.pool
    if width is not None:
        S = projection(projection_key(key), task.pool.shape[1], width)
        features = relu_features(task.pool, S)
    labels = [task.labels, *(task.synthetic[g].pool for g in block.generators)]
    known = population(features, labels)
    kinds = (None, *block.generators)  # None: true labels
    sets = [kinds.index(point.mix.generator) for point in some]
    synthetic = np.array([point.mix.synthetic(point.n) for point in some])
    fraction = np.array([point.mix.fraction for point in some])
    counts = np.stack([[point.n for point in some] - synthetic, synthetic], axis=1).astype(float)
    endless = ENDLESS * np.stack([1 - fraction, fraction], axis=1)
    ridges = [point.ridge for point in some]
    widths = [point.width or 0 for point in some] * 2 if block.model == "projection" else None
    both = np.concatenate([counts, endless])
    return np.split(np.asarray(predicted_errors(known, sets * 2, both, ridges * 2, widths)), 2)


def _short(value: float) -> str:
    """Six digits, more than any standard error leaves; nothing where there is no number."""
    return "" if np.isnan(value) else f"{value:.6g}"
