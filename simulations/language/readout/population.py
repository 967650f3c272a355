"""What the theory knows of a source: the covariance of its features and their best linear readout."""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

from simulations.language.readout.statistics import Readout, Statistics, cholesky, squared_norm

REFINEMENTS = 6


class Population(NamedTuple):
    """Sigma, the best linear readout w = Sigma^-1 E[z y^T], and sigma^2 = E |y - w^T z|^2.

    As the law of a source is known, these are exact: there is no sample to err.
    """

    covariance: Float[np.ndarray, "width width"]
    readout: Readout
    noise: float


def rounding(covariance: Float[np.ndarray, "width width"]) -> float:
    """Eigenvalues below this are rounding: m eps times a bound of the largest."""
    return len(covariance) * np.finfo(float).eps * float(np.abs(covariance).sum(axis=1).max())


def population(means: Statistics) -> Population:
    """The population whose means these are; directions without variance have no readout.

    Each refinement adds (Sigma + epsilon)^-1 (E[z y^T] - Sigma w) to w, epsilon being what is
    `rounding`: what is left of w in a direction of variance s falls like (epsilon / (s + epsilon))^k.
    """
    factor = cholesky(means.covariance, rounding(means.covariance))
    readout = scipy.linalg.cho_solve(factor, means.cross)
    for _ in range(REFINEMENTS):
        readout += scipy.linalg.cho_solve(factor, means.cross - means.covariance @ readout)
    explained = 2 * np.sum(readout * means.cross) - squared_norm(readout, means.covariance)
    return Population(means.covariance, readout, float(1 - explained))
