"""Two sources with different covariances and weights, classical and projected."""

from collections.abc import Iterator

import mpmath as mp
import sympy as sp

from derivations.engine.matrices import Gaussian, deterministic, eigenvalue
from derivations.engine.points import WORKING, Point, each_eigenvalue, evaluate
from derivations.engine.precise import PreciseTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import tr
from derivations.groundwork.latex import latex
from derivations.groundwork.pencil_steps import equations_step, pencil_step
from derivations.groundwork.setting import (
    DELTA,
    GAMMA,
    SHIFT,
    SIGNAL,
    SPECTRUM,
    Delta,
    Gamma,
    I,
    R,
    S,
    d,
    lam,
    m,
    n,
    p1,
    p2,
    projected,
    resolvent,
)
from derivations.groundwork.unified_form import unified_error
from derivations.steps import Derivation, Step
from derivations.verify import digits, exact, identical

STATEMENT = r"""Source $k$ has covariance $\Sigma_k$ and weight $\alpha_k$ per sample, and noise $\sigma_k^2$. There is no single $\kappa$ any more; the
unknowns are $e_1$, $e_2$ and $\nu$ of the unified form, and the error on $\Sigma_1$ is $E_1$ of the $2 \times 2$ system

$$E_k = \sigma_k^2 + b_k + \sum_j T_{kj} E_j.$$

Here the pencils of the same errors are solved with both covariances in them, which proves the unified form beyond the
paper's setting."""

SIGMA_1, SIGMA_2 = deterministic("Sigma_1 Sigma_2", d)
Sigma_1, Sigma_2 = map(eigenvalue, (SIGMA_1, SIGMA_2))
alpha_1, alpha_2 = sp.symbols("alpha_1 alpha_2", positive=True)
noise_1, noise_2 = sp.symbols("sigma_1^2 sigma_2^2", positive=True)
e_1, e_2, nu = sp.symbols("e_1 e_2 nu", positive=True)

X1, X2 = Gaussian("X_1", p1 * n, d, SIGMA_1), Gaussian("X_2", p2 * n, d, SIGMA_2)
M1, M2 = alpha_1 * X1.T * X1 / n, alpha_2 * X2.T * X2 / n
M = M1 + M2


def classical() -> dict[str, sp.MatrixExpr]:
    """The matrices whose traces are the parts of the error on Sigma_1."""
    Q = resolvent(M)
    return {
        "B": lam**2 * GAMMA * Q * SIGMA_1 * Q,
        "V": 1 / n * (alpha_1 * noise_1 * M1 + alpha_2 * noise_2 * M2) * Q * SIGMA_1 * Q,
        "zeta": DELTA * M2 * Q * SIGMA_1 * Q * M2,
    }


def wide() -> dict[str, sp.MatrixExpr]:
    """The same under random projections."""
    G = projected(S, M)
    return {
        "B": GAMMA * (M * G - I) * SIGMA_1 * (G * M - I),
        "V": 1 / n * (alpha_1 * noise_1 * M1 + alpha_2 * noise_2 * M2) * G * SIGMA_1 * G,
        "zeta": DELTA * M2 * G * SIGMA_1 * G * M2,
    }


def steps() -> Iterator[Step]:
    """Exactly without projections, to 30 digits with them."""
    matrices = classical()
    yield pencil_step(r"$\zeta$", matrices["zeta"])
    traces = {name: SymbolicTrace(f, lam) for name, f in matrices.items()}
    yield equations_step(r"$\zeta$", traces["zeta"])
    points = [solved_point(*settings, projected=False) for settings in SETTINGS]
    claimed = unified(projected=False)
    for name, trace in traces.items():
        g = trace.entries
        values = {e_1: alpha_1 * g["X_1"], e_2: alpha_2 * g["X_2"], nu: lam}
        yield Step(
            rf"**${latex(name)}$ without projections.** With $e_k = \alpha_k g_{{X_k}}$ and $\nu = \lambda$ "
            r"the unified form is what the pencil gives.",
            (),
            (
                exact(
                    f"${latex(name)}$ for two covariances",
                    trace.value,
                    claimed[name].subs(values),
                    trace.reduced,
                ),
                digits(
                    f"${latex(name)}$ for two covariances, raw equations",
                    PreciseTrace(matrices[name]),
                    claimed[name],
                    points,
                ),
            ),
        )
    points = [solved_point(*settings, projected=True) for settings in SETTINGS]
    claimed = unified(projected=True)
    checks = []
    for name, matrix in wide().items():
        trace = SymbolicTrace(matrix, lam)
        g = trace.entries
        shift = -d / (m * g["S"])
        values = {e_1: alpha_1 * g["X_1"], e_2: alpha_2 * g["X_2"], nu: shift, R: R / shift}
        formula = claimed[name].subs(values, simultaneous=True)
        checks += [
            identical(f"${latex(name)}$ for two covariances, projected", trace, formula),
            digits(
                f"${latex(name)}$ for two covariances, projected, raw equations",
                PreciseTrace(matrix),
                claimed[name],
                points,
            ),
        ]
    yield Step(
        r"**With projections** the equations are the same in kind, but eliminating the six linear unknowns over a dozen "
        r"parameters and traces takes many minutes. Both sides are rational functions of these, so they are evaluated "
        r"exactly at random integers instead, where linear equations are solved in rational numbers: functions that differ "
        r"would agree at one such point with probability below $10^{-10}$. With $\nu = -d / (m g_S)$ the resolvent of the "
        r"pencil is $\nu$ times that of the unified form.",
        checks=tuple(checks),
    )


def unified(projected: bool) -> dict[str, sp.Expr]:
    """B, V and zeta in e_1, e_2 and nu."""
    noises = noise_1, noise_2
    error = unified_error((e_1, e_2), nu, (Sigma_1, Sigma_2), projected, noises)
    return dict(error.named())


# n and m in every order with d = 6.
SETTINGS = (
    ("n < m < d", 3, 4),
    ("n < d < m", 4, 9),
    ("m < n < d", 5, 2),
    ("m < d < n", 15, 4),
    ("d < n < m", 12, 20),
    ("d < m < n", 30, 9),
)


def solved_point(label: str, samples: int, width: int, projected: bool, strength=sp.S.Zero) -> Point:
    """A point with e_1, e_2 and nu solved from the unified form's fixed point, in 50 digits.

    `strength` times Sigma_1 is added to the weighted sample covariance.
    """
    numbers = {
        n: samples,
        m: width,
        d: len(SPECTRUM),
        p2: sp.Rational(3, 10),
        lam: sp.Rational(1, 20),
        noise_1: sp.Rational(1, 3),
        noise_2: sp.Rational(3, 4),
        alpha_1: sp.Rational(4, 5),
        alpha_2: sp.Rational(3, 2),
    }
    spectra = {Sigma_1: SPECTRUM, Sigma_2: tuple(reversed(SPECTRUM)), Gamma: SIGNAL, Delta: SHIFT}
    A = p1 * e_1 * Sigma_1 + p2 * e_2 * Sigma_2 + strength * Sigma_1
    equations = [
        alpha / (1 + alpha / n * tr(Sigma / (A + nu)))
        for alpha, Sigma in ((alpha_1, Sigma_1), (alpha_2, Sigma_2))
    ]
    equations.append(lam * d / m + nu / m * tr(A / (A + nu)) if projected else lam)
    unknowns = (e_1, e_2, nu)

    def updated(*values):
        at = Point(label, numbers | dict(zip(unknowns, values, strict=True)), spectra)
        return [evaluate(f, at) for f in equations]

    with mp.workdps(WORKING):
        guess = [mp.mpf(1)] * 3
        for _ in range(100):  # the map is monotone: iteration from above finds the physical branch
            guess = updated(*guess)
        solution = mp.findroot(lambda *x: [f - y for f, y in zip(updated(*x), x, strict=True)], guess)
    numbers = numbers | dict(zip(unknowns, solution, strict=True))
    inverse = each_eigenvalue(1 / (A + nu), Point(label, numbers, spectra))
    return Point(label, numbers, spectra | {R: inverse})


TWO_SOURCES = Derivation("two-sources", "Two sources with different covariances", STATEMENT, steps)
