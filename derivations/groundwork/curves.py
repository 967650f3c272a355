"""Closed forms in double precision, for pictures."""

from functools import cache

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from derivations.engine.traces import tr
from derivations.groundwork.setting import Delta, Gamma, R, Sigma, d, kappa, lam, m, n, noise, p2


def value(formula, spectrum, signal, shift, **numbers) -> float:
    """A formula of the setting at eigenvalues and numbers (n, m, ridge, p_2, noise); m may be absent."""
    spectrum = np.asarray(spectrum, dtype=float)
    effective = effective_ridge(spectrum, numbers["ridge"], numbers["n"], numbers.get("m", np.inf))
    scalars = {
        n: numbers["n"],
        m: numbers.get("m", np.inf),
        lam: numbers["ridge"],
        p2: numbers["p_2"],
        noise: numbers.get("noise", 0.0),
        kappa: effective,
        d: len(spectrum),
    }
    matrices = {Sigma: spectrum, Gamma: signal, Delta: shift, R: 1 / (spectrum + effective)}
    return float(_compiled(formula)(*scalars.values(), *matrices.values()))


def power_law(size: int, exponent: float, quality: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eigenvalues of Sigma (mean 1), Gamma (tr(Sigma Gamma) = 1), Delta (tr(Sigma Delta) = c^2)."""
    spectrum = np.arange(1, size + 1) ** -exponent
    return spectrum / spectrum.mean(), np.full(size, 1 / size), np.full(size, quality / size)


@cache
def _compiled(formula):
    arguments = [n, m, lam, p2, noise, kappa, d, Sigma, Gamma, Delta, R]
    return sp.lambdify(
        arguments, formula.replace(tr, sp.Function("total")), modules=[{"total": np.sum}, "numpy"]
    )


def effective_ridge(spectrum, ridge: float, samples: float, width: float = np.inf) -> float:
    """kappa of lambda = kappa (1 - df1/n) (m/d) (1 - df1/m) on the physical branch, df1 < min(n, m)."""

    def freedom(log_kappa):
        return np.sum(spectrum / (spectrum + np.exp(log_kappa)))

    def gap(log_kappa):
        df1 = freedom(log_kappa)
        wide = 1.0 if np.isinf(width) else (width - df1) / len(spectrum)
        return np.exp(log_kappa) * (1 - df1 / samples) * wide - ridge

    # kappa >= lambda (classical), lambda d/m (projected); far above either everything is linear.
    least = np.log(ridge * (1.0 if np.isinf(width) else len(spectrum) / width)) - 1
    most, smallest = least + 100, min(samples, width)
    if freedom(least) > smallest:
        least = brentq(lambda x: freedom(x) - smallest, least, most, xtol=1e-14)
    return float(np.exp(brentq(gap, least, most, xtol=1e-14)))
