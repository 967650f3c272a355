"""Sources that the equations cannot tell apart: of one covariance and one weight, with any labels."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.equivalent.arrays import Model
from collapse_theory.problem import Problem, Source

# Indices of sources, from 0; groups are in the order of their first.
Groups = tuple[tuple[int, ...], ...]


def alike(problem: Problem) -> Groups | None:
    """The groups of a problem, or of a batch of them.

    None where that cannot be told: inside `jit` two arrays are known to be equal if they are known, or
    one and the same.
    """
    groups: list[list[int]] = []
    for k, source in enumerate(problem.sources):
        for group in groups:
            same = _same(problem.sources[group[0]], source)
            if same is None:
                return None
            if same:
                group.append(k)
                break
        else:
            groups.append([k])
    return tuple(map(tuple, groups))


def _same(first: Source, second: Source) -> bool | None:
    """Whether two sources have one covariance and one weight; None if nobody knows."""
    equal: list[bool | None] = []
    pairs = [(first.covariance, second.covariance), (first.weight, second.weight)]
    for one, other in pairs:
        known, against = checks.concrete(one), checks.concrete(other)
        if one is other or one.shape != other.shape:
            equal.append(one is other)
        elif known is None or against is None:
            equal.append(None)
        else:
            equal.append(np.array_equal(known, against))
    return False if False in equal else None if None in equal else True


def merged(model: Model, groups: Groups) -> Model:
    """The model as the equations see it, one source a group: their labels are those of its first."""
    first = jnp.array([group[0] for group in groups])
    fractions = jnp.stack([model.fractions[jnp.array(group)].sum() for group in groups])
    chosen = {
        name: getattr(model, name)[first] for name in ("covariances", "weights", "noises", "shifts")
    }
    return model._replace(fractions=fractions, correlations=None, signal_shares=None, **chosen)


def completed(groups: Groups, model: Model) -> Groups:
    """Groups of all sources of a model, of which the first may stand for the test set (`nonlinear`)."""
    if sum(map(len, groups)) == len(model.weights):
        return groups
    return ((0,), *(tuple(k + 1 for k in group) for group in groups))


def positions(groups: Groups) -> np.ndarray:
    """The group of each source."""
    place = {k: position for position, group in enumerate(groups) for k in group}
    return np.array([place[k] for k in sorted(place)])


def shares(model: Model, groups: Groups) -> Float[Array, "groups K"]:
    """The part that each source has in the samples of its group; equal parts of a group without any."""
    member = jnp.asarray(positions(groups)[None] == jnp.arange(len(groups))[:, None], float)
    samples = member * model.fractions[None]
    total = samples.sum(axis=1, keepdims=True)
    even = member / member.sum(axis=1, keepdims=True)
    return jnp.where(total > 0, samples / jnp.where(total > 0, total, 1.0), even)
