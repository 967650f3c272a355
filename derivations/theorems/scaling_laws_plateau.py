"""The plateau that synthetic data put under a power law, and where the two cross."""

from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.traces import tr
from derivations.groundwork.branch import without_shift
from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.pictures import picture
from derivations.groundwork.power_law import alpha, b, closed_sum, in_closed_form, power
from derivations.groundwork.power_law_at_two import NUMBERS, along, samples_of
from derivations.groundwork.setting import Delta, Sigma, df2, kappa, n, noise, p1, p2
from derivations.steps import Step
from derivations.theorems.scaling_laws_sums import C, constants
from derivations.verify import exact, tends
from workbench.style import COLOURS, FRACTIONS

u, c2, A, rate = sp.symbols("u c^2 A r", positive=True)  # the clean law is A n^-r


def zeta_at_small_shift() -> sp.Expr:
    """zeta as kappa -> 0 at fixed u, in c^2 = tr[Delta Sigma]."""
    return sp.factor(without_shift(THEOREM_1.zeta.xreplace({df2: u * n})).subs(tr(Delta * Sigma), c2))


def plateau() -> Step:
    """zeta as kappa falls, with a ridge that falls and without one."""
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
            along(
                r"$\zeta$ with $\lambda = 1/n$, $\alpha = \beta = 2$",
                THEOREM_1.zeta,
                limit.subs(u, 0),
                0.5,
                decays=decays,
                ridgeless=False,
            ),
            along(
                r"$\zeta$ without a ridge, $\alpha = \beta = 2$",
                THEOREM_1.zeta,
                ridgeless,
                0.5,
                decays=decays,
                ridgeless=True,
            ),
        ),
    )


def crossing() -> Step:
    """The n at which a clean law meets the plateau."""
    steep, _, spread = constants()
    amplitude = steep + noise * spread
    (predicted,) = sp.solve(sp.Eq(A * n**-rate, zeta_at_small_shift().subs(u, 0)), n)
    at_two = {alpha: 2, b: 2, rate: sp.Rational(1, 2), c2: sp.zeta(2)}
    clean = in_closed_form(THEOREM_1.bias + THEOREM_1.variance, {b: 2})
    clean = sp.lambdify((kappa, n), clean.subs(noise, NUMBERS[noise]), "mpmath")
    samples = samples_of(False)
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
                colour = COLOURS[FRACTIONS.index(fraction)]
                axes.plot(samples, values, color=colour, label=f"$p_2$ = {name}")
                if fraction:
                    level = fraction**2 * quality
                    axes.axhline(level, color=colour, linestyle=":", linewidth=1)
                    axes.plot(float(rule(fraction)), level, "o", color=colour)
            axes.plot([], [], color="grey", linestyle=":", label="$p_2^2 c^2$")
            axes.plot([], [], "o", color="grey", label=r"predicted $n_\star$")

    return draw
