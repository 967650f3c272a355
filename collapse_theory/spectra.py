"""Eigenvalues of feature covariances, largest first, normalised to mean 1 (so that tr Sigma = d)."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.checks import Matrix, Number, Whole

MOST = 10_000_000  # features: more would not fit into memory


def isotropic(d: Whole) -> Float[Array, " d"]:
    """The spectrum of Sigma = I in `d` dimensions."""
    return jnp.ones(_dimension(d))


def power_law(d: Whole, exponent: Number) -> Float[Array, " d"]:
    """Eigenvalues proportional to j^-exponent, j = 1 ... d, with mean 1.

    `exponent` >= 0 is the capacity exponent of kernel regression; 0 gives `isotropic(d)`.
    """
    decay = checks.number("exponent", exponent)
    eigenvalues = jnp.arange(1, _dimension(d) + 1, dtype=float) ** -decay
    return eigenvalues / eigenvalues.mean()


def spiked(d: Whole, spikes: Matrix | list[float]) -> Float[Array, " d"]:
    """A spiked covariance: eigenvalues `spikes`, the others equal to 1, all rescaled to mean 1."""

    def nonnegative(values: np.ndarray) -> None:
        if (values < 0).any():
            raise checks.fail("spikes", values, expected)

    expected = f"a list of at most d = {_dimension(d)} numbers >= 0"
    top = checks.floating("spikes", spikes, (1,), expected, nonnegative)
    if top.size > d:
        raise checks.fail("spikes", f"a list of {top.size}", expected)
    eigenvalues = jnp.sort(jnp.concatenate([top, jnp.ones(d - top.size)]))[::-1]
    return eigenvalues / eigenvalues.mean()


def from_data(rows: Matrix, *, center: bool = True) -> tuple[Float[Array, " d"], Float[Array, "d d"]]:
    """Eigenvalues (not rescaled) and eigenvectors of the empirical covariance of `rows`.

        rows^T rows / n = basis diag(eigenvalues) basis^T,

    after subtracting the mean row unless `center` is False.  `rows @ basis` has these eigenvalues
    as its covariance (after centring: `(rows - rows.mean(0)) @ basis`) and is what
    `simulate(..., features=...)` takes; a weight vector w reads `basis.T @ w` there.
    """
    samples = checks.floating("rows", rows, (2,), "a matrix of samples (n, d)")
    if center:
        samples = samples - samples.mean(axis=0, keepdims=True)
    eigenvalues, basis = jnp.linalg.eigh(samples.T @ samples / len(samples))
    # eigh returns rounding noise of either sign for directions in which the rows do not vary.
    floor = len(eigenvalues) * jnp.finfo(float).eps * eigenvalues[-1]
    return jnp.where(eigenvalues > floor, eigenvalues, 0.0)[::-1], basis[:, ::-1]


def _dimension(d: Whole) -> int:
    if isinstance(d, bool) or not isinstance(d, int | np.integer) or not 1 <= d <= MOST:
        raise checks.fail("d", repr(d), f"a whole number >= 1, at most {MOST:,}")
    return int(d)
