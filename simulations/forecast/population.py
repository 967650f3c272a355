"""What rows say of the population that they come from: its covariance, and its labels' linear parts.

`transfer` answers another question, what error a training would have, and needs no covariance for it: it
reads leave-one-out errors.  With endless data, and hardly a ridge, both are the same numbers.  At finite
ones they are not: the eigenvalues here are those of the rows, which sampling spreads by O(d / N), so
that N has to be well above d, while `transfer` corrects for that; in turn `collapse_theory.predict` of a
population answers every width, ridge and mix, interpolation too, from one decomposition.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from simulations.forecast.sums import Sums


class Population(NamedTuple):
    """What the theory needs to know of features z and of label sets y_0 (true), y_1, ... (synthetic).

    With w_k the best linear predictor of y_k: `moments` are C_jk = w_j w_k^T summed over the classes,
    of which only the diagonal in the eigenbasis of the covariance ever matters, and `noises` are
    E|y_k - w_k^T z|^2, label noise as far as a linear model can tell.  `multiplicities` say how many
    directions each eigenvalue stands for (None: one).
    """

    eigenvalues: Float[Array, " d"]
    moments: Float[Array, "K K d"]
    noises: Float[Array, " K"]
    multiplicities: Float[Array, " d"] | None = None


def directions(sums: Sums) -> tuple[Float[Array, " d"], Float[Array, "d d"]]:
    """Eigenvalues, falling, and eigenvectors of Z^T Z / N; the first kind of rows.

    As `collapse_theory.spectra.from_data` of the rows, without a mean subtracted.
    """
    eigenvalues, basis = jnp.linalg.eigh(sums.grams[0] / sums.counts[0])
    # Of directions in which the rows do not vary, rounding leaves noise of either sign.
    floor = len(eigenvalues) * jnp.finfo(float).eps * eigenvalues[-1]
    return jnp.where(eigenvalues > floor, eigenvalues, 0.0)[::-1], basis[:, ::-1]


@jax.jit
def population(sums: Sums) -> Population:
    """Unbiased estimates from one kind of rows with K labels each, where N is well above d (ours).

        w_k = (Z^T Z)^-1 Z^T y_k,    s_jk = (y_j.y_k - w_j^T Z^T Z w_k) / (N - rank),
        C_jk = w_j w_k^T - s_jk Sigma^-1 / N

    Least squares finds the best predictor and an error of covariance s_jk Sigma^-1 / N, s_jk the
    residuals' covariance; that is subtracted.  Below sampling error a coordinate's moments can come out
    negative, which does no harm: the theory is linear in them.  The eigenvalues are those of the rows.
    """
    N = sums.counts[0]
    eigenvalues, basis = directions(sums)
    varies = eigenvalues > 0
    inverse = jnp.where(varies, 1 / jnp.where(varies, eigenvalues, 1), 0)
    weights = inverse[None, :, None] * (basis.T @ sums.moments / N)
    moments = jnp.einsum("jdc,kdc->djk", weights, weights)
    learnt = jnp.einsum("djk,d->jk", moments, eigenvalues)
    noise = (sums.products - N * learnt) / (N - jnp.sum(varies, dtype=float))
    moments = jnp.moveaxis(moments - noise[None] * inverse[:, None, None] / N, 0, -1)
    # Of labels without noise, rounding can leave less than none.
    return Population(eigenvalues, moments, jnp.maximum(jnp.diagonal(noise), 0.0))
