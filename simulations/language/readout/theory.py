"""The closed form of a readout's error: two sources of different covariances, no model trained."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import Problem, Source, predict
from simulations.language.readout.population import Population

ENDLESS = 1e15  # tokens, for plateaus


def predicted_errors(
    populations: list[Population],
    counts: Float[np.ndarray, "points 2"],
    noises: Float[np.ndarray, "points kinds 2"],
    ridge: float,
) -> Float[np.ndarray, "points kinds"]:
    """E |f - w_1^T z|^2 on real contexts, `predict(...).total` of the classical model in R^m, by point.

    A point has `counts` = (n_1, n_2) real and synthetic tokens, and the noise that each adds, of several
    kinds.  Labels are one-hot: the second moments of the labelling vectors are sums over the vocabulary,
    C_jk = w_j w_k^T.  Raises ArithmeticError if a solution did not converge.
    """
    covariances = jnp.stack([jnp.asarray(known.covariance) for known in populations])
    readouts = jnp.stack([jnp.asarray(known.readout) for known in populations])
    moments = jnp.einsum("jmv,knv->jkmn", readouts, readouts)
    shared = (covariances, moments, jnp.asarray(float(ridge)))
    errors = [
        _error(jnp.asarray(n, dtype=float), jnp.asarray(noise, dtype=float), *shared)
        for n, noise in zip(counts, noises, strict=True)
    ]
    values = np.array(errors, dtype=float)
    if not np.isfinite(values).all():
        raise ArithmeticError("the closed form did not converge")
    return values


@jax.jit
@partial(jax.vmap, in_axes=(None, 0, None, None, None))
def _error(
    counts: Float[Array, " 2"],
    noises: Float[Array, " 2"],
    covariances: Float[Array, "2 width width"],
    moments: Float[Array, "2 2 width width"],
    ridge: Float[Array, ""],
) -> Float[Array, ""]:
    sources = tuple(Source(counts[k], covariances[k], noises[k]) for k in range(2))
    problem = Problem(sources, signal=None, ridge=ridge, moments=moments)
    return jnp.asarray(predict(problem).total)
