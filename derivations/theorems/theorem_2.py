"""Theorem 2: the test error under random projections, the model of model size."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import sympy as sp

from derivations.engine.eliminate import substitute
from derivations.engine.precise import PreciseTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.engine.traces import tr
from derivations.groundwork.curves import power_law, value
from derivations.groundwork.formulas import THEOREM_2, ErrorParts, U
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
    Gamma,
    I,
    M,
    R,
    S,
    Sigma,
    d,
    df1,
    kappa,
    lam,
    m,
    n,
    noise,
    p1,
    p2,
    projected,
    projected_points,
)
from derivations.steps import Derivation, Step
from derivations.verify import digits, exact
from workbench.style import COLOURS

STATEMENT = r"""The same with features $S^\top x$, $S$ of size $d \times m$ with iid $N(0, 1/d)$ entries. With
$\psi = m/n$, $\gamma = m/d$, $K_0 = e \Sigma$, $K = \gamma \tau K_0 + \lambda$, $L' = (1 + u) \Sigma$ and
$\overline{\operatorname{tr}} = \operatorname{tr} / d$, the constants solve

$$\begin{aligned}
e &= \frac{1}{1 + \psi \tau\, \overline{\operatorname{tr}}[\Sigma K^{-1}]}, &
\tau &= \frac{1}{1 + \overline{\operatorname{tr}}[K_0 K^{-1}]}, \\
u &= \psi e^2\, \overline{\operatorname{tr}}[\Sigma (\gamma \tau^2 L' + \omega I) K^{-2}], &
\omega &= \tau^2\, \overline{\operatorname{tr}}[(\gamma \omega K_0^2 + \lambda^2 L') K^{-2}].
\end{aligned}$$

The error is $B + V + \zeta$, with $s = \omega / (\gamma \tau^2 (1 + u))$:

$$\begin{aligned}
B &= \operatorname{tr}[\Gamma (\gamma \omega K_0^2 + \lambda^2 L') K^{-2}], \qquad V = \sigma^2 u, \\
\zeta &= (1 + p_1 u)\, \gamma^2 \tau^2 p_2^2 e^2 \operatorname{tr}[\Delta \Sigma^2 (\Sigma + s) K^{-2}] \\
&\quad + p_2 u \operatorname{tr}[\Delta \Sigma \left((p_1 \gamma \tau K_0 + \lambda)^2
+ p_2^2 \gamma^2 \tau^2 e^2 s \Sigma\right) K^{-2}].
\end{aligned}$$

All of it collapses to one equation, $\lambda = \gamma \kappa (1 - \mathrm{df}_1/n)(1 - \mathrm{df}_1/m)$, and an explicit
form: with $\rho = \kappa (\mathrm{df}_1 - \mathrm{df}_2) / (m - \mathrm{df}_2)$ and
$n U = \mathrm{df}_2 + (\mathrm{df}_1 - \mathrm{df}_2)^2 / (m - \mathrm{df}_2)$,

$$\begin{aligned}
B &= \frac{\operatorname{tr}[\Gamma \Sigma (\kappa^2 + \rho \Sigma) R^2]}{1 - U}, \qquad V = \frac{\sigma^2 U}{1 - U}, \\
\zeta &= \frac{p_2^2 (1 - p_2 U) \operatorname{tr}[\Delta \Sigma^2 (\Sigma + \rho) R^2]
+ p_2 U \operatorname{tr}[\Delta \Sigma ((p_1 \Sigma + \kappa)^2 + p_2^2 \rho \Sigma) R^2]}{1 - U}.
\end{aligned}$$"""

e, tau, u, omega = sp.symbols("e tau u omega")
gamma, psi = m / d, m / n


def expressions() -> dict[str, sp.MatrixExpr]:
    """The matrices whose traces are the parts of the error; w_hat = G (M_1 w_1 + M_2 w_2 + X^T eps / n)."""
    G = projected(S, M)
    return {
        "B": GAMMA * (M * G - I) * SIGMA * (G * M - I),
        "V_1": noise / n * M1 * G * SIGMA * G,
        "V_2": noise / n * M2 * G * SIGMA * G,
        "zeta": DELTA * M2 * G * SIGMA * G * M2,
    }


def shares(error: ErrorParts) -> dict[str, sp.Expr]:
    """The formula of each of the `expressions`."""
    return {"B": error.bias, "V_1": p1 * error.variance, "V_2": p2 * error.variance, "zeta": error.zeta}


def in_constants(e, tau, u, omega, ridge) -> ErrorParts:
    """B, V and zeta in the paper's constants; K = gamma tau e / R."""
    K0, L, invK2 = e * Sigma, (1 + u) * Sigma, (R / (gamma * tau * e)) ** 2
    s = omega / (gamma * tau**2 * (1 + u))
    pull = gamma**2 * tau**2 * p2**2 * e**2 * tr(Delta * Sigma**2 * (Sigma + s) * invK2)
    square = (p1 * gamma * tau * K0 + ridge) ** 2 + p2**2 * gamma**2 * tau**2 * e**2 * s * Sigma
    return ErrorParts(
        bias=tr(Gamma * (gamma * omega * K0**2 + ridge**2 * L) * invK2),
        variance=noise * u,
        zeta=(1 + p1 * u) * pull + p2 * u * tr(Delta * Sigma * square * invK2),
    )


def steps() -> Iterator[Step]:
    """The fixed point, the linear system, the error in their constants, the explicit form."""
    matrices = expressions()
    listed = latex_system([(sp.Symbol(name), sp.Symbol(latex_trace(f))) for name, f in matrices.items()])
    yield Step(
        r"**The error as traces.** With $G = S (S^\top M S + \lambda)^{-1} S^\top$ the estimator is "
        r"$\hat w = G (M w_1 + M_2 \delta + \frac1n X^\top \varepsilon)$.",
        (listed,),
    )
    yield pencil_step(r"$\zeta$", matrices["zeta"])
    traces = {name: SymbolicTrace(f, lam) for name, f in matrices.items()}
    trace = traces["zeta"]
    yield equations_step(r"$\zeta$", trace)

    solution = trace.solution
    ridge = solution[lam]
    e_, tau_ = (
        solution[trace.entries["X_1"]],
        substitute(-lam * solution[trace.entries["S"]], {lam: ridge}),
    )
    K_inverse = R / (gamma * tau_ * e_)
    yield Step(
        r"**The constants $e$ and $\tau$** of the paper are entries of $G = E[L^{-1}]$: $e$ stands beside $X_1$ (and "
        r"$X_2$), $-\tau / \lambda$ beside $S$. They satisfy the paper's two equations, and together with the shift of "
        r"the resolvent, $\kappa = \lambda / (\gamma \tau e)$, they are",
        (
            r"e = 1 - \frac{\mathrm{df}_1}{n}, \qquad \tau = 1 - \frac{\mathrm{df}_1}{m}, \qquad "
            r"\lambda = \gamma \kappa \left(1 - \frac{\mathrm{df}_1}{n}\right)\left(1 - \frac{\mathrm{df}_1}{m}\right)",
        ),
        (
            exact(r"$e = 1 - \mathrm{df}_1 / n$", e_, 1 - df1 / n, trace.reduced),
            exact(r"$\tau = 1 - \mathrm{df}_1 / m$", tau_, 1 - df1 / m, trace.reduced),
            exact(
                r"$\lambda = \gamma \kappa e \tau$",
                ridge,
                gamma * kappa * (1 - df1 / n) * (1 - df1 / m),
                trace.reduced,
            ),
            exact(
                "the equation of $e$",
                e_ * (1 + psi * tau_ * tr(Sigma * K_inverse) / d),
                1,
                trace.reduced,
            ),
            exact(
                r"the equation of $\tau$", tau_ * (1 + e_ * tr(Sigma * K_inverse) / d), 1, trace.reduced
            ),
        ),
    )

    second = {
        unknown.gaussian.name: symbol
        for symbol, unknown in trace.unknowns.items()
        if trace.fixed_point.layer(unknown)[0] == 1 and not unknown.forward
    }
    u_, omega_ = -solution[second["X_1"]], substitute(-(tau_**2) * solution[second["S"]], {})
    K0, L = e_ * Sigma, (1 + u_) * Sigma
    right_u = psi * e_**2 / d * tr(Sigma * (gamma * tau_**2 * L + omega_) * K_inverse**2)
    right_omega = tau_**2 / d * tr((gamma * omega_ * K0**2 + ridge**2 * L) * K_inverse**2)
    yield Step(
        r"**The constants $u$ and $\omega$** are two of the unknowns of the linear layer, "
        rf"$u = -{sp.latex(second['X_1'])}$ and $\omega = -\tau^2 {sp.latex(second['S'])}$; the other unknowns are "
        r"multiples of these. They satisfy the paper's linear system, and $u = U / (1 - U)$.",
        (),
        (
            exact("the equation of $u$", u_, right_u, trace.reduced),
            exact(r"the equation of $\omega$", omega_, right_omega, trace.reduced),
            exact("$u = U / (1 - U)$", u_, U / (1 - U), trace.reduced),
        ),
    )

    constants, explicit = shares(in_constants(e_, tau_, u_, omega_, ridge)), shares(THEOREM_2)
    checks = []
    for name, matrix in matrices.items():
        here = traces[name]
        checks += [
            exact(f"${latex(name)}$ in the constants", here.value, constants[name], here.reduced),
            exact(f"${latex(name)}$ in explicit form", here.value, explicit[name], here.reduced),
            digits(
                f"${latex(name)}$ from the raw equations",
                PreciseTrace(matrix),
                explicit[name],
                projected_points(),
            ),
        ]
    yield Step(
        r"**The error, in the constants and explicitly.** Each part of the error is the value of its pencil, exactly; so is "
        r"what the raw equations give at every order of $n$, $m$ and $d$, where $\lambda$ is given and $\kappa$ solved for.",
        checks=tuple(checks),
    )
    yield Step(
        r"**What it says.** $\zeta$ against the width, for $d = 100$, eigenvalues $\propto j^{-1.2}$ of mean 1, "
        r"$\lambda = 10^{-4}$, $p_2 = 10\%$ and $c^2 = 0.5$: with fewer samples than features larger models amplify the "
        r"collapse up to the interpolation threshold $m = n$ (dotted), a double descent of $\zeta$ itself; beyond it they "
        r"mitigate. With more, $\zeta$ rises up to $m = d$ and stays. No width removes it.",
        picture=against_width,
    )


def against_width(path: Path) -> None:
    """zeta against m for several n."""
    quality, fraction = 0.5, 0.1
    spectra = power_law(100, 1.2, quality)
    settings = {"ridge": 1e-4, "p_2": fraction, "noise": 0.1}
    with picture(path, "width m", r"$\zeta$") as axes:
        for samples, colour in zip((30, 60, 300, 3000), COLOURS, strict=False):
            widths = np.geomspace(5, 3000, 241)
            curve = [value(THEOREM_2.zeta, *spectra, n=samples, m=w, **settings) for w in widths]
            axes.plot(widths, curve, color=colour, label=f"n = {samples}")
            axes.axvline(samples, color=colour, linestyle=":", linewidth=0.8)
        axes.axhline(fraction**2 * quality, color="0.4", linestyle="--", label=r"$p_2^2 c^2$")


THEOREM_2_DERIVATION = Derivation("theorem-2", "Theorem 2: random projections", STATEMENT, steps)
