"""The physical branch of kappa: lambda as a function of it, its slope, points with any ridge or none."""

import mpmath as mp
import sympy as sp

from derivations.engine.eliminate import substitute
from derivations.engine.points import WORKING, Point, evaluate, precise
from derivations.engine.traces import Algebra, tr
from derivations.groundwork.formulas import ErrorParts
from derivations.groundwork.setting import (
    ALGEBRA,
    SHIFT,
    SIGNAL,
    SPECTRUM,
    Delta,
    Gamma,
    R,
    Sigma,
    d,
    df1,
    df2,
    kappa,
    lam,
    m,
    n,
    noise,
    p2,
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


def sized_point(samples: int, width: int | None = None, ridge: float = 0) -> Point:
    """A point at d = 6, of the classical model (no width) or of projections; kappa from lambda.

    ridge = 0 is the limit: kappa is where the physical branch, on which df1 < min(n, m), begins.
    """
    with mp.workdps(WORKING):
        eigenvalues = [precise(s) for s in SPECTRUM]
        size = len(eigenvalues)
        most = samples if width is None else min(samples, width)

        def freedom(k):
            return mp.fsum(s / (s + k) for s in eigenvalues)

        def ridge_of(k):
            factor = k * (1 - freedom(k) / samples)
            return factor if width is None else factor * (width - freedom(k)) / size

        def root(function, low, high):
            # On a logarithmic scale, because the ridge may be as small as 1e-20.
            ends = (mp.log(low), mp.log(high))
            return mp.exp(
                mp.findroot(lambda t: function(mp.exp(t)), ends, solver="bisect", maxsteps=400)
            )

        shift = root(lambda k: freedom(k) - most, "1e-3", 1000) if most < size else mp.mpf(0)
        if ridge:
            # lambda <= kappa, times m / d with projections.
            low = max(shift, ridge * (1 if width is None else mp.mpf(size) / width))
            shift = root(lambda k: (ridge_of(k) - ridge) / (ridge_of(k) + ridge), low, 1000)
        resolvents = [1 / (s + shift) for s in eigenvalues]
    numbers = {d: size, n: samples, lam: ridge, kappa: shift, p2: sp.Rational(1, 5)}
    numbers |= {noise: sp.Rational(1, 3)} | ({} if width is None else {m: width})
    sizes = f"n = {samples}" if width is None else f"n = {samples}, m = {width}"
    spectra = {Sigma: SPECTRUM, Gamma: SIGNAL, Delta: SHIFT, R: resolvents}
    return Point(f"{sizes}, d = {size}", numbers, spectra)


def along(claim: str, quantity: sp.Expr, limit: mp.mpf, sizes: tuple[int, ...], order: float) -> Check:
    """The quantity tends to its limit as lambda falls, at n and m = sizes."""
    ridges = (2.0**-30, 2.0**-40)

    samples, *width = sizes

    def at(ridge):
        return evaluate(quantity, sized_point(samples, width[0] if width else None, ridge))

    return tends(claim, at, limit, ridges, order)
