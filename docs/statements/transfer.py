"""Regression on pooled data of two origins: transfer learning, surrogate data."""

import numpy as np
from scipy.optimize import brentq

import collapse_theory as ct
from docs.statements.statement import Statement, Verdict, arxiv

SONG = arxiv("Song, Bhattacharya, Sur", "2406.13944")
YANG = arxiv("Yang, Zhang, Wu, Ré, Su", "2010.11750")
JAIN = arxiv("Jain, Montanari, Sasoglu", "2402.04376")

P = 120  # features in the setting of two covariances
D, REAL, SURROGATE, QUALITY = 50, 400, 2000, 0.05  # that of the fitted law


def part(name: str, problem: ct.Problem) -> float:
    """The bias, variance or zeta of a problem."""
    return float(np.asarray(getattr(ct.predict(problem), name)))


def pooled(real: float, synthetic: float, d: int) -> ct.Problem:
    """Sigma = I, no ridge, all numbers 1."""
    count = np.array([float(d)])
    sources = (ct.Source(real, 1.0, 1.0), ct.Source(synthetic, 1.0, 1.0, 1.0))
    return ct.Problem(sources, 1.0, 0.0, multiplicities=count)


def pooled_stated(real: float, synthetic: float, d: int) -> float:
    """Song, Bhattacharya and Sur: the price of model shift per unit of it, on either side of n = d."""
    n = real + synthetic
    if n < d:
        return synthetic * (d - synthetic) / (d * (d - n))
    return (synthetic**2 * (n - d) + d * real * synthetic) / (n**2 * (n - d))


def model_shift() -> dict[str, float]:
    """Ours and theirs for n_1, n_2 = 150, 100, below and above the threshold."""
    return {
        "below": part("zeta", pooled(150, 100, 600)),
        "below_stated": pooled_stated(150, 100, 600),
        "above": part("zeta", pooled(150, 100, 60)),
        "above_stated": pooled_stated(150, 100, 60),
    }


def halves(ratio: float) -> np.ndarray:
    """The source's eigenvalues where the target's are 1: half of them `ratio`, half 1 / `ratio`."""
    return np.repeat([ratio, 1 / ratio], P // 2)


def two_covariances(real: float, synthetic: float, ratio: float) -> ct.Problem:
    """Two covariances, no ridge; labels shifted alike in all directions, c^2 = 1 on real data."""
    sources = (
        ct.Source(real, np.ones(P), 1.0),
        ct.Source(synthetic, halves(ratio), 1.0, np.full(P, 1 / P)),
    )
    return ct.Problem(sources, 1.0, 0.0)


def limits_stated(real: float, synthetic: float, ratio: float) -> tuple[float, float]:
    """Yang et al.: the limits of variance and bias, by their a_1, .., a_4; their task 2 is the target.

        variance  tr[(a_1 s + a_2)^-1] / n,        a_1 + a_2 = 1 - p/n,
                  a_1 + (1/n) sum_i s_i a_1 / (s_i a_1 + a_2) = n_1 / n,
                  a_3 + a_4 = (1/n) sum_i 1 / (s_i a_1 + a_2),
                  a_3 + (1/n) sum_i s_i (a_1 a_4 - a_2 a_3 - a_1) / (s_i a_1 + a_2)^2 = 0,
        bias      (n_1 / n)^2 tr[Delta s^2 (a_3 s + a_4 + 1) (a_1 s + a_2)^-2]

    for n_1 samples of eigenvalues s beside a target of covariance I.  The bias has n_1 Sigma_1 in place
    of X_1^T X_1, up to a factor (1 + (p/n_1)^(1/2))^4 in their bounds.
    """
    n, s = real + synthetic, halves(ratio)
    total = 1 - P / n

    def excess(a_1: float) -> float:
        return a_1 + float(np.sum(s * a_1 / (s * a_1 + total - a_1))) / n - synthetic / n

    a_1 = float(brentq(excess, 0.0, total, xtol=1e-15, rtol=1e-14))
    a_2 = total - a_1
    G = 1 / (a_1 * s + a_2)
    first, second = np.sum(s * a_1 * G**2) / n, np.sum(s * a_2 * G**2) / n
    matrix = np.array([[1.0, 1.0], [1 - second, first]])
    a_3, a_4 = np.linalg.solve(matrix, np.array([np.sum(G) / n, first]))
    bias = (synthetic / n) ** 2 * float(np.mean(s**2 * (a_3 * s + a_4 + 1) * G**2))
    return float(np.sum(G)) / n, bias


def variances() -> dict[str, float]:
    """Ours and theirs for n_1, n_2 = 200, 300 and 300, 200, and without covariate shift."""
    more, fewer = (200, 300, 2.0), (300, 200, 2.0)
    return {
        "more": part("variance", two_covariances(*more)),
        "more_stated": limits_stated(*more)[0],
        "fewer": part("variance", two_covariances(*fewer)),
        "fewer_stated": limits_stated(*fewer)[0],
        "none": part("variance", two_covariances(200, 300, 1.0)),
    }


def biases() -> dict[str, float]:
    """Ours and theirs for n_1, n_2 = 200, 300, with and without covariate shift, and at larger sizes."""
    answers = {}
    for name, (scale, ratio) in {"shift": (1, 2.0), "alike": (1, 1.0), "large": (100, 2.0)}.items():
        setting = (200 * scale, 300 * scale, ratio)
        answers[name] = part("zeta", two_covariances(*setting))
        answers[f"{name}_stated"] = limits_stated(*setting)[1]
    return answers


def surrogate(weight: float, noise: float = 1.0) -> ct.Problem:
    """Mean losses of real and surrogate data weighed 1 - a and a."""
    count = np.array([float(D)])
    sources = (ct.Source(REAL, 1.0, noise), ct.Source(SURROGATE, 1.0, noise, QUALITY))
    return ct.single_step_mixing(ct.Problem(sources, 1.0, 0.0, multiplicities=count), weight)


def fitted_law(weight: float) -> float:
    """Jain et al.: a^2 R_su(inf) + [(a^2 (R_su(m) - R_su(inf)))^(1/b) + ((1-a)^2 R(n))^(1/b)]^b, b = 1.

    R(n) and R_su(m) are the risks of real and of surrogate data alone.
    """
    alone = [float(ct.predict(surrogate(only)).total) for only in (0.0, 1.0)]
    return (1 - weight) ** 2 * alone[0] + weight**2 * alone[1]


def excesses() -> dict[str, float]:
    """By how much the law exceeds the risk, in per cent."""
    weights = {"a_1": 0.1, "a_3": 0.3, "a_5": 0.5, "a_8": 0.8}
    return {
        name: 100 * (fitted_law(a) / float(ct.predict(surrogate(a)).total) - 1)
        for name, a in weights.items()
    }


STATEMENTS = (
    Statement(
        SONG,
        "The risk of pooled least squares, and of the pooled interpolator of least norm, under model shift, Σ = I: closed forms on "
        "both sides of n = d",
        Verdict.CONFIRMED,
        model_shift,
        "n₁, n₂ = 150, 100: ζ/c² = {below:.12f} at d = 600 (theirs {below_stated:.12f}) and {above:.12f} at d = 60 (theirs {above_stated:.12f}); the "
        "first is n₂(d − n₂)/(d(d − n))",
        "tests/docs/test_transfer.py::test_model_shift_on_both_sides",
    ),
    Statement(
        YANG,
        "The variance of least squares on two samples of different covariances is given by two scalar equations; covariate shift (half of "
        "the source's eigenvalues twice, half of them half the target's) raises it where n₂ > n₁ and lowers it where n₂ < n₁",
        Verdict.CONFIRMED,
        variances,
        "p = 120: {more:.12f} (theirs {more_stated:.12f}) for n₁, n₂ = 200, 300; {fewer:.12f} (theirs {fewer_stated:.12f}) for 300, 200; without shift "
        "{none:.6f}",
        "tests/docs/test_transfer.py::test_variance_of_two_covariances",
    ),
    Statement(
        YANG,
        "The bias that model shift causes there, with the population's covariance in place of the source sample's",
        Verdict.APPROXIMATION,
        biases,
        "p = 120, n₁, n₂ = 200, 300, c² = 1: {shift:.3f}, theirs {shift_stated:.3f}; without covariate shift {alike:.3f}, theirs {alike_stated:.3f}; with a "
        "hundred times the samples {large:.4f}, theirs {large_stated:.4f}",
        "tests/docs/test_transfer.py::test_bias_of_two_covariances",
    ),
    Statement(
        JAIN,
        "The risk for weights 1 − a and a of the mean losses on n real and m surrogate samples follows a law in the risks of either "
        "alone; here with its exponent β = 1, (1 − a)² R(n) + a² R_su(m)",
        Verdict.APPROXIMATION,
        excesses,
        "Σ = I, d = 50, n = 400, m = 2000, c² = 0.05, σ² = 1, no ridge: the law exceeds the risk by {a_1:.1f}, {a_3:.1f}, {a_5:.1f}, {a_8:.1f}% at "
        "a = 0.1, 0.3, 0.5, 0.8",
        "tests/docs/test_transfer.py::test_the_fitted_law_is_too_high",
    ),
)
