"""What bounds the fit: features, samples or width; and the interpolation threshold."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from collapse_theory.model import Model

# Sums of sample sizes such as 0.3 n + 0.7 n differ from n by rounding.
TIE = 1e-12


class Limits(NamedTuple):
    """Rank, samples and width of a model, and which of them is smallest (ties within rounding)."""

    rank: Float[Array, ""]  # of sum_k p_k alpha_k Sigma_k
    samples: Float[Array, ""]  # n, counting samples of positive weight
    width: Float[Array, ""]  # m, inf for the classical model
    null: Float[Array, " *matrix"]  # projector on the directions that no source sees
    by_samples: Bool[Array, ""]  # n <= min(rank, m), except the threshold n == rank <= m below
    by_width: Bool[Array, ""]  # m < min(rank, n)
    at_threshold: Bool[Array, ""]  # n == min(rank, m) and lambda == 0: the risk diverges

    @property
    def parameters(self) -> Float[Array, ""]:
        """min(rank, m): what the interpolation threshold compares n with."""
        return jnp.minimum(self.rank, self.width)


def limits(model: Model) -> Limits:
    """The limits of a model."""
    total = jnp.tensordot(model.weights * model.fractions, model.covariances, axes=1)
    if total.ndim == 1:
        null = (total == 0).astype(float)
        rank = model.dimension - null.sum()
    else:
        # The null space does not move with the weights; derivatives of eigenvectors would be infinite.
        eigenvalues, basis = jnp.linalg.eigh(jax.lax.stop_gradient(total))
        zero = eigenvalues <= model.dimension * jnp.finfo(float).eps * eigenvalues[-1]
        null = (basis * zero[None]) @ basis.T
        rank = model.dimension - zero.sum().astype(float)
    samples = model.n * jnp.sum(model.fractions * (model.weights > 0))
    width = jnp.array(jnp.inf) if model.width is None else model.width
    parameters = jnp.minimum(rank, width)
    tied = jnp.abs(samples - parameters) <= TIE * parameters
    at_threshold = tied & (model.ridge == 0)
    by_samples = ((samples < parameters) | tied) & ~(at_threshold & (rank <= width))
    return Limits(
        rank=rank,
        samples=samples,
        width=width,
        null=null,
        by_samples=by_samples,
        by_width=~by_samples & (width < rank),
        at_threshold=at_threshold,
    )
