"""Two stages with everything random: what is claimed of each part of the error, and its points."""

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING, Point, precise
from derivations.engine.precise import PreciseTrace
from derivations.engine.traces import tr
from derivations.groundwork.latex import latex
from derivations.groundwork.setting import (
    DELTA,
    GAMMA,
    SHIFT,
    SIGMA,
    SIGNAL,
    SPECTRUM,
    X1,
    X2,
    Delta,
    Gamma,
    I,
    S,
    Sigma,
    d,
    effective_ridge,
    lam,
    m,
    n,
    noise,
    p1,
    p2,
    projected,
    resolvent,
)
from derivations.groundwork.two_stage_form import OneProjection
from derivations.steps import Step
from derivations.verify import digits

mu = sp.Symbol("mu", positive=True)
kappa_1, kappa_2, R_1, R_2 = sp.symbols("kappa_1 kappa_2 R_1 R_2", positive=True)
n_1, n_2 = p1 * n, p2 * n
real, synthetic = X1.T * X1 / n_1, X2.T * X2 / n_2


def expressions(wide: bool) -> dict[str, sp.MatrixExpr]:
    """The matrices whose traces are the parts of the error after both stages."""
    if wide:
        second, first = projected(S, real, lam), projected(S, synthetic, mu)
        left, unlearnt = I - second * real, I - first * synthetic
        right, before = I - real * second, I - synthetic * first
    else:
        second, first = resolvent(real, lam), resolvent(synthetic, mu)
        left = right = lam * second
        unlearnt = before = mu * first
    return {
        "B": GAMMA * before * right * SIGMA * left * unlearnt,
        "V_1": noise / n_1 * real * second * SIGMA * second,
        "V_2": noise / n_2 * synthetic * first * right * SIGMA * left * first,
        "zeta": DELTA * synthetic * first * right * SIGMA * left * first * synthetic,
    }


def formulas(wide: bool) -> dict[str, sp.Expr]:
    """The same parts in closed form, A_i = Sigma and nu_i = kappa_i up to a common factor e_i."""
    pair = OneProjection(Sigma, kappa_1, R_1, Sigma, kappa_2, R_2, wide)
    x = pair.x

    def alone(nu, inverse, C, response, learnt):
        """|response|^2_Sigma of one model alone, its fluctuation included."""
        plain = tr(C * Sigma * response**2)
        if not wide:
            return plain
        inflation = nu**2 * tr(Sigma * inverse**2) / (m - tr(Sigma**2 * inverse**2))
        return plain + inflation * tr(C * learnt**2)

    def coupling(nu, inverse, samples):
        return alone(nu, inverse, Sigma, inverse, inverse) / samples

    after, before = coupling(kappa_2, R_2, n_1), coupling(kappa_1, R_1, n_2)
    handed_on = pair.of_fit(Sigma, Sigma) / n_2 / (1 - before)
    unfitted = {  # of the labels of stage 1, by stage 1
        "B": alone(kappa_1, R_1, Gamma, kappa_1 * R_1, x),
        "zeta": alone(kappa_1, R_1, Delta, kappa_1 * R_1, x),
    }
    bias = pair.of_error(Gamma, Sigma) + handed_on * unfitted["B"]
    zeta = pair.of_fit(Delta * Sigma**2, Sigma) + handed_on * unfitted["zeta"]
    parts = {"B": bias, "V_1": noise * after, "V_2": noise * handed_on, "zeta": zeta}
    return {name: part / (1 - after) for name, part in parts.items()}


def everything(wide: bool) -> Step:
    """The parts of the error from pencils in all that is random."""
    claimed, suffix = formulas(wide), ", one projection" if wide else ""
    checks = []
    for name, matrix in expressions(wide).items():
        if name == "V_1":  # that of plain ridge regression, Theorems 1 and 2
            continue
        points = [stage_point(*setting, wide) for setting in SETTINGS]
        claim = f"${latex(name)}$ after two stages{suffix}"
        checks.append(digits(claim, PreciseTrace(matrix), claimed[name], points))
    if wide:
        text = (
            r"**Everything random, with one projection**: pencils in $X_1$, $X_2$ and $S$ at once. Given $S$ each stage is ridge "
            r"regression on $m$ features, so the noise of stage 1, the error of its labels included, is handed on by the "
            r"product with $G'_S$, and that of stage 2 solves $E = \sigma^2 + b + T E$ as before. What $x$ says of $w_1$ beyond "
            r"$S^\top x$ is noise for both stages, and in $E$ already."
        )
    else:
        text = (
            r"**Everything random**: pencils in $X_1$ and $X_2$ at once, without taking one stage after the other, against stage 1 "
            r"tested on the new covariance."
        )
    return Step(text, (), tuple(checks))


# p_2, n, m and the ridges of stage 1 and 2.  Not one kappa for both stages: traces of
# two resolvents are reduced by the difference of their shifts (the theory's tests have equal stages).
SETTINGS = (
    ("n_1 below m", sp.Rational(3, 4), 12, 9, "0.02", "0.3"),
    ("stages nearly equal", sp.Rational(1, 2), 20, 5, "0.05", "0.051"),
)


def stage_point(label, fraction, samples, width, first, second, wide) -> Point:
    """A point at d = 6, both effective ridges solved for."""
    with mp.workdps(WORKING):
        ridges = [precise(sp.Rational(ridge)) for ridge in (first, second)]
        counts = [precise(fraction * samples), precise((1 - fraction) * samples)]
        size = precise(width) if wide else None
        shifts = [
            effective_ridge(count, size, ridge) for count, ridge in zip(counts, ridges, strict=True)
        ]
        inverses = [[1 / (precise(s) + shift) for s in SPECTRUM] for shift in shifts]
    numbers = {d: len(SPECTRUM), n: samples, m: width, p2: fraction, noise: sp.Rational(1, 3)}
    numbers |= {mu: ridges[0], lam: ridges[1], kappa_1: shifts[0], kappa_2: shifts[1]}
    spectra = {Sigma: SPECTRUM, Gamma: SIGNAL, Delta: SHIFT, R_1: inverses[0], R_2: inverses[1]}
    return Point(label, numbers, spectra)
