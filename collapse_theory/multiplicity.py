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


def written_out(problem: Problem) -> Problem:
    """The same problem with an entry a direction.

    Raises ValueError for multiplicities that are not whole (nodes of `compress` stand for sums over
    directions, not for directions), and for more than 100,000 directions.
    """
    if problem.multiplicities is None:
        return problem
    numbers = np.asarray(problem.multiplicities)
    counts = np.round(numbers).astype(np.int64)
    broken = np.abs(numbers - counts) > ROUNDING * numbers
    if broken.any():
        expected = "whole numbers (a compressed problem has no directions)"
        raise checks.fail("multiplicities", numbers[broken][0], expected)
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
