"""Sufficient statistics of a set of tokens, and the ridge readout that they determine."""

from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse
from jaxtyping import Float

from simulations.language.readout.transitions import Transitions

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
    z = features[present]
    labels = labels_of(transitions, weights)
    return Statistics((z.T * (often[present] / total)) @ z, (labels.T @ features).T / total)


def labels_of(
    transitions: Transitions, weights: Float[np.ndarray, " transitions"]
) -> scipy.sparse.csr_array:
    """The sums of one-hot labels of each context, (contexts, vocabulary)."""
    made = np.flatnonzero(weights)
    return scipy.sparse.csr_array(
        (weights[made], (transitions.context[made], transitions.following[made])),
        shape=(len(transitions.contexts), transitions.vocabulary),
    )


def ridge_readout(means: Statistics, ridge: float) -> Readout:
    """argmin_W (1/n) sum_i |W^T z_i - y_i|^2 + lambda |W|^2.

    Raises ArithmeticError if the system is singular to rounding.
    """
    system = means.covariance + ridge * np.eye(len(means.covariance))
    try:
        return scipy.linalg.solve(system, means.cross, assume_a="pos")
    except (scipy.linalg.LinAlgError, scipy.linalg.LinAlgWarning):
        raise ArithmeticError(f"ridge = {ridge:g}: singular to rounding; use a larger one") from None


def squared_norm(difference: Readout, covariance: Float[np.ndarray, "width width"]) -> float:
    """E |D^T z|^2 = tr[D^T Sigma D]."""
    return float(np.sum(difference * (covariance @ difference)))
