"""The two sums behind scaling laws: degrees of freedom and bias of a power-law spectrum."""

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING, Point, evaluate
from derivations.engine.traces import tr
from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.power_law import (
    alpha,
    b,
    by_order,
    closed_sum,
    expansion,
    in_closed_form,
    profile,
    slow_sum,
)
from derivations.groundwork.setting import df1, df2, kappa
from derivations.steps import Step
from derivations.verify import digits, exact, tends

BIAS = next(iter(THEOREM_1.bias.atoms(tr) - {df2}))


def leading(trace: tr) -> sp.Expr:
    """The power of kappa that the continuous part of the spectrum gives."""
    return expansion(*profile(trace), 0)[0]


def degrees_of_freedom() -> Step:
    """df1 and df2 for small kappa."""
    first, second = leading(df1), leading(df2)
    shifts = [
        Point(f"kappa = {k}", {kappa: k, alpha: 2}) for k in (sp.Rational(1, 10), sp.Rational(1, 1000))
    ]
    exponents = [
        Point(f"alpha = {a}", {alpha: a, kappa: 1}) for a in map(sp.Rational, ("3/2", "2", "3"))
    ]
    whole = sum(expansion(*profile(df1), 1))

    def slow(decay, order):
        return lambda point: slow_sum(decay, order, point.numbers[kappa], 2)

    def remainder(shift):
        return slow_sum(0, 1, shift, 1.5) - mp.mpf(sp.N(whole.subs({alpha: 1.5, kappa: shift}), WORKING))

    return Step(
        r"Take $\lambda_j = j^{-\alpha}$, $\alpha > 1$, $d = \infty$. Every trace is a sum $\sum_j "
        r"j^{-c} h(\kappa j^\alpha)$. With the Mellin transform $H$ of $h$ it is the integral of "
        r"$H(s)\, \zeta(\alpha s + c)\, \kappa^{-s}$, and its asymptotics for $\kappa \to 0$ are "
        r"residues: the pole of $\zeta$ gives the power law, those of $H$ give whole powers of "
        r"$\kappa$. SymPy transforms. The leading terms say that $\mathrm{df}_2$ is a fixed fraction "
        r"of $\mathrm{df}_1$.",
        (
            rf"\mathrm{{df}}_1 = {sp.latex(C)} \, \kappa^{{-1/\alpha}} - \frac{{1}}{{2}} + O(\kappa), \quad "
            rf"\mathrm{{df}}_2 = {sp.latex(sp.cancel(second / first))} \, \mathrm{{df}}_1 + O(1)",
        ),
        (
            exact(r"$\mathrm{df}_2 / \mathrm{df}_1$", sp.cancel(second / first), 1 - 1 / alpha),
            exact(
                "by differentiation too",
                sp.cancel((first + kappa * sp.diff(first, kappa)) / first),
                1 - 1 / alpha,
            ),
            digits(r"the constant of $\mathrm{df}_1$", first, C, exponents),
            tends(
                r"$\mathrm{df}_1$ at $\alpha = 3/2$ less its two terms",
                remainder,
                0,
                (2.0**-9, 2.0**-13),
                1,
            ),
            digits(
                r"$\mathrm{df}_1$ at $\alpha = 2$ is a hyperbolic cotangent",
                slow(0, 1),
                closed_sum(0, 1),
                shifts,
            ),
            *(
                digits(
                    rf"$\sum_j j^{{-c}} (1 + \kappa j^2)^{{-k}}$ in closed form, c = {decay}, k = {order}",
                    slow(decay, order),
                    closed_sum(decay, order),
                    shifts,
                )
                for decay, order in ((0, 2), (2, 1), (2, 2), (6, 2))
            ),
        ),
    )


def bias() -> Step:
    """The sum in the bias for small kappa."""
    steep, smooth = expansion(*profile(BIAS), 3)
    decay, h = profile(BIAS)
    whole = sum(expansion(decay, h, 5))
    points = [Point(f"b = {x}", {alpha: 2, b: x, kappa: sp.Rational(1, 1000)}) for x in (2, 4, 6)]
    return Step(
        r"The bias is $\kappa^2 \operatorname{tr}[\Gamma\Sigma R^2] = \sum_j j^{-b} t^2/(1+t)^2$ with "
        r"$t = \kappa j^\alpha$ and $\Gamma_j \lambda_j = j^{-b}$, over $1 - u$. Its two leading terms "
        "compete: a rough signal is limited by its own tail, a smooth one by the saturation of ridge "
        r"regression. (At $b - 1 = 2\alpha$ the poles collide, and a logarithm appears.)",
        (
            rf"b - 1 < 2\alpha:\quad (1-u) B \approx {sp.latex(steep)}",
            rf"b - 1 > 2\alpha:\quad (1-u) B \approx {sp.latex(smooth)}",
        ),
        (
            digits(
                r"five terms at $\alpha = 2$, up to what is exponentially small",
                lambda point: evaluate(in_closed_form(BIAS, {b: point.numbers[b]}), point),
                whole,
                points,
            ),
            tends(
                r"the rough signal at $\alpha = 3/2$, $b = 2$",
                lambda shift: _slow_bias(shift, 1.5, 2) / mp.mpf(shift) ** (mp.mpf(2) / 3),
                evaluate(steep, Point("", {alpha: sp.Rational(3, 2), b: 2, kappa: 1})),
                (2.0**-9, 2.0**-13),
                mp.mpf(4) / 3,
            ),
            tends(
                r"the smooth signal at $\alpha = 3/2$, $b = 6$",
                lambda shift: _slow_bias(shift, 1.5, 6) / mp.mpf(shift) ** 2,
                mp.zeta(3),
                (2.0**-12, 2.0**-16),
                1,
            ),
        ),
    )


def _slow_bias(shift, exponent, decay):
    _, h = profile(BIAS)
    terms = [
        int(c) * (slow_sum(decay, k, shift, exponent) if k else mp.zeta(decay))
        for k, c in by_order(h).items()
    ]
    return mp.fsum(terms)


def constants() -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The constants of the bias over kappa^q, rough and smooth, and of df2."""
    steep, smooth = expansion(*profile(BIAS), 3)
    return steep.subs(kappa, 1), smooth.subs(kappa, 1), leading(df2).subs(kappa, 1)


C = sp.pi / alpha / sp.sin(sp.pi / alpha)  # claimed: df1 ~ C kappa^(-1/alpha)
