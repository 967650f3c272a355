"""`simulate(problem)`: the mean risk over many draws, with its standard error."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from collapse_theory import Problem
from simulations.measure import averaged, trained
from simulations.plan import Features, plan_simulation
from simulations.seeds import Estimate, Measure, over_seeds, summarise
from simulations.training import Constants, Plan

MEASURES: dict[str, Measure] = {"averaged": averaged, "trained": trained}


def simulate(
    problem: Problem,
    seeds: int = 64,
    key: int = 0,
    *,
    measure: str = "averaged",
    features: Features = "gaussian",
    dtype: Any = jnp.float64,
    memory: float = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk of ridge regression trained on freshly drawn data, averaged over `seeds` draws.

    Every draw has exactly the law of training on n_k rows per source: see `training.draw` for why it
    nevertheless costs O(q^3), q = min(d, m), for any n (Gaussian features).

    - `measure`: "averaged" takes the expectation over signal, shifts and label noise exactly, given
      the features, so that bias, variance and zeta each have a small error bar; "trained" draws
      them too and measures one trained model a seed, which gives a total only;
    - `features`: "gaussian", "rademacher", "student-t", a function (key, shape, dtype) -> iid entries
      of mean 0 and variance 1, or an array of rows (N, d), from which training rows are drawn with
      replacement; all but the first draw n_k x d numbers a seed;
    - `key`: seed s uses fold_in(key, s): the numbers depend neither on chunks nor on devices;
    - `memory`: bytes that one chunk of seeds may use; `progress`: a bar on stderr, or a function
      that is told how many seeds have been done.

    Raises ValueError for arguments out of range, and ArithmeticError if a risk is not finite.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure = {measure!r}: expected one of {', '.join(MEASURES)}")
    plan, constants = plan_simulation(problem, features, jnp.dtype(dtype))
    need = _bytes_per_seed(plan, constants)
    drawn = over_seeds(MEASURES[measure], plan, constants, need, seeds, key, memory, progress)
    return summarise(drawn)


def _bytes_per_seed(plan: Plan, constants: Constants) -> float:
    """A count of the arrays alive at once in one draw: raw rows, then rows, maps and Gram matrices."""
    d = constants.covariances.shape[-1]
    q = d if plan.width is None else plan.width
    numbers = sum(plan.counts or ()) * d + 2 * sum(plan.rows) * (q + d) + 4 * q * q
    if plan.width is not None:
        numbers += 2 * d * (d + q)
    return float(numbers * plan.dtype.itemsize)
