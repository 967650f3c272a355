"""The best schedule of one-pass SGD for a budget of real samples, by gradients."""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.checks import Number, Whole
from collapse_theory.compress import compress_if_known
from collapse_theory.equivalent.algebra import diagonal
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk
from collapse_theory.training.schedule import Schedule
from collapse_theory.training.second_moments import Dynamics
from collapse_theory.training.sgd import evolve, prepared, settings_of

SCALES = 24  # constant rates that are tried, each 1/sqrt(2) of the one before
ITERATIONS = 200
LENGTH = 0.1  # of a first move, in log g and in the share of real samples
HALVINGS = 60  # of an interval that holds the level of a projection


class BestSchedule(eqx.Module):
    """A schedule, and the risk after its last step.

    - `learning_rates`, `synthetic_fractions`: g_t and p_2(t), shape (steps,);
    - `risk`: of the model that it trains;
    - `mixed`, `real_last`: the risks of the two plain schedules for the same budget, each with the best
      of some constant rates; `risk` is no larger.

    In derivatives the schedules are constants, so that those of `risk` are as exact as the minimum is
    (the envelope theorem); there are none in the budget.
    """

    learning_rates: Float[Array, " steps"]
    synthetic_fractions: Float[Array, " steps"]
    risk: Risk
    mixed: Risk
    real_last: Risk


def best_schedule(
    problem: Problem,
    steps: Whole,
    real_samples: Number,
    *,
    batch: Number = 1,
    iterations: Whole = ITERATIONS,
) -> BestSchedule:
    """The step sizes and the order of real and synthetic samples that make the last risk smallest.

        minimise  one_pass_sgd(problem, g, p_2, batch=B).total[-1]
        over      g_t > 0,  0 <= p_2(t) <= 1,    B sum_t (1 - p_2(t)) <= real_samples

    for two sources; synthetic samples are free.  From synthetic data mixed evenly, and from real data
    last, each at constant and at falling rates, gradients descend: in log g by Adam's steps, in the
    shares of real samples projected on the budget.  The result is the best schedule on the way: near a
    local minimum, and never worse than the starts.

    The cost is that of some 3 x 4 x `iterations` runs of `one_pass_sgd`: ten seconds for a thousand
    steps, and hardly more for long spectra, which are compressed.

    Raises ValueError unless there are two sources, no width, whole steps and iterations >= 1, and
    0 <= real_samples <= B steps.
    """
    if len(problem.sources) != 2:
        raise checks.fail("sources", f"{len(problem.sources)} sources", "two, real and synthetic")
    for name, number in (("steps", steps), ("iterations", iterations)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
            raise checks.fail(name, repr(number), "a whole number >= 1")
    smaller, size, *_ = settings_of(compress_if_known(problem), batch, None, None)
    budget = checks.number("real_samples", real_samples)
    share, known = budget / size, checks.concrete(budget / size)
    if known is not None and known > steps:
        raise checks.fail(
            "real_samples", real_samples, f"at most batch * steps = {float(steps * size):g}"
        )
    return _search(smaller, size, share, int(steps), int(iterations))


class Position(NamedTuple):
    """Where the descent is."""

    log_rates: Float[Array, " steps"]
    real: Float[Array, " steps"]  # 1 - p_2

    @property
    def schedule(self) -> Schedule:
        """As a run takes it."""
        return Schedule(jnp.exp(self.log_rates), jnp.stack([self.real, 1 - self.real], axis=1))


Objective = Callable[[Position], Float[Array, ""]]


@eqx.filter_jit
def _search(
    problem: Problem,
    batch: Float[Array, ""],
    budget: Float[Array, ""],
    steps: int,
    iterations: int,
) -> BestSchedule:
    dynamics, cause = prepared(problem, batch)
    fixed = jax.lax.stop_gradient((dynamics, jax.tree.map(lambda leaf: leaf.sum(axis=0)[None], cause)))
    limit = jax.lax.stop_gradient(budget)

    def log_risk(position: Position) -> Float[Array, ""]:
        _, final = evolve(*fixed, position.schedule)
        return jnp.log(final[0])

    def error(position: Position) -> Float[Array, ""]:
        value = log_risk(position)
        return jnp.where(jnp.isnan(value), jnp.inf, value)

    def risk(position: Position) -> Risk:
        return Risk(*evolve(dynamics, cause, jax.lax.stop_gradient(position.schedule))[1])

    even = jnp.full(steps, limit / steps)
    last = jnp.clip(limit - jnp.arange(steps - 1.0, -1.0, -1.0), 0.0, 1.0)
    starts = [
        _best_of(error, dynamics, real, falling) for real in (even, last) for falling in (False, True)
    ]
    plain = [risk(starts[0]), risk(starts[2])]
    with jax.numpy_dtype_promotion("standard"):  # optax counts in integers, and multiplies by them
        ends = jax.lax.map(
            lambda start: _descend(log_risk, start, limit, iterations),
            jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts),
        )
    candidates = jax.tree.map(
        lambda end, *leaves: jnp.concatenate([end, jnp.stack(leaves)]), ends, *starts
    )
    chosen = jnp.argmin(jax.lax.map(error, candidates))
    position = jax.tree.map(lambda leaf: leaf[chosen], candidates)
    schedule = position.schedule
    return BestSchedule(schedule.learning_rates, schedule.probabilities[:, 1], risk(position), *plain)


def _best_of(
    error: Objective, dynamics: Dynamics, real: Float[Array, " steps"], falling: bool
) -> Position:
    """The best rates of a kind for an order of the samples."""
    model, B = dynamics.model, dynamics.batch
    # Frobenius norms bound largest eigenvalues from above.
    longest = [
        weight * (model.counted(diagonal(Sigma)).sum() / B + (1 + 1 / B) * jnp.sqrt(jnp.sum(Sigma**2)))
        for weight, Sigma in zip(model.weights, model.covariances, strict=True)
    ]
    steps = real.shape[0]
    profile = jnp.log(1 - jnp.arange(float(steps)) / steps) if falling else jnp.zeros(steps)
    levels = jnp.log(4 / jnp.max(jnp.stack(longest))) - jnp.log(2.0) / 2 * jnp.arange(float(SCALES))
    tried = [Position(level + profile, real) for level in levels]
    positions = jax.tree.map(lambda *leaves: jnp.stack(leaves), *tried)
    best = jnp.argmin(jax.vmap(error)(positions))
    return jax.lax.stop_gradient(Position(levels[best] + profile, real))


def _descend(log_risk: Objective, start: Position, limit: Float[Array, ""], iterations: int) -> Position:
    """The best position on the way down."""
    lengths = optax.cosine_decay_schedule(LENGTH, iterations)
    optimiser = optax.adam(lengths)

    def one(state, t):
        position, memory, best, lowest = state
        value, slope = jax.value_and_grad(log_risk)(position)
        better = value < lowest
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), position, best)
        lowest = jnp.where(better, value, lowest)
        # Where a step has led to divergence there is no slope to follow: back to the best.
        sound = jnp.isfinite(value) & jnp.all(jnp.isfinite(slope.log_rates) & jnp.isfinite(slope.real))
        slope = jax.tree.map(lambda leaf: jnp.where(sound, leaf, 0.0), slope)
        origin = jax.tree.map(lambda new, old: jnp.where(sound, new, old), position, best)
        moves, memory = optimiser.update(slope.log_rates, memory)
        # Samples compete for the budget: their slopes keep their proportions, unlike those of rates,
        # and what they have in common is taken back where the budget is spent.
        size = jnp.abs(slope.real - slope.real.mean()).max()
        shares = origin.real - lengths(t) * slope.real / jnp.where(size > 0, size, 1.0)
        moved = Position(origin.log_rates + moves, _within(shares, limit))
        return (moved, memory, best, lowest), None

    state = (start, optimiser.init(start.log_rates), start, jnp.array(jnp.inf))
    (_, _, best, _), _ = jax.lax.scan(one, state, jnp.arange(iterations))
    return best


def _within(real: Float[Array, " steps"], limit: Float[Array, ""]) -> Float[Array, " steps"]:
    """The nearest shares in [0, 1] whose sum is at most the limit: all lowered by one level."""

    def halve(_, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = (low + high) / 2
        above = jnp.clip(real - middle, 0.0, 1.0).sum() > limit
        return jnp.where(above, middle, low), jnp.where(above, high, middle)

    _, level = jax.lax.fori_loop(0, HALVINGS, halve, (jnp.array(0.0), jnp.maximum(real.max(), 0.0)))
    enough = jnp.clip(real, 0.0, 1.0)
    return jnp.where(enough.sum() > limit, jnp.clip(real - level, 0.0, 1.0), enough)
