"""Mixing real and synthetic data once: their weights in the training loss, their shares of a budget."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.checks import Number
from collapse_theory.problem import Problem, Source


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


def label_mixing(problem: Problem, synthetic_share: Number) -> Problem:
    """One set of inputs with labels (1 - a) y_real + a y_synthetic, a = `synthetic_share`.

    The two sources are two labels of the same n inputs (arXiv 2509.22341): of one n, covariance and
    weight.  Together they are one label a row, by w_1 + a delta and with the noise (1 - a)^2 sigma_1^2 +
    a^2 sigma_2^2, that of source 2 in the answer; its source 1 is empty.  So the error is

        E(a) = B + ((1 - a)^2 sigma_1^2 + a^2 sigma_2^2) V_1 + a^2 zeta_1

    with V_1 and zeta_1 of one unit of noise and of all synthetic labels: least at sigma_1^2 V_1 /
    ((sigma_1^2 + sigma_2^2) V_1 + zeta_1), never at 0 (ours).  `relabelling` goes on for more rounds.

    Raises ValueError for a outside [0, 1] and for sources that are not of the same rows.
    """
    a = checks.number("synthetic_share", synthetic_share, most=1)
    if len(problem.sources) != 2:
        raise checks.fail("problem", f"{len(problem.sources)} sources", "two labels of the same rows")
    real, synthetic = problem.sources
    for name in ("n", "covariance", "weight"):
        one, other = (checks.concrete(getattr(source, name)) for source in (real, synthetic))
        if one is not None and other is not None and not np.array_equal(one, other):
            raise checks.fail(f"{name} of source 2", other, f"that of source 1, {one}: one set of rows")
    noise = (1 - a) ** 2 * real.noise + a**2 * synthetic.noise
    moments = problem.moments
    if moments is not None:
        shares = jnp.stack([jnp.array([1.0, 0.0]), jnp.stack([1 - a, a])])
        moments = jnp.einsum("ja,ab...,kb->jk...", shares, moments, shares)
    return Problem(
        (
            Source(0.0, real.covariance, real.noise, 0.0, real.weight),
            Source(real.n, real.covariance, noise, a**2 * synthetic.shift, real.weight),
        ),
        problem.signal,
        problem.ridge,
        problem.width,
        problem.test_covariance,
        moments,
        problem.multiplicities,
        problem.activation,
    )


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
