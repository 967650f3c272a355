"""Power-law spectra: clean scaling laws, the plateau of synthetic data, and where the two cross."""

from collections.abc import Iterator
from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.points import WORKING
from derivations.engine.traces import tr
from derivations.groundwork.branch import without_shift
from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.pictures import picture
from derivations.groundwork.power_law import (
    alpha,
    b,
    closed_sum,
    in_closed_form,
    power,
    slow_sum,
)
from derivations.groundwork.setting import Delta, Sigma, df1, df2, kappa, n, noise, p1, p2
from derivations.steps import Derivation, Step
from derivations.theorems.power_law_sums import C, bias, constants, degrees_of_freedom, leading
from derivations.verify import exact, tends

l, u, c2, A = sp.symbols("l u c^2 A", positive=True)
q, rate = sp.symbols("q r", positive=True)  # bias ~ kappa^q, best error ~ n^-r
NUMBERS = {noise: sp.Rational(1, 3), p2: sp.Rational(1, 5)}
SIZES = (2.0**-40, 2.0**-50)  # of kappa, in closed form


def steps() -> Iterator[Step]:
    """Sums over the spectrum; no ridge; a falling ridge; the plateau; the crossing."""
    yield degrees_of_freedom()
    yield bias()
    yield _ridgeless()
    yield _falling_ridge()
    yield _plateau()
    yield _crossing()


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
            _along(r"$\kappa n^2$ at $\alpha = 2$", kappa, C**alpha, 0.5, scale=n**2, **here),
            _along(r"$u$ at $\alpha = 2$", df2 / n, share, 0.5, **here),
            tends(
                r"$u$ at $\alpha = 3/2$",
                lambda k: slow_sum(0, 2, k, 1.5) / slow_sum(0, 1, k, 1.5),
                mp.mpf(1) / 3,
                (2.0**-10, 2.0**-15),
                mp.mpf(2) / 3,
            ),
            _along(r"$V$ at $\alpha = 2$", THEOREM_1.variance, variance, 0.5, **here),
            _along(
                r"$n^{b-1} B$, rough: $\alpha = b = 2$",
                THEOREM_1.bias,
                rough * n,
                0.5,
                decays={b: 2},
                scale=n,
                **here,
            ),
            _along(
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
    found = {
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
            rf"b - 1 < 2\alpha:\ l_\star = {sp.latex(found['rough'][0])}, \ r = {sp.latex(found['rough'][1])}; "
            rf"\quad b - 1 > 2\alpha:\ l_\star = {sp.latex(found['smooth'][0])}, \ r = {sp.latex(found['smooth'][1])}",
        ),
        (
            exact("the exponent of the variance", fall[0], 1 - l / alpha),
            exact("the best exponent, rough", found["rough"][0], alpha / b),
            exact("the best rate, rough", found["rough"][1], (b - 1) / b),
            exact("the best exponent, smooth", found["smooth"][0], alpha / (2 * alpha + 1)),
            exact("the best rate, smooth", found["smooth"][1], 2 * alpha / (2 * alpha + 1)),
            _along(r"$\kappa / \lambda$ at $\alpha = 2$, $l = 1$", kappa * n, 1, 0.5, ridgeless=False),
            _along(
                r"$n^{1/2} V$ at $\alpha = 2$, $l = 1$", THEOREM_1.variance, noise * spread, 0.5, **here
            ),
            _along(
                r"$n^{1/2} B$ at $\alpha = b = 2$, $l = 1$",
                THEOREM_1.bias,
                steep,
                0.5,
                decays={b: 2},
                **here,
            ),
        ),
    )


def zeta_at_small_shift() -> sp.Expr:
    """zeta as kappa -> 0 at fixed u, in c^2 = tr[Delta Sigma]."""
    return sp.factor(without_shift(THEOREM_1.zeta.xreplace({df2: u * n})).subs(tr(Delta * Sigma), c2))


def _plateau():
    limit = zeta_at_small_shift()
    stated = c2 * (p2**2 + p1 * p2 * u / (1 - u))
    ridgeless = sp.cancel(limit.subs(u, 1 - 1 / alpha))
    decays = {power: 2, c2: sp.zeta(2)}
    return Step(
        r"**Synthetic data.** As $\kappa \to 0$, $\Sigma R \to 1$ under each trace (dominated by "
        r"$\Sigma\Delta$, of trace $c^2$), and $\zeta$ keeps only $u$. If the ridge falls slowly, $u "
        r"\to 0$: the plateau is $p_2^2 c^2$, for every spectrum. Without a ridge $u$ stays, mixing "
        "acts as label noise that is interpolated, and the plateau is *linear* in $p_2$: a small "
        "fraction of synthetic data does much more harm.",
        (
            rf"\zeta \to {sp.latex(stated)}",
            rf"\lambda = n^{{-l}}:\ {sp.latex(limit.subs(u, 0))}, \quad \lambda = 0:\ "
            rf"{sp.latex(c2 * (p2**2 + (alpha - 1) * p1 * p2))}",
        ),
        (
            exact(r"$\zeta$ at small $\kappa$", limit, stated),
            exact("the plateau with a falling ridge", limit.subs(u, 0), p2**2 * c2),
            exact("the plateau without a ridge", ridgeless, c2 * (p2**2 + (alpha - 1) * p1 * p2)),
            _along(
                r"$\zeta$ with $\lambda = 1/n$, $\alpha = \beta = 2$",
                THEOREM_1.zeta,
                limit.subs(u, 0),
                0.5,
                decays=decays,
                ridgeless=False,
            ),
            _along(
                r"$\zeta$ without a ridge, $\alpha = \beta = 2$",
                THEOREM_1.zeta,
                ridgeless,
                0.5,
                decays=decays,
                ridgeless=True,
            ),
        ),
    )


def _crossing():
    steep, _, spread = constants()
    amplitude = steep + noise * spread
    (predicted,) = sp.solve(sp.Eq(A * n**-rate, zeta_at_small_shift().subs(u, 0)), n)
    at_two = {alpha: 2, b: 2, rate: sp.Rational(1, 2), c2: sp.zeta(2)}
    clean = in_closed_form(THEOREM_1.bias + THEOREM_1.variance, {b: 2})
    clean = sp.lambdify((kappa, n), clean.subs(noise, NUMBERS[noise]), "mpmath")
    samples = _samples(False)
    rule = sp.lambdify(p2, predicted.subs(A, amplitude).subs(at_two).subs(NUMBERS | {p2: p2}), "mpmath")

    def ratio(fraction):
        """The crossing of the clean error and the plateau, found by bisection, over the prediction."""
        plateau = mp.mpf(fraction) ** 2 * mp.zeta(2)

        def gap(log_shift):
            shift = mp.exp(log_shift)
            return clean(shift, samples(shift)) - plateau

        ends = (mp.log(mp.mpf(10) ** -40), mp.log(mp.mpf(1) / 10))
        return samples(mp.exp(mp.findroot(gap, ends, solver="bisect", maxsteps=400))) / rule(
            mp.mpf(fraction)
        )

    return Step(
        r"**The crossing.** A clean law $A n^{-r}$ meets the plateau at $n_\star$: beyond it more data "
        "of the same mixture are wasted. For the best ridge of a rough signal $A$ is the sum of the "
        r"two constants above. At $\alpha = b = 2$, $n_\star \propto p_2^{-4}$.",
        (
            rf"n_\star = {sp.latex(predicted)}",
            rf"A = {sp.latex(steep)} + {sp.latex(noise * (1 - 1 / alpha) * C)}",
        ),
        (
            exact(
                "at the crossing the law is the plateau", sp.simplify(A * predicted**-rate), p2**2 * c2
            ),
            tends(r"true crossing over predicted, $\alpha = b = 2$", ratio, 1, (2.0**-10, 2.0**-14), 2),
        ),
        _draw(rule, amplitude.subs(at_two)),
    )


def _draw(rule, amplitude):
    names = {noise: sp.Rational(1, 3), b: 2, power: 2}
    parts = (
        in_closed_form(THEOREM_1.bias + THEOREM_1.variance, names),
        in_closed_form(THEOREM_1.zeta, names),
    )
    clean, zeta, freedom = (
        sp.lambdify((kappa, n, p2), f.subs(noise, names[noise]).rewrite(sp.tanh))
        for f in (*parts, closed_sum(0, 1))
    )

    def draw(path: Path) -> None:
        shifts = np.geomspace(0.3, 1e-14, 300)
        samples = freedom(shifts, 0, 0) + 1 / shifts  # lambda = 1 / n
        quality = float(sp.zeta(2))
        x = r"number of samples $n$ ($\alpha = b = \beta = 2$, $\lambda = 1/n$)"
        with picture(path, x, "excess test error") as axes:
            for fraction, name in ((0, "0"), (0.001, "0.1%"), (0.01, "1%"), (0.1, "10%")):
                values = clean(shifts, samples, fraction) + zeta(shifts, samples, fraction)
                (line,) = axes.plot(samples, values, label=f"$p_2$ = {name}")
                if fraction:
                    level = fraction**2 * quality
                    axes.axhline(level, color=line.get_color(), linestyle=":", linewidth=1)
                    axes.plot(float(rule(fraction)), level, "o", color=line.get_color())
            axes.plot([], [], color="grey", linestyle=":", label="$p_2^2 c^2$")
            axes.plot([], [], "o", color="grey", label=r"predicted $n_\star$")

    return draw


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
