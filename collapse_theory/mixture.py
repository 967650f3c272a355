"""The mixture theorem: sources of one covariance and weight are one source in disguise."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent import Groups, Model, alike, stack_linear
from collapse_theory.equivalent.groups import shares
from collapse_theory.problem import Problem, Source

if TYPE_CHECKING:
    Numbers = Sequence[Sequence[int]]
else:  # `_checked` answers bad values with one sentence
    Numbers = object


class Mixture(eqx.Module):
    """A problem in as few sources as there are pairs (covariance, weight).

    - `problem`: one source a group.  Where synthetic labels are mixed with those of source 1, a source
      without samples comes first: it only says what the truth is, w_1;
    - `disagreement`: the part of the noise of each source that is no noise but labels that disagree.
      It belongs to zeta, the price of wrong labels: that of their mean and, as noise, that of the rest.
    """

    problem: Problem
    disagreement: Float[Array, " sources"]


def mixture(problem: Problem, groups: Numbers | None = None) -> Mixture:
    """The one source that sources of one covariance Sigma and one weight are, for each such group.

        labels  w_bar = sum_k pi_k w_k,
        noise   sum_k pi_k sigma_k^2 + sum_k pi_k tr Sigma E[(w_k - w_bar)(w_k - w_bar)^T],

    pi_k being n_k over the samples of the group.  The risk is the same for every width, ridge and test
    set: for the paper's two sources (Theorem 2) zeta(p_2) = p_2^2 zeta(1) + p_1 p_2 c^2 V / sigma^2.
    The equations have as many unknowns as groups; with one Sigma they are the scalar one for kappa.
    A statement about the limit: at finite size disagreement is no independent noise, as it depends on
    the features, and `finite_size` wants the problem itself.

    - `groups`: which sources, counted from 1, make each group: ((1, 2), (3,)).  Inside `jit` and `vmap`,
      where equal values cannot be told, they must be given.

    Raises ValueError for groups that do not hold every source once, and where they are missing.
    """
    model = stack_linear(problem)  # what labels disagree by is the same of any features
    K = len(problem.sources)
    members = alike(problem) if groups is None else _checked(groups, K)
    if members is None:
        raise checks.fail("groups", None, "the groups of sources, as values are not known inside jit")
    counts = model.n * model.fractions
    apart = _distances(model)
    parts = shares(model, members)
    sources, disagreements = [], []
    if members[0] != (0,):
        sources.append(eqx.tree_at(lambda source: source.n, problem.sources[0], jnp.array(0.0)))
        disagreements.append(jnp.array(0.0))
    for group, share in zip(members, parts, strict=True):
        disagreement = share @ apart[group[0]] @ share / 2
        noise = jnp.sum(share * model.noises) + disagreement
        first = problem.sources[group[0]]
        n = counts[jnp.array(group)].sum()
        sources.append(Source(n, first.covariance, noise, 0.0, first.weight))
        disagreements.append(disagreement)
    means = parts if members[0] == (0,) else jnp.concatenate([jnp.eye(1, K), parts])
    whole = _merged(problem, model, sources, means)
    return Mixture(whole, jnp.stack(disagreements))


def _distances(model: Model) -> Float[Array, "K K K"]:
    """tr Sigma_i E[(w_j - w_k)(w_j - w_k)^T]."""
    if model.correlations is None:
        lengths = jnp.einsum("i...,k...->ik", model.covariances, model.counted(model.shifts))
        apart = lengths[:, :, None] + lengths[:, None]
    else:
        shifts = model.correlations.at[0].set(0.0).at[:, 0].set(0.0)
        inner = jnp.einsum("i...,jk...->ijk", model.covariances, model.counted(shifts))
        lengths = jnp.diagonal(inner, axis1=1, axis2=2)
        apart = lengths[:, :, None] + lengths[:, None] - inner - inner.mT
    return apart * (1.0 - jnp.eye(apart.shape[1]))[None]


def _merged(
    problem: Problem, model: Model, sources: list[Source], means: Float[Array, "sources K"]
) -> Problem:
    """The problem of these sources, whose labels are these means of the old ones."""
    settings = (problem.ridge, problem.width, problem.test_covariance)
    counts = problem.multiplicities
    if problem.moments is not None:
        moments = jnp.einsum("ja,ab...,kb->jk...", means, problem.moments, means)
        return Problem(sources, None, *settings, moments, counts, problem.activation)
    shifts = jnp.tensordot(means**2, model.shifts, axes=1)
    shifted = [
        eqx.tree_at(lambda source: source.shift, source, shift)
        for source, shift in zip(sources[1:], shifts[1:], strict=True)
    ]
    assert problem.signal is not None  # as there are no moments
    signal = model.signal if problem.signal.ndim == 0 else problem.signal
    return Problem([sources[0], *shifted], signal, *settings, None, counts, problem.activation)


def _checked(groups: Numbers, K: int) -> Groups:
    expected = f"groups that hold each of the sources 1 to {K} once"
    try:
        members = [[k - 1 for k in group] for group in groups]
        right = all(members) and sorted(k for group in members for k in group) == list(range(K))
    except TypeError:
        right = False
    if not right:
        raise checks.fail("groups", groups, expected)
    return tuple(sorted(tuple(sorted(group)) for group in members))
