"""The same problem in as few numbers as the theory can tell apart."""

from typing import Any

import equinox as eqx
import numpy as np

from collapse_theory import checks
from collapse_theory.checks import Number
from collapse_theory.common_basis import (
    batch_of_one,
    covariances,
    diagonalised,
    is_known,
    labels,
    single,
)
from collapse_theory.problem import Problem
from collapse_theory.quadrature import Spectrum, reduced

FINEST = 1e-15


def compress(problem: Problem, tolerance: Number = 1e-13) -> Problem:
    """A problem of the same risk whose spectrum is a few dozen eigenvalues with `multiplicities`.

        sum_i f(lambda_i, Gamma_i, Delta_i)  =  sum_j M_j f(lambda_j, Gamma_j, Delta_j),

    for every sum of the theory, to a relative error of `tolerance` (at least 1e-15): `predict`, its
    derivatives in sizes, ridge, weights, noises and width, and `finite_size` of the answer are those of
    `problem`, up to what differences of such sums amplify beside a threshold.  A prediction then costs
    the same in 10^3 and in 10^7 dimensions.

    - Covariance matrices that commute are diagonalised, once.
    - Equal eigenvalues become one, which is exact: Sigma = I is one number.
    - Of one covariance, or several that are smooth functions of one another (powers), a bin of
      log lambda with more than some thirty eigenvalues becomes its Gauss nodes.  Otherwise nothing is
      left out: what cannot be compressed stays as it is, and so does a problem with covariance
      matrices that do not commute.

    Not for `spread`, which is quadratic in Gamma and refuses multiplicities, nor for `simulate`, which
    refuses those that are not whole: no data have 3.7 features of a kind.

    Inside `jit` and `vmap` sizes, ridges and other numbers may be traced, but not spectra.

    Raises ValueError for vectors and matrices that are traced (compress outside, and change sizes or
    ridges inside), and for a tolerance that is not in (0, 0.1].
    """
    wanted = float(checks.number("tolerance", tolerance, above=0, most=0.1))
    if not is_known(problem):
        raise checks.fail("problem", "traced spectra", "spectra that are known: compress outside of jit")
    return single(compress_batch(batch_of_one(problem), wanted))


def compress_if_known(problem: Problem) -> Problem:
    """`compress`, or the problem itself where its spectra are traced."""
    return compress(problem) if is_known(problem) else problem


def compress_batch(problems: Problem, tolerance: float = 1e-13) -> Problem:
    """`compress` for a batch of problems, NumPy arrays with one axis more, of the same covariances.

    Batches of several covariances come back as they are.
    """
    diagonal = diagonalised(problems)
    if diagonal is None:
        return problems
    counts = diagonal.multiplicities
    vectors = _vectors(covariances(diagonal))
    fixed = vectors if counts is None else [*vectors, counts]
    if not vectors or any(np.ptp(leaf, axis=0).any() for leaf in fixed):
        return diagonal
    (batch, entries), measures = vectors[0].shape, _vectors(labels(diagonal))
    columns: list[np.ndarray] = []
    for vector in vectors:
        if not any(np.array_equal(vector[0], column) for column in columns):
            columns.append(vector[0])
    spectrum = Spectrum(
        np.stack(columns),
        np.ones(entries) if counts is None else np.asarray(counts[0]),
        np.concatenate([np.zeros((0, entries)), *(array.reshape(-1, entries) for array in measures)]),
    )
    smaller = reduced(spectrum, max(tolerance, FINEST))
    if smaller.columns.shape[1] == entries:
        return diagonal
    ends = np.cumsum([array[..., 0].size for array in measures])[:-1]
    parts = iter(np.split(smaller.measures, ends))

    def shorter(array: np.ndarray) -> np.ndarray:
        place = next(k for k, column in enumerate(columns) if np.array_equal(array[0], column))
        return np.tile(smaller.columns[place], (batch, 1))

    replaced = [shorter(array) if array.ndim > 1 else array for array in covariances(diagonal)]
    replaced += [
        next(parts).reshape(*array.shape[:-1], -1) if array.ndim > 1 else array
        for array in labels(diagonal)
    ]
    fewer = eqx.tree_at(lambda tree: covariances(tree) + labels(tree), diagonal, replaced)
    counted = np.tile(smaller.multiplicities, (batch, 1))
    return eqx.tree_at(
        lambda tree: tree.multiplicities, fewer, counted, is_leaf=lambda leaf: leaf is None
    )


def _vectors(arrays: list[Any]) -> list[Any]:
    """Those that differ along directions: scalars have the batch's axis alone."""
    return [array for array in arrays if array.ndim > 1]
