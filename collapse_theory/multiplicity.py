"""Directions written out one by one, for what needs each of them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from collapse_theory import checks
from collapse_theory.common_basis import covariances, labels
from collapse_theory.problem import Problem

MOST = 100_000  # directions
ROUNDING = 1e-9


def whole_multiplicities(problem: Problem) -> np.ndarray | None:
    """Multiplicities as whole numbers, None where there are none.

    Raises ValueError where they are not whole: the nodes of `compress` stand for sums over directions,
    not for directions.
    """
    if problem.multiplicities is None:
        return None
    counts = np.asarray(problem.multiplicities)
    whole = np.round(counts)
    broken = np.abs(counts - whole) > ROUNDING * counts
    if broken.any():
        expected = "whole numbers (a compressed problem has no directions)"
        raise checks.fail("multiplicities", counts[broken][0], expected)
    return whole.astype(np.int64)


def written_out(problem: Problem) -> Problem:
    """The same problem with an entry a direction.

    Raises ValueError for multiplicities that are not whole, and for more than 100,000 directions.
    """
    counts = whole_multiplicities(problem)
    if counts is None:
        return problem
    if counts.sum() > MOST:
        raise checks.fail("multiplicities", f"{counts.sum()} in all", f"at most {MOST:,} directions")

    def repeated(array: jax.Array) -> jax.Array:
        return array if array.ndim == 0 else jnp.repeat(array, jnp.asarray(counts), axis=-1)

    def arrays(tree: Problem) -> list:
        return covariances(tree) + labels(tree)

    longer = eqx.tree_at(arrays, problem, [repeated(array) for array in arrays(problem)])
    if not any(array.ndim for array in covariances(problem)):  # scalars do not tell d by themselves
        first = jnp.full(counts.sum(), problem.sources[0].covariance)
        longer = eqx.tree_at(lambda tree: tree.sources[0].covariance, longer, first)
    return eqx.tree_at(lambda tree: tree.multiplicities, longer, None)
