"""Iterative mixing with one real half for ever: reading B of Corollary 3."""

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.points import WORKING, Point, precise
from derivations.groundwork.isotropic import BELOW, c2, phi
from derivations.groundwork.setting import noise
from derivations.steps import Check, Step
from derivations.verify import digits, exact, tends

rounds = sp.Symbol("t", integer=True, nonnegative=True)
ALONE = BELOW.variance.subs(phi, 2 * phi)  # n / 2 real samples, nothing else

DIMENSION, SAMPLES, DRAWS, SEED = 40, 400, 60, 0  # of the brute force


def leading_order() -> Step:
    """The linear recursion of the errors for d / n -> 0, solved."""
    S, C = sp.Function("S"), sp.Function("C")  # E|delta_t|^2 and E[delta_t . delta_real]
    real, fresh = sp.symbols("v_1 v_2", positive=True)  # variances of the halves' own errors
    crossing = sp.rsolve(C(rounds + 1) - (real + C(rounds)) / 2, C(rounds), {C(0): 0})
    rise = (real + fresh + 2 * crossing) / 4
    variance = sp.rsolve(S(rounds + 1) - S(rounds) / 4 - rise, S(rounds), {S(0): c2})
    limit = sp.limit(variance, rounds, sp.oo)
    distance = sp.expand(limit - 2 * sp.limit(crossing, rounds, sp.oo) + real)
    leading = {real: sp.limit(ALONE / phi, phi, 0) * phi, fresh: sp.limit(ALONE / phi, phi, 0) * phi}
    points = [
        Point("three variances", {real: sp.Rational(2, 7), fresh: sp.Rational(3, 5), c2: sp.Rational(4)})
    ]

    def iterated(point):
        """Vectors in an orthonormal basis of independent errors: start, real, one per round."""
        coefficients = [mp.mpf(1), mp.mpf(0)]
        for _ in range(9):
            coefficients = [x / 2 for x in coefficients] + [mp.mpf(1) / 2]
            coefficients[1] += mp.mpf(1) / 2
        with mp.workdps(WORKING):
            start, half, each_round = (precise(point.numbers[x]) for x in (c2, real, fresh))
            sizes = [start, half] + [each_round] * 9
            return mp.fsum(x**2 * size for x, size in zip(coefficients, sizes, strict=True))

    return Step(
        "**Reading B: one real half for ever**, and a fresh half labelled by the last model with new "
        r"label noise $\eta_t$. To leading order both halves weigh the same, $\delta_t = \frac12 "
        r"(\delta_{\mathrm{real}} + \delta_{t-1} + \eta_t)$ with $\delta_{\mathrm{real}}$ the error of "
        r"the real half alone. Now the same error comes back every round: $\delta_t \to "
        r"\delta_{\mathrm{real}} + \sum_k 2^{-k} \eta_{t+1-k}$. The limit is **worse than the real "
        "half alone**, by the variance of the synthetic labels; if those carry no noise, it *is* the "
        "real half.",
        (
            rf"E|\delta_t|^2 = {sp.latex(sp.expand(variance))}",
            r"v_1 = E|\delta_{\mathrm{real}}|^2, \quad v_2 = E|\eta_t|^2",
            rf"E|\delta_\infty|^2 = {sp.latex(limit)} = {sp.latex(sp.expand(limit.subs(leading)))} > "
            rf"{sp.latex(leading[real])} = \mathrm{{real\ half\ alone}}",
        ),
        (
            digits("nine rounds in coordinates", iterated, variance.subs(rounds, 9), points),
            exact("the limit", limit, real + fresh / 3),
            exact(r"the limit in $\sigma^2 \phi$", limit.subs(leading), sp.Rational(8, 3) * noise * phi),
            exact("noiseless labels: the distance to the real half's fit", distance.subs(fresh, 0), 0),
        ),
    )


def limit_over_noise(aspect) -> mp.mpf:
    """Reading B's limit over sigma^2 at any phi < 1/2, by the eigenvalues of the fixed real half.

    Given M_1 = A, the excess over the real half has the stationary second moment
    C = G (p_2^2 e^2 C + p_2 e^2 phi E) G,  G = (A + p_2 e)^-1,  in the eigenbasis of A.
    """
    ratio = 2 * mp.mpf(aspect)
    nodes = 400
    # Marchenko-Pastur with x = 1 + ratio + 2 sqrt(ratio) cos: the trapezoidal rule is exponential.
    angles = [mp.pi * k / nodes for k in range(1, nodes)]
    points = [1 + ratio + 2 * mp.sqrt(ratio) * mp.cos(angle) for angle in angles]
    weights = [2 * mp.sin(angle) ** 2 / (nodes * x) for angle, x in zip(angles, points, strict=True)]
    eigenvalues = [x / 2 for x in points]

    def mean(function):
        return mp.fsum(w * function(s) for w, s in zip(weights, eigenvalues, strict=True))

    e = mp.findroot(lambda x: x * (1 + aspect * mean(lambda s: 1 / (s + x / 2))) - 1, mp.mpf(1))
    weight = e**2 * aspect / 2
    heard = weight * mean(lambda s: (2 * s + e) / ((s + e) * (s + e / 2) ** 2))
    error = 1 / (1 - heard)
    return mean(lambda s: aspect / s) + error * mean(lambda s: weight / (s * (s + e)))


def beyond_leading_order() -> Step:
    """The limit at any phi < 1/2, against brute force."""
    aspect = mp.mpf(DIMENSION) / SAMPLES
    with mp.workdps(WORKING):
        limit = limit_over_noise(aspect)
        alone = 2 * aspect / (1 - 2 * aspect)
        again = limit_over_noise(mp.mpf(1) / 4)

    def per_phi(size):
        return limit_over_noise(mp.mpf(size)) / size

    return Step(
        "Is leading order enough? Beyond it the halves do not weigh the same in every direction. "
        r"Given the real half, $M_1 = A$, the excess $\hat w_t - \hat w_{\mathrm{real}}$ obeys a "
        "linear recursion in which $A$ stands in the place of a ridge. Fresh synthetic features have "
        "their deterministic equivalent, and averages over the Marchenko-Pastur law of $A$ give the "
        r"limit at any $\phi < 1/2$. Brute force, with the average over noise exact, agrees.",
        (
            rf"\phi = {float(aspect):g}:\quad E_\infty / \sigma^2 = {mp.nstr(limit, 8)}, \quad "
            rf"\mathrm{{real\ half\ alone:}}\ {mp.nstr(alone, 8)}",
        ),
        (
            tends(r"the limit over $\sigma^2\phi$", per_phi, mp.mpf(8) / 3, (2.0**-10, 2.0**-14), 1),
            _brute_force(limit),
            Check(
                "at $\\phi = 1/4$ it is worse than the real half alone",
                f"{mp.nstr(again, 12)} > 1",
                bool(again > 1),
                (mp.nstr(again, 30),),
            ),
        ),
    )


def _brute_force(expected):
    """The mean over draws of the features, rounds run until they no longer change."""
    rng = np.random.default_rng(SEED)
    half = SAMPLES // 2
    results = []
    for _ in range(DRAWS):
        X = rng.standard_normal((half, DIMENSION))
        first = X.T @ X / SAMPLES
        excess = np.zeros((DIMENSION, DIMENSION))
        # Fresh halves every round, and a mean over rounds once they are stationary.
        kept = []
        for number in range(60):
            Z = rng.standard_normal((half, DIMENSION))
            second = Z.T @ Z / SAMPLES
            inverse = np.linalg.inv(first + second)
            passed = inverse @ second
            excess = passed @ excess @ passed.T + inverse @ second @ inverse / SAMPLES
            if number >= 20:
                kept.append(np.trace(excess))
        results.append(np.trace(np.linalg.inv(first)) / SAMPLES + np.mean(kept))
    mean, error = np.mean(results), np.std(results, ddof=1) / np.sqrt(DRAWS)
    allowed = 4 * error + float(expected) / DIMENSION
    return Check(
        f"the limit at d = {DIMENSION}, n = {SAMPLES}",
        f"brute force {mean:.4f} ± {error:.4f} against {float(expected):.4f}; "
        "allowed: 4 standard errors and 1/d",
        bool(abs(mean - float(expected)) < allowed),
    )
