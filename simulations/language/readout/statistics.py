"""Sufficient statistics of a set of tokens, and the ridge readout that they determine."""

from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse
from jaxtyping import Float

from simulations.language.readout.transitions import Transitions

CHUNK = 4096  # contexts whose features are copied at a time: of wide readouts they are gigabytes

Readout = Float[np.ndarray, "width vocabulary"]


class Statistics(NamedTuple):
    """Means over tokens of z z^T and z y^T: y is one-hot, so that |y|^2 = 1."""

    covariance: Float[np.ndarray, "width width"]
    cross: Readout


def statistics(
    transitions: Transitions,
    features: Float[np.ndarray, "contexts width"],
    weights: Float[np.ndarray, " transitions"],
) -> Statistics:
    """Means over tokens that make transitions so often, or with these probabilities.

    Equal contexts have equal features: however many tokens there are, the sums have a term for each
    context that occurs, and for each transition.
    """
    total = weights.sum()
    often = transitions.by_context(weights)
    present = np.flatnonzero(often)
    roots = np.sqrt(often[present] / total)
    width = features.shape[1]
    triangle = np.zeros((width, width), order="F")
    for start in range(0, len(present), CHUNK):
        part = slice(start, start + CHUNK)
        z = features[present[part]] * roots[part, None]
        triangle = scipy.linalg.blas.dsyrk(1.0, z.T, 1.0, triangle, overwrite_c=1)
    labels = labels_of(transitions, weights)
    return Statistics(_mirrored(triangle), (labels.T @ features).T / total)


def _mirrored(triangle: Float[np.ndarray, "width width"]) -> Float[np.ndarray, "width width"]:
    """The symmetric matrix of this upper triangle, in its place."""
    for start in range(0, len(triangle), CHUNK):
        rows = slice(start, start + CHUNK)
        below = triangle[start + CHUNK :, rows]
        below[:] = triangle[rows, start + CHUNK :].T
        block = triangle[rows, rows]
        triangle[rows, rows] = np.triu(block) + np.triu(block, 1).T
    return triangle


def labels_of(
    transitions: Transitions, weights: Float[np.ndarray, " transitions"]
) -> scipy.sparse.csr_array:
    """The sums of one-hot labels of each context, (contexts, vocabulary)."""
    made = np.flatnonzero(weights)
    return scipy.sparse.csr_array(
        (weights[made], (transitions.context[made], transitions.following[made])),
        shape=(len(transitions.contexts), transitions.vocabulary),
    )


def cholesky(covariance: Float[np.ndarray, "width width"], ridge: float) -> tuple[np.ndarray, bool]:
    """The factor of Sigma + lambda, for `scipy.linalg.cho_solve`.

    Raises ArithmeticError if that is singular to rounding.
    """
    system = covariance.copy(order="F")
    system[np.diag_indices_from(system)] += ridge
    try:
        return scipy.linalg.cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
    except scipy.linalg.LinAlgError:
        raise ArithmeticError(f"ridge = {ridge:g}: singular to rounding; use a larger one") from None


def ridge_readout(means: Statistics, ridge: float) -> Readout:
    """argmin_W (1/n) sum_i |W^T z_i - y_i|^2 + lambda |W|^2.

    Raises ArithmeticError if the system is singular to rounding.
    """
    return scipy.linalg.cho_solve(cholesky(means.covariance, ridge), means.cross)


def squared_norm(difference: Readout, covariance: Float[np.ndarray, "width width"]) -> float:
    """E |D^T z|^2 = tr[D^T Sigma D]."""
    return float(np.sum(difference * (covariance @ difference)))
