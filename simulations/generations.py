"""`simulate_generations(problem, rounds)`: models trained on the labels of earlier models, literally."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from collapse_theory import Problem, checks
from collapse_theory.equivalent.algebra import product
from simulations.algebra import form
from simulations.draw import Constants, Draw, Plan, draw
from simulations.measure import Measured, labelling_vectors
from simulations.plan import plan_simulation
from simulations.pooled import Normal, Triangle
from simulations.rank import cancellation
from simulations.seeds import Estimate, Number, over_seeds, summarise

KEEP = ("nothing", "real", "all")
ROWS = ("fresh", "same")


class Schedule(NamedTuple):
    """What is fixed before compilation."""

    plan: Plan
    rounds: int
    keep: str
    reused: bool


def simulate_generations(
    problem: Problem,
    rounds: Number,
    seeds: Number = 64,
    key: Number = 0,
    *,
    keep: str = "nothing",
    rows: str = "fresh",
    memory: Number = 2**32,
    progress: bool | Callable[[int], object] = False,
) -> Estimate:
    """Risk after each of `rounds` rounds of training on earlier labels, averaged over `seeds` draws.

    Round 1 trains on `problem`, two sources, as it is: n_1 real samples and n_2 synthetic ones,
    labelled by w_1 + delta (a shift of 0: real labels).  In every later round the model of the round
    before labels n_2 fresh samples, y = x.w_hat_{t-1} + noise of source 1's variance, and trains on
    these and, depending on `keep`,

    - "nothing": n_1 fresh real samples; features, noise and S are fresh every round
      (n_1 = 0 is "replace", n_1 > 0 "mix", with a shift iterative mixing: Corollary 3, reading A);
    - "real": the n_1 real samples of round 1, labels included; S too is that of round 1 (reading B);
    - "all": all the samples of all earlier rounds, with the labels they had, and S of round 1
      (accumulation).  Round t has n_1 + t n_2 samples.

    `rows`: "same" in place of "fresh": what a round would draw are the inputs, and S, of round 1, with
    new label noise.  With keep="all" every input then has one more label every round.

    Every round minimises  sum_i alpha_i (v.z_i - y_i)^2 + lambda n |v|^2,  n = n_1 + n_2,  over its
    samples: the ridge is not rescaled where samples accumulate.

    Arrays of the estimate have shape (rounds,).  Everything is drawn: features (by Gram matrices
    with exactly the law of n_k rows), w_1, delta and label noise.  A model is linear in its labels,
    so their signal, noise and shift are trained as three columns, whose squared errors are bias,
    variance and zeta.  `total` is the sum: cross terms have mean 0, given the features, and would
    only add noise (that of w_1 and delta, where `moments` correlate them, belongs to zeta).

    Samples may have any rank, as in `simulate`.

    O(d^3) a seed and round, for any n.  `key`: draws depend neither on chunks nor on devices nor
    on how many rounds follow; `memory`, `progress`: as in `simulate`.  Raises ValueError for
    arguments out of range, and ArithmeticError for a risk that is not finite or negative.
    """
    if isinstance(rounds, bool) or not isinstance(rounds, int | np.integer) or rounds < 1:
        raise ValueError(f"rounds = {rounds!r}: expected a whole number >= 1")
    if keep not in KEEP:
        raise ValueError(f"keep = {keep!r}: expected one of {', '.join(KEEP)}")
    if rows not in ROWS:
        raise ValueError(f"rows = {rows!r}: expected one of {', '.join(ROWS)}")
    if len(problem.sources) != 2:
        raise checks.fail(
            "sources", f"{len(problem.sources)} of them", "two, the real and the synthetic one"
        )
    plan, constants = plan_simulation(problem, "gaussian", jnp.dtype(float))
    d = constants.covariances.shape[-1]
    schedule = Schedule(in_full(plan, constants), int(rounds), keep, rows == "same")
    need = 8.0 * (10 * d * d + 20 * d)
    risks = over_seeds(trained, schedule, constants, need, seeds, key, memory, progress)
    return summarise(risks, problem.moments is not None)


def in_full(plan: Plan, constants: Constants) -> Plan:
    """The plan of data that a model labels: by x, whatever a narrow one sees of it."""
    d = constants.covariances.shape[-1]
    # A narrow S without the empty columns that `simulate` pads it with: they make a singular system.
    if plan.columns is not None and constants.width is not None:
        plan = plan._replace(columns=int(constants.width))
    counts = tuple(d if count else 0 for count in constants.counts)
    return plan._replace(rows=counts, condition=False)


def trained(
    key: Key[Array, ""], schedule: Schedule, constants: Constants, rank_revealing: bool = False
) -> Measured:
    """(bias, variance, zeta) after each round, of one draw of everything."""
    plan, rounds, keep, reused = schedule
    vectors_key, first_key, rounds_key = jax.random.split(key, 3)
    w_1, w_2 = labelling_vectors(vectors_key, constants)
    none = jnp.zeros_like(w_1)
    truth = jnp.stack([w_1, none, none], axis=1)
    size = form(constants.test_covariance, w_1)
    floor = jnp.zeros_like(constants.floor, shape=3).at[0].set(constants.floor)
    penalty = constants.ridges[0] * constants.counts.sum()
    pooled = Triangle if rank_revealing else Normal

    def rows(
        key: Array, counts: tuple[int, ...], of: Array | None = None
    ) -> tuple[Draw, Float[Array, "K d"]]:
        """Samples of this key; of another one, `of`, if that has drawn the inputs."""
        data_key, noise_key = jax.random.split(key)
        if of is not None:
            data_key, _ = jax.random.split(of)
        noise = jax.random.normal(noise_key, constants.roots.shape[:1] + w_1.shape, w_1.dtype)
        return draw(data_key, plan._replace(rows=counts), constants), noise

    def samples(
        k: int, data: Draw, noise: Float[Array, "K d"], labeller: Float[Array, "d 3"], S: Array | None
    ) -> Any:
        """Those of source k, labelled; label noise goes into the second column."""
        X = data.inputs[k]
        labels = (X @ labeller).at[:, 1].add(jnp.sqrt(constants.noises[k]) * noise[k, : len(X)])
        root = jnp.sqrt(constants.weights[k])
        return pooled.of(root * (X if S is None else X @ S), root * labels)

    def one_round(state: tuple[Any, ...], t: Int[Array, ""]) -> tuple[Any, Any]:
        labeller, kept, before = state
        of = jax.random.fold_in(rounds_key, 0) if reused else None
        counts = plan.rows if kept is None else later
        fresh, noise = rows(jax.random.fold_in(rounds_key, t), counts, of)
        S = fresh.S if kept is None else first.S
        pool = samples(0, fresh, noise, truth, S) if kept is None else kept
        pool = pool.add(samples(1, fresh, noise, labeller, S))
        v, rounding = pool.solve(penalty)
        w_hat = v if S is None else S @ v
        error = w_hat - truth
        products = error.T @ product(constants.test_covariance, error)
        risk = jnp.diagonal(products) + floor
        rounding *= jnp.maximum(1, jnp.sqrt(cancellation(size, jnp.sum(risk))))
        if constants.correlations is not None:
            risk = risk.at[2].add(2 * products[0, 2])
        # What one round has lost, all later ones have.
        rounding = jnp.maximum(before, rounding)
        return (w_hat, pool if keep == "all" else kept, rounding), (risk, rounding)

    real, later = (plan.rows[0], 0), (0, plan.rows[1])
    first, noise = rows(first_key, real)
    kept = None if keep == "nothing" else samples(0, first, noise, truth, first.S)
    labeller = jnp.stack([w_1, none, w_2 - w_1], axis=1)
    start = (labeller, kept, jnp.ones_like(penalty))
    _, (risks, rounding) = jax.lax.scan(one_round, start, jnp.arange(rounds))
    return risks.T, rounding
