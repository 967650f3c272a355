"""The closed form fed with images: their covariance, and the best linear predictors of their labels."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import Problem, Source, predict
from simulations.forecast.population import Population
from simulations.forecast.population import population as population_of
from simulations.forecast.sums import sums_of

BATCH = 8  # points whose errors are predicted together


def population(features: Float[Array, "N d"], labels: list[Float[Array, "N classes"]]) -> Population:
    """The forecast's estimates from N samples, without bias; needs N well above d."""
    return population_of(sums_of(features, labels))


def predicted_errors(
    population: Population,
    label_sets: list[int],
    counts: Float[np.ndarray, "points 2"],
    ridges: list[float],
    widths: list[int] | None = None,
) -> Float[Array, " points"]:
    """Test errors at points, one entry each: noise of the true labels plus `predict(...).total`.

    A point has `counts` = (n_1, n_2) true labels and labels of the set `label_sets`, a ridge, and,
    unless these features are trained on directly, a width: that of S with iid N(0, 1/D) entries, D the
    number of directions.
    """
    pairs = np.stack([np.zeros_like(label_sets), label_sets], axis=1)
    columns = (
        np.asarray(population.moments)[pairs[:, :, None], pairs[:, None, :]],
        np.asarray(population.noises)[pairs],
        counts,
        np.array(ridges),
        None if widths is None else np.array(widths, dtype=float),
    )
    errors = []
    # In batches of one shape, so that what is compiled for one study serves all with these features.
    for start in range(0, len(pairs), BATCH):
        at = np.arange(start, start + BATCH).clip(max=len(pairs) - 1)
        batch: list[Any] = [None if column is None else jnp.asarray(column[at]) for column in columns]
        errors.append(_errors(Points(*batch), population.eigenvalues, population.multiplicities))
    return jnp.concatenate(errors)[: len(pairs)]


class Points(NamedTuple):
    """Points: what is known of two sets of labels, true ones first, how many of each, and the model."""

    moments: Float[Array, "*points 2 2 d"]
    noises: Float[Array, "*points 2"]
    counts: Float[Array, "*points 2"]
    ridge: Float[Array, "*points"]
    width: Float[Array, "*points"] | None


@jax.jit
@partial(jax.vmap, in_axes=(0, None, None))
def _errors(
    point: Points, eigenvalues: Float[Array, " d"], multiplicities: Float[Array, " d"] | None
) -> Float[Array, ""]:
    sources = tuple(Source(point.counts[k], eigenvalues, point.noises[k]) for k in range(2))
    problem = Problem(
        sources,
        signal=None,
        ridge=point.ridge,
        width=point.width,
        moments=point.moments,
        multiplicities=multiplicities,
    )
    return point.noises[0] + predict(problem).total
