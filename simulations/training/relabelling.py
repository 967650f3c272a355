"""`simulate_relabelling(problem, rounds, share)`: inputs labelled by the truth and the last model."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from collapse_theory import Problem
from simulations.draw import Constants, Plan, draw
from simulations.generations import in_full
from simulations.measure import Measured, labelling_vectors
from simulations.plan import plan_simulation
from simulations.seeds import Estimate, Number, over_seeds, summarise
from simulations.training.columns import Truth, fitted, labelled


class Schedule(NamedTuple):
    """What is fixed before compilation."""

    plan: Plan
    rounds: int
    share: float
    reused: bool


def simulate_relabelling(
    problem: Problem,
    rounds: int,
    share: float = 1.0,
    seeds: Number = 64,
    key: Number = 0,
    *,
    rows: str = "same",
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk after each round of training on mixed labels of n inputs, drawn once or anew every round.

    Labels of round t are (1 - share)(x.w_1 + noise of source 1) + share (x.w_hat_{t-1} + noise of source
    2), w_hat_0 being w_1 + the shift of source 2; all noise is drawn anew every round.  Inputs and their
    number are those of source 1.  Arrays of the estimate have shape (rounds,).
    """
    plan, constants = plan_simulation(problem, "gaussian", jnp.dtype(float))
    # One set of rows, with two labels.
    plan = in_full(plan, constants)
    schedule = Schedule(plan, rounds, float(share), rows == "same")
    d = constants.covariances.shape[-1]
    need = 8.0 * (10 * d * d + 20 * d)
    risks = over_seeds(trained, schedule, constants, need, seeds, key, memory, progress)
    return summarise(risks)


def trained(
    key: Key[Array, ""], schedule: Schedule, constants: Constants, rank_revealing: bool = False
) -> Measured:
    """(bias, variance, zeta) after each round, of one draw of everything."""
    plan, rounds, a, reused = schedule
    plan = plan._replace(rows=(plan.rows[0], 0))
    vectors_key, rounds_key = jax.random.split(key)
    w_1, w_2 = labelling_vectors(vectors_key, constants)
    truth = Truth.of(w_1)
    one_set = constants._replace(counts=constants.counts.at[1].set(0))
    alpha = constants.weights[0]

    def one_round(w_hat: Float[Array, "d 3"], t: Int[Array, ""]) -> tuple[Array, tuple[Array, Array]]:
        data_key, real_key, synthetic_key = jax.random.split(jax.random.fold_in(rounds_key, t), 3)
        if reused:
            data_key = rounds_key
        data = draw(data_key, plan, one_set)
        X = data.inputs[0]
        real = labelled(real_key, X, X @ truth.columns, constants.noises[0], alpha, data.S)
        synthetic = labelled(synthetic_key, X, X @ w_hat, constants.noises[1], alpha, data.S)
        mixed = real._replace(labels=(1 - a) * real.labels + a * synthetic.labels)
        after, rounding = fitted([mixed], one_set, data.S, rank_revealing)
        risk, amplified = truth.risk(after, constants)
        return after, (risk, rounding * amplified)

    start = truth.columns.at[:, 2].set(w_2 - w_1)
    _, (risks, roundings) = jax.lax.scan(one_round, start, jnp.arange(rounds))
    return risks.T, jax.lax.cummax(roundings)
