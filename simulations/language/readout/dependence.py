"""How much tokens add to the variance of a readout: unequal noise, and the dependence within a story.

The theory's tokens are independent, and their noise is of one size.  Those of a story are neither: they
make the variance that of fewer tokens, n_eff = n / factor, or, which is the same, of as much more noise.
So they enter as noise, which the covariance of the scores tells.  The e_k, which say how much of a
token's residual its own fit takes away, keep n: they differ from 1 by m/n, and what dependence changes
in that is of second order.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

from simulations.language.readout.origin import Origin
from simulations.language.readout.population import Population
from simulations.language.readout.statistics import Readout, labels_of, squared_norm
from simulations.language.readout.transitions import Transitions

Features = Float[np.ndarray, "contexts width"]


class Scatter(NamedTuple):
    """What a token of a source adds to the variance, in units of `unit` = tr[G Sigma_1 G Sigma_k].

    - `equal`: sigma_k^2 + b_k, as if a token's residual did not depend on its context;
    - `tokens`: of tokens drawn one by one;  `stories`: of whole stories.
    """

    unit: float
    equal: float
    tokens: float
    stories: float


class Mixture(NamedTuple):
    """The readout of endless data of both sources, and G = (p_1 Sigma_1 + p_2 Sigma_2 + lambda)^-1."""

    readout: Readout
    G: Float[np.ndarray, "width width"]


def endless(populations: list[Population], shares: list[float], ridge: float) -> Mixture:
    """w_bar = G sum_k p_k Sigma_k w_k."""
    pairs = list(zip(shares, populations, strict=True))
    system = np.sum([p * source.covariance for p, source in pairs], axis=0)
    pull = np.sum([p * source.covariance @ source.readout for p, source in pairs], axis=0)
    G = np.linalg.inv(system + ridge * np.eye(len(system)))
    return Mixture(G @ pull, G)


def scatter(
    transitions: Transitions,
    features: Features,
    origin: Origin,
    source: Population,
    real: Population,
    mixture: Mixture,
) -> Scatter:
    """The covariance of the score of a story, s = sum_t z_t (y_t - w_bar^T z_t)^T, ours:

        tr[G Sigma_1 G Omega] / tr[G Sigma_1 G Sigma_k],    Omega = (E[s s^T] - E[s] E[s]^T) / E[tokens].

    To first order in 1/n the variance of a readout is sum_k p_k tr[G Sigma_1 G Omega_k] / n.  If tokens
    were independent, and their residuals of one size, Omega would be (sigma_k^2 + b_k) Sigma_k.  The
    terms of a token with itself are exact, those of two tokens are means over the origin's sample.
    """
    root = np.linalg.cholesky(real.covariance)
    seen = features @ (mixture.G @ root)  # |seen_t|^2 = z_t^T G Sigma_1 G z_t
    size = np.sum(seen**2, axis=1)
    labels = labels_of(transitions, origin.law)
    often = transitions.by_context(origin.law)
    unit = float(often @ size)
    gram = scipy.linalg.cholesky(
        mixture.readout @ mixture.readout.T + np.finfo(float).eps * np.eye(len(root)), lower=True
    )
    predicted = features @ gram  # inner products of rows are those of predictions
    fit = np.sum(features * (labels @ mixture.readout.T), axis=1)
    single = float(size @ (often - 2 * fit + often * np.sum(predicted**2, axis=1)))
    mean = source.covariance @ (source.readout - mixture.readout)
    drift = float(np.sum((root.T @ mixture.G @ mean) ** 2))
    pairs = _pairs(transitions, features, origin, mixture.readout, seen, predicted)
    misfit = squared_norm(mixture.readout - source.readout, source.covariance)
    return Scatter(
        unit,
        source.noise + misfit,
        (single - drift) / unit,
        (single + pairs / origin.length - origin.length * drift) / unit,
    )


def _pairs(
    transitions: Transitions,
    features: Features,
    origin: Origin,
    readout: Readout,
    seen: Features,
    predicted: Features,
) -> float:
    """The mean over stories of sum_(t != u) (seen_t . seen_u) (r_t . r_u), r the residuals."""
    index = transitions.number(origin.sample.words)
    ends = np.flatnonzero(np.diff(origin.sample.story)) + 1
    stories = np.split(index, ends)
    total = 0.0
    for story in stories:
        context, following = transitions.context[story], transitions.following[story]
        cross = features[context] @ readout[:, following]
        residuals = (following[:, None] == following) - cross - cross.T
        residuals = residuals + predicted[context] @ predicted[context].T
        products = (seen[context] @ seen[context].T) * residuals
        total += products.sum() - np.trace(products)
    return total / len(stories)
