"""Covariance matrices that commute, in the basis that they share: one eigendecomposition for all."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from collapse_theory import checks
from collapse_theory.problem import Problem

ROUNDING = 1e-13  # of what is off the diagonal in a common basis, relative to the largest entry


def diagonalised(problems: Problem) -> Problem | None:
    """A batch of problems (NumPy arrays with one axis more) with vectors in place of matrices.

    None where covariances vary over the batch, or do not commute.  Of signals, shifts and moments only
    diagonals are left: what is beside them meets nothing but diagonals in a risk.
    """
    arrays = covariances(problems)
    dense = any(array.ndim == 3 for array in arrays)
    # Beside matrices a vector is a matrix too: it need not share their eigenvectors.
    matrices = [_matrices(array) for array in arrays if array.ndim > 1] if dense else []
    if any(np.ptp(array, axis=0).any() for array in matrices):
        return None
    basis = common_basis([array[0] for array in matrices]) if dense else None
    if dense and basis is None:
        return None
    # Vectors of eigenvalues may span any range: only those of matrices have rounding.
    turned = [_above_rounding(_diagonal(array, 1, basis)) if dense else array for array in arrays]
    *shifts, first = labels(problems)
    leading = 1 if problems.moments is None else 3
    turned += [_diagonal(array, 1, basis) for array in shifts] + [_diagonal(first, leading, basis)]
    return eqx.tree_at(lambda tree: covariances(tree) + labels(tree), problems, turned)


def is_known(problem: Problem) -> bool:
    """Whether the spectra, signals and shifts of a problem are numbers, not traced."""
    counts = [] if problem.multiplicities is None else [problem.multiplicities]
    arrays = [*covariances(problem), *labels(problem), *counts]
    return all(array.ndim == 0 or checks.concrete(array) is not None for array in arrays)


def batch_of_one(problem: Problem) -> Problem:
    """The batch that holds this problem alone."""

    def batch(leaf: Any) -> Any:
        return leaf[None] if checks.concrete(leaf) is None else np.asarray(leaf)[None]

    return jax.tree.map(batch, problem)


def single(problems: Problem) -> Problem:
    """The problem that is alone in a batch."""

    def leaf_of_one(leaf: Any) -> Any:
        with jax.ensure_compile_time_eval():  # what is known stays known
            return leaf[0] if checks.concrete(leaf) is None else jnp.asarray(leaf[0])

    return jax.tree.map(leaf_of_one, problems)


def covariances(problem: Problem) -> list[Any]:
    """Of the sources, and of the test set if it has its own."""
    tested = [] if problem.test_covariance is None else [problem.test_covariance]
    return [source.covariance for source in problem.sources] + tested


def labels(problem: Problem) -> list[Any]:
    """Second moments of labelling vectors: shifts, and the signal or the moments."""
    first = problem.moments if problem.signal is None else problem.signal
    return [*(source.shift for source in problem.sources), first]


def common_basis(matrices: list[Float[np.ndarray, "d d"]]) -> Float[np.ndarray, "d d"] | None:
    """Eigenvectors that symmetric matrices share, None if there are none."""
    # A sum with weights that nothing satisfies by chance: it keeps apart what one of them tells apart.
    weights = np.sqrt(np.arange(2.0, len(matrices) + 2))
    sizes = [max(np.abs(matrix).max(), np.finfo(float).tiny) for matrix in matrices]
    total = sum(w / size * m for w, size, m in zip(weights, sizes, matrices, strict=True))
    _, basis = np.linalg.eigh(total)
    for matrix, size in zip(matrices, sizes, strict=True):
        turned = basis.T @ matrix @ basis
        beside = turned - np.diag(np.diagonal(turned))
        if np.abs(beside).max() > ROUNDING * len(matrix) * size:
            return None
    return basis


def _matrices(arrays: np.ndarray) -> np.ndarray:
    """A batch of matrices, or of the diagonals of diagonal ones, as matrices."""
    return arrays if arrays.ndim == 3 else arrays[..., None] * np.eye(arrays.shape[-1])


def _diagonal(array: Any, leading: int, basis: np.ndarray | None) -> Any:
    """What is on the diagonal in the new basis, of matrices or vectors behind so many leading axes."""
    order = array.ndim - leading
    if order == 0:
        return array
    if basis is None:
        return array if order == 1 else np.diagonal(array, axis1=-2, axis2=-1)
    if order == 1:
        return array @ basis**2
    return np.einsum("ai,...ab,bi->...i", basis, array, basis, optimize=True)


def _above_rounding(eigenvalues: np.ndarray) -> np.ndarray:
    """Eigenvalues of matrices below d eps times the largest are rounding, as in `predict`."""
    if eigenvalues.ndim < 2:
        return eigenvalues
    floor = eigenvalues.shape[-1] * np.finfo(float).eps * eigenvalues.max(axis=-1, keepdims=True)
    return np.where(eigenvalues > floor, eigenvalues, 0.0)
