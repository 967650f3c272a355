"""Theorem 1: the test error of the classical linear model on real and synthetic data."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import sympy as sp

from derivations.engine.precise import PreciseTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import tr
from derivations.groundwork.curves import power_law, value
from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.latex import latex, latex_system, latex_trace
from derivations.groundwork.pencil_steps import equations_step, pencil_step
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import (
    DELTA,
    GAMMA,
    M1,
    M2,
    SIGMA,
    Delta,
    M,
    R,
    Sigma,
    classical_points,
    df2,
    kappa,
    lam,
    n,
    noise,
    p1,
    p2,
    resolvent,
)
from derivations.steps import Derivation, Step
from derivations.verify import digits, exact
from workbench.style import COLOURS

STATEMENT = r"""Ridge regression on $n$ samples, a fraction $p_2$ of them labelled by another function $w_2 = w_1 + \delta$,
has the excess test error $B + V + \zeta$. With $\kappa$ the effective ridge, $R = (\Sigma + \kappa)^{-1}$ and
$u = \mathrm{df}_2 / n = \operatorname{tr}[\Sigma^2 R^2] / n$,

$$\begin{aligned}
B &= \frac{\kappa^2 \operatorname{tr}[\Gamma \Sigma R^2]}{1 - u}, \qquad V = \frac{\sigma^2 u}{1 - u}, \\
\zeta &= \frac{p_2^2 (1 - p_2 u) \operatorname{tr}[\Delta \Sigma^3 R^2]
+ p_2 u \operatorname{tr}[\Delta \Sigma (p_1 \Sigma + \kappa)^2 R^2]}{1 - u}.
\end{aligned}$$"""


def expressions() -> dict[str, sp.MatrixExpr]:
    """The matrices whose traces are the three parts of the error.

    The estimator is w_hat = Q (M_1 w_1 + M_2 (w_1 + delta) + X^T eps / n) with Q = (M + lambda)^-1, so
    w_hat - w_1 = -lambda Q w_1 + Q M_2 delta + Q X^T eps / n.
    """
    Q = resolvent(M)
    return {
        "B": lam**2 * GAMMA * Q * SIGMA * Q,
        "V_1": noise / n * M1 * Q * SIGMA * Q,
        "V_2": noise / n * M2 * Q * SIGMA * Q,
        "zeta": DELTA * M2 * Q * SIGMA * Q * M2,
    }


CLAIMED = {
    "B": THEOREM_1.bias,
    "V_1": p1 * THEOREM_1.variance,
    "V_2": p2 * THEOREM_1.variance,
    "zeta": THEOREM_1.zeta,
}


def steps() -> Iterator[Step]:
    """From products of random matrices to B, V and zeta."""
    matrices = expressions()
    listed = r" \\ ".join(f"{latex(name)} &= {latex_trace(e)}" for name, e in matrices.items())
    yield Step(
        r"**The error as traces.** With $Q = (M + \lambda)^{-1}$ the estimator is off by "
        r"$\hat w - w_1 = -\lambda Q w_1 + Q M_2 \delta + \frac1n Q X^\top \varepsilon$. Averaging over $w_1$, $\delta$ "
        r"and $\varepsilon$ (source by source, $V = V_1 + V_2$) leaves four traces.",
        (rf"\begin{{aligned}} {listed} \end{{aligned}}",),
    )
    yield pencil_step(r"$\zeta$", matrices["zeta"])
    traces = {name: SymbolicTrace(e, lam) for name, e in matrices.items()}
    yield equations_step(r"$\zeta$", traces["zeta"])
    checks = []
    for name, trace in traces.items():
        checks += [
            exact(rf"${latex(name)}$ of Theorem 1", trace.value, CLAIMED[name], trace.reduced),
            digits(
                rf"${latex(name)}$ from the raw equations",
                PreciseTrace(matrices[name]),
                CLAIMED[name],
                classical_points(),
            ),
        ]
    yield Step(
        r"**The closed forms.** The linear layer is solved in the field of fractions whose generators are the parameters, "
        r"$\kappa$ and the traces. What it returns for $B$, for instance, is below; there, in normal form, its difference "
        r"to the statement is zero, and so are those of $V_1$, $V_2$ and $\zeta$. As a second check the raw equations, "
        "before any elimination, are solved to 50 digits. ($\\Gamma$ and $\\Delta$ stand once in each trace, beside functions of "
        r"$\Sigma$ alone, so they need not commute with it.)",
        (latex_system([(sp.Symbol("B"), sp.factor(traces["B"].value))]),),
        tuple(checks),
    )
    paper = df2 / n / (1 - df2 / n)
    same = THEOREM_1.zeta
    yield Step(
        r"**In the paper's notation** $u' = u / (1 - u)$; the same $\zeta$, and $V = \sigma^2 u'$.",
        (),
        (exact(r"$\zeta$ with $u'$", same, zeta_in_u_prime(paper), traces["zeta"].reduced),),
    )
    yield Step(
        r"**What it says.** Bias and variance fall with $n$; $\zeta$ does not. Here $d = 100$, eigenvalues "
        r"$\propto j^{-1.2}$ of mean 1, $\lambda = 10^{-3}$, $p_2 = 10\%$, $c^2 = 0.5$: the plateau is $p_2^2 c^2$.",
        picture=against_samples,
    )


def zeta_in_u_prime(u):
    """zeta as the paper writes it."""
    cross = tr(Delta * Sigma * (p1 * Sigma + kappa) ** 2 * R**2)
    return p2**2 * (1 + p1 * u) * tr(Delta * Sigma**3 * R**2) + p2 * u * cross


def against_samples(path: Path) -> None:
    """B, V and zeta against n."""
    quality, fraction = 0.5, 0.1
    spectra = power_law(100, 1.2, quality)
    settings = {"ridge": 1e-3, "p_2": fraction, "noise": 0.1}
    samples = np.geomspace(10, 1e5, 161)
    with picture(path, "samples n", "excess test error") as axes:
        for (name, formula), colour in zip(THEOREM_1.named(), COLOURS, strict=False):
            curve = [value(formula, *spectra, n=count, **settings) for count in samples]
            axes.plot(samples, curve, color=colour, label={"zeta": r"$\zeta$"}.get(name, f"${name}$"))
        axes.axhline(fraction**2 * quality, color="0.4", linestyle=":", label=r"$p_2^2 c^2$")


THEOREM_1_DERIVATION = Derivation("theorem-1", "Theorem 1: the classical linear model", STATEMENT, steps)
