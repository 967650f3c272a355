"""Fresh real data every round, mixed with a fixed weight: the golden ratio."""

from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.points import WORKING
from derivations.groundwork.isotropic import c2, phi
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import noise, p1, p2
from derivations.steps import Step
from derivations.theorems.corollary_2_weighting import a, r, ridgeless_risk, weight_of_share
from derivations.verify import exact, tends
from workbench.style import COLOURS

s1, s2, k, x = sp.symbols("s_1 s_2 k x", positive=True)  # s_k = sigma_k^2 d / n_k, k = s_2 / s_1
before = sp.Symbol("E_{t-1}", positive=True)
ONE_ROUND = (1 - a) ** 2 * s1 + a**2 * (s2 + before)
HALVES = {s1: 2 * noise * phi, s2: 2 * noise * phi}
GOLDEN = 1 / sp.GoldenRatio


def settled() -> sp.Expr:
    """E_inf to leading order: the fixed point of one round."""
    return ONE_ROUND.subs(before, 0) / (1 - sp.diff(ONE_ROUND, before))


def settled_at_any_size() -> sp.Expr:
    """E_inf from Corollary 2's error without a ridge, in the share r of the synthetic data."""
    risk = ridgeless_risk()
    slope = sp.diff(risk, c2)
    return sp.factor(risk.subs(c2, 0) / (1 - slope))


def fixed_weight() -> Step:
    """The recursion and its limit."""
    leading = sp.limit(settled_at_any_size() / phi, phi, 0).subs(r, a)
    common = {s1: noise / p1, s2: noise / p2}
    return Step(
        r"**Mix.** Every round fits $n_1$ fresh real samples with the weight $1 - a$ and $n_2$ that the last model "
        r"labels with the weight $a$: Corollary 2, with $E_{t-1}$ in the place of $c^2$. To leading order in $d/n$ two "
        r"independent fits are averaged, of variances $s_1$ and $s_2 + E_{t-1}$, $s_k = \sigma_k^2 d / n_k$. The error "
        r"contracts by $a^2$ a round.",
        (
            rf"E_t = {sp.latex(ONE_ROUND)}",
            rf"E_\infty = {sp.latex(settled())}",
        ),
        (
            exact(r"for $\phi \to 0$ the share is the weight", weight_of_share().subs(phi, 0), r),
            exact(r"Corollary 2's fixed point over $\phi$", leading, settled().subs(common)),
            exact(
                "equal halves of equal weight: Corollary 3's $4/3$",
                settled().subs(HALVES).subs(a, sp.Rational(1, 2)),
                sp.Rational(4, 3) * noise * phi,
            ),
        ),
    )


def best_weight() -> Step:
    """Where E_inf is least, and what it is there."""
    at = {a: 1 - x, s2: k * s1}
    condition = k * (1 - x) - x**2
    (root,) = (value for value in sp.solve(condition, x) if value.subs(k, 1) > 0)
    inverse_variances = 1 / before - 1 / s1 - 1 / (s2 + before)
    return Step(
        r"**The golden ratio.** In the weight $x = 1 - a$ of the real data $E_\infty$ falls, then rises, and is least "
        r"where $x^2 = k (1 - x)$, $k = s_2 / s_1 = n_1 \sigma_2^2 / n_2 \sigma_1^2$: the weight of arXiv 2502.18049, "
        r"where $k$ is $n_1 / n_2$. At $k = 1$, equal halves and equal noise, it is one over the golden ratio (so too in "
        r"arXiv 2509.22341). The least value is $x s_1$, $x$ times the error of one round's real data alone. Choosing "
        r"the best weight anew every round leads to the same limit, and so no schedule of weights to a better one: "
        r"inverse variances add, $\frac1E = \frac1{s_1} + \frac1{s_2 + E}$, a continued fraction. As with Corollary 3, "
        r"one fit to all the real data of two or more rounds is better still.",
        (
            rf"x = {sp.latex(root)}, \quad E_\infty = x s_1; \qquad k = 1: \ x = \frac{{\sqrt5 - 1}}{{2}}, \quad "
            rf"E_\infty = (\sqrt5 - 1) \sigma^2 \phi",
        ),
        (
            exact(
                r"$\mathrm{d}E_\infty / \mathrm{d}a$ has the sign of $k (1 - x) - x^2$",
                sp.diff(settled(), a).subs(at),
                2 * s1 * condition / (x * (2 - x)) ** 2,
            ),
            exact(
                "$E_\\infty - x s_1$ is 0 where that is",
                settled().subs(at) - x * s1,
                s1 * (1 - x) * condition / (x * (2 - x)),
            ),
            exact("$k = 1$", sp.simplify(root.subs(k, 1) - sp.expand_func(GOLDEN)), 0),
            exact(
                "equal halves: the least error",
                sp.simplify((root * s1).subs({k: 1, **HALVES}) - (sp.sqrt(5) - 1) * noise * phi),
                0,
            ),
            exact(
                r"the best weight every round: $E = x s_1$ is where it stays",
                inverse_variances.subs(before, x * s1).subs(s2, k * s1),
                condition / (s1 * x * (k + x)),
            ),
            exact(
                "two rounds of real halves, pooled, are better",
                sp.simplify(
                    (root * s1).subs({k: 1, **HALVES})
                    - s1.subs(HALVES) / 2
                    - (sp.sqrt(5) - 2) * noise * phi
                ),
                0,
            ),
            tends(
                r"equal halves at any $\phi$, the best weight for $\phi \to 0$",
                _best_at,
                mp.mpf(sp.N(GOLDEN, WORKING)),
                (2.0**-12, 2.0**-16),
                1,
            ),
        ),
        picture=_draw,
    )


def _best_at(aspect):
    """The weight of the real half that makes Corollary 2's fixed point least."""
    equal = {p2: sp.Rational(1, 2), noise: 1}
    with mp.workdps(WORKING):
        point = equal | {phi: sp.Rational(aspect)}
        slope = sp.lambdify(r, sp.diff(settled_at_any_size().subs(point), r), "mpmath")
        share = mp.findroot(slope, mp.mpf("0.4"))
        return 1 - sp.lambdify(r, weight_of_share().subs(point), "mpmath")(share)


def _draw(path: Path) -> None:
    weights = np.linspace(0.12, 1, 200)
    value = sp.lambdify((a, k), sp.simplify((settled() / s1).subs(s2, k * s1)))
    labels = (r"weight $x$ of the real data", r"$E_\infty$ over the error of the real data alone")
    with picture(path, *labels, scales=("linear", "log")) as axes:
        for ratio, colour in zip((0.2, 1, 5), COLOURS, strict=False):
            axes.plot(weights, value(1 - weights, ratio), color=colour, label=f"$k$ = {ratio}")
            best = (np.sqrt(ratio**2 + 4 * ratio) - ratio) / 2
            axes.plot(best, best, "o", color=colour)
        axes.plot(weights, weights, ":", color="0.4", label="least: $x$")
