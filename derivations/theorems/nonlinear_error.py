"""Nonlinear features of two sources: the pencils of their errors, and their free energy."""

from collections.abc import Iterator
from functools import partial

import sympy as sp

from derivations.engine.matrices import Gaussian
from derivations.engine.pencil import realise
from derivations.engine.precise import PreciseTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import Algebra, tr
from derivations.groundwork.free_energy_form import NU, FreeEnergy, Samples, slope_at, t
from derivations.groundwork.latex import latex_pencil
from derivations.groundwork.nonlinear_form import (
    FIRST,
    SECOND,
    SIGMA_1,
    SIGMA_2,
    SIGMA_T,
    TEST,
    TESTED,
    WEIGHTS,
    C,
    Equivalent,
    Sigma_1,
    Sigma_2,
    a_1,
    a_2,
    a_t,
    alpha_1,
    alpha_2,
    b_1,
    b_2,
    b_t,
    e_1,
    e_2,
    error,
    noise_1,
    noise_2,
    nu,
    solved_point,
)
from derivations.groundwork.pencil_steps import check_pencil
from derivations.groundwork.setting import R, S, d, lam, m, n, p1, p2, resolvent
from derivations.steps import Step
from derivations.theorems.two_sources import SETTINGS
from derivations.verify import digits, exact, identical

X1, X2 = Gaussian("X_1", p1 * n, d, SIGMA_1), Gaussian("X_2", p2 * n, d, SIGMA_2)
Xi1, Xi2 = Gaussian("Xi_1", p1 * n, m), Gaussian("Xi_2", p2 * n, m)
Z1, Z2 = a_1 * X1 * S + b_1 * Xi1, a_2 * X2 * S + b_2 * Xi2

# What an error is made of: name -> its matrix, and the moments and noises of which it is the share.
NONE = sp.S.Zero, sp.S.Zero
NOISE, SQUARE = r"$\sigma_2^2$", r"$E w_2 w_2^\top$"
PRODUCT, CROSS = r"$E w_1 w_2^\top$", r"$E w_2 w^\top$"


def shares() -> dict[str, tuple]:
    """The matrices whose traces the error on a test population is the sum of, each with its labels."""
    Q = resolvent((alpha_1 * Z1.T * Z1 + alpha_2 * Z2.T * Z2) / n)
    first, second = alpha_1 / n * Q * Z1.T * X1, alpha_2 / n * Q * Z2.T * X2  # fits of w_1 and w_2
    form = a_t**2 * S.T * SIGMA_T * S + b_t**2 * sp.Identity(m)
    noisy = alpha_2**2 * noise_2 / n**2 * Z2.T * Z2
    return {
        NOISE: (form * Q * noisy * Q, {}, (sp.S.Zero, noise_2)),
        SQUARE: (WEIGHTS * second.T * form * second, {(1, 1): C}, NONE),
        PRODUCT: (2 * WEIGHTS * first.T * form * second, {(0, 1): C}, NONE),
        CROSS: (-2 * a_t * WEIGHTS * SIGMA_T * S * second, {(1, TEST): C}, NONE),
    }


def pencils() -> Iterator[Step]:
    """The second route: its fixed point, then the error on any population, share by share."""
    made, checks = shares(), []
    traces = {name: SymbolicTrace(matrix, lam) for name, (matrix, _, _) in made.items()}
    yield _second_route(made[CROSS][0], traces[CROSS])
    for name, (_, moments, noises) in made.items():
        claimed = in_pencil(traces[name]).excess(TESTED, moments, noises)
        checks.append(identical(f"the share of {name}", traces[name], claimed))
    yield Step(
        r"**The error by pencils.** Let the test population have a covariance $\Sigma_t$, a slope $a_t$, a feature noise $b_t$ and labels $x "
        r"\cdot w$. The fit is linear in the labels, so its error is linear in their second moments and in the noises: it is the sum of "
        r"$\operatorname{tr}[\Sigma_t\, E w w^\top]$, of the following shares (any matrix $C$ in the place of the moment), and of those with "
        r"the two sources exchanged. As on the page of two sources they are compared in exact arithmetic at random integers.",
        (
            r"\text{error} = \mu_t + \sum_j T_{tj} E_j, \qquad E_k = \sigma_k^2 + \mu_k + \sum_j T_{kj} E_j, \qquad "
            r"\mu_k = E \left(\bar v \cdot z - x \cdot w_k\right)^2",
        ),
        tuple(checks),
    )


def in_pencil(trace: SymbolicTrace) -> Equivalent:
    """The formulas in the unknowns of a pencil, whose resolvent is nu times theirs."""
    g = trace.entries
    shift = -d / (m * g["S"])
    return Equivalent((alpha_1 * g["X_1"], alpha_2 * g["X_2"]), shift, R / shift)


def _second_route(matrix, trace):
    pencil, names = in_pencil(trace), ("e_1", "e_2", r"\nu")
    points = [solved_point(*setting) for setting in SETTINGS[::3]]
    H = (alpha_1 * Z1.T * Z1 + alpha_2 * Z2.T * Z2) / n
    trace_of_inverse = Equivalent().mean((sp.S.Zero, sp.S.One))
    return Step(
        r"**The fixed point by pencils.** The second route is the engine's, with Gaussian blocks $\Xi_k$ of feature noise beside $X_k$ and "
        r"$S$. It uses nothing of the first route, nor the unified form. Two sources have different covariances, weights, noises, slopes "
        r"and feature noises. The pencil of what the labels of source 2 contribute shows them:",
        (
            r"Z_k = a_k X_k S + b_k \Xi_k, \qquad H = \frac1n \sum_k \alpha_k Z_k^\top Z_k + \lambda",
            r"- \frac{2 a_t \alpha_2}{n} \operatorname{tr}[C\, \Sigma_t S H^{-1} Z_2^\top X_2]",
            rf"L = {latex_pencil(realise(matrix))}",
            r"g_{X_k} = g_{\Xi_k} = \frac{e_k}{\alpha_k}, \qquad g_S = -\frac{d}{m \nu}",
        ),
        (
            check_pencil("the pencil", matrix),
            *(
                exact(f"the equation of ${name}$ by the pencil", left, right, trace.reduced)
                for name, left, right in zip(
                    names, (*pencil.e, pencil.nu), pencil.equations(), strict=True
                )
            ),
            digits(
                r"$\operatorname{tr} H^{-1} = d / \nu$ from the raw equations",
                PreciseTrace(resolvent(H)),
                trace_of_inverse,
                points,
            ),
        ),
    )


PAIR = (
    Samples(e_1, Sigma_1, p1, noise_1, alpha_1, slope=a_1, feature_noise=b_1),
    Samples(e_2, Sigma_2, p2, noise_2, alpha_2, sp.S.One, a_2, b_2),
)


def free_energy() -> Step:
    """Its stationary point, and the risk as its derivative."""
    energy, equivalent = FreeEnergy(PAIR, projected=True), Equivalent()
    A, beta = equivalent.whole()
    algebra = Algebra((Sigma_1, Sigma_2), ((R, A + nu),), d)
    phi = energy.phi.subs(NU, nu).subs(t, 0)
    checks = []
    for e, weight, source, p in ((e_1, alpha_1, FIRST, p1), (e_2, alpha_2, SECOND, p2)):
        condition = sp.diff(phi, e) / (p * n)
        claimed = 1 / weight + equivalent.mean(source.form) / n - 1 / e
        checks.append(exact(f"stationary in ${sp.latex(e)}$", condition, claimed, algebra.normal_form))
    checks.append(
        exact(
            r"stationary in $\nu$",
            nu**2 * sp.diff(phi, nu),
            nu * (m - tr(A * R)) - (lam + beta) * d,
            algebra.normal_form,
        )
    )
    points = [solved_point(*setting) for setting in SETTINGS[1::2]]
    total = sp.Add(*error(equivalent).values())
    checks.append(digits("the risk is the derivative", partial(slope_at, energy), total, points))
    return Step(
        r"**The theory in one line.** Feature noise changes the free energy as the first route says: of $\log\det$ the new directions keep $M "
        r"\log \nu + \beta d / \nu$, and the width counts $d + M$ dimensions, so that $\lambda$ becomes $\lambda + \beta$ and nothing else "
        r"is new. Where it is stationary $e_k$ and $\nu$ solve their equations, and its derivative along the test set "
        r"($\beta$ and $A$ move with $t$) is the error that the pencils gave, at points on all sides of the thresholds.",
        (
            r"\Phi = \log\det(A + t a_1^2 \Sigma_1 + \nu) + \sum_k n_k \left(\frac{e_k}{\alpha_k} - \log e_k\right) + (m - d) "
            r"\log \nu + \frac{(\lambda + \beta + t b_1^2)\, d}{\nu} + \eta\, q",
            r"q = \sum_k p_k e_k \left(\operatorname{tr}[\Sigma_k C_{kk}] + \sigma_k^2\right) + t \operatorname{tr}[\Sigma_1 C_{11}] - "
            r"E\left[u^\top (A + t a_1^2 \Sigma_1 + \nu)^{-1} u\right], \qquad u = \sum_k p_k e_k a_k \Sigma_k w_k + t a_1 "
            r"\Sigma_1 w_1",
        ),
        tuple(checks),
    )
