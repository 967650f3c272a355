"""The effective ridge of the classical model."""

from collections.abc import Iterator

import sympy as sp

from derivations.engine.precise import PreciseTrace
from derivations.engine.symbolic import SymbolicTrace
from derivations.groundwork.pencil_steps import equations_step, pencil_step
from derivations.groundwork.setting import (
    SIGMA,
    M,
    R,
    Sigma,
    classical_points,
    df1,
    df2,
    kappa,
    lam,
    n,
    resolvent,
)
from derivations.steps import Derivation, Step
from derivations.verify import digits, exact

STATEMENT = r"""In the classical linear model ($z = x$) the sample covariance $M = \frac{1}{n} \sum_k X_k^\top X_k$
acts through its resolvent as the deterministic $\Sigma$ does with another, larger ridge $\kappa \geq \lambda$:
$\lambda (M + \lambda)^{-1} \simeq \kappa (\Sigma + \kappa)^{-1}$, where

$$\kappa - \lambda = \frac{\kappa}{n} \operatorname{tr}\left[\Sigma (\Sigma + \kappa)^{-1}\right].$$"""


def steps() -> Iterator[Step]:
    """kappa's equation, from the resolvent of the sample covariance."""
    expression = SIGMA * resolvent(M)
    yield pencil_step(r"$\Sigma (M + \lambda)^{-1}$", expression)

    trace = SymbolicTrace(expression, lam)
    yield equations_step("this trace", trace)

    ridge = trace.solution[lam]
    claims = (
        exact(r"the equation of $\kappa$", ridge, kappa - kappa * df1 / n, trace.reduced),
        exact(
            r"$\lambda \operatorname{tr}[\Sigma (M + \lambda)^{-1}] = \kappa\, \mathrm{df}_1$",
            lam * trace.value,
            kappa * df1,
            trace.reduced,
        ),
        digits(
            "the raw equations give the same trace",
            PreciseTrace(expression),
            kappa * df1 / lam,
            classical_points(),
        ),
    )
    yield Step(
        r"**Elimination.** One nonlinear equation survives. With $\mathrm{df}_k = \operatorname{tr}[(\Sigma R)^k]$, "
        r"$R = (\Sigma + \kappa)^{-1}$, it is the equation of $\kappa$; and the trace that we set out from is "
        r"$\kappa\, \mathrm{df}_1 / \lambda$.",
        (r"\lambda = \kappa \left(1 - \frac{\mathrm{df}_1}{n}\right)",),
        claims,
    )

    slope = sp.diff((kappa - kappa * df1 / n).subs(R, 1 / (Sigma + kappa)), kappa)
    yield Step(
        r"**One root.** As a function of $\kappa$ the right side has slope $1 - \mathrm{df}_2 / n$, which is positive "
        r"wherever $\lambda > 0$ (there $\mathrm{df}_2 < \mathrm{df}_1 < n$): $\kappa$ grows with $\lambda$ and "
        r"is unique.",
        (r"\frac{\mathrm{d}\lambda}{\mathrm{d}\kappa} = 1 - \frac{\mathrm{df}_2}{n}",),
        (exact(r"the slope of $\lambda(\kappa)$", slope, 1 - df2 / n, trace.reduced),),
    )


KAPPA = Derivation("kappa", "The effective ridge", STATEMENT, steps)
