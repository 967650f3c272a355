"""Ridge regression on literal signs, flipped and verified, against the formulas."""

import numpy as np
import sympy as sp

from derivations.engine.points import Point, evaluate
from derivations.groundwork.setting import SIGNAL, SPECTRUM, Gamma, noise, point
from derivations.steps import Check, Step
from derivations.theorems.classification_fit import MEAN, NOISE, SIZE, SLOPE, epsilon
from derivations.theorems.classification_verifier import FLIPPED, phi, psi

SAMPLES, RIDGE = 2, sp.Rational(1, 20)  # n / d of kept samples, lambda
FLIPS, RIGHT, WRONG = 0.3, 0.9, 0.3  # epsilon, phi, psi
DRAWS = {24: 2000, 96: 300}  # d, which has d / 6 copies of each of the eigenvalues
BATCH, SEED = 100, 0


def literal() -> Step:
    """The error of literal classifiers at two sizes, extrapolated to endless ones."""
    verified = float(FLIPPED.subs({epsilon: FLIPS, phi: RIGHT, psi: WRONG}))
    limit, without = predicted(verified), predicted(FLIPS)
    (small, small_error), (large, large_error) = (
        simulated(size, draws) for size, draws in DRAWS.items()
    )
    ratio = max(DRAWS) / min(DRAWS)
    extrapolated = (ratio * large - small) / (ratio - 1)
    spread = np.hypot(ratio * large_error, small_error) / (ratio - 1)
    allowed = 4 * spread + (small - limit) ** 2 / limit
    return Step(
        r"**Literal signs.** Signs of $x \cdot w_1$, of which 30% are flipped and which a verifier with $\varphi = 0.9$, $\psi = 0.3$ sees one by one; ridge "
        r"regression on the first $n = 2d$ that it keeps; the share of wrong signs of $x \cdot \hat w$. The gap to the limit falls like $1/d$, and what "
        r"two sizes extrapolate to is the formula at $\epsilon' = 1/8$.",
        checks=(
            Check(
                "the error of classifiers on verified signs",
                f"limit {limit:.4f}; measured {small:.4f} at d = {min(DRAWS)}, {large:.4f} at d = {max(DRAWS)}, extrapolated like "
                f"1/d {extrapolated:.4f} ± {spread:.4f}; allowed: 4 standard errors and the square of the first gap's share; without "
                f"the verifier the limit would be {without:.4f}",
                bool(abs(extrapolated - limit) < allowed < abs(without - limit)),
            ),
        ),
    )


def predicted(flips: float) -> float:
    """The limit of the error where this share of the labels is flipped."""
    plain = point(SAMPLES * len(SPECTRUM), None, RIDGE)
    strength = float(SLOPE.subs(epsilon, flips)) ** 2
    size = float(sum(s * w for s, w in zip(SPECTRUM, SIGNAL, strict=True)))
    numbers = {**plain.numbers, noise: float(NOISE.subs(epsilon, flips))}
    spectra = {**plain.spectra, Gamma: [strength / size * float(w) for w in SIGNAL]}
    at = Point("signs", numbers, spectra)
    mean, squared = float(evaluate(MEAN, at)), float(evaluate(SIZE, at))
    return float(np.arccos(mean / np.sqrt(strength * squared)) / np.pi)


def simulated(size: int, draws: int) -> tuple[float, float]:
    """The mean error over draws of inputs, flips and verdicts, and its standard error."""
    rng = np.random.default_rng(SEED)
    errors = np.concatenate([_batch(rng, size) for _ in range(draws // BATCH)])
    return float(errors.mean()), float(errors.std(ddof=1) / np.sqrt(errors.size))


def _batch(rng, d) -> np.ndarray:
    """The exact error on new inputs of BATCH fits."""
    copies, n = d // len(SPECTRUM), SAMPLES * d
    spectrum = np.repeat(np.array(SPECTRUM, dtype=float), copies)
    w = np.repeat(np.sqrt(np.array(SIGNAL, dtype=float)), copies)
    shape = BATCH, 2 * n  # more than what is kept, which is 72%
    X = rng.standard_normal((*shape, d)) * np.sqrt(spectrum)
    flipped = rng.random(shape) < FLIPS
    y = np.where(flipped, -1.0, 1.0) * np.sign(X @ w)
    kept = rng.random(shape) < np.where(flipped, WRONG, RIGHT)
    if kept.sum(axis=1).min() < n:
        raise ArithmeticError(f"d = {d}: expected {n} kept samples in every draw")
    first = np.argsort(~kept, axis=1, kind="stable")[:, :n]
    X, y = np.take_along_axis(X, first[..., None], axis=1), np.take_along_axis(y, first, axis=1)
    Xt = np.swapaxes(X, 1, 2)
    fit = np.linalg.solve(Xt @ X / n + float(RIDGE) * np.eye(d), Xt @ y[..., None] / n)[..., 0]
    crossed, squared = fit @ (spectrum * w), fit**2 @ spectrum
    return np.arccos(crossed / np.sqrt(squared * (w**2 @ spectrum))) / np.pi
