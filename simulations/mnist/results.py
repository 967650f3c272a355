"""What a group of models measures, over seeds, and what the theory predicts for it."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from simulations.mnist.features import linear_features, relu_features
from simulations.mnist.models import Group, points
from simulations.mnist.network import train_networks
from simulations.mnist.predictions import predicted
from simulations.mnist.ridge import Scores, scores_by_size, scores_by_width
from simulations.mnist.task import Recipe, Task, prepared, task_keys
from workbench.job import Answer, Progress
from workbench.records import Record

DIGITS = 6  # of a result, more than any standard error leaves


def work(recipe: Recipe, group: Group, progress: Progress) -> Answer:
    """`measure` on the task of a recipe, which a process makes once."""
    with _compiled_fast() if recipe.small else nullcontext():
        return measure(group, prepared(recipe), recipe.key, progress)


def measure(group: Group, task: Task, key: int, progress: Progress) -> Answer:
    """Results of the group's models, in the order of `points`.

    `progress` hears which share of them was made.  Raises ArithmeticError if a model or its prediction
    is not finite.
    """
    block = group.block
    keys = jax.vmap(partial(jax.random.fold_in, task_keys(key)[2]))(jnp.arange(block.seeds))
    facts: Record = {}
    if block.model == "network":
        (n,), (width,) = group.sizes, group.widths
        assert width is not None  # a network has one
        scores, rate = train_networks(task, block.mixes, n, width, block.steps_for(n), keys, progress)
        scores = jax.tree.map(lambda leaf: leaf[:, None, None], scores)
        facts = {"samples_per_second": round(rate)}
    else:
        drawn = []
        for seed in keys:
            drawn.append(jax.block_until_ready(_scores(group, task, seed)))
            progress(1 / block.seeds)
        scores = jax.tree.map(lambda *leaves: jnp.stack(leaves), *drawn)
    if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(scores)):
        raise ArithmeticError("a model is singular to rounding; use a larger ridge")
    columns = _summary(jax.tree.map(np.asarray, scores)) | predicted(group, task, keys[0])
    results: list[Record] = []
    for index, point in enumerate(points(group)):
        row = {"c2": 0.0, "c2_stderr": 0.0}
        if point.mix.generator:
            _, row["c2"], row["c2_stderr"] = task.synthetic[point.mix.generator]
        row |= {name: values[index] for name, values in columns.items()}
        results.append({name: _rounded(value) for name, value in row.items() if not np.isnan(value)})
    return Answer(results, facts)


def _scores(group: Group, task: Task, key: Key[Array, ""]) -> Scores:
    """One seed's scores (sizes or widths, ridges, mixes) of a ridge model."""
    block = group.block
    features = relu_features if block.model == "relu" else linear_features
    ridges = list(block.ridges)
    if block.by_width:
        (n,) = group.sizes
        widths = [width for width in group.widths if width is not None]
        return scores_by_width(task, block.mixes, n, widths, features, ridges, key)
    (width,) = group.widths
    return scores_by_size(task, block.mixes, list(group.sizes), width, features, ridges, key)


def _summary(scores: Scores) -> dict[str, Float[np.ndarray, " points"]]:
    """Means and standard errors over seeds, the first axis.

    The collapse is the error less that of the same images with true labels: mixes share all draws.
    """
    root = np.sqrt(len(scores.error))
    collapse = scores.error - scores.error[..., :1]
    columns = {
        "error": scores.error.mean(axis=0),
        "error_stderr": scores.error.std(axis=0, ddof=1) / root,
        "test_stderr": scores.test_stderr.mean(axis=0),
        "collapse": collapse.mean(axis=0),
        "collapse_stderr": collapse.std(axis=0, ddof=1) / root,
        "train_error": scores.train_error.mean(axis=0),
        "accuracy": scores.accuracy.mean(axis=0),
        "accuracy_stderr": scores.accuracy.std(axis=0, ddof=1) / root,
    }
    return {name: values.ravel() for name, values in columns.items()}


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


@contextmanager
def _compiled_fast() -> Iterator[None]:
    """Without most of the compiler's optimisations: nearly all of a small run is compilation."""
    name = "jax_disable_most_optimizations"
    before = jax.config.read(name)
    jax.config.update(name, True)
    try:
        yield
    finally:
        jax.config.update(name, before)
