"""The physical branch of kappa: lambda as a function of it, its slope, its limits."""

import mpmath as mp
import sympy as sp

from derivations.engine.eliminate import substitute
from derivations.engine.points import evaluate
from derivations.engine.traces import Algebra, tr
from derivations.groundwork.formulas import ErrorParts
from derivations.groundwork.setting import (
    ALGEBRA,
    Delta,
    Gamma,
    R,
    Sigma,
    d,
    df1,
    df2,
    kappa,
    m,
    n,
    point,
)
from derivations.steps import Check
from derivations.verify import tends

CLASSICAL = kappa * (1 - df1 / n)  # lambda as a function of kappa
PROJECTED = m / d * kappa * (1 - df1 / n) * (1 - df1 / m)

DF1, DF2 = sp.symbols(r"\mathrm{df}_1 \mathrm{df}_2", positive=True)


def total(parts: ErrorParts) -> sp.Expr:
    """B + V + zeta."""
    return parts.bias + parts.variance + parts.zeta


def latex(formula: sp.Expr) -> str:
    """LaTeX with df1 and df2 by name."""
    return sp.latex(formula.xreplace({df1: DF1, df2: DF2}))


def d_kappa(formula: sp.Expr) -> sp.Expr:
    """The derivative with respect to kappa, that of R = (Sigma + kappa)^-1 included."""
    names = {trace: sp.Dummy() for trace in sorted(formula.atoms(tr), key=sp.default_sort_key)}
    outer = formula.xreplace(names)
    result = sp.diff(outer, kappa)
    for trace, name in names.items():
        (inside,) = trace.args
        inner = sp.diff(inside, kappa) - R**2 * sp.diff(inside, R)
        result += sp.diff(outer, name) * tr(sp.expand(inner))
    return result.xreplace({name: trace for trace, name in names.items()})


def atomic(formula: sp.Expr) -> sp.Expr:
    """Reduced, in df1, df2 and the traces with Gamma and Delta, which are taken to be independent."""
    return substitute(ALGEBRA.normal_form(formula.xreplace({df1: DF1, df2: DF2})), {})


def without_shift(formula: sp.Expr) -> sp.Expr:
    """Reduced, at kappa = 0, where R = 1 / Sigma."""
    inverse = sp.Symbol("inverse", positive=True)
    plain = Algebra((Delta, Gamma, Sigma), ((inverse, Sigma),), d)
    return substitute(plain.normal_form(formula.subs({R: inverse, kappa: 0})), {}).subs(
        inverse, 1 / Sigma
    )


def along(claim: str, quantity: sp.Expr, limit: mp.mpf, sizes: tuple[int, ...], order: float) -> Check:
    """The quantity tends to its limit as lambda falls, at n and m = sizes."""
    ridges = (2.0**-30, 2.0**-40)
    samples, *width = sizes

    def at(ridge):
        return evaluate(quantity, point(samples, width[0] if width else None, ridge))

    return tends(claim, at, limit, ridges, order)
