"""`simulate_two_stage(problem)`: models trained on a part of the data, then on from there, literally."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from collapse_theory import Problem, checks
from simulations.draw import Constants
from simulations.plan import counts_of, plan_simulation
from simulations.seeds import Estimate, Number, over_seeds, summarise
from simulations.training.linear_maps import OneRisk, Part, drawn, fitted, parts_of_risk, planned


class Stages(NamedTuple):
    """What is fixed before compilation."""

    first: Part
    second: Part


def simulate_two_stage(
    problem: Problem,
    ridges: Sequence[Number],
    first: Sequence[Number],
    seeds: Number = 64,
    key: Number = 0,
    *,
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk after two stages of training with one S, averaged over `seeds` draws.

    The first stage is a ridge regression, the second one penalises the distance from what the first
    has found: it fits what the first left of its labels, y - x.w_hat_1.

    - `ridges`: of the two stages;  `first`: how many samples n_k of each source train the first stage,
      the others the second (numbers of samples, not shares: they must be whole).

    Features are drawn (by Gram matrices with exactly the law of the rows); given them the average over
    signal, shifts and label noise is exact, as both stages are linear in their labels.  O(d^3) a seed
    for any n.  `key`, `memory`, `progress`: as in `simulate`.  Raises ValueError for arguments out of
    range, and ArithmeticError for a risk that is not finite or negative.
    """
    counts, numbers = counts_of(problem), [float(checks.number("first", count)) for count in first]
    if len(numbers) != len(counts) or any(a % 1 or a > n for a, n in zip(numbers, counts, strict=False)):
        raise checks.fail("first", list(first), f"whole numbers of samples, at most {counts}")
    if len(ridges) != 2:
        raise checks.fail("ridges", list(ridges), "two numbers >= 0")
    early = tuple(map(int, numbers))
    late = tuple(n - a for n, a in zip(counts, early, strict=True))
    strengths = [float(checks.number("ridge", ridge)) for ridge in ridges]
    _, constants = plan_simulation(problem, "gaussian", jnp.dtype(float), strengths)
    stages = Stages(planned(problem, early), planned(problem, late))
    d = constants.covariances.shape[-1]
    need = 8.0 * (20 + 6 * len(counts)) * d * d
    risks = over_seeds(trained, stages, constants, need, seeds, key, memory, progress)
    return summarise(risks, problem.moments is not None)


def trained(
    key: Key[Array, ""], stages: Stages, constants: Constants, rank_revealing: bool = False
) -> OneRisk:
    """(bias, variance, zeta) of one draw of the features."""
    first_key, second_key = jax.random.split(key)
    start = drawn(first_key, stages.first, constants)
    later = drawn(second_key, stages.second, constants)._replace(S=start.S)
    early, before = fitted(start, stages.first, constants, constants.ridges[0], rank_revealing)
    # One after the other: two decompositions at once can wait for each other's threads for ever.
    early, later = jax.lax.optimization_barrier((early, later))
    late, then = fitted(later, stages.second, constants, constants.ridges[1], rank_revealing)
    # w_hat_2 = w_hat_1 + sum_k N_k (y_k - X_k w_hat_1).
    left: Float[Array, "d d"] = jnp.eye(constants.covariances.shape[-1])
    for N, X in zip(late, later.inputs, strict=True):
        left = left - N @ X
    noisy = [[left @ N_1, N_2] for N_1, N_2 in zip(early, late, strict=True)]
    inputs = zip(start.inputs, later.inputs, strict=True)
    clean = [N[0] @ X_1 + N[1] @ X_2 for N, (X_1, X_2) in zip(noisy, inputs, strict=True)]
    return parts_of_risk(clean, noisy, constants), jnp.maximum(before, then)
