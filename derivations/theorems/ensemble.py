"""A model of one's own: an ensemble of projected models, which the paper does not have."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import sympy as sp

from derivations.engine.matrices import Gaussian
from derivations.engine.numeric import NumericTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.groundwork.curves import power_law
from derivations.groundwork.formulas import explicit
from derivations.groundwork.latex import latex
from derivations.groundwork.pencil_steps import equations_step, pencil_step
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import (
    DELTA,
    GAMMA,
    M1,
    M2,
    SIGMA,
    I,
    M,
    d,
    df2,
    lam,
    m,
    n,
    noise,
    p1,
    p2,
    projected,
)
from derivations.steps import Check, Derivation, Step
from derivations.verify import exact
from workbench.style import COLOURS

STATEMENT = r"""Does an ensemble escape the collapse? Average $k$ models with independent projections $S_1, \dots, S_k$,
trained on the same data. The error is $\frac1k$ of a single model's plus $1 - \frac1k$ of the cross term of two
different projections, which no formula of the paper covers. Deriving it takes ten lines; the answer is simple:

$$E_k = \frac1k\, E_{\text{Theorem 2}} + \left(1 - \frac1k\right) E_{\text{Theorem 1}}(\kappa),$$

where Theorem 1's closed forms are taken at the *projected* models' $\kappa$. A large ensemble of narrow models is
one classical ridge regression with a larger ridge: of the peak at $m = n$ it keeps the fraction $\frac1k$, of the
plateau all."""


def ensemble():
    """zeta of one projected model, and of the cross term of two: everything a user has to write."""
    n, d, m, ridge, p = sp.symbols("n d m lambda p_2", positive=True)
    Sigma, Delta = sp.MatrixSymbol("Sigma", d, d), sp.MatrixSymbol("Delta", d, d)
    X1, X2 = Gaussian("X_1", (1 - p) * n, d, Sigma), Gaussian("X_2", p * n, d, Sigma)
    S, T = Gaussian("S", d, m, variance=1 / d), Gaussian("T", d, m, variance=1 / d)
    M2 = X2.T * X2 / n
    M = X1.T * X1 / n + M2
    G, H = (P * (P.T * M * P + ridge * sp.Identity(m)).I * P.T for P in (S, T))
    return NumericTrace(Delta * M2 * G * Sigma * G * M2), NumericTrace(Delta * M2 * G * Sigma * H * M2)


SIZE, SAMPLES, FRACTION, RIDGE, QUALITY = 150, 100, 0.2, 1e-3, 0.5
MEMBERS = (1, 2, 5)
SPECTRUM, _, SHIFT = power_law(SIZE, 0.8, QUALITY)


def theory(widths) -> np.ndarray:
    """zeta of an ensemble of each size at each width, from the two pencils."""
    single, cross = ensemble()
    rows = []
    for width in widths:
        numbers = {d: SIZE, n: SAMPLES, m: width, lam: RIDGE, p2: FRACTION}
        alone, mixed = (f(numbers, {SIGMA: SPECTRUM, DELTA: SHIFT}).value for f in (single, cross))
        rows.append([alone / k + (1 - 1 / k) * mixed for k in MEMBERS])
    return np.array(rows, dtype=float)


def brute_force(widths, draws: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """The same by drawing the data and the projections; mean and standard error."""
    rng = np.random.default_rng(0)
    synthetic = int(FRACTION * SAMPLES)
    samples = np.empty((draws, len(widths), len(MEMBERS)))
    for draw in range(draws):
        X = rng.normal(size=(SAMPLES, SIZE)) * np.sqrt(SPECTRUM)
        covariance, from_synthetic = X.T @ X / SAMPLES, X[:synthetic].T @ X[:synthetic] / SAMPLES
        for row, width in enumerate(widths):
            responses = []
            for _ in range(max(MEMBERS)):
                P = rng.normal(size=(SIZE, width)) / np.sqrt(SIZE)
                inner = P.T @ covariance @ P + RIDGE * np.eye(width)
                responses.append(P @ np.linalg.solve(inner, P.T @ from_synthetic))
            for column, k in enumerate(MEMBERS):
                mean = np.mean(responses[:k], axis=0)
                samples[draw, row, column] = np.sum(SPECTRUM[:, None] * mean**2 * SHIFT)
    return samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(draws)


def steps() -> Iterator[Step]:
    """Ten lines, a simulation, and the closed form that reduction finds."""
    yield Step(
        r"**Ten lines.** Name the matrices, write the model, take the trace: `NumericTrace` composes the pencil, finds "
        r"its fixed-point equations and compiles a solver.",
        code=inspect.getsource(ensemble),
    )
    widths = (40, 200)
    wanted = theory(widths)
    mean, error = brute_force(widths)
    # Standard errors, plus the limit's own relative error: 3 / d covers it away from the threshold m = n.
    distance = np.abs(mean - wanted) / (4 * error + 3 / SIZE * wanted)
    yield Step(
        rf"**Brute force.** The same by drawing data and projections, $d = {SIZE}$, $n = {SAMPLES}$, $\lambda = {RIDGE}$, "
        rf"$p_2 = {FRACTION}$, $c^2 = {QUALITY}$, eigenvalues $\propto j^{{-0.8}}$; points are simulations with four "
        r"standard errors. A single model peaks at $m = n$; an ensemble of $k$ keeps $1/k$ of the peak, "
        r"and the level behind it.",
        checks=(
            Check(
                r"$\zeta$ of ensembles of 1, 2 and 5 models",
                f"brute force at m = {widths[0]} and {widths[1]}, within 4 standard errors + 3/d",
                bool(distance.max() < 1),
            ),
        ),
        picture=against_width,
    )
    T = Gaussian("T", d, m, variance=1 / d)
    G, H = projected(Gaussian("S", d, m, variance=1 / d), M), projected(T, M)
    crosses = {
        "B": (GAMMA * (M * G - I) * SIGMA * (H * M - I), explicit(sp.S.Zero, df2 / n).bias),
        "V_1": (noise / n * M1 * G * SIGMA * H, p1 * explicit(sp.S.Zero, df2 / n).variance),
        "V_2": (noise / n * M2 * G * SIGMA * H, p2 * explicit(sp.S.Zero, df2 / n).variance),
        "zeta": (DELTA * M2 * G * SIGMA * H * M2, explicit(sp.S.Zero, df2 / n).zeta),
    }
    yield pencil_step(r"the cross term of $\zeta$", crosses["zeta"][0])
    traces = {name: SymbolicTrace(f, lam) for name, (f, _) in crosses.items()}
    yield equations_step(r"the cross term of $\zeta$", traces["zeta"])
    yield Step(
        r"**A closed form.** The two projections never meet in the linear layer, so $\rho = 0$ and $U = u$: the cross "
        r"terms are Theorem 1's closed forms, with $\kappa$ from "
        r"$\lambda = \frac{m}{d} \kappa (1 - \mathrm{df}_1/n)(1 - \mathrm{df}_1/m)$.",
        (),
        tuple(
            exact(f"the cross term of ${latex(name)}$", trace.value, crosses[name][1], trace.reduced)
            for name, trace in traces.items()
        ),
    )


def against_width(path: Path) -> None:
    """zeta of ensembles against the width, theory and brute force."""
    widths, drawn = np.unique(np.geomspace(10, 600, 60).astype(int)), (20, 50, 80, 100, 130, 200, 400)
    lines, (mean, error) = theory(widths), brute_force(drawn, draws=12)
    with picture(path, "width m of each model", r"$\zeta$") as axes:
        for column, (k, colour) in enumerate(zip(MEMBERS, COLOURS, strict=False)):
            label = "one model" if k == 1 else f"ensemble of {k}"
            axes.plot(widths, lines[:, column], color=colour, label=label)
            axes.errorbar(
                drawn,
                mean[:, column],
                4 * error[:, column],
                color=colour,
                fmt="o",
                markersize=4,
                capsize=2,
            )
        axes.axvline(SAMPLES, color="0.4", linestyle=":", label="m = n")


ENSEMBLE = Derivation("ensemble", "A model of one's own: ensembles", STATEMENT, steps)
