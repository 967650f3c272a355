"""Scaling laws of power-law spectra: the exponents that a curve without synthetic data follows."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.checks import Matrix, Number


class ScalingExponents(NamedTuple):
    """How bias and variance fall with n while n is far below the dimension (classical model).

    - `ridgeless`: with lambda = 0 the bias falls like n^-ridgeless, but
    - `noise_gain`: a factor, no exponent: the variance stands at noise_gain sigma^2, and zeta at
      (p_2^2 + noise_gain p_1 p_2) c^2: whatever is wrong with labels is interpolated;
    - `ridge_exponent`: a ridge that falls like n^-ridge_exponent has the best rate: with it
    - `best`: bias and variance both fall like n^-best, and zeta tends to p_2^2 c^2.
    """

    ridgeless: Float[Array, ""]
    noise_gain: Float[Array, ""]
    ridge_exponent: Float[Array, ""]
    best: Float[Array, ""]


def scaling_exponents(capacity: Number, source: Number) -> ScalingExponents:
    """Exponents for lambda_j ~ j^-alpha (`capacity`) and lambda_j Gamma_j ~ j^-b (`source`).

        ridgeless = min(2 alpha, b - 1),                  best = alpha q / (1 + alpha q),
        ridge_exponent = alpha / (1 + alpha q),           noise_gain = alpha - 1,
        q = ridgeless / alpha

    These are the rates of kernel ridge regression under capacity and source conditions (Caponnetto
    and De Vito 2007; Cui, Loureiro, Krzakala and Zdeborova, arXiv 2105.15004, whose source exponent r
    is (b - 1) / (2 alpha)); `python -m derivations scaling-laws` derives them.

    Raises ValueError unless both are > 1, so that tr Sigma and tr(Sigma Gamma) are finite as d grows.
    """
    alpha = checks.number("capacity", capacity, above=1)
    b = checks.number("source", source, above=1)
    ridgeless = jnp.minimum(2 * alpha, b - 1)
    return ScalingExponents(
        ridgeless=ridgeless,
        noise_gain=alpha - 1,
        ridge_exponent=alpha / (1 + ridgeless),
        best=ridgeless / (1 + ridgeless),
    )


def source_condition(covariance: Matrix, exponent: Number, trace: Number = 1.0) -> Float[Array, " d"]:
    """Eigenvalues of a signal Gamma with lambda_j Gamma_j proportional to j^-exponent.

    `covariance` holds the lambda_j > 0, largest first; tr(Sigma Gamma) = `trace`.  A shift Delta is
    made likewise, `trace` being its c^2.

    Raises ValueError for a covariance that is not a vector of positive eigenvalues.
    """
    expected = "a vector of eigenvalues > 0"

    def positive(eigenvalues: np.ndarray) -> None:
        if (eigenvalues <= 0).any():
            raise checks.fail("covariance", eigenvalues, expected)

    eigenvalues = checks.floating("covariance", covariance, (1,), expected, positive)
    spectrum = jnp.arange(1, eigenvalues.size + 1, dtype=float) ** -checks.number("exponent", exponent)
    return checks.number("trace", trace) * spectrum / spectrum.sum() / eigenvalues
