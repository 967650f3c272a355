"""Ridge regression on literal ReLU features, against the formulas of their Gaussian equivalent."""

import numpy as np
import sympy as sp

from derivations.engine.points import evaluate
from derivations.groundwork.nonlinear_form import (
    SETTING,
    Equivalent,
    Sigma_1,
    Sigma_2,
    a_1,
    a_2,
    alpha_1,
    alpha_2,
    b_1,
    b_2,
    error,
    noise_1,
    noise_2,
    solved_point,
)
from derivations.groundwork.setting import Delta, Gamma, lam, p2
from derivations.steps import Check, Step

# Eigenvalues, d / 4 copies of each: the limit is the same at every d.
FIRST, SECOND = (1.5, 1.2, 0.8, 0.5), (0.6, 1.8, 0.6, 2.4)
SAMPLES, WIDTH, FRACTION, RIDGE = 1.5, 1.25, 0.25, 0.02  # n / d, m / d, p_2, lambda
NOISES = 0.2, 0.3
SIGNAL, QUALITY = 1.0, 0.5  # tr[Sigma_1 Gamma] and tr[Sigma_1 Delta], Gamma and Delta isotropic
DRAWS = {24: 2000, 96: 400}
BATCH, SEED = 100, 0


def literal() -> Step:
    """Error of ReLU features at two sizes, extrapolated to endless ones; and of a wrong equivalent."""
    limits, without = predicted(1.0), predicted(0.0)
    (small, small_error), (large, large_error) = (
        simulated(size, draws) for size, draws in DRAWS.items()
    )
    ratio = max(DRAWS) / min(DRAWS)
    checks = []
    for place, name in enumerate((r"B", r"V", r"\zeta")):
        limit = limits[place]
        gaps = small[place] - limit, large[place] - limit
        extrapolated = (ratio * large[place] - small[place]) / (ratio - 1)
        spread = np.hypot(ratio * large_error[place], small_error[place]) / (ratio - 1)
        allowed = 4 * spread + gaps[0] ** 2 / limit
        checks.append(
            Check(
                f"${name}$ of ReLU features",
                f"limit {limit:.4f}; measured {small[place]:.4f} at d = {min(DRAWS)}, {large[place]:.4f} at d = "
                f"{max(DRAWS)}, extrapolated like 1/d {extrapolated:.4f} ± {spread:.4f}; allowed: 4 standard errors and the "
                f"square of the first gap's share; with b = 0 the limit would be {without[place]:.4f}",
                bool(abs(extrapolated - limit) < allowed < abs(without[place] - limit)),
            )
        )
    return Step(
        r"**Literal features.** What the pencils cannot see is the assumption, that $\varphi(S^\top x)$ may be replaced by $a "
        r"S^\top x + b\, \xi$. So here are ReLU features themselves: two sources of different covariances and noises, isotropic "
        r"weights, a ridge. The error on new inputs needs no test set, since the covariance of the features and their "
        r"covariance with $x$ are known exactly (step 2), and labels are averaged exactly. At $d = 24$ it is off by a few per "
        r"cent, and what is extrapolated from there and $d = 96$, the gap falling like $1/d$, is the formula. This is evidence "
        r"for one setting with many effective dimensions: $(\operatorname{tr} \Sigma)^2 / \operatorname{tr} \Sigma^2$ is more than "
        r"$0.7\, d$ for both sources. Where it is small, as for steep spectra, the $v_j$ scatter, and the error of ReLU features "
        r"is another one than the formula's.",
        checks=tuple(checks),
    )


def predicted(strength: float) -> list[float]:
    """B, V and zeta in the limit, the feature noise multiplied by `strength`."""
    copies = len(FIRST)  # the smallest d with these spectra
    numbers = {**SETTING, alpha_1: 1, alpha_2: 1, lam: RIDGE, p2: FRACTION}
    numbers |= dict(zip((noise_1, noise_2), NOISES, strict=True))
    for spectrum, a, b in ((FIRST, a_1, b_1), (SECOND, a_2, b_2)):
        v = sum(spectrum) / copies
        # Of the ReLU, as derived in the first step.
        numbers |= {a: sp.Rational(1, 2), b: strength * np.sqrt(v / 4 - v / (2 * np.pi))}
    spectra = {Sigma_1: FIRST, Sigma_2: SECOND}
    spectra |= {Gamma: [SIGNAL / sum(FIRST)] * copies, Delta: [QUALITY / sum(FIRST)] * copies}
    point = solved_point("ReLU", int(SAMPLES * copies), int(WIDTH * copies), numbers, spectra)
    parts = error(Equivalent())
    return [float(evaluate(parts[name], point)) for name in ("B", "V", "zeta")]


def simulated(size: int, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """B, V and zeta of trained models, means over draws of inputs and S, and standard errors."""
    rng = np.random.default_rng(SEED)
    errors = np.concatenate([_batch(rng, size) for _ in range(draws // BATCH)], axis=1)
    return errors.mean(axis=1), errors.std(axis=1, ddof=1) / np.sqrt(errors.shape[1])


def _batch(rng, d) -> np.ndarray:
    """The three parts for each of BATCH draws, over labels exactly."""
    n, m = int(SAMPLES * d), int(WIDTH * d)
    spectra = [np.repeat(spectrum, d // len(FIRST)) for spectrum in (FIRST, SECOND)]
    counts = n - int(FRACTION * n), int(FRACTION * n)
    S = rng.standard_normal((BATCH, d, m)) / np.sqrt(d)
    first, whole, noisy, pulls = spectra[0], RIDGE * np.eye(m), 0.0, []
    for spectrum, count, sigma2 in zip(spectra, counts, NOISES, strict=True):
        X = rng.standard_normal((BATCH, count, d)) * np.sqrt(spectrum)
        scale = np.sqrt(np.einsum("rij,i,rij->rj", S, spectrum, S))
        Z = np.maximum(X @ S, 0) - scale[:, None] / np.sqrt(2 * np.pi)
        square = np.swapaxes(Z, 1, 2) @ Z / n
        whole, noisy = whole + square, noisy + sigma2 * square
        pulls.append(np.swapaxes(Z, 1, 2) @ X / n)
    inverse = np.linalg.inv(whole)
    fit, shifted = inverse @ (pulls[0] + pulls[1]), inverse @ pulls[1]  # of w_1, and of delta
    covariance, cross = _relu_covariance(S, first), 0.5 * S * first[:, None]  # of features, with x

    def squares(v):
        return np.einsum("rij,rij->r", v, covariance @ v)

    signal, shift = SIGNAL / first.sum(), QUALITY / first.sum()
    bias = SIGNAL + signal * (squares(fit) - 2 * np.einsum("rij,rji->r", fit, cross))
    variance = np.einsum("rij,rji->r", inverse @ covariance @ inverse, noisy) / n
    return np.stack([bias, variance, shift * squares(shifted)])


def _relu_covariance(S, spectrum) -> np.ndarray:
    """Covariance of max(0, s_i.x) and max(0, s_j.x), x ~ N(0, Sigma), for all i and j."""
    products = np.swapaxes(S, 1, 2) @ (S * spectrum[:, None])
    scale = np.sqrt(np.einsum("rii->ri", products))
    scales = scale[:, :, None] * scale[:, None, :]
    rho = np.clip(products / scales, -1, 1)
    return scales * (np.sqrt(1 - rho**2) + rho * (np.pi - np.arccos(rho)) - 1) / (2 * np.pi)
