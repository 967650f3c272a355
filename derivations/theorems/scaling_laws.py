"""Power-law spectra: clean scaling laws, the plateau of synthetic data, and where the two cross."""

from collections.abc import Iterator

import mpmath as mp
import sympy as sp

from derivations.engine.traces import tr
from derivations.steps import Step
from derivations.theorems.formulas import THEOREM_1
from derivations.theorems.power_law import (
    alpha,
    closed_sum,
    expansion,
    in_closed_form,
    profile,
    slow_sum,
)
from derivations.theorems.setting import df1, df2, kappa, n, noise, p2
from derivations.verify import WORKING, Point, digits, exact, tends

l, u, c2, A = sp.symbols("l u c^2 A", positive=True)
q, rate = sp.symbols("q r", positive=True)  # bias ~ kappa^q, best error ~ n^-r
C = sp.pi / alpha / sp.sin(sp.pi / alpha)  # claimed: df1 ~ C kappa^(-1/alpha)
NUMBERS = {noise: sp.Rational(1, 3), p2: sp.Rational(1, 5)}
SIZES = (2.0**-40, 2.0**-50)  # of kappa, in closed form
BIAS = next(iter(THEOREM_1.bias.atoms(tr) - {df2}))


def steps() -> Iterator[Step]:
    """Sums over the spectrum; no ridge; a falling ridge; the plateau; the crossing."""
    yield _degrees_of_freedom()
    yield _bias()
    yield _ridgeless()
    yield _falling_ridge()
    yield _plateau()
    yield _crossing()


def _leading(trace):
    """The power of kappa that the continuous part of the spectrum gives."""
    return expansion(*profile(trace), 0)[0]


def _in_closed_form(formula, decays):
    """A function of kappa and n at alpha = 2, in 50 digits."""
    return sp.lambdify((kappa, n), in_closed_form(formula, decays).subs(NUMBERS), "mpmath")


def _samples(ridgeless):
    """n as a function of kappa at alpha = 2: without a ridge df1 = n, with lambda = 1/n it is explicit too."""
    freedom = sp.lambdify(kappa, closed_sum(0, 1), "mpmath")
    return freedom if ridgeless else lambda shift: freedom(shift) + 1 / shift


def _along(claim, formula, limit, order, *, ridgeless, decays=None, scale=sp.S.One):
    """formula * scale tends to its limit as kappa falls, at alpha = 2; n grows with it."""
    numbers = {**NUMBERS, alpha: 2, **(decays or {})}
    function, samples = _in_closed_form(formula * scale, decays or {}), _samples(ridgeless)

    def at(shift):
        shift = mp.mpf(shift)
        return function(shift, samples(shift))

    with mp.workdps(WORKING):
        value = sp.lambdify((), sp.sympify(limit).subs(numbers), "mpmath")()
    return tends(claim, at, value, SIZES, order)


def _degrees_of_freedom():
    first, second = _leading(df1), _leading(df2)
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
        r"Take $\lambda_j = j^{-\alpha}$, $\alpha > 1$, $d = \infty$. Every trace is a sum $\sum_j j^{-c} "
        r"h(\kappa j^\alpha)$. With the Mellin transform $H$ of $h$ it is the integral of $H(s)\, "
        r"\zeta(\alpha s + c)\, \kappa^{-s}$, and its asymptotics for $\kappa \to 0$ are residues: the pole "
        r"of $\zeta$ gives the power law, those of $H$ give whole powers of $\kappa$. SymPy transforms. The "
        r"leading terms say that $\mathrm{df}_2$ is a fixed fraction of $\mathrm{df}_1$.",
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
                    rf"the sum of $j^{{-{decay}}} (1 + \kappa j^2)^{{-{order}}}$ in closed form",
                    slow(decay, order),
                    closed_sum(decay, order),
                    shifts,
                )
                for decay, order in ((0, 2), (2, 1), (2, 2), (6, 2))
            ),
        ),
    )


def _bias():
    steep, smooth = expansion(*profile(BIAS), 3)
    decay, h = profile(BIAS)
    whole = sum(expansion(decay, h, 5))
    points = [Point(f"b = {x}", {alpha: 2, b: x, kappa: sp.Rational(1, 1000)}) for x in (2, 4, 6)]
    exact_sum = in_closed_form
    return Step(
        r"The bias is $\kappa^2 \operatorname{tr}[\Gamma\Sigma R^2] = \sum_j j^{-b} t^2/(1+t)^2$ with $t = "
        r"\kappa j^\alpha$ and $\Gamma_j \lambda_j = j^{-b}$, over $1 - u$. Its two leading terms compete: a "
        r"rough signal is limited by its own tail, a smooth one by the saturation of ridge regression. (At "
        r"$b - 1 = 2\alpha$ the poles collide, and a logarithm appears.)",
        (
            rf"b - 1 < 2\alpha:\quad (1-u) B \approx {sp.latex(steep)}",
            rf"b - 1 > 2\alpha:\quad (1-u) B \approx {sp.latex(smooth)}",
        ),
        (
            digits(
                r"five terms at $\alpha = 2$, up to what is exponentially small",
                lambda point: _evaluated(exact_sum(BIAS, {b: point.numbers[b]}), point),
                whole,
                points,
            ),
            tends(
                r"the rough signal at $\alpha = 3/2$, $b = 2$",
                lambda shift: _slow_bias(shift, 1.5, 2) / mp.mpf(shift) ** (mp.mpf(2) / 3),
                _evaluated(steep, Point("", {alpha: sp.Rational(3, 2), b: 2, kappa: 1})),
                (2.0**-9, 2.0**-13),
                sp.Rational(4, 3),
            ),
            tends(
                r"the smooth signal at $\alpha = 3/2$, $b = 6$",
                lambda shift: _slow_bias(shift, 1.5, 6) / mp.mpf(shift) ** 2,
                mp.zeta(3),
                (2.0**-9, 2.0**-13),
                1,
            ),
        ),
    )
