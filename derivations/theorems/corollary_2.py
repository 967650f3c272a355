"""Corollary 2: giving the synthetic data a fixed weight, however small, keeps the floor."""

from collections.abc import Callable, Iterator
from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.matrices import Gaussian
from derivations.engine.points import WORKING, precise
from derivations.engine.precise import PreciseTrace
from derivations.groundwork.isotropic import BELOW, c2, phi, r2
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import d, lam, n, noise, p1, p2
from derivations.steps import Derivation, Step
from derivations.theorems.corollary_2_weighting import (
    VALUES,
    a,
    at,
    excess_risk,
    plain_error,
    r,
    ridgeless_risk,
    weight_of_share,
)
from derivations.verify import digits, exact, tends

# Claimed: the coefficient of phi, and the best weight to leading order.
NOISE = noise * ((1 - a) ** 2 / p1 + a**2 / p2)
MIXING = c2 * a**2 * (1 - a) ** 2 * (1 / p1 + 1 / p2)
SHARE = 2 * c2 * a**2 * (1 - a) * ((1 - a) / p1 - a / p2)
BEST = phi * noise / (p1 * c2)


def steps() -> Iterator[Step]:
    """The fixed point and its solution; small d/n; the floor; the best weight."""
    error = excess_risk()
    yield _equations(error)
    risk, weight = ridgeless_risk(), weight_of_share()
    yield _without_ridge(risk, weight)
    yield _many_samples(risk, weight)
    yield _floor(risk)
    yield _best(risk, weight)


def _equations(error):
    parts = {"B": r2, "V": noise, r"\zeta": c2}  # each part is a multiple of one of these
    factors = {"B": lam**2 * r2 / d, "V": noise / n, r"\zeta": c2 / d}
    traces = {name: PreciseTrace(expression) for name, expression in _pencils().items()}
    points = [at(sp.Rational(1, 3), sp.Rational(3, 10), sp.Rational(1, 50))]
    points += [at(sp.Rational(1, 20), sp.Rational(2), sp.Rational(1, 10))]

    def traced(name):
        def value(point):
            with mp.workdps(WORKING):
                return traces[name](point) * precise(factors[name].subs(point.numbers))

        return value

    return Step(
        r"Minimise $\frac{1-a}{n_1} \sum_{\mathrm{real}} (\ldots)^2 + \frac{a}{n_2} "
        r"\sum_{\mathrm{synthetic}} (\ldots)^2 + \lambda \|v\|^2$: the samples weigh $\alpha_1 = "
        r"(1-a)/p_1$ and $\alpha_2 = a/p_2$. With $\Sigma = I$ the deterministic equivalent consists "
        "of numbers. Its mean predictor is $r_1 w_1 + r_2 w_2$, so what acts is the *share* $r_2$ of "
        "the synthetic data, which is not quite their weight. The errors that the two sources see "
        r"solve a $2 \times 2$ system; SymPy solves it, and the error $b_1 + \sum_j \phi r_j^2 E_j / "
        "p_j$ follows. Free probability on the pencil of the weighted problem, which knows nothing of "
        "this system, finds the same three parts.",
        (
            r"e_k = \frac{\alpha_k}{1 + \alpha_k \phi g}, \quad g = \frac{1}{p_1 e_1 + p_2 e_2 + "
            r"\lambda}, \quad r_k = p_k e_k g",
            r"E_k = \sigma^2 + b_k + \frac{\phi r_1^2}{p_1} E_1 + \frac{\phi r_2^2}{p_2} E_2, \quad "
            r"b_1 = \lambda^2 g^2 r^2 + r_2^2 c^2, \quad b_2 = \lambda^2 g^2 r^2 + (1 - r_2)^2 c^2",
        ),
        tuple(
            digits(
                f"${name}$ is what free probability finds",
                traced(name),
                sp.cancel(sp.diff(error, symbol)) * symbol,
                points,
            )
            for name, symbol in parts.items()
        ),
    )


def _pencils():
    """B, V and zeta of weighted ridge regression, up to factors."""
    X1, X2 = Gaussian("X_1", p1 * n, d), Gaussian("X_2", p2 * n, d)
    M1, M2 = (1 - a) / p1 * X1.T * X1 / n, a / p2 * X2.T * X2 / n
    Q = (M1 + M2 + lam * sp.Identity(d)).I
    return {"B": Q * Q, "V": Q * ((1 - a) / p1 * M1 + a / p2 * M2) * Q, r"\zeta": M2 * Q * Q * M2}


def _without_ridge(risk, weight):
    unweighted = {r: p2}
    corollary_1 = BELOW.variance + BELOW.zeta
    alone = noise * (phi / p1) / (1 - phi / p1)
    numerator = p1 * r**2 * c2 * (p2 + phi * (1 - 2 * r)) + phi * noise * (p1 * p2 + (r - p2) ** 2)
    shown = numerator / (p1 * p2 * (1 - phi) - phi * (r - p2) ** 2)
    points = [
        at(*map(sp.Rational, pair)) for pair in (("1/2", "1/10"), ("1/50", "1/2"), ("9/10", "1/5"))
    ]
    return Step(
        "Without a ridge, $r_1 = 1 - r$ and $r_2 = r$. Solving the equations for the weights instead "
        "of the $e_k$ makes everything rational: the error is a function of the share, and so is the "
        "weight that produces the share. At $a = p_2$, no weighting, the share is $p_2$ too and "
        "Corollary 1 returns; at $a = 0$ the $p_1 n$ real samples are alone.",
        (
            rf"\mathrm{{error}} = {sp.latex(shown)}",
            rf"a = {sp.latex(p2 * r * (p1 - phi * (1 - r)) / (p1 * p2 - phi * r * (1 - r)))}",
        ),
        (
            exact("the error as a function of the share", risk, shown),
            digits("the weight from the share", weight, a, points),
            digits("the error from the raw equations", plain_error, risk, points),
            exact("the share of the weight $p_2$ is $p_2$", weight.subs(unweighted), p2),
            exact("Corollary 1 at $a = p_2$", risk.subs(unweighted), corollary_1),
            exact("the real data alone at $a = 0$", risk.subs(r, 0), alone),
        ),
    )


def _many_samples(risk, weight):
    shift = sp.Symbol("shift")
    moved = sp.series(weight.subs(r, a + phi * shift), phi, 0, 2).removeO()
    (first,) = sp.solve(moved.coeff(phi, 1), shift)
    series = sp.series(risk.subs(r, a + phi * first), phi, 0, 2).removeO()
    stated = a * (1 - a) * (p2 - a) / (p1 * p2)
    floor, coefficient = (sp.factor(series.coeff(phi, k)) for k in (0, 1))
    chosen = sp.Rational(1, 3)
    leading = (floor + phi * coefficient).subs(VALUES).subs(a, chosen)

    def remainder(size):
        point = at(chosen, sp.Rational(size))
        return plain_error(point) - precise(sp.Rational(leading.subs(phi, sp.Rational(size))))

    return Step(
        r"For $\phi = d/n \to 0$ the share tends to the weight, and to first order in $\phi$ the error "
        "has four terms: the floor; the label noise; the fluctuation of which function was heard how "
        "much; and, easily forgotten, the shift of the share away from the weight. The last vanishes "
        r"at $a = p_2$, where the total is Corollary 1's $\sigma^2 + p_1 p_2 c^2$.",
        (
            rf"r = a + \phi \, {sp.latex(stated)} + O(\phi^2)",
            rf"\mathrm{{error}} = {sp.latex(floor)} + \phi \left\{{ {sp.latex(NOISE)} + "
            rf"{sp.latex(MIXING)} + {sp.latex(SHARE)} \right\}} + O(\phi^2)",
        ),
        (
            exact("the share to first order", first, stated),
            exact("the floor", floor, a**2 * c2),
            exact(r"the coefficient of $\phi$", coefficient, NOISE + MIXING + SHARE),
            exact("it is Corollary 1's at $a = p_2$", coefficient.subs(a, p2), noise + p1 * p2 * c2),
            tends("what is left is of second order, $a = 1/3$", remainder, 0, (2.0**-10, 2.0**-14), 2),
        ),
    )


def _floor(risk):
    limit = sp.factor(sp.limit(risk, phi, 0)).subs(r, a)  # the share tends to the weight
    points = [at(sp.Rational(1, k), sp.Rational(1, 10**9)) for k in (1000, 100, 2)]
    checks = [
        tends(
            f"the floor at $a = {point.numbers[a]}$",
            lambda size, weight=point.numbers[a]: plain_error(at(weight, sp.Rational(size))),
            precise(limit.subs(VALUES).subs(a, point.numbers[a])),
            (2.0**-30, 2.0**-40),
            1,
        )
        for point in points
    ]
    return Step(
        r"**No fixed weight helps.** For every fixed $a \in (0, 1]$ the error tends to $a^2 c^2 > 0$. "
        r"Less weight than $p_2$ lowers the floor, but only $a \to 0$ removes it.",
        (rf"\lim_{{n \to \infty}} \mathrm{{error}} = {sp.latex(limit)}",),
        (exact("the limit", limit, a**2 * c2), *checks),
        _draw(risk),
    )


def _best(risk, weight):
    first, second = sp.symbols("rho_1 rho_2")
    slope = sp.numer(sp.together(sp.diff(risk, r)))
    expanded = sp.expand(slope.subs(r, phi * first + phi**2 * second))
    (one,) = sp.solve(expanded.coeff(phi, 1), first)
    (two,) = sp.solve(expanded.coeff(phi, 2).subs(first, one), second)
    share = phi * one + phi**2 * two
    best_weight = sp.series(weight.subs(r, share), phi, 0, 2).removeO()
    best_error = sp.series(risk.subs(r, share), phi, 0, 3).removeO()
    alone = sp.series(risk.subs(r, 0), phi, 0, 3).removeO()
    saved = sp.factor(alone - best_error)
    best = _minimiser(risk, weight)
    gain = BEST**2 * c2
    values = {
        name: expression.subs(VALUES)
        for name, expression in (("best", BEST / phi), ("gain", gain / phi**2))
    }
    return Step(
        r"**The best weight** makes the derivative vanish; solved order by order in $\phi$ it is "
        r"$a_\star \approx \phi \sigma^2/(p_1 c^2)$, and it tends to 0 with $n$: the optimum is to "
        "discard the synthetic data. To be fair to them: at finite $n$ a weight that small is better "
        r"than none, but all that it saves is the fraction $a_\star$ of the error of the real data "
        "alone.",
        (
            rf"a_\star = {sp.latex(sp.factor(best_weight))} + O(\phi^2)",
            rf"\mathrm{{error}}(0) = {sp.latex(sp.collect(alone, phi, sp.factor))} + O(\phi^3)",
            rf"\mathrm{{error}}(0) - \mathrm{{error}}(a_\star) = {sp.latex(saved)} + O(\phi^3)",
        ),
        (
            exact("the best weight to leading order", best_weight, BEST),
            exact("what it saves to leading order", saved, gain),
            tends(
                r"the best weight over $\phi$, found numerically",
                lambda size: best(size)[0] / size,
                precise(values["best"]),
                (2.0**-14, 2.0**-20),
                1,
            ),
            tends(
                r"the saving over $\phi^2$, found numerically",
                lambda size: best(size)[1] / mp.mpf(size) ** 2,
                precise(values["gain"]),
                (2.0**-14, 2.0**-20),
                1,
            ),
        ),
    )


def _minimiser(risk, weight) -> Callable:
    """phi -> best weight and what it saves, the minimum found by bisection of the derivative."""
    error = sp.lambdify((r, phi), risk.subs(VALUES), "mpmath")
    slope = sp.lambdify((r, phi), sp.diff(risk.subs(VALUES), r), "mpmath")
    of_share = sp.lambdify((r, phi), weight.subs(VALUES), "mpmath")

    def best(aspect):
        aspect = mp.mpf(aspect)
        share = mp.findroot(
            lambda x: slope(x, aspect),
            (0, VALUES[p2].p / mp.mpf(VALUES[p2].q)),
            solver="bisect",
            maxsteps=300,
        )
        return of_share(share, aspect), error(mp.mpf(0), aspect) - error(share, aspect)

    return best


def _draw(risk):
    values = {c2: 1, noise: 1, p2: sp.Rational(1, 2)}
    error = sp.lambdify((r, phi), risk.subs(values))
    weight = sp.lambdify((r, phi), weight_of_share().subs(values))

    def draw(path: Path) -> None:
        x = "weight $a$ of the synthetic data ($p_2 = 1/2$, $\\sigma^2 = c^2$)"
        with picture(path, x, "excess test error (units of $c^2$)") as axes:
            for aspect in (0.1, 0.01, 1e-3, 1e-4):
                share = np.geomspace(1e-6, 1 - 1e-6, 4000)
                weights, errors = weight(share, aspect), error(share, aspect)
                shown = weights > 1e-5
                (line,) = axes.plot(weights[shown], errors[shown], label=f"$d/n$ = {aspect:g}")
                best = errors.argmin()
                axes.plot(weights[best], errors[best], "o", color=line.get_color())
            grid = np.geomspace(1e-3, 1, 50)
            axes.plot(grid, grid**2, color="grey", linestyle=":", label="floor $a^2 c^2$")
            axes.plot([], [], "o", color="grey", label="best weight")

    return draw


COROLLARY_2 = Derivation(
    "corollary-2",
    "Corollary 2: weighting real and synthetic data",
    r"Let $\Sigma = I$, $\lambda \to 0^+$, give the real data the weight $1-a$ and the synthetic data "
    r"$a$. As $\phi = d/n \to 0$, the error is $a^2 c^2 + \phi\, \{ \sigma^2 [ (1-a)^2/p_1 + a^2/p_2 ] "
    r"+ c^2 a^2 (1-a)^2 (1/p_1 + 1/p_2) + 2 c^2 a^2 (1-a) [ (1-a)/p_1 - a/p_2 ] \} + O(\phi^2)$. No "
    r"fixed $a \in (0, 1]$ removes the floor; the best weight is $a_\star = \phi \sigma^2/(p_1 c^2) + "
    r"O(\phi^2) \to 0$.",
    steps,
)
