"""What closed forms say of a group of models: ridge models by their kernel, networks as lazy ones."""

import jax
import numpy as np

from simulations.mnist.lazy import lazy_errors
from simulations.mnist.models import Group, points
from simulations.mnist.predictions import label_sets, predicted
from simulations.mnist.task import Recipe, prepared, task_keys
from workbench.job import Answer, Progress

DIGITS = 6


def work(recipe: Recipe, group: Group, progress: Progress) -> Answer:
    """Predicted errors and collapses of the group's models, in the order of `points`.

    Raises ArithmeticError where a closed form did not converge.
    """
    task, block = prepared(recipe), group.block
    key = task_keys(recipe.key)[2]
    if block.model == "network":
        (width,), models = group.widths, points(group)
        assert width is not None  # a network has one
        synthetic = np.array([model.mix.synthetic(model.n) for model in models])
        counts = np.stack([[model.n for model in models] - synthetic, synthetic], axis=1).astype(float)
        kinds = (None, *block.generators)  # None: true labels
        sets = [kinds.index(model.mix.generator) for model in models]
        errors = lazy_errors(task.pool, label_sets(block, task), width, sets, counts, key)
        if not np.isfinite(errors).all():
            raise ArithmeticError("the closed form did not converge")
        columns = {"predicted_error": errors, "predicted_collapse": errors - errors[0]}
    else:
        columns = predicted(group, task, jax.random.fold_in(key, 0))
    progress(1.0)
    names = ("predicted_error", "predicted_collapse")
    rounded = {name: [float(f"{value:.{DIGITS}g}") for value in columns[name]] for name in names}
    return Answer(
        [dict(zip(names, row, strict=True)) for row in zip(*rounded.values(), strict=True)], {}
    )
