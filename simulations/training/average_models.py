"""`simulate_average(problem, ...)`: models trained on data of their own, and averaged, literally."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from collapse_theory import Problem, checks
from simulations.draw import Constants
from simulations.plan import counts_of, plan_simulation
from simulations.seeds import Estimate, Number, over_seeds, summarise
from simulations.training.linear_maps import OneRisk, Part, drawn, fitted, parts_of_risk, planned


class Models(NamedTuple):
    """What is fixed before compilation."""

    parts: tuple[Part, ...]
    weights: tuple[float, ...]
    one_projection: bool


def simulate_average(
    problem: Problem,
    ridges: Sequence[Number],
    weights: Sequence[Number],
    counts: Sequence[Sequence[int]],
    seeds: Number = 64,
    key: Number = 0,
    *,
    one_projection: bool = True,
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk of sum_i a_i w_hat_i, averaged over `seeds` draws of the data of all models.

    - `ridges`, `weights`: one of each a model;  `counts`: a row a model, how many samples of each source
      train it, in all at most n_k;
    - `one_projection`: whether all models have one S, or each its own.

    Everything else as in `simulate_two_stage`.
    """
    most, table = np.array(counts_of(problem)), np.asarray(counts)
    if table.ndim != 2 or table.shape[1] != len(most) or (table.sum(axis=0) > most).any():
        raise checks.fail("counts", table, f"a row a model, of columns that make at most {most}")
    if (table < 0).any() or (table % 1 != 0).any():
        raise checks.fail("counts", table, "whole numbers >= 0")
    for name, numbers in (("ridges", ridges), ("weights", weights)):
        if len(numbers) != len(table):
            raise checks.fail(name, list(numbers), f"{len(table)} numbers, one a model")
    strengths = [float(checks.number("ridge", ridge)) for ridge in ridges]
    _, constants = plan_simulation(problem, "gaussian", jnp.dtype(float), strengths)
    parts = tuple(planned(problem, tuple(map(int, row))) for row in table)
    models = Models(parts, tuple(map(float, weights)), one_projection)
    d = constants.covariances.shape[-1]
    need = 8.0 * (10 + 6 * len(most)) * len(parts) * d * d
    risks = over_seeds(trained, models, constants, need, seeds, key, memory, progress)
    return summarise(risks, problem.moments is not None)


def trained(
    key: Key[Array, ""], models: Models, constants: Constants, rank_revealing: bool = False
) -> OneRisk:
    """(bias, variance, zeta) of one draw of the features."""
    keys = jax.random.split(key, len(models.parts))
    clean: list[Array] = [jnp.array(0.0)] * len(constants.shifts)
    noisy: list[list[Array]] = [[] for _ in constants.shifts]
    worst = jnp.ones(())
    shared = drawn(keys[0], models.parts[0], constants).S
    for i, (part, weight) in enumerate(zip(models.parts, models.weights, strict=True)):
        data = drawn(keys[i], part, constants)
        data = data._replace(S=shared) if models.one_projection else data
        # One after the other: two decompositions at once can wait for each other's threads for ever.
        data, worst = jax.lax.optimization_barrier((data, worst))
        maps, rounding = fitted(data, part, constants, constants.ridges[i], rank_revealing)
        worst = jnp.maximum(worst, rounding)
        for k, N in enumerate(maps):
            clean[k] = clean[k] + weight * N @ data.inputs[k]
            noisy[k].append(weight * N)
    return parts_of_risk(clean, noisy, constants), worst
