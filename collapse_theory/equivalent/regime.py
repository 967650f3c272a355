"""What limits the fit: features, samples or width; and the interpolation threshold."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from collapse_theory.equivalent.algebra import diagonal
from collapse_theory.equivalent.arrays import Model

# Sums of sample sizes such as 0.3 n + 0.7 n differ from n by rounding.
TIE = 1e-12


class Regime(NamedTuple):
    """Rank, samples and width of a model, and which of them is smallest (ties within rounding)."""

    rank: Float[Array, ""]  # of sum_k p_k alpha_k Sigma_k
    samples: Float[Array, ""]  # n, counting samples of positive weight
    width: Float[Array, ""]  # m, inf for the classical model
    null: Bool[Array, " d"]  # the coordinates that no source has
    by_samples: Bool[Array, ""]  # n <= min(rank, m), except the threshold n == rank <= m below
    by_width: Bool[Array, ""]  # m < min(rank, n)
    at_threshold: Bool[Array, ""]  # n == min(rank, m) and lambda == 0: the risk diverges
    square: Bool[Array, ""]  # m == rank < n and lambda == 0: S is invertible, and no restriction

    @property
    def parameters(self) -> Float[Array, ""]:
        """min(rank, m): what the interpolation threshold compares n with."""
        return jnp.minimum(self.rank, self.width)


def regime(model: Model) -> Regime:
    """The regime of a model that is diagonal or in its principal axes."""
    total = jnp.tensordot(model.weights * model.fractions, model.covariances, axes=1)
    null = diagonal(total) == 0
    rank = _whole(model.directions - jnp.sum(model.counted(null.astype(float))))
    samples = model.n * jnp.sum(jnp.where(model.weights > 0, model.fractions, 0.0))
    width = jnp.array(jnp.inf) if model.width is None else model.width
    parameters = jnp.minimum(rank, width)
    tied = jnp.abs(samples - parameters) <= TIE * parameters
    at_threshold = tied & (model.ridge == 0)
    by_samples = ((samples < parameters) | tied) & ~(at_threshold & (rank <= width))
    return Regime(
        rank=rank,
        samples=samples,
        width=width,
        null=null,
        by_samples=by_samples,
        by_width=~by_samples & (width < rank),
        at_threshold=at_threshold,
        square=(model.ridge == 0) & (width == rank) & ~by_samples,
    )


def _whole(number: Float[Array, ""]) -> Float[Array, ""]:
    """A number without rounding, if it is whole up to that: multiplicities may be none of them whole."""
    nearest = jnp.round(number)
    return jnp.where(jnp.abs(number - nearest) <= TIE * number, nearest, number)
