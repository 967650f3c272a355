"""The peers: the same numbers as a user of NumPy, SciPy or scikit-learn would get them."""

import numpy as np
from scipy.optimize import brentq, root
from sklearn.linear_model import Ridge
from sklearn.random_projection import GaussianRandomProjection

from benchmarks.setting import Setting


def labelled(rng: np.random.Generator, at: Setting) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, w_1 and labels in three columns: those of the signal, the noise and the shift."""
    real, _ = at.counts
    X = rng.normal(size=(at.n, at.d))
    w = rng.normal(size=at.d) / np.sqrt(at.d)
    shift = rng.normal(size=at.d) * np.sqrt(at.quality / at.d)
    noise = rng.normal(size=at.n) * np.sqrt(at.noise)
    return X, w, np.stack([X @ w, noise, np.where(np.arange(at.n) < real, 0, X @ shift)], axis=1)


def numpy_errors(rng: np.random.Generator, at: Setting, parts: bool) -> np.ndarray:
    """One draw and one fit in NumPy: [error], or with three right-hand sides [bias, variance, zeta]."""
    X, w, labels = labelled(rng, at)
    y = labels if parts else labels.sum(axis=1, keepdims=True)
    S = np.eye(at.d) if at.m is None else rng.normal(size=(at.d, at.m)) / np.sqrt(at.d)
    Z = X if at.m is None else X @ S
    gram = Z.T @ Z / at.n + at.ridge * np.eye(Z.shape[1])
    v = np.linalg.solve(gram, Z.T @ y / at.n)
    return _errors(v if at.m is None else S @ v, w)


def sklearn_errors(rng: np.random.Generator, at: Setting, parts: bool) -> np.ndarray:
    """The same with GaussianRandomProjection and Ridge.

    Its projection has entries of variance 1/m in place of 1/d, hence alpha = n lambda d / m.
    """
    X, w, labels = labelled(rng, at)
    y = labels if parts else labels.sum(axis=1, keepdims=True)
    if at.m is None:
        fitted = Ridge(alpha=at.n * at.ridge, fit_intercept=False).fit(X, y)
        return _errors(fitted.coef_.reshape(-1, at.d).T, w)
    projection = GaussianRandomProjection(at.m, random_state=int(rng.integers(2**31)))
    Z = projection.fit_transform(X)
    fitted = Ridge(alpha=at.n * at.ridge * at.d / at.m, fit_intercept=False).fit(Z, y)
    return _errors(projection.components_.T @ fitted.coef_.reshape(-1, at.m).T, w)


def _errors(weights: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Squared errors of each column of weights, the first of which should be w."""
    truth = np.zeros_like(weights)
    truth[:, 0] = w
    return np.sum((weights - truth) ** 2, axis=0)


def scipy_theory(eigenvalues: np.ndarray, at: Setting) -> float:
    """Total error by root finding (Brent) for kappa and the explicit forms of Theorems 1 and 2."""
    n, m, d = at.n, np.inf if at.m is None else at.m, len(eigenvalues)
    scale = 1 if at.m is None else m / d

    def equation(kappa: float) -> float:
        df1 = np.sum(eigenvalues / (eigenvalues + kappa))
        return scale * kappa * (1 - df1 / n) * (1 - df1 / m) - at.ridge

    # kappa is the largest root: beyond it df1 is below both n and m.
    low = 0.0
    if d > min(n, m):
        excess = lambda log: np.sum(eigenvalues / (eigenvalues + np.exp(log))) - min(n, m)  # noqa: E731
        low = np.exp(brentq(excess, -60, 60, xtol=1e-13))
    kappa = brentq(equation, low, low + 1e3 * (at.ridge + d / n + d / min(m, 1e9)) + 1, xtol=1e-15)
    return _explicit(eigenvalues, at, kappa)


def numpy_theory(eigenvalues: np.ndarray, at: Setting) -> float:
    """Total error by fixed-point iteration, in plain NumPy (classical model)."""
    kappa = at.ridge + eigenvalues.sum() / at.n
    for _ in range(100_000):
        df1 = np.sum(eigenvalues / (eigenvalues + kappa))
        following = at.ridge + kappa * df1 / at.n
        if abs(following - kappa) < 1e-12 * kappa:
            break
        kappa = following
    return _explicit(eigenvalues, at, kappa)


def _explicit(eigenvalues: np.ndarray, at: Setting, kappa: float) -> float:
    """Bias + variance + zeta of Theorems 1 (rho = 0) and 2, Gamma = Delta / c^2 = I / d."""
    n, d = at.n, len(eigenvalues)
    p2 = at.counts[1] / n
    shrunk = eigenvalues / (eigenvalues + kappa)
    df1, df2 = shrunk.sum(), (shrunk**2).sum()
    rho = 0.0 if at.m is None else kappa * (df1 - df2) / (at.m - df2)
    U = (df2 + (0.0 if at.m is None else (df1 - df2) ** 2 / (at.m - df2))) / n
    squared = 1 / (eigenvalues + kappa) ** 2
    bias = np.sum(eigenvalues * (kappa**2 + rho * eigenvalues) * squared) / d / (1 - U)
    plateau = np.sum(eigenvalues**2 * (eigenvalues + rho) * squared)
    mixed = ((1 - p2) * eigenvalues + kappa) ** 2 + p2**2 * rho * eigenvalues
    zeta = p2**2 * (1 - p2 * U) * plateau + p2 * U * np.sum(eigenvalues * mixed * squared)
    return bias + at.noise * U / (1 - U) + at.quality / d * zeta / (1 - U)


def scipy_dense(covariances: list[np.ndarray], at: Setting) -> float:
    """Total error of two sources with covariances that do not commute, by root finding (classical).

    Gamma = I / d and Delta = c^2 I / d.
    """
    n, d, lam = at.n, at.d, at.ridge
    p = np.array(at.counts) / n

    def resolvent(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        e = np.exp(logs)
        A = sum(pk * ek * S for pk, ek, S in zip(p, e, covariances, strict=True))
        return e, np.linalg.inv(A + lam * np.eye(d))

    def equations(logs: np.ndarray) -> np.ndarray:
        e, G = resolvent(logs)
        return [ek * (1 + np.sum(S * G) / n) - 1 for ek, S in zip(e, covariances, strict=True)]

    e, G = resolvent(root(equations, np.zeros(2), tol=1e-12).x)
    pull = p[1] * e[1] * covariances[1]
    Gamma, Delta = np.eye(d) / d, np.eye(d) * at.quality / d
    T = np.array([
        [p[j] * e[j] ** 2 / n * np.sum(C * (G @ covariances[j] @ G)) for j in range(2)]
        for C in covariances
    ])  # fmt: skip

    def misfit(C: np.ndarray, source: int) -> float:
        shift = G @ pull - (0 if source == 0 else np.eye(d))
        return lam**2 * np.sum(C * (G @ Gamma @ G)) + np.sum(C * (shift @ Delta @ shift.T))

    forcing = np.array([at.noise + misfit(C, k) for k, C in enumerate(covariances)])
    errors = np.linalg.solve(np.eye(2) - T, forcing)
    return float(misfit(covariances[0], 0) + T[0] @ errors)
