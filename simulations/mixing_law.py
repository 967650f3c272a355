"""The finite-sample mixture law: how an error depends on how many of n labels are synthetic, exactly."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from collapse_theory.checks import fail
from simulations.fit import Measured

COEFFICIENTS = 3


class MixingLaw(NamedTuple):
    """A fitted E(n_2) = a + b q_1 + c q_2; called, it gives values and standard errors at any n_2.

    `chi2` is chi^2 over degrees of freedom, None where three points leave none: the law is exact, so
    that far above 1 it says that rows were not exchangeable, or standard errors too small.
    """

    n: int
    coefficients: np.ndarray
    covariance: np.ndarray
    chi2: float | None

    @property
    def a(self) -> Measured:
        """The error of n right labels."""
        return self._one(0)

    @property
    def b(self) -> Measured:
        """What falls to single wrong labels: noise."""
        return self._one(1)

    @property
    def c(self) -> Measured:
        """What falls to pairs of wrong labels: what they agree in."""
        return self._one(2)

    def __call__(self, synthetic: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """E and its standard error at these n_2."""
        rows = law(self.n, synthetic)
        variances = np.einsum("...i,ij,...j->...", rows, self.covariance, rows)
        return rows @ self.coefficients, np.sqrt(np.maximum(variances, 0.0))

    def _one(self, index: int) -> Measured:
        return Measured(float(self.coefficients[index]), float(np.sqrt(self.covariance[index, index])))


def law(n: int, synthetic: ArrayLike) -> np.ndarray:
    """Rows (1, q_1, q_2) for n_2 synthetic labels: q_1 = n_2 / n, q_2 = n_2 (n_2 - 1) / (n (n - 1))."""
    n2 = np.asarray(synthetic, dtype=float)
    return np.stack([np.ones_like(n2), n2 / n, n2 * (n2 - 1) / (n * max(n - 1, 1))], axis=-1)


def fit_mixing_law(n: int, synthetic: ArrayLike, error: ArrayLike, stderr: ArrayLike) -> MixingLaw:
    """The weighted least-squares fit of E(n_2) = a + b q_1 + c q_2 to measured errors.

    Exact at every n and d, for any law of the features, any predictor that is linear in its labels and
    any quadratic error, in the mean over which n_2 of n exchangeable rows carry synthetic labels of the
    same inputs: three mixes, such as 0, n/2 and n, give all others.

    - `n`: rows in all;  `synthetic`: n_2 of every measurement, three different ones at least;
    - `error`, `stderr`: what was measured there and its standard errors > 0, taken as independent.

    Raises ValueError for numbers out of range and arrays that disagree.
    """
    if isinstance(n, bool) or n != int(n) or n < 2:
        raise fail("n", repr(n), "a whole number >= 2")
    counts, measured, sigma = (np.asarray(array, dtype=float) for array in (synthetic, error, stderr))
    for name, array in (("synthetic", counts), ("error", measured), ("stderr", sigma)):
        if array.ndim != 1 or array.shape != counts.shape:
            raise fail(name, f"an array of shape {array.shape}", "a vector as long as synthetic")
        if not np.isfinite(array).all():
            raise fail(name, array, "finite numbers")
    if (counts < 0).any() or (counts > n).any():
        raise fail("synthetic", counts, f"numbers of rows from 0 to n = {n}")
    if (sigma <= 0).any():
        raise fail("stderr", sigma, "numbers > 0")
    distinct = len(np.unique(counts))
    if distinct < COEFFICIENTS:
        raise fail("synthetic", f"{distinct} different numbers", "three at least")
    rows, values = law(int(n), counts) / sigma[:, None], measured / sigma
    covariance = np.linalg.inv(rows.T @ rows)
    coefficients = np.linalg.lstsq(rows, values, rcond=None)[0]
    freedom = len(counts) - COEFFICIENTS
    chi2 = float(np.sum((values - rows @ coefficients) ** 2) / freedom) if freedom else None
    return MixingLaw(int(n), coefficients, covariance, chi2)
