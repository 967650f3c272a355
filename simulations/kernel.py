"""Nonlinear features under Gaussian inputs, exactly: their means, and what a test set sees of them."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory.activation import Activation, gaussian_rule
from collapse_theory.equivalent.algebra import Matrix, product

DEGREE = 48  # of the Hermite polynomials that correlations of features are summed to


class Kernel(NamedTuple):
    """Features z_j = phi(s_j^T x) less their means, x ~ N(0, Sigma), for one draw of S."""

    second: Float[Array, "m m"]  # E z z^T
    cross: Float[Array, "m d"]  # E z x^T
    left_out: Float[Array, "m m"]  # bounds of what is missing in E z z^T


def means(activation: Activation, S: Float[Array, "d m"], covariance: Matrix) -> Float[Array, " m"]:
    """E phi(s_j^T x) of every feature."""
    g, weights = gaussian_rule()
    return _values(activation, _deviations(S, covariance), g) @ jnp.asarray(weights, S.dtype)


def kernel(activation: Activation, S: Float[Array, "d m"], covariance: Matrix) -> Kernel:
    """E z z^T and E z x^T by Hermite coefficients, for inputs of standard deviations s_i and s_j,

        E z_i z_j = sum_{l >= 1} h_l(s_i) h_l(s_j) rho_ij^l,    h_l(s) = E phi(s g) He_l(g) / sqrt(l!),
        E z_j x   = (h_1(s_j) / s_j) Sigma s_j

    (Mehler's formula; the second line is Stein's lemma).  Variances, rho = 1, are integrals by
    themselves.  What lies beyond l = 48 is at most |rho|^49 sqrt(t_i t_j), where t is what the h_l leave
    of a variance.
    """
    g, weights = gaussian_rule()
    deviations = _deviations(S, covariance)
    values = _values(activation, deviations, g)
    h = values @ jnp.asarray(_hermite(g) * weights[:, None], S.dtype)
    variances = (values - h[:, :1]) ** 2 @ jnp.asarray(weights, S.dtype)
    seen = product(covariance, S)
    rho = (S.T @ seen) / deviations[:, None] / deviations[None]

    def horner(total: Float[Array, "m m"], column: Float[Array, " m"]) -> tuple[Array, None]:
        return rho * (column[:, None] * column[None] + total), None

    total, _ = jax.lax.scan(horner, jnp.zeros_like(rho), h.T[:0:-1])  # from the highest degree down
    apart = 1.0 - jnp.eye(len(rho), dtype=S.dtype)
    tails = jnp.sqrt(jnp.maximum(variances - jnp.sum(h[:, 1:] ** 2, axis=1), 0.0))
    left_out = apart * jnp.abs(rho) ** (DEGREE + 1) * tails[:, None] * tails[None]
    return Kernel(
        second=apart * total + jnp.diag(variances),
        cross=(h[:, 1] / deviations)[:, None] * seen.T,
        left_out=left_out,
    )


def _deviations(S: Float[Array, "d m"], covariance: Matrix) -> Float[Array, " m"]:
    return jnp.sqrt(jnp.sum(S * product(covariance, S), axis=0))


def _values(
    activation: Activation, deviations: Float[Array, " m"], g: Float[np.ndarray, " nodes"]
) -> Float[Array, "m nodes"]:
    """phi at the nodes of each feature's input."""
    return activation(deviations[:, None] * jnp.asarray(g, deviations.dtype)[None])


def _hermite(g: Float[np.ndarray, " nodes"]) -> Float[np.ndarray, "nodes degrees"]:
    """He_l / sqrt(l!), orthonormal under the standard normal law, from l = 0 on."""
    columns = [np.ones_like(g), g]
    for degree in range(1, DEGREE):
        following = g * columns[-1] - degree**0.5 * columns[-2]
        columns.append(following / (degree + 1) ** 0.5)
    return np.stack(columns, axis=1)
