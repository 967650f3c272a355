"""What the theory knows of a source: the covariance of its features and their best linear readout."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from simulations.language.readout.statistics import Readout, Statistics, squared_norm


class Population(NamedTuple):
    """Sigma, the best linear readout w = Sigma^-1 E[z y^T], and sigma^2 = E |y - w^T z|^2.

    As the law of a source is known, these are exact: there is no sample to err.
    """

    covariance: Float[np.ndarray, "width width"]
    readout: Readout
    noise: float


def population(means: Statistics) -> Population:
    """The population whose means these are; directions without variance have no readout."""
    eigenvalues, basis = np.linalg.eigh(means.covariance)
    varies = eigenvalues > len(eigenvalues) * np.finfo(float).eps * eigenvalues[-1]
    inverse = np.where(varies, 1 / np.where(varies, eigenvalues, 1), 0)
    readout = basis @ (inverse[:, None] * (basis.T @ means.cross))
    explained = 2 * np.sum(readout * means.cross) - squared_norm(readout, means.covariance)
    return Population(means.covariance, readout, float(1 - explained))
