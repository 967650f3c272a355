"""Eigenvalues of feature covariances, largest first, normalised to mean 1 (so that tr Sigma = d)."""

import math

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from collapse_theory import checks
from collapse_theory.checks import Matrix, Number, Whole
from collapse_theory.quadrature import Spectrum, reduced, terms_for

MOST = 10_000_000  # features: more would not fit into memory
# Beyond so many eigenvalues a sum is an integral: Euler and Maclaurin's next term is 1/24 of its square.
COUNTED = 1_000_000
LONGEST = 1e12
# Of an endless spectrum, what is smaller than this part of the largest eigenvalue is one entry: what is
# far below the effective ridge counts by its trace alone.
SEEN = 1e-25
PIECE = (4.0, 4.0)  # of a quadrature, in log lambda and in log j


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


def long_power_law(
    d: Number, exponent: Number, tolerance: Number = 1e-13
) -> tuple[Float[Array, " entries"], Float[Array, " entries"]]:
    """`power_law(d, exponent)` as eigenvalues and `multiplicities`, for any d up to 10^12 or infinite.

    Sums over eigenvalues are right to `tolerance` (`compress`), at a cost that hardly depends on d.
    Signals come as functions of the eigenvalues.  `d` = inf needs an exponent > 1, and is normalised to
    tr Sigma = 1; eigenvalues below 10^-25 of the largest are there one entry of the same trace.

    Raises ValueError for other d and exponents, and for a tolerance that is not in (0, 0.1].
    """
    decay = float(checks.number("exponent", exponent))
    wanted = float(checks.number("tolerance", tolerance, above=0, most=0.1))
    try:
        size = float(d)
    except (TypeError, ValueError):
        size = math.nan  # refused below
    if not (size == math.inf and decay > 1) and not (1 <= size <= LONGEST and size == int(size)):
        expected = f"a whole number from 1 to {LONGEST:g}, or inf and an exponent > 1"
        raise checks.fail("d", f"{d!r} (exponent {decay:g})", expected)
    first = np.arange(1, min(size, COUNTED) + 1) ** -decay
    head = reduced(Spectrum(first[None], np.ones(len(first)), np.zeros((0, len(first)))), wanted)
    eigenvalues, counts = head.columns[0], head.multiplicities
    if size > COUNTED:
        end = size + 0.5 if size < math.inf else SEEN ** (-1 / decay)
        index, tail = _tail(COUNTED + 0.5, end, decay, wanted)
        eigenvalues, counts = np.append(eigenvalues, index**-decay), np.append(counts, tail)
    if size == math.inf:
        eigenvalues = np.append(eigenvalues, SEEN)
        counts = np.append(counts, SEEN ** (-1 / decay) / (decay - 1))
        eigenvalues = eigenvalues / (eigenvalues @ counts)
    else:
        eigenvalues = eigenvalues * (size / (eigenvalues @ counts))
    order = np.argsort(-eigenvalues)
    return jnp.asarray(eigenvalues[order]), jnp.asarray(counts[order])


def _tail(start: float, end: float, decay: float, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Gauss nodes j of an integral over j, by pieces in log j, and their weights."""
    length = min(PIECE[0] / max(decay, 1e-9), PIECE[1])
    edges = np.linspace(
        np.log(start), np.log(end), 1 + max(1, int(np.ceil(np.log(end / start) / length)))
    )
    count = terms_for(length * max(decay, 1.0), tolerance)
    x, weights = np.polynomial.legendre.leggauss(count)
    centres, radii = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    index = np.exp(centres[:, None] + radii[:, None] * x)
    return index.ravel(), (index * radii[:, None] * weights).ravel()


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
