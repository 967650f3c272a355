"""Mixing real and synthetic data once: their weights in the training loss, their shares of a budget."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.checks import Number
from collapse_theory.problem import Problem


def single_step_mixing(problem: Problem, synthetic_weight: Number) -> Problem:
    """The problem of two sources whose mean losses are weighed (1 - a) : a, a = `synthetic_weight`.

        minimise  (1 - a)/n_1 sum_real + a/n_2 sum_synthetic + lambda |v|^2    (Corollary 2, section 5)

    in place of the weights that the sources had: every sample weighs alpha_1 = (1 - a)/p_1 or
    alpha_2 = a/p_2, so that a = p_2 is no weighting.  The mean over no samples is 0; derivatives in
    the size of a source hold from the first sample on.

    Raises ValueError for a outside [0, 1] and for another number of sources.
    """
    a = checks.number("synthetic_weight", synthetic_weight, most=1)
    if len(problem.sources) != 2:
        raise checks.fail("problem", f"{len(problem.sources)} sources", "two, real and synthetic")
    n_1, n_2 = (source.n for source in problem.sources)
    n = n_1 + n_2
    weights = [_mean_weight(1 - a, n_1, n), _mean_weight(a, n_2, n)]
    return eqx.tree_at(lambda tree: [source.weight for source in tree.sources], problem, weights)


def spend(
    budget: Number, share: Number, real_cost: Number, synthetic_cost: Number
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Sample sizes (n_1, n_2) for a budget of which a share goes to synthetic samples.

        n_1 = (1 - share) budget / real_cost,        n_2 = share budget / synthetic_cost

    Costs are per sample, in units of the budget; sizes are not rounded.  Raises ValueError for a
    share outside [0, 1] and for a budget or cost that is not positive.
    """
    total = checks.number("budget", budget, above=0)
    synthetic = checks.number("share", share, most=1)
    prices = [
        checks.number(name, cost, above=0)
        for name, cost in (("real_cost", real_cost), ("synthetic_cost", synthetic_cost))
    ]
    return (1 - synthetic) * total / prices[0], synthetic * total / prices[1]


def _mean_weight(share: Array, samples: Array, n: Array) -> Array:
    """share / p, the weight of each sample; 0 where there is none."""
    present = samples > 0
    # The inner `where` keeps the derivative of the branch that is not taken finite.
    return jnp.where(present, share * n / jnp.where(present, samples, 1.0), 0.0)
