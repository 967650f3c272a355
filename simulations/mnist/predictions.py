"""What the theory predicts for a group of models, from their features' covariance or their kernel."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Key

from simulations.mnist.features import projection, relu_features
from simulations.mnist.infinite import images_of_a_sample, infinite_population
from simulations.mnist.kernel import KERNELS
from simulations.mnist.models import Block, Group, Point, points
from simulations.mnist.ridge import projection_key
from simulations.mnist.task import Task
from simulations.mnist.theory import population, predicted_errors

# The covariance of features is estimated for up to this many, and from this many images for each.
MOST_FEATURES, IMAGES_A_FEATURE = 3000, 8
ENDLESS = 1e12  # images, for plateaus


def predicted(group: Group, task: Task, key: Key[Array, ""]) -> dict[str, Float[np.ndarray, " points"]]:
    """The same errors and collapses from theory, and the collapse of endless data.

    NaN where there is no theory, or too many features to estimate it from.
    """
    block, models = group.block, points(group)
    errors = np.full((2, len(models)), np.nan)
    if theory_by_kernel(group, len(task.pool)):
        errors = _infinite_predictions(group, task, models)
    else:
        for width in group.widths if block.model == "relu" else (None,):
            chosen = [i for i, model in enumerate(models) if width is None or model.width == width]
            if has_theory(block.model, width or task.pool.shape[1], len(task.pool)):
                alike = [models[i] for i in chosen]
                errors[:, chosen] = _finite(_predictions(block, task, width, alike, key))
    by_mix = errors.reshape(2, -1, len(block.mixes))
    collapse, plateau = by_mix - by_mix[..., :1]
    return {
        "predicted_error": errors[0],
        "predicted_collapse": collapse.ravel(),
        "predicted_plateau": plateau.ravel(),
    }


def has_theory(model: str, features: int, images: int) -> bool:
    """Whether there is a theory of this model whose covariance so many images tell."""
    return model != "network" and features <= min(MOST_FEATURES, images // IMAGES_A_FEATURE)


def theory_by_kernel(group: Group, images: int) -> bool:
    """Whether one kernel predicts all the group's models, as projections of its eigenfunctions."""
    return group.block.by_width and images_of_a_sample(group.sizes[0], images) > 0


def _infinite_predictions(
    group: Group, task: Task, models: list[Point]
) -> Float[np.ndarray, "2 points"]:
    """Predicted errors of models of every width, and of endless data where the images tell them.

    A model of m features asks for at most min(n, m) degrees of freedom: endless data for m, of which the
    images have told n.
    """
    (n,), block = group.sizes, group.block
    known = infinite_population(task.pool, label_sets(block, task), KERNELS[block.model], n)
    assert known.multiplicities is not None
    directions = float(known.multiplicities.sum())
    asked = _questions(block, models)
    # z = S^T x with entries N(0, 1) there, N(0, 1/directions) in the theory.
    ridges = [ridge / directions for ridge in asked.ridges]
    widths = [model.width or 0 for model in models]
    now = predicted_errors(known, asked.sets, asked.counts, ridges, widths)
    told = [i for i, width in enumerate(widths) if width <= n]
    endless = np.full(len(models), np.nan)
    if told:
        sets, counts = [asked.sets[i] for i in told], asked.endless[told]
        later = predicted_errors(
            known, sets, counts, [ridges[i] for i in told], [widths[i] for i in told]
        )
        endless[told] = _finite(np.asarray(later))
    return np.stack([_finite(np.asarray(now)), endless])


def _finite(errors: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    if not np.isfinite(errors).all():
        raise ArithmeticError("the closed form did not converge")
    return errors


def label_sets(block: Block, task: Task) -> list[Array]:
    """The labels of the pool: true ones, then those of each generator."""
    return [task.labels, *(task.synthetic[generator].pool for generator in block.generators)]


class Questions(NamedTuple):
    """What models are trained on: which set of labels, how many true and synthetic ones, which ridge."""

    sets: list[int]
    counts: Float[np.ndarray, "points 2"]
    endless: Float[np.ndarray, "points 2"]
    ridges: list[float]


def _questions(block: Block, models: list[Point]) -> Questions:
    kinds = (None, *block.generators)  # None: true labels
    synthetic = np.array([model.mix.synthetic(model.n) for model in models])
    fraction = np.array([model.mix.fraction for model in models])
    return Questions(
        [kinds.index(model.mix.generator) for model in models],
        np.stack([[model.n for model in models] - synthetic, synthetic], axis=1).astype(float),
        ENDLESS * np.stack([1 - fraction, fraction], axis=1),
        [model.ridge for model in models],
    )


def _predictions(
    block: Block, task: Task, width: int | None, models: list[Point], key: Key[Array, ""]
) -> Float[np.ndarray, "2 points"]:
    """Predicted errors, of the sizes asked for and of endless data, of models that share features.

    These are pixels, or this seed's ReLU features of a width.
    """
    features = task.pool
    if width is not None:
        S = projection(projection_key(key), task.pool.shape[1], width)
        features = relu_features(task.pool, S)
    known = population(features, label_sets(block, task))
    sets, counts, endless, ridges = _questions(block, models)
    widths = [model.width or 0 for model in models] * 2 if block.model == "projection" else None
    both = np.concatenate([counts, endless])
    return np.asarray(predicted_errors(known, sets * 2, both, ridges * 2, widths)).reshape(2, -1)
