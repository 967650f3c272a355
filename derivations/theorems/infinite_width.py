"""Infinite width: Theorem 2 becomes Theorem 1, and what the first correction says of model size."""

from collections.abc import Iterator
from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.points import WORKING, evaluate
from derivations.engine.traces import tr
from derivations.groundwork.branch import (
    CLASSICAL,
    DF1,
    DF2,
    PROJECTED,
    atomic,
    d_kappa,
    latex,
    total,
    without_shift,
)
from derivations.groundwork.curves import value
from derivations.groundwork.formulas import RHO, THEOREM_1, THEOREM_2, U
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import (
    ALGEBRA,
    SPECTRUM,
    Delta,
    R,
    Sigma,
    d,
    df1,
    df2,
    kappa,
    m,
    n,
    p1,
    p2,
    point,
)
from derivations.steps import Check, Derivation, Step
from derivations.theorems.ridgeless import NAMES, RESIDUE
from derivations.verify import exact, tends

inverse_width = sp.Symbol("epsilon", positive=True)  # 1 / m
REGIMES = {  # n and lambda_c at d = 6
    "few samples, n = 3": (3, 2.0**-6),
    "many samples, n = 20, small ridge": (20, 2.0**-4),
    "many samples, n = 20, large ridge": (20, 4.0),
}


def steps() -> Iterator[Step]:
    """The limit at fixed kappa; the equation of kappa; the first correction and its sign."""
    projected = (RHO, U, *(f for _, f in THEOREM_2.named()))
    classical = (sp.S.Zero, df2 / n, *(f for _, f in THEOREM_1.named()))
    names = (r"\rho", "U", *NAMES.values())
    yield Step(
        r"Let $m \to \infty$ at fixed $\kappa$. Width enters the error through $\rho$ and $U$ only, "
        r"and $\rho \to 0$, $U \to \mathrm{df}_2/n = u$: every part of Theorem 2 becomes that of "
        "Theorem 1.",
        (
            rf"\rho = \frac{{1}}{{m}} \, {latex(_at_fixed_kappa(RHO))} + O(m^{{-2}})",
            rf"U = {latex(df2 / n)} + \frac{{1}}{{m}} \, {latex(_at_fixed_kappa(U))} + O(m^{{-2}})",
        ),
        tuple(
            exact(
                rf"${name}$ as $m \to \infty$ at fixed $\kappa$",
                sp.limit(atomic(f), m, sp.oo),
                atomic(g),
            )
            for name, f, g in zip(names, projected, classical, strict=True)
        ),
    )
    yield _equation_of_kappa()
    yield _correction()
    yield _without_a_ridge()
    yield _signs()


def _at_fixed_kappa(formula):
    """The coefficient of 1/m at fixed kappa."""
    slope = sp.diff(atomic(formula).subs(m, 1 / inverse_width), inverse_width)
    return sp.factor(sp.limit(sp.cancel(slope), inverse_width, 0)).xreplace({DF1: df1, DF2: df2})


def _shift_of_kappa():
    """d kappa / d(1/m) at fixed lambda_c: the implicit function theorem."""
    return -_at_fixed_kappa(PROJECTED * d / m) / d_kappa(CLASSICAL)


def _first_order(formula, limit):
    """The coefficient of 1/m at fixed lambda_c: kappa moves too."""
    return _at_fixed_kappa(formula) + _shift_of_kappa() * d_kappa(limit)


def _times_width(formula, limit, regime):
    """m (formula - limit) as a function of m, along lambda = (m / d) lambda_c."""
    samples, ridge = REGIMES[regime]
    end = evaluate(limit, point(samples, None, ridge))

    def gap(width):
        with mp.workdps(WORKING):
            scaled = mp.mpf(width) / len(SPECTRUM) * ridge
        return width * (evaluate(formula, point(samples, width, scaled)) - end)

    return gap


def _expands(what, formula, limit, coefficient, regime):
    value = evaluate(coefficient, point(REGIMES[regime][0], None, REGIMES[regime][1]))
    claim = rf"$m$ times the correction of {what} tends to its coefficient: {regime}"
    return tends(claim, _times_width(formula, limit, regime), value, (2**20, 2**30), -1)


def _equation_of_kappa():
    shift = _shift_of_kappa()
    stated = CLASSICAL * df1 / (1 - df2 / n)
    ridge = 2.0**-6
    forgotten = evaluate(total(THEOREM_1), point(3))
    return Step(
        "A projection multiplies the covariance of the features by $m/d$ on average, so the ridge has "
        r"to grow with it: $\lambda = (m/d)\, \lambda_c$. In the limit $\kappa$ then solves the "
        "classical equation. At finite width it is larger: a narrower model is a more regularised "
        r"one. (A ridge that is kept fixed is forgotten instead: $\lambda_c = \lambda d/m \to 0$, and "
        "the wide model is the *ridgeless* classical one.)",
        (
            rf"\lambda_c = {latex(PROJECTED * d / m)}",
            rf"\left. \frac{{d\kappa}}{{d(1/m)}} \right|_{{m=\infty}} = {latex(sp.factor(stated))}",
        ),
        (
            exact(
                r"the equation of $\kappa$ as $m \to \infty$",
                sp.limit(atomic(PROJECTED * d / m), m, sp.oo),
                atomic(CLASSICAL),
            ),
            exact(r"the shift of $\kappa$", shift, stated, ALGEBRA.normal_form),
            _expands(r"$\kappa$", kappa, kappa, shift, "many samples, n = 20, small ridge"),
            tends(
                "a fixed ridge is forgotten, n = 3",
                lambda width: evaluate(total(THEOREM_2), point(3, width, ridge)),
                forgotten,
                (2**20, 2**30),
                -1,
            ),
        ),
    )


def _correction():
    difference = df1 - df2
    weight = n * difference / (n - df2)
    spread = p2**2 * p1 * tr(Delta * Sigma**3 * R**2) + p2 * tr(
        Delta * Sigma * (p1 * Sigma + kappa) ** 2 * R**2
    )
    narrow = p2**2 * kappa * tr(Delta * Sigma**2 * R**2)
    stated = weight * (difference / (n - df2) * spread + narrow)
    pairs = zip(NAMES.values(), THEOREM_2.named(), THEOREM_1.named(), strict=True)
    return Step(
        r"The correction of each part has two sources, both differentiated by machine: $\rho$ and $U$ "
        r"at fixed $\kappa$, and the shift of $\kappa$. For $\zeta$ they can compete. The first, "
        "below, is positive term by term: less width, more collapse. The second is more "
        r"regularisation, and that may well lower $\zeta$.",
        (
            r"\frac{d\zeta}{d(1/m)} = \partial_{1/m} \zeta + \frac{d\kappa}{d(1/m)} \, \partial_\kappa "
            r"\zeta",
            rf"\partial_{{1/m}} \zeta = {latex(weight)} \left\{{ {latex(difference / (n - df2))} \left( "
            rf"{latex(spread)} \right) + {latex(narrow)} \right\}}",
        ),
        (
            exact(r"$\partial_{1/m} \zeta$", atomic(_at_fixed_kappa(THEOREM_2.zeta)), atomic(stated)),
            *(
                _expands(f"${symbol}$", full, limit, _first_order(full, limit), regime)
                for symbol, (_, full), (_, limit) in pairs
                for regime in REGIMES
            ),
        ),
    )


def _without_a_ridge():
    pairs = zip(NAMES.values(), THEOREM_2.named(), THEOREM_1.named(), RESIDUE.named(), strict=True)
    checks = []
    for symbol, (_, full), (_, limit), (_, residue) in pairs:
        coefficient = _first_order(full, limit)
        few = atomic(coefficient.xreplace({df1: n}))
        checks += [
            exact(f"${symbol}$ without a ridge, $n < d$", few, n * atomic(residue)),
            exact(f"${symbol}$ without a ridge, $d < n$", without_shift(coefficient), 0),
        ]
    return Step(
        r"Without a ridge the sign is settled. For $n < d$ the shift of $\kappa$ vanishes, the "
        "coefficient is the residue found for the ridgeless limit, and it is positive: beyond $m = n$ "
        r"larger models **mitigate** collapse, down to $\zeta_{m=\infty} > 0$ and no further. For $d < "
        "n$ every coefficient is 0: width beyond $d$ changes nothing.",
        (
            r"\lambda_c \to 0, \ n < d:\quad "
            rf"\frac{{d\zeta}}{{d(1/m)}} = n \, {latex(RESIDUE.zeta)} > 0",
            r"\lambda_c \to 0, \ d < n:\quad \frac{d\zeta}{d(1/m)} = 0",
        ),
        tuple(checks),
    )


def _signs():
    coefficient = _first_order(THEOREM_2.zeta, THEOREM_1.zeta)
    expected = dict(zip(REGIMES, (1, -1, 1), strict=True))
    checks = []
    for regime, (samples, ridge) in REGIMES.items():
        value = evaluate(coefficient, point(samples, None, ridge))
        word = "positive: wider is better" if expected[regime] > 0 else "negative: wider is worse"
        agrees = bool(value * expected[regime] > 0)
        checks.append(
            Check(f"{regime}: {word}", "the sign of the coefficient", agrees, (mp.nstr(value, 30),))
        )
    return Step(
        "With a ridge the sign is **not** the same everywhere. At the points tried, wider models have "
        r"a smaller $\zeta$ with few samples, and with many samples if the ridge is large; with many "
        r"samples and a small ridge the shift of $\kappa$ wins and wider models collapse *more*. So "
        r"$\zeta$ beyond the threshold approaches Theorem 1 from above or from below.",
        (),
        tuple(checks),
        _draw,
    )


def _draw(path: Path) -> None:
    size = 100
    spectrum = 1 / np.arange(1, size + 1)
    difference = np.full(size, 1 / spectrum.sum())  # c^2 = 1

    def at(samples, width, ridge):
        numbers = {"n": samples, "m": width, "ridge": width / size * ridge, "p_2": 0.1}
        return value(THEOREM_2.zeta, spectrum, difference, difference, **numbers)

    widths = np.geomspace(5, 3e4, 300)
    labels = (f"model size $m$ ($d = {size}$, $p_2$ = 10%)", r"$\zeta\,/\,\zeta_{m=\infty}$")
    with picture(path, *labels) as axes:
        for samples, ridge in ((50, 1e-4), (400, 1e-2), (400, 1)):
            limit = at(samples, 1e12, ridge)
            values = [at(samples, width, ridge) / limit for width in widths]
            axes.plot(widths, values, label=rf"$n = {samples}$, $\lambda_c = {ridge:g}$")
        axes.axhline(1, color="grey", linewidth=0.8)


INFINITE_WIDTH = Derivation(
    "infinite-width",
    "Infinite width, and whether larger models help",
    r"With $\lambda = (m/d)\,\lambda_c$ and $m \to \infty$ the three parts of Theorem 2 tend to those "
    r"of Theorem 1 at the ridge $\lambda_c$, with a correction of order $1/m$. Without a ridge the "
    r"correction of $\zeta$ is $\frac{n}{m}\, p_2 \operatorname{tr}[\Delta\Sigma(p_1\Sigma+\kappa)R] > "
    "0$ for $n < d$, and 0 for $d < n$; with a ridge either sign occurs.",
    steps,
)
