"""The closed form fed with images: their covariance, and the best linear predictors of their labels."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import Problem, Source, predict, spectra


class Population(NamedTuple):
    """What the theory needs to know of features z and of label sets y_0 (true), y_1, ... (synthetic).

    With w_k the best linear predictor of y_k: `moments` are C_jk = w_j w_k^T summed over the classes,
    of which only the diagonal in the eigenbasis of the covariance ever matters, and `noises` are
    E|y_k - w_k^T z|^2, label noise as far as a linear model can tell.
    """

    eigenvalues: Float[Array, " d"]
    moments: Float[Array, "K K d"]
    noises: Float[Array, " K"]


def population(features: Float[Array, "N d"], labels: list[Float[Array, "N classes"]]) -> Population:
    """Unbiased estimates from N samples.

    Least squares finds w_k + error, E[error_j error_k^T] = s_jk Sigma^-1 / N with s_jk the residuals'
    covariance; that is subtracted, and the residuals are divided by N - rank.  Below sampling error a
    coordinate's moments can come out negative, which does no harm: the theory is linear in them.
    Needs N well above d.
    """
    N = len(features)
    eigenvalues, basis = spectra.from_data(features, center=False)
    varies = eigenvalues > 0
    inverse = jnp.where(varies, 1 / jnp.where(varies, eigenvalues, 1), 0)
    targets = jnp.stack(labels)
    weights = inverse[None, :, None] * (basis.T @ jnp.einsum("nd,jnc->jdc", features, targets) / N)
    left = targets - features @ (basis @ weights)
    noise = jnp.einsum("jnc,knc->jk", left, left) / (N - varies.sum())
    moments = jnp.einsum("jdc,kdc->djk", weights, weights)
    moments = jnp.moveaxis(moments - noise[None] * inverse[:, None, None] / N, 0, -1)
    return Population(eigenvalues, moments, jnp.diagonal(noise))


def predicted_errors(
    population: Population,
    label_sets: list[int],
    counts: Float[np.ndarray, "points 2"],
    ridges: list[float],
    widths: list[int] | None = None,
) -> Float[Array, " points"]:
    """Test errors at points, one entry each: noise of the true labels plus `predict(...).total`.

    A point has `counts` = (n_1, n_2) true labels and labels of the set `label_sets`, a ridge, and,
    unless these features are trained on directly, a width.
    """
    points = (jnp.array(label_sets), jnp.asarray(counts), jnp.array(ridges))
    width = None if widths is None else jnp.array(widths, dtype=float)
    return _errors(population, *points, width)


@jax.jit
@partial(jax.vmap, in_axes=(None, 0, 0, 0, 0))
def _errors(
    population: Population, which: Array, counts: Array, ridge: Array, width: Array | None
) -> Array:
    pair = jnp.stack([jnp.zeros_like(which), which])
    noises = population.noises[pair]
    sources = tuple(Source(counts[k], population.eigenvalues, noises[k]) for k in range(2))
    moments = population.moments[pair][:, pair]
    problem = Problem(sources, signal=None, ridge=ridge, width=width, moments=moments)
    return noises[0] + predict(problem).total
