"""The peaks of the error where two sizes are equal and the ridge vanishes."""

import mpmath as mp
import sympy as sp

from derivations.engine.eliminate import substitute
from derivations.engine.points import evaluate
from derivations.engine.traces import tr
from derivations.groundwork.branch import (
    CLASSICAL,
    PROJECTED,
    along,
    d_kappa,
    latex,
    without_shift,
)
from derivations.groundwork.formulas import THEOREM_1, THEOREM_2
from derivations.groundwork.setting import ALGEBRA, R, Sigma, d, df2, kappa, lam, m, n, noise, point
from derivations.steps import Step
from derivations.verify import exact


def thresholds() -> Step:
    """Where lambda starts like a parabola in kappa."""
    inverse = tr(1 / Sigma) / d
    # lambda V^2 to leading order: V = sigma^2 / (1 - U), and 1 - U is the slope over a factor.
    squared = (noise * m / d * (1 - df2 / m)) ** 2 / (2 * d_kappa(d_kappa(PROJECTED)))
    classical = without_shift((noise**2 / (2 * d_kappa(d_kappa(CLASSICAL)))).subs(n, d))
    wide = without_shift(squared.subs(n, d))
    equal = ALGEBRA.normal_form(squared.subs(m, n))
    equal = sp.factor(substitute(equal, {tr(R): (d - n) / kappa}))  # df1 = n
    return Step(
        r"**At the thresholds** $\lambda(\kappa)$ starts flat, like a parabola $\lambda''(\kappa - "
        r"\kappa_0)^2/2$. Its slope is then $\sqrt{2\lambda''\lambda}$, and the slope is the "
        r"denominator of the error: the peak grows like $\lambda^{-1/2}$. The constants, from the "
        "second derivative:",
        (
            rf"n = d \ (\mathrm{{classical}}):\quad \lambda V^2 \to {latex(classical)}",
            rf"n = m < d:\quad \lambda V^2 \to {latex(equal)}",
            rf"n = d < m:\quad \lambda V^2 \to {latex(sp.factor(wide))}",
        ),
        (
            exact("the peak at $n = d$, classical", classical, noise**2 / (4 * inverse)),
            exact("the peak at $n = m < d$", equal, noise**2 * kappa * n / (4 * d)),
            exact("the peak at $n = d < m$", wide, noise**2 * (m - d) / (4 * d * inverse)),
            _peak("classical, n = d = 6", classical, (6, None), 2),
            _peak("n = m = 3, d = 6", equal, (3, 3), 2),
            _peak("n = d = 6, m = 11", wide, (6, 11), 2),
        ),
    )


def corners() -> Step:
    """Where m = d, and where all three sizes are equal."""
    third = d_kappa(d_kappa(d_kappa(PROJECTED)))
    # lambda = third kappa^3 / 6 and 1 - df2 / m = factor kappa give lambda V^3.
    factor = m / d * d_kappa(-df2 / m)
    cubed = without_shift((8 * (noise * factor) ** 3 / (6 * third**2)).subs({n: d, m: d}))
    flat = without_shift(THEOREM_2.variance).subs(m, d)
    claim = "$V$ has a finite limit at n = 11, m = d = 6"
    return Step(
        r"Two corners are special. At $m = d < n$ the factor $1 - \mathrm{df}_2/m$ vanishes together "
        r"with the slope: no peak, only a slower approach, $\lambda^{1/2}$. At $n = m = d$ the branch "
        r"starts like a cubic, and the peak is $\lambda^{-1/3}$.",
        (
            rf"m = d < n:\quad V \to {latex(flat)}",
            rf"n = m = d:\quad \lambda V^3 \to {latex(cubed)}",
        ),
        (
            exact("the constant at $n = m = d$", cubed, 8 * noise**3 * d / (27 * tr(1 / Sigma))),
            along(claim, THEOREM_2.variance, evaluate(flat, point(11, 6)), (11, 6), 0.5),
            _peak("n = m = d = 6", cubed, (6, 6), 3),
        ),
    )


def _peak(where, constant, sizes, power):
    variance = (THEOREM_1 if sizes[1] is None else THEOREM_2).variance
    claim = rf"$\lambda V^{power}$ tends to its constant: {where}"
    limit = evaluate(constant, point(*sizes))
    return along(claim, lam * variance**power, limit, sizes, mp.mpf(1) / power)
