"""`simulate_subsample(problem, rounds)`: samples labelled by earlier models chosen at random."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from collapse_theory import Problem
from simulations.draw import Constants, Plan, draw
from simulations.generations import in_full
from simulations.measure import Measured, labelling_vectors
from simulations.plan import counts_of, plan_simulation
from simulations.seeds import Estimate, Number, over_seeds, summarise
from simulations.training.columns import Truth, fitted, labelled


class Schedule(NamedTuple):
    """What is fixed before compilation."""

    plan: Plan
    rounds: int


def simulate_subsample(
    problem: Problem,
    rounds: int,
    seeds: Number = 64,
    key: Number = 0,
    *,
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk after each round of training on n_1 real samples and n_2 that all earlier models label.

    In round t every one of the n_2 samples draws its labeller from t of equal chances: w_1 + shift and
    the models of rounds 1 .. t - 1.  Rows are drawn one by one, fresh in every round, and so are noise
    and S.  O(n d^2) a seed and round.  Arrays of the estimate have shape (rounds,).
    """
    plan, constants = plan_simulation(problem, "gaussian", jnp.dtype(float))
    counts = counts_of(problem)
    plan = in_full(plan, constants)._replace(counts=counts, rows=counts)
    d = constants.covariances.shape[-1]
    need = 8.0 * (10 * d * d + (3 * rounds + 2 * sum(counts)) * d)
    schedule = Schedule(plan, rounds)
    risks = over_seeds(trained, schedule, constants, need, seeds, key, memory, progress)
    return summarise(risks)


def trained(
    key: Key[Array, ""], schedule: Schedule, constants: Constants, rank_revealing: bool = False
) -> Measured:
    """(bias, variance, zeta) after each round, of one draw of everything."""
    plan, rounds = schedule
    vectors_key, rounds_key = jax.random.split(key)
    w_1, w_2 = labelling_vectors(vectors_key, constants)
    truth = Truth.of(w_1)
    noises, weights = constants.noises, constants.weights

    def one_round(
        labellers: Float[Array, "labellers d 3"], t: Int[Array, ""]
    ) -> tuple[Array, tuple[Array, Array]]:
        data_key, choice_key, *keys = jax.random.split(jax.random.fold_in(rounds_key, t), 4)
        data = draw(data_key, plan, constants)
        X = data.inputs[1]
        chosen = jax.random.randint(choice_key, X.shape[:1], 0, t)
        clean = jnp.einsum("id,idc->ic", X, labellers[chosen])
        samples = [
            labelled(
                keys[0], data.inputs[0], data.inputs[0] @ truth.columns, noises[0], weights[0], data.S
            ),
            labelled(keys[1], X, clean, noises[1], weights[1], data.S),
        ]
        w_hat, rounding = fitted(samples, constants, data.S, rank_revealing)
        risk, amplified = truth.risk(w_hat, constants)
        return labellers.at[t].set(w_hat), (risk, rounding * amplified)

    start = jnp.zeros((rounds + 1, *truth.columns.shape), w_1.dtype)
    start = start.at[0].set(truth.columns.at[:, 2].set(w_2 - w_1))
    _, (risks, roundings) = jax.lax.scan(one_round, start, jnp.arange(1, rounds + 1))
    return risks.T, jax.lax.cummax(roundings)
