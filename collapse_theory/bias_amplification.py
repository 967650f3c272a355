"""Several test populations of one model, and what training on all of them does to their differences."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import ErrorSystem, Status, solve, solved, stack
from collapse_theory.predict import forcing_of
from collapse_theory.problem import Problem
from collapse_theory.risk import Risk


class BiasAmplification(eqx.Module):
    """How much more, or less, two groups differ in error under one model than under one for each.

        amplification = |R_1 - R_2| of one model  /  |R_1 - R_2| of two models

    (ADD = ODD / EDD of Subramonian, Bell, Sagun and Dohmatob, arXiv 2410.17263): above 1 a common model
    amplifies bias.  Each R_s is the excess error of group s on its own inputs and labels.

    - `joint`, `separate`: these R_s, parts of shape (2,);
    - `amplification`: their ratio; NaN where both differences are 0.
    """

    joint: Risk
    separate: Risk
    amplification: Float[Array, ""]


def group_risks(problem: Problem) -> Risk:
    """The excess error of the trained model on each source: its inputs, its labels; shape (K,).

        R_k = E (x.w_hat - x.w_k)^2,    x ~ N(0, Sigma_k)

    Populations on which nothing is trained are sources of n = 0.  Bias is what signal makes, variance
    noise and zeta shifts, also for groups whose labels are their own: their `zeta` is the price of being
    labelled otherwise than source 1.  On one other test set at a time: `Problem(test_covariance=...)`.

    Raises SolveError as `predict`; +inf at the ridgeless interpolation threshold.
    """
    return solved(*_group_risks(problem))


def bias_amplification(problem: Problem) -> BiasAmplification:
    """The `BiasAmplification` of two groups, sources 1 and 2.

    One model is trained on both, as `problem` says; the two others each on the samples of one group,
    with the same ridge and width.

    Raises ValueError unless there are two sources, both with samples; SolveError as `predict`.
    """
    if len(problem.sources) != 2:
        raise checks.fail("sources", f"{len(problem.sources)} sources", "two groups")
    for k, source in enumerate(problem.sources, start=1):
        count = checks.concrete(source.n * source.weight)
        if count is not None and count <= 0:
            raise checks.fail(f"n of source {k}", f"{count:g}", "samples in both groups")
    return solved(*_amplification(problem))


@eqx.filter_jit
def _group_risks(problem: Problem) -> tuple[Risk, Status]:
    equivalent = solve(stack(problem))
    errors = ErrorSystem(equivalent)
    forcing = forcing_of(errors)
    fed = errors.pulls[:-1] @ errors.solve(forcing)
    excess = (forcing[:-1].at[:, 1].set(0.0) + fed)[-len(problem.sources) :]
    return Risk(*jnp.where(equivalent.regime.at_threshold, jnp.inf, excess).T), equivalent.status


@eqx.filter_jit
def _amplification(problem: Problem) -> tuple[BiasAmplification, Status]:
    joint, status = _group_risks(problem)
    alone = []
    for k in range(2):
        only = eqx.tree_at(
            lambda p: [source.n for source in p.sources],
            problem,
            [source.n * float(j == k) for j, source in enumerate(problem.sources)],
        )
        alone.append(_group_risks(only))
    (first, one), (second, other) = alone
    separate = jax.tree.map(lambda here, there: jnp.stack([here[0], there[1]]), first, second)
    statuses = jax.tree.map(lambda *leaves: jnp.stack(leaves), status, one, other)
    together, apart = (jnp.abs(risk.total[0] - risk.total[1]) for risk in (joint, separate))
    return BiasAmplification(joint, separate, together / apart), Status.worst(statuses)
