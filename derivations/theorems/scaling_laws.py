"""Power-law spectra: clean scaling laws, the plateau of synthetic data, and where the two cross."""

from collections.abc import Iterator

import mpmath as mp
import sympy as sp

from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.power_law import (
    alpha,
    b,
    slow_sum,
)
from derivations.groundwork.power_law_at_two import along
from derivations.groundwork.setting import df1, df2, kappa, n, noise
from derivations.steps import Derivation, Step
from derivations.theorems.scaling_laws_plateau import crossing, plateau
from derivations.theorems.scaling_laws_sums import C, bias, constants, degrees_of_freedom, leading
from derivations.verify import exact, tends

l, u, c2, A = sp.symbols("l u c^2 A", positive=True)
q, rate = sp.symbols("q r", positive=True)  # bias ~ kappa^q, best error ~ n^-r


def steps() -> Iterator[Step]:
    """Sums over the spectrum; no ridge; a falling ridge; the plateau; the crossing."""
    yield degrees_of_freedom()
    yield bias()
    yield _ridgeless()
    yield _falling_ridge()
    yield plateau()
    yield crossing()


def _ridgeless():
    (shift,) = sp.solve(leading(df1) - n, kappa)
    share = sp.cancel(leading(df2) / leading(df1))
    steep, smooth, _ = constants()
    variance = sp.cancel(noise * share / (1 - share))
    rough, saturated = (
        constant * shift**exponent / (1 - share)
        for constant, exponent in ((steep, (b - 1) / alpha), (smooth, 2))
    )
    exponents = [sp.simplify(n * sp.diff(sp.log(bias), n)) for bias in (rough, saturated)]
    here = {"ridgeless": True}
    return Step(
        r"**Without a ridge**, $\mathrm{df}_1 = n$ gives $\kappa$, and $u$ does *not* vanish with $n$: "
        r"it tends to $1 - 1/\alpha$. The bias falls like $n^{-\min(2\alpha, b-1)}$, but interpolating "
        r"label noise costs $(\alpha - 1)\sigma^2$ for ever.",
        (
            rf"\kappa \approx {sp.latex((C / n) ** alpha)}, \quad u \to {sp.latex(share)}, \quad V \to "
            rf"{sp.latex(sp.factor(variance))}",
            rf"b - 1 < 2\alpha:\ B \propto n^{{{sp.latex(exponents[0])}}}, \quad "
            rf"b - 1 > 2\alpha:\ B \propto n^{{{sp.latex(exponents[1])}}}",
        ),
        (
            exact("the variance that remains", variance, noise * (alpha - 1)),
            exact("the exponent of a rough signal", exponents[0], 1 - b),
            exact("the exponent of a smooth signal", exponents[1], -2 * alpha),
            along(r"$\kappa n^2$ at $\alpha = 2$", kappa, C**alpha, 0.5, scale=n**2, **here),
            along(r"$u$ at $\alpha = 2$", df2 / n, share, 0.5, **here),
            tends(
                r"$u$ at $\alpha = 3/2$",
                lambda k: slow_sum(0, 2, k, 1.5) / slow_sum(0, 1, k, 1.5),
                mp.mpf(1) / 3,
                (2.0**-10, 2.0**-15),
                mp.mpf(2) / 3,
            ),
            along(r"$V$ at $\alpha = 2$", THEOREM_1.variance, variance, 0.5, **here),
            along(
                r"$n^{b-1} B$, rough: $\alpha = b = 2$",
                THEOREM_1.bias,
                rough * n,
                0.5,
                decays={b: 2},
                scale=n,
                **here,
            ),
            along(
                r"$n^{2\alpha} B$, smooth: $\alpha = 2$, $b = 6$",
                THEOREM_1.bias,
                saturated * n**4,
                0.5,
                decays={b: 6},
                scale=n**4,
                **here,
            ),
        ),
    )


def _falling_ridge():
    steep, _, spread = constants()
    ridge = n**-l
    variance = noise * leading(df2).subs(kappa, ridge) / n
    bias = steep * ridge**q
    fall = [sp.simplify(-n * sp.diff(sp.log(part), n)) for part in (variance, bias)]
    (best,) = sp.solve(sp.Eq(*fall), l)
    reached = sp.factor(fall[0].subs(l, best))
    cases = {"rough": (b - 1) / alpha, "smooth": sp.S(2)}
    regimes = {
        name: (sp.cancel(best.subs(q, value)), sp.cancel(reached.subs(q, value)))
        for name, value in cases.items()
    }
    here = {"ridgeless": False, "scale": sp.sqrt(n)}
    return Step(
        r"**With a ridge that falls**, $\lambda = n^{-l}$ and $l < \alpha$, it is the ridge that "
        r"decides: $\mathrm{df}_1 \ll n$, so $\kappa \approx \lambda$ and $u \to 0$. Variance falls "
        "the slower, and bias the faster, the larger $l$ is; the best exponent makes them equal. "
        "These are the optimal rates of ridge regression under source and capacity conditions.",
        (
            rf"V \approx {sp.latex(noise * (1 - 1 / alpha) * C)} \, n^{{-(1 - l/\alpha)}}, \quad B \propto "
            rf"n^{{-l q}}, \quad q = \min\left(2, \frac{{b-1}}{{\alpha}}\right)",
            rf"l_\star = {sp.latex(best)}, \quad \mathrm{{error}} \propto n^{{-r}}, \quad r = {sp.latex(reached)}",
            rf"b - 1 < 2\alpha:\ l_\star = {sp.latex(regimes['rough'][0])}, \ r = {sp.latex(regimes['rough'][1])}; "
            rf"\quad b - 1 > 2\alpha:\ l_\star = {sp.latex(regimes['smooth'][0])}, \ r = {sp.latex(regimes['smooth'][1])}",
        ),
        (
            exact("the exponent of the variance", fall[0], 1 - l / alpha),
            exact("the best exponent, rough", regimes["rough"][0], alpha / b),
            exact("the best rate, rough", regimes["rough"][1], (b - 1) / b),
            exact("the best exponent, smooth", regimes["smooth"][0], alpha / (2 * alpha + 1)),
            exact("the best rate, smooth", regimes["smooth"][1], 2 * alpha / (2 * alpha + 1)),
            along(r"$\kappa / \lambda$ at $\alpha = 2$, $l = 1$", kappa * n, 1, 0.5, ridgeless=False),
            along(
                r"$n^{1/2} V$ at $\alpha = 2$, $l = 1$", THEOREM_1.variance, noise * spread, 0.5, **here
            ),
            along(
                r"$n^{1/2} B$ at $\alpha = b = 2$, $l = 1$",
                THEOREM_1.bias,
                steep,
                0.5,
                decays={b: 2},
                **here,
            ),
        ),
    )


SCALING_LAWS = Derivation(
    "scaling-laws",
    "Scaling laws: where a clean power law meets the plateau",
    r"Let $\lambda_j = j^{-\alpha}$ and $\Gamma_j \lambda_j = j^{-b}$, $\alpha, b > 1$, $d = \infty$. "
    r"Then $\mathrm{df}_1 \approx \frac{\pi/\alpha}{\sin(\pi/\alpha)} \kappa^{-1/\alpha}$ and "
    r"$\mathrm{df}_2 \approx (1 - 1/\alpha)\, \mathrm{df}_1$. Without a ridge $B \propto "
    r"n^{-\min(2\alpha, b-1)}$ while $V \to (\alpha-1) \sigma^2$ and $\zeta \to (p_2^2 + (\alpha-1) "
    r"p_1 p_2)\, c^2$. With the best ridge $n^{-l}$ the clean error is $A n^{-r}$, $r = \alpha q/(1 + "
    r"\alpha q)$, $q = \min(2, (b-1)/\alpha)$; $\zeta \to p_2^2 c^2$, and the two cross at $n_\star = "
    "(A / (p_2^2 c^2))^{1/r}$.",
    steps,
)
