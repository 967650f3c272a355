"""Power laws read off measured learning curves, with honest uncertainties."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import curve_fit, nnls

from collapse_theory.checks import fail

RESOLVED = 2.0  # standard errors
FIRST_EXPONENTS = np.geomspace(0.01, 20, 80)  # where the search starts: it may end elsewhere


class Measured(NamedTuple):
    """A value and its standard error."""

    value: float
    stderr: float

    def __str__(self) -> str:
        return f"{self.value:.4g} ± {self.stderr:.2g}"


class PowerLaw(NamedTuple):
    """A fitted E(n) = floor + amplitude n^-exponent; called, it gives E(n).

    `floor` is None where none was fitted.  `chi2` is chi^2 over degrees of freedom: near 1 where the
    law describes the points within their error bars, far above 1 where it does not, and then the
    standard errors say nothing.
    """

    exponent: Measured
    amplitude: Measured
    floor: Measured | None
    chi2: float
    points: int

    @property
    def has_plateau(self) -> bool:
        """Whether the floor is above 0 by more than two standard errors."""
        return self.floor is not None and self.floor.value > RESOLVED * self.floor.stderr

    def __call__(self, n: ArrayLike) -> np.ndarray:
        floor = 0.0 if self.floor is None else self.floor.value
        return floor + self.amplitude.value * np.asarray(n, dtype=float) ** -self.exponent.value

    def __str__(self) -> str:
        law = f"exponent {self.exponent}, amplitude {self.amplitude}"
        if self.has_plateau:
            law += f", floor {self.floor}"
        elif self.floor is not None:
            highest = self.floor.value + RESOLVED * self.floor.stderr
            law += f", no plateau resolved (floor below {highest:.2g})"
        return f"{law}; chi^2 / dof = {self.chi2:.2f} ({self.points} points)"


def fit_power_law(n: ArrayLike, error: ArrayLike, stderr: ArrayLike, *, floor: bool = True) -> PowerLaw:
    """The weighted least-squares fit of E(n) = floor + A n^-r to points with standard errors.

    - `n`: sample sizes (or steps, or parameters) > 0;  `error`: what was measured there;
    - `stderr`: its standard errors > 0, taken as they are (not rescaled by chi^2);
    - `floor`: whether to fit a floor >= 0; without one it is 0.

    The standard errors are those of the fit linearised at its solution.

    Raises ValueError for arrays that disagree or fewer points than one more than the parameters, and
    ArithmeticError when the points do not determine the parameters.
    """
    size, measured, sigma = _checked(n, error, stderr, 3 if floor else 2)
    # About its middle, and in its own units, a curve has parameters of order one, weakly correlated.
    middle, unit = np.exp(np.log(size).mean()), np.abs(measured).max() or 1.0
    x, y, sigma = np.log(size / middle), measured / unit, sigma / unit

    def law(x, log_amplitude, exponent, level=0.0):
        return level + np.exp(log_amplitude - exponent * x)

    start = _start(x, y, sigma, floor)
    # The logarithm of a floor that the points do not resolve would run off to -inf; at a bound its
    # standard error keeps a meaning.
    lowest = np.array([-np.inf, -np.inf, 0.0])[: len(start)]
    try:
        values, covariance = curve_fit(
            law,
            x,
            y,
            start,
            sigma,
            absolute_sigma=True,
            bounds=(lowest, np.inf),
            method="trf",
            xtol=1e-12,
        )
    except RuntimeError as failure:
        raise _undetermined(str(failure)) from None
    if np.sum(np.exp(values[0] - values[1] * x) > RESOLVED * sigma) < 2:
        # Any exponent that is steep enough fits one point above a floor.
        raise _undetermined("fewer than two stand above the floor by two standard errors")
    errors = np.sqrt(np.diag(covariance))
    if np.linalg.matrix_rank(covariance / np.outer(errors, errors)) < len(start):
        raise _undetermined("its parameters can stand in for each other")
    chi2 = np.sum(((y - law(x, *values)) / sigma) ** 2) / (len(x) - len(start))
    # log A at n = 1 is linear in what was fitted about the middle.
    to_one = np.array([1.0, np.log(middle), 0.0])[: len(start)]
    amplitude = unit * np.exp(values @ to_one)
    return PowerLaw(
        exponent=Measured(float(values[1]), float(errors[1])),
        amplitude=Measured(float(amplitude), float(amplitude * np.sqrt(to_one @ covariance @ to_one))),
        floor=Measured(float(unit * values[2]), float(unit * errors[2])) if floor else None,
        chi2=float(chi2),
        points=len(x),
    )


def _checked(n, error, stderr, parameters: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    size, measured, sigma = (np.asarray(array, dtype=float) for array in (n, error, stderr))
    for name, array in (("n", size), ("error", measured), ("stderr", sigma)):
        if array.ndim != 1 or array.shape != size.shape:
            raise fail(name, f"an array of shape {array.shape}", "a vector as long as n")
        for bad in array[~np.isfinite(array)]:
            raise fail(name, bad, "finite numbers")
        for bad in array[array <= 0] if name != "error" else ():
            raise fail(name, f"{bad:g}", "numbers > 0")
    distinct = len(np.unique(size))
    if distinct <= parameters:
        raise fail("n", f"{distinct} different sizes", f"more than the {parameters} parameters fitted")
    return size, measured, sigma


def _start(x, y, sigma, floor: bool) -> np.ndarray:
    """(log A, r, floor) of the best law with r on a grid: given r, the law is linear."""

    def linear(exponent):
        columns = np.stack([np.exp(-exponent * x), np.ones_like(x)][: 2 if floor else 1], axis=1)
        return nnls(columns / sigma[:, None], y / sigma)

    coefficients, misfits = zip(*map(linear, FIRST_EXPONENTS), strict=True)
    best = int(np.argmin(misfits))
    amplitude, *level = coefficients[best]
    if amplitude == 0:
        raise _undetermined("they do not fall with n")
    return np.array([np.log(amplitude), FIRST_EXPONENTS[best], *level])


def _undetermined(reason: str) -> ArithmeticError:
    return ArithmeticError(f"the points do not determine a power law: {reason}")
