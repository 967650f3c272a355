"""Sources that the equations cannot tell apart: of one covariance and one weight, with any labels."""

import jax.numpy as jnp
import numpy as np

from collapse_theory import checks
from collapse_theory.equivalent.arrays import Model
from collapse_theory.problem import Problem

# Indices of sources, from 0; groups are in the order of their first.
Groups = tuple[tuple[int, ...], ...]


def alike(problem: Problem) -> Groups | None:
    """The groups of a problem, or of a batch of them; None where values are not known, inside `jit`."""
    groups: dict[tuple[bytes, ...], list[int]] = {}
    for k, source in enumerate(problem.sources):
        covariance, weight = checks.concrete(source.covariance), checks.concrete(source.weight)
        if covariance is None or weight is None:
            return None
        key = (f"{covariance.shape}".encode(), covariance.tobytes(), weight.tobytes())
        groups.setdefault(key, []).append(k)
    return tuple(map(tuple, groups.values()))


def merged(model: Model, groups: Groups) -> Model:
    """The model as the equations see it, one source a group: their labels are those of its first."""
    first = jnp.array([group[0] for group in groups])
    fractions = jnp.stack([model.fractions[jnp.array(group)].sum() for group in groups])
    chosen = {
        name: getattr(model, name)[first] for name in ("covariances", "weights", "noises", "shifts")
    }
    return model._replace(fractions=fractions, correlations=None, **chosen)


def positions(groups: Groups) -> np.ndarray:
    """The group of each source."""
    place = {k: position for position, group in enumerate(groups) for k in group}
    return np.array([place[k] for k in sorted(place)])
