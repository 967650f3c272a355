"""Training by any algorithm that acts on the spectrum, over many draws of the data."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from collapse_theory import Problem
from simulations.draw import Constants, Plan, draw
from simulations.measure import Measured, risk_of
from simulations.plan import plan_simulation
from simulations.response import by_singular_values
from simulations.seeds import Estimate, Number, over_seeds, summarise
from simulations.simulate import bytes_per_seed
from simulations.traces import traces_of
from simulations.training.algorithms import Algorithm


def simulate_training(
    problem: Problem,
    algorithm: Algorithm,
    seeds: Number = 64,
    key: Number = 0,
    *,
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk after each time, step or round of an algorithm, averaged over `seeds` draws of the data.

    Every draw has the law of n_k Gaussian rows a source, as in `simulate`, and so has the average over
    signal, shifts and label noise, which is taken exactly given the features: weights are linear in
    labels.  What is trained are the coordinates of the weights in the eigenvectors of the training
    features.

    - `algorithm`: one of `simulations.training.algorithms`, or any hashable function like them; the
      ridge of `problem` plays no part.

    Arrays of the estimate have shape (settings,).  O(d^3) a seed for any n, and O(d^2) a setting more.
    Raises ValueError and ArithmeticError as `simulate` does.
    """
    plan, constants = plan_simulation(problem, "gaussian", jnp.dtype(float))
    run = Run(plan, algorithm)
    need = bytes_per_seed(plan, constants)
    risks = over_seeds(filtered, run, constants, need, seeds, key, memory, progress)
    return summarise(risks, problem.moments is not None)


class Run(NamedTuple):
    """What is fixed before compilation."""

    plan: Plan
    algorithm: Algorithm


def filtered(
    key: Key[Array, ""], run: Run, constants: Constants, rank_revealing: bool = False
) -> Measured:
    """(bias, variance, zeta) of one draw of the features at every setting: `measure.averaged`."""
    del rank_revealing  # singular values reveal it
    rows = draw(key, run.plan, constants, rank_revealing=True)
    decomposition, response = by_singular_values(rows, constants, run.plan)
    s = decomposition.s

    def risk(v: Float[Array, " q"]) -> tuple[Float[Array, " 3"], Float[Array, ""]]:
        return risk_of(traces_of(response(s * v, 1 - s**2 * v), rows, constants), rows, constants)

    risks, rounding = jax.lax.map(risk, run.algorithm(s**2))
    return risks.T, rounding
