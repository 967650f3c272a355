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
from jaxtyping import Float, Int

from simulations.language.readout.origin import Origin
from simulations.language.readout.population import Population, rounding
from simulations.language.readout.statistics import (
    CHUNK,
    Readout,
    cholesky,
    labels_of,
    squared_norm,
)
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
    """The readout of endless data of both sources, and R^T G: R R^T = Sigma_1.

    G = (p_1 Sigma_1 + p_2 Sigma_2 + lambda)^-1.
    """

    readout: Readout
    push: Float[np.ndarray, "width width"]


class Pushed(NamedTuple):
    """Of every context z^T G Sigma_1 G z, and R^T G z of those that samples have, in their order."""

    size: Float[np.ndarray, " contexts"]
    sampled: Int[np.ndarray, " sampled"]
    rows: Float[np.ndarray, "sampled width"]


def endless(populations: list[Population], shares: list[float], ridge: float) -> Mixture:
    """w_bar = G sum_k p_k Sigma_k w_k."""
    pairs = list(zip(shares, populations, strict=True))
    system, pull = np.zeros_like(populations[0].covariance), np.zeros_like(populations[0].readout)
    for p, source in pairs:
        system += p * source.covariance
        pull += p * source.covariance @ source.readout
    factor = cholesky(system, ridge)
    del system
    real = populations[0].covariance
    root = np.tril(cholesky(real, rounding(real))[0])
    return Mixture(
        scipy.linalg.cho_solve(factor, pull), scipy.linalg.cho_solve(factor, root, overwrite_b=True).T
    )


def scatters(
    transitions: Transitions,
    features: Features,
    origins: list[Origin],
    populations: list[Population],
    mixture: Mixture,
) -> list[Scatter]:
    """Of each source the covariance of the score of a story, s = sum_t z_t (y_t - w_bar^T z_t)^T, ours:

        tr[G Sigma_1 G Omega] / tr[G Sigma_1 G Sigma_k],    Omega = (E[s s^T] - E[s] E[s]^T) / E[tokens].

    To first order in 1/n the variance of a readout is sum_k p_k tr[G Sigma_1 G Omega_k] / n.  If tokens
    were independent, and their residuals of one size, Omega would be (sigma_k^2 + b_k) Sigma_k.  The
    terms of a token with itself are exact, those of two tokens are means over the origin's sample.
    """
    sampled = np.unique(np.concatenate([transitions.context[origin.sample.made] for origin in origins]))
    pushed = Pushed(np.empty(len(features)), sampled, np.empty((len(sampled), features.shape[1])))
    for start in range(0, len(features), CHUNK):
        part = slice(start, start + CHUNK)
        rows = features[part] @ mixture.push.T
        pushed.size[part] = np.sum(rows**2, axis=1)
        first, last = np.searchsorted(sampled, [start, start + CHUNK])
        pushed.rows[first:last] = rows[sampled[first:last] - start]
    sources = zip(origins, populations, strict=True)
    return [_scatter(transitions, features, *source, mixture, pushed) for source in sources]


def _scatter(
    transitions: Transitions,
    features: Features,
    origin: Origin,
    source: Population,
    mixture: Mixture,
    pushed: Pushed,
) -> Scatter:
    size = pushed.size
    often = transitions.by_context(origin.law)
    present = np.flatnonzero(often)
    unit = float(often @ size)
    square = np.zeros_like(often)  # |w_bar^T z|^2 of contexts that the source has
    fit = np.zeros_like(often)  # that of z with the sum of its labels
    labels = labels_of(transitions, origin.law)
    for start in range(0, len(present), CHUNK):
        chosen = present[start : start + CHUNK]
        predicted = features[chosen] @ mixture.readout
        square[chosen] = np.sum(predicted**2, axis=1)
        fit[chosen] = labels[chosen].multiply(predicted).sum(axis=1)
    single = float(size @ (often - 2 * fit + often * square))
    mean = source.covariance @ (source.readout - mixture.readout)
    drift = float(np.sum((mixture.push @ mean) ** 2))
    pairs = _pairs(transitions, features, origin, mixture, pushed)
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
    mixture: Mixture,
    pushed: Pushed,
) -> float:
    """The mean over stories of sum_(t != u) (z_t^T G Sigma_1 G z_u) (r_t . r_u), r the residuals."""
    ends = np.flatnonzero(np.diff(origin.sample.story)) + 1
    stories = np.split(origin.sample.made, ends)
    total = 0.0
    for story in stories:
        context, following = transitions.context[story], transitions.following[story]
        predicted = features[context] @ mixture.readout
        cross = predicted[:, following]
        residuals = (following[:, None] == following) - cross - cross.T + predicted @ predicted.T
        rows = pushed.rows[np.searchsorted(pushed.sampled, context)]
        products = (rows @ rows.T) * residuals
        total += products.sum() - np.trace(products)
    return total / len(stories)
