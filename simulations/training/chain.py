"""`simulate_chain(problems, labellers)`: models trained on the labels of earlier ones."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from collapse_theory import Problem, checks
from simulations.draw import Constants, Plan, draw
from simulations.generations import in_full
from simulations.measure import Measured, labelling_vectors
from simulations.plan import plan_simulation
from simulations.seeds import Estimate, Number, over_seeds, summarise
from simulations.training.columns import Truth, fitted, labelled


class Rounds(NamedTuple):
    """The arrays of every round."""

    rounds: tuple[Constants, ...]

    @property
    def ridges(self) -> Float[Array, " R"]:
        """Those of round 1."""
        return self.rounds[0].ridges


class Schedule(NamedTuple):
    """What is fixed before compilation."""

    plans: tuple[Plan, ...]
    labellers: tuple[tuple[int, ...], ...]  # the round of each source's labeller, 0 for the truth


def simulate_chain(
    problems: Sequence[Problem],
    labellers: Sequence[Sequence[int]] | None = None,
    seeds: Number = 64,
    key: Number = 0,
    *,
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk of the model of every round, some of whose sources earlier models label.

    - `problems`: one for each round: n_k, covariances, ridge and width are its own, its test set too;
    - `labellers`: for every round and source the earlier round whose model labels it, counted from 1, or
      0 for labels of w_1 + a shift.  None: the last source by the model of the round before.

    Features, noise, S and the shifts of every round are drawn anew, w_1 once, that of round 1: models
    are trained one after another, and label fresh inputs, the shift of the source added.  Arrays of the
    estimate have shape (rounds,).  O(d^3) a seed and round, for any n.  Raises ValueError for rounds of
    different dimensions or varying features, and ArithmeticError as `simulate`.
    """
    planned = [plan_simulation(problem, "gaussian", jnp.dtype(float)) for problem in problems]
    constants = Rounds(tuple(arrays for _, arrays in planned))
    sizes = {arrays.covariances.shape[-1] for arrays in constants.rounds}
    if len(sizes) > 1:
        raise checks.fail("dimensions", sorted(sizes), "one of all rounds, of features that vary")
    if labellers is None:
        labellers = [[0] * (len(p.sources) - 1) + [t] for t, p in enumerate(problems)]
    plans = tuple(in_full(plan, arrays) for plan, arrays in planned)
    schedule = Schedule(plans, tuple(tuple(row) for row in labellers))
    d = max(sizes)
    need = 8.0 * (10 * d * d + 20 * d) * len(plans)
    risks = over_seeds(trained, schedule, constants, need, seeds, key, memory, progress)
    return summarise(risks, problems[0].moments is not None)


def trained(
    key: Key[Array, ""], schedule: Schedule, constants: Rounds, rank_revealing: bool = False
) -> Measured:
    """(bias, variance, zeta) of every round, of one draw of everything."""
    vectors_key, rounds_key = jax.random.split(key)
    truth: Truth | None = None
    models: list[Array] = []
    risks: list[Array] = []
    roundings: list[Array] = []
    pairs = zip(schedule.plans, schedule.labellers, constants.rounds, strict=True)
    for t, (plan, teachers, arrays) in enumerate(pairs):
        w, *shifted = labelling_vectors(jax.random.fold_in(vectors_key, t), arrays)
        if truth is None:
            truth = Truth.of(w)
        shifts = [jnp.zeros_like(w), *(vector - w for vector in shifted)]
        data_key, *keys = jax.random.split(jax.random.fold_in(rounds_key, t), 1 + len(shifts))
        data = draw(data_key, plan, arrays)
        samples = []
        for k, (X, teacher) in enumerate(zip(data.inputs, teachers, strict=True)):
            labeller = models[teacher - 1] if teacher else truth.columns
            labeller = labeller.at[:, 2].add(shifts[k])
            settings = (arrays.noises[k], arrays.weights[k], data.S)
            samples.append(labelled(keys[k], X, X @ labeller, *settings))
        w_hat, rounding = fitted(samples, arrays, data.S, rank_revealing)
        risk, amplified = truth.risk(w_hat, arrays)
        models.append(w_hat)
        risks.append(risk)
        roundings.append(rounding * amplified)
    # What one round has lost, later ones may have.
    return jnp.stack(risks, axis=1), jax.lax.cummax(jnp.stack(roundings))
