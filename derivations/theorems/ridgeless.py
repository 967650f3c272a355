"""Without a ridge: which effective ridge remains, what the error tends to, and how it diverges."""

from collections.abc import Iterator
from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.points import WORKING, evaluate, precise
from derivations.engine.traces import tr
from derivations.groundwork.branch import (
    CLASSICAL,
    PROJECTED,
    along,
    atomic,
    d_kappa,
    latex,
    total,
    without_shift,
)
from derivations.groundwork.curves import value
from derivations.groundwork.formulas import THEOREM_1, THEOREM_2, ErrorParts, U
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import (
    ALGEBRA,
    SPECTRUM,
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
    noise,
    p1,
    p2,
    point,
)
from derivations.steps import Derivation, Step
from derivations.theorems.ridgeless_peaks import corners, thresholds
from derivations.verify import digits, exact
from workbench.style import COLOURS, FRACTIONS

NAMES = {"B": "B", "V": "V", "zeta": r"\zeta"}

# Claimed: the residue at m = n, over min(n, m), and the errors with infinitely many samples, m < d.
RESIDUE = ErrorParts(
    kappa * tr(Gamma * Sigma * R), noise, p2 * tr(Delta * Sigma * (p1 * Sigma + kappa) * R)
)
NARROW = ErrorParts(kappa * tr(Gamma * Sigma * R), sp.S.Zero, p2**2 * tr(Delta * Sigma**2 * R))
WIDE = ErrorParts(*(formula.xreplace({df1: n}) for _, formula in THEOREM_1.named()))


def steps() -> Iterator[Step]:
    """lambda as a function of kappa; the phases; the limits in each; the thresholds."""
    yield _slope()
    yield _branch()
    yield _classical()
    yield _projections(
        n,
        WIDE,
        r"**More parameters than samples**, $n < \min(m, d)$. Put $\mathrm{df}_1 = n$ into Theorem 2. "
        "As a function of the width each part is then a constant plus a pole at $m = n$. SymPy finds "
        r"the constant, as the limit $m \to \infty$: it is Theorem 1. It also finds the residue, and "
        "that is positive: beyond the threshold a larger model is better, but never better than $m = "
        r"\infty$.",
    )
    yield _projections(
        m,
        NARROW,
        r"**More samples than parameters**, $m < \min(n, d)$. Now $\mathrm{df}_1 = m$, hence $\rho = "
        r"\kappa$ and $U = m/n$. As functions of $n$ the parts have *the same residues* at the same "
        "pole: double descent is symmetric in $n$ and $m$. The constants are the errors with "
        r"infinitely many samples; that of $\zeta$, $p_2^2 \operatorname{tr}[\Delta\Sigma^2 R]$, is "
        "the floor of this model size.",
    )
    yield _fewest_features()
    yield thresholds()
    yield corners()


def _slope():
    projected = m / d * (1 - df2 / m) * (1 - U)
    points = [point(*sizes, 2.0**-5) for sizes in ((3, 5), (8, 5), (8, 20))]
    return Step(
        r"The equation of $\kappa$ is explicit the other way round: it gives $\lambda$ as a function "
        r"of $\kappa$. Differentiate it, $R = (\Sigma+\kappa)^{-1}$ included. The slope is the very "
        "denominator of the error, for projections up to a positive factor: **the error diverges "
        r"where $\lambda$ no longer responds to $\kappa$.**",
        (
            rf"\lambda = {latex(CLASSICAL)} \quad\Rightarrow\quad "
            rf"\frac{{d\lambda}}{{d\kappa}} = {latex(1 - df2 / n)} = 1 - u",
            rf"\lambda = {latex(PROJECTED)} \quad\Rightarrow\quad "
            r"\frac{d\lambda}{d\kappa} = \frac{m}{d} \left(1 - \frac{\mathrm{df}_2}{m}\right) (1 - U)",
        ),
        (
            exact(
                "the slope of the classical model", d_kappa(CLASSICAL), 1 - df2 / n, ALGEBRA.normal_form
            ),
            exact("the slope with projections", d_kappa(PROJECTED), projected, ALGEBRA.normal_form),
            digits("the slope by numerical differentiation", _numerical_slope, projected, points),
        ),
    )


def _numerical_slope(point):
    samples, width = point.numbers[n], point.numbers[m]
    with mp.workdps(WORKING):
        eigenvalues = [precise(s) for s in SPECTRUM]

        def ridge(k):
            freedom = mp.fsum(s / (s + k) for s in eigenvalues)
            return k * (1 - freedom / samples) * (width - freedom) / len(SPECTRUM)

        return mp.diff(ridge, point.numbers[kappa])


def _branch():
    a, b = df1 / n, df1 / m
    positive = m / d * ((1 - a) * (1 - b) + (df1 - df2) * ((1 - b) / n + (1 - a) / m))
    falls = -tr(Sigma * R**2)
    ends = (
        ((3, 11), df1, 3, r"\mathrm{df}_1 \to n"),
        ((11, 3), df1, 3, r"\mathrm{df}_1 \to m"),
        ((11, 8), kappa, 0, r"\kappa \to 0"),
    )
    return Step(
        r"The degrees of freedom $\mathrm{df}_1$ fall from $d$ at $\kappa = 0$ to 0 at infinity. On "
        r"the physical branch, $\mathrm{df}_1 < \min(n, m)$, every term of the slope below is "
        r"positive: $\kappa$ rises with $\lambda$, and $\lambda \to 0^+$ leads to the end of the "
        "branch. Hence three phases, told apart by the smallest of the three sizes.",
        (
            r"\frac{d\lambda}{d\kappa} = \frac{m}{d} \left[ \left(1 - \frac{\mathrm{df}_1}{n}\right) "
            r"\left(1 - \frac{\mathrm{df}_1}{m}\right) + (\mathrm{df}_1 - \mathrm{df}_2) \left( "
            r"\frac{1 - \mathrm{df}_1/m}{n} + \frac{1 - \mathrm{df}_1/n}{m} \right) \right] > 0",
            r"\begin{aligned} n < \min(m, d)&: \quad \mathrm{df}_1 \to n \\ m < \min(n, d)&: \quad "
            r"\mathrm{df}_1 \to m \\ d < \min(n, m)&: \quad \kappa \to 0 \end{aligned}",
        ),
        (
            exact(r"$\mathrm{df}_1$ falls with $\kappa$", d_kappa(df1), falls, ALGEBRA.normal_form),
            exact("the slope in positive terms", d_kappa(PROJECTED), positive, ALGEBRA.normal_form),
            *(
                along(f"${name}$ at n, m = {sizes}, d = 6", quantity, limit, sizes, 1)
                for sizes, quantity, limit, name in ends
            ),
        ),
    )


def _classical():
    many = [without_shift(formula) for _, formula in THEOREM_1.named()]
    ratio = d / (n - d)
    stated = (sp.S.Zero, noise * ratio, (p2**2 + p1 * p2 * ratio) * tr(Delta * Sigma))
    return Step(
        r"**Classical model.** With few samples $\mathrm{df}_1 = n$ fixes $\kappa$, and Theorem 1 "
        r"stays as it is. With many, $R = \Sigma^{-1}$: the bias is gone, and *for every* $\Sigma$ the "
        "error is that of Corollary 1. Off the threshold the limit is approached at the rate "
        r"$\lambda$.",
        (
            rf"n < d:\quad V \to {latex(atomic(WIDE.variance))}",
            rf"d < n:\quad B \to 0, \quad V \to {latex(many[1])}, \quad \zeta \to {latex(stated[2])}",
        ),
        (
            exact("$V$ with $n < d$", WIDE.variance, noise * df2 / (n - df2)),
            *(
                exact(f"${symbol}$ with $d < n$", limit, claim)
                for symbol, limit, claim in zip(NAMES.values(), many, stated, strict=True)
            ),
            _converges("the error with $n < d$", THEOREM_1, (3, None)),
            _converges("the error with $d < n$", THEOREM_1, (11, None)),
        ),
    )


def _projections(smallest, other, text):
    """Theorem 2 where df1 = smallest; `other` holds its limits as the other size grows."""
    larger = m if smallest == n else n
    points = [point(2, 4), point(3, 11)] if smallest == n else [point(4, 2), point(11, 3)]
    where = f"${smallest}$ smallest"
    equations, checks = [], []
    for (name, full), (_, constant), (_, residue) in zip(
        THEOREM_2.named(), other.named(), RESIDUE.named(), strict=True
    ):
        formula = atomic(full.xreplace({df1: smallest}))
        limit = sp.limit(formula, larger, sp.oo)
        pole = sp.cancel(formula * (larger - smallest)).subs(larger, smallest)
        whole = constant + smallest / (larger - smallest) * residue
        symbol = f"${NAMES[name]}$"
        checks += [
            exact(f"{symbol} as ${larger}$ grows, {where}", limit, atomic(constant)),
            exact(f"the residue of {symbol}, {where}", pole, smallest * atomic(residue)),
            exact(
                f"{symbol} is a constant plus a pole, {where}",
                formula,
                limit + pole / (larger - smallest),
            ),
            digits(f"{symbol} is Theorem 2 at the end of the branch, {where}", full, whole, points),
        ]
        head = rf"{NAMES[name]}_{{m=\infty}}" if smallest == n else latex(constant)
        equations.append(
            rf"{NAMES[name]} = {head} + \frac{{{smallest}}}{{{larger} - {smallest}}} \, {latex(residue)}"
        )
    checks.append(
        _converges(f"the error with {where}", THEOREM_2, (3, 11) if smallest == n else (11, 3))
    )
    return Step(text, tuple(equations), tuple(checks), _draw if smallest == m else None)


def _fewest_features():
    limits = [without_shift(formula) for _, formula in THEOREM_2.named()]
    classical = [without_shift(formula) for _, formula in THEOREM_1.named()]
    points = [point(20, 9), point(9, 20)]
    symbols = NAMES.values()
    return Step(
        r"**Fewest features**, $d < \min(n, m)$. As $\kappa \to 0$ also $\rho \to 0$ and $U \to d/n$. "
        "A projection to more than $d$ dimensions loses nothing: the classical limit returns, "
        "whatever the width.",
        tuple(
            rf"{symbol} \to {latex(formula)}" for symbol, formula in zip(symbols, limits, strict=True)
        ),
        (
            *(
                exact(f"${symbol}$ does not depend on $m > d$", f, g)
                for symbol, f, g in zip(symbols, limits, classical, strict=True)
            ),
            *(
                digits(rf"${symbol}$ is Theorem 2 at $\kappa = 0$", full, f, points)
                for symbol, (_, full), f in zip(symbols, THEOREM_2.named(), limits, strict=True)
            ),
            _converges("the error with $d$ smallest", THEOREM_2, (11, 8)),
        ),
    )


def _converges(what, theorem, sizes):
    limit = evaluate(total(theorem), point(*sizes))
    return along(f"{what} tends to its limit", total(theorem), limit, sizes, 1)


def _draw(path: Path) -> None:
    samples, size = 100, 400
    spectrum = 1 / np.arange(1, size + 1)
    difference = np.full(size, 1 / spectrum.sum())  # c^2 = 1

    def at(width, fraction):
        numbers = {"n": samples, "m": width, "ridge": 1e-12 * width, "p_2": fraction}  # all but none
        return value(THEOREM_2.zeta, spectrum, difference, difference, **numbers)

    near = samples * (1 + np.geomspace(1e-3, 1, 60) * np.array([[-1], [1]]))
    widths = np.unique(np.concatenate([np.geomspace(5, 1e5, 150), near[near > 1]]))
    labels = (f"model size $m$ ($n = {samples}$, $d = {size}$)", r"$\zeta$ (units of $c^2$)")
    with picture(path, *labels) as axes:
        for fraction in (0.5, 0.1, 0.01):
            colour, heights = COLOURS[FRACTIONS.index(fraction)], [at(w, fraction) for w in widths]
            axes.plot(widths, heights, color=colour, label=f"$p_2$ = {fraction:.0%}")
            axes.axhline(at(1e12, fraction), color=colour, linestyle=":", linewidth=1)
        axes.plot([], [], color="grey", linestyle=":", label=r"$m = \infty$")
        axes.axvline(samples, color="grey", linewidth=0.8)


RIDGELESS = Derivation(
    "ridgeless",
    "Without a ridge: phases, residues and peaks",
    r"As $\lambda \to 0^+$, $\mathrm{df}_1 \to \min(n, m)$, or $\kappa \to 0$ if $d$ is the smallest. "
    r"For $d < \min(n, m)$ the error is that of Corollary 1, for every $\Sigma$ and width. Otherwise "
    r"it is a constant plus a pole, $\frac{\min(n,m)}{|n-m|} \{ \kappa \operatorname{tr}[\Gamma\Sigma "
    r"R] + \sigma^2 + p_2 \operatorname{tr}[\Delta\Sigma(p_1\Sigma+\kappa)R] \}$, with the same "
    r"residue on both sides of $n = m$; the constants are Theorem 1 at $\mathrm{df}_1 = n$ for $n < "
    r"m$, and $\kappa \operatorname{tr}[\Gamma\Sigma R] + p_2^2 \operatorname{tr}[\Delta\Sigma^2 R]$ "
    r"for $m < n$. At the thresholds the peak is $\lambda^{-1/2}$; at $n = m = d$ it is "
    r"$\lambda^{-1/3}$.",
    steps,
)
