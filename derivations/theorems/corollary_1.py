"""Corollary 1: isotropic features without a ridge, where the floor of model collapse is plain to see."""

from collections.abc import Iterator
from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.points import evaluate
from derivations.groundwork.formulas import THEOREM_1, ErrorParts
from derivations.groundwork.isotropic import (
    ABOVE,
    BELOW,
    FIRST_ORDER,
    RIDGE,
    VALUES,
    c2,
    gap,
    isotropic,
    isotropic_point,
    phi,
    ridge_points,
    ridgeless_points,
)
from derivations.groundwork.latex import latex
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import (
    d,
    kappa,
    lam,
    n,
    noise,
    p2,
)
from derivations.steps import Derivation, Step
from derivations.theorems.corollary_1_every_size import every_size
from derivations.verify import digits, exact, tends
from workbench.style import COLOURS, FRACTIONS


def steps() -> Iterator[Step]:
    """Theorem 1 at Sigma = I; kappa as lambda -> 0; the three parts on both sides; the floor."""
    parts = ErrorParts(*(isotropic(formula) for _, formula in THEOREM_1.named()))
    formulas = zip(parts.named(), THEOREM_1.named(), strict=True)
    yield Step(
        r"With $\Sigma = I$ the resolvent is the number $1/(1+\kappa)$. Every trace factorises, and of "
        r"$\Gamma$ and $\Delta$ only $r^2 = \operatorname{tr}\Gamma$ and the quality of the synthetic "
        r"data, $c^2 = \operatorname{tr}\Delta$, remain. With $\phi = d/n$, Theorem 1 reads:",
        tuple(rf"{latex(name)} = {sp.latex(formula)}" for name, formula in parts.named()),
        tuple(
            digits(rf"${latex(name)}$ is Theorem 1 at $\Sigma = I$", short, full, ridge_points())
            for (name, short), (_, full) in formulas
        ),
    )

    equation = sp.numer(sp.together(RIDGE - lam))
    negative, root = sp.solve(equation, kappa)
    yield Step(
        r"The equation of $\kappa$ is a quadratic. Its roots have the product $-\lambda$, so exactly "
        r"one is positive, and that is $\kappa$:",
        (rf"\lambda = {sp.latex(RIDGE)}", rf"\kappa = {sp.latex(root)}"),
        (
            exact(r"the two roots have product $-\lambda$", sp.expand(negative * root), -lam),
            digits(r"$\kappa$ solves its equation", root, kappa, ridge_points()),
        ),
    )

    sides = {"<": 1 - gap, ">": 1 + gap}
    shifts = {side: sp.series(root.subs(phi, aspect), lam, 0, 2) for side, aspect in sides.items()}
    limits = {side: sp.limit(root.subs(phi, aspect), lam, 0, "+") for side, aspect in sides.items()}
    names = {side: rf"\phi {side} 1:\quad \kappa" for side in sides}
    yield Step(
        r"Now let $\lambda$ fall to 0. Expanding the root, with $s = |1-\phi|$, shows the phase "
        "transition: the ridge disappears when there are enough samples, and survives as an implicit "
        r"one, $\kappa = \phi - 1$, when there are not.",
        tuple(rf"{names[side]} = {_series_latex(series)}" for side, series in shifts.items()),
        (
            exact(r"$\kappa \to 0$ for $\phi < 1$", limits["<"], 0),
            exact(r"$\kappa \to \phi - 1$ for $\phi > 1$", limits[">"], gap),
            exact(r"$\kappa \approx \lambda / (1 - \phi)$ below", shifts["<"].removeO(), lam / gap),
        ),
    )

    errors = {}
    for side, stated, where in (("<", BELOW, "few features"), (">", ABOVE, "few samples")):
        aspect = {gap: 1 - phi} if side == "<" else {gap: phi - 1}
        limit = [
            sp.factor(
                sp.limit(f.subs(phi, sides[side]).subs(kappa, root.subs(phi, sides[side])), lam, 0, "+")
            )
            for _, f in parts.named()
        ]
        errors[side] = ErrorParts(*(sp.factor(f.subs(aspect)) for f in limit))
        points = ridgeless_points(side == ">")
        checks = []
        for (name, f), (_, claim), (_, full) in zip(
            errors[side].named(), stated.named(), THEOREM_1.named(), strict=True
        ):
            checks.append(exact(rf"the limit of ${latex(name)}$, $\phi {side} 1$", f, claim))
            claimed = rf"Theorem 1 at the limiting $\kappa$ gives ${latex(name)}$, $\phi {side} 1$"
            checks.append(digits(claimed, full, f, points))
        checks.append(_approach(side, errors[side], root))
        yield Step(
            rf"The limits $\lambda \to 0^+$ of the three parts with {where}, $\phi {side} 1$:",
            tuple(rf"{latex(name)} \to {sp.latex(f)}" for name, f in errors[side].named()),
            tuple(checks),
        )

    error = sum(f for _, f in errors["<"].named())
    series = sp.series(error, phi, 0, 2)
    yield Step(
        r"With many samples per feature, $\phi \ll 1$, the error is a constant and a correction. "
        "Mixing labels of two functions acts like additional noise of variance $p_1 p_2 c^2$, and "
        "that falls like $d/n$ with the rest; the bias of the mean label, $p_2^2 c^2$, does not.",
        (rf"B + V + \zeta = {sp.latex(sp.collect(sp.expand(series.removeO()), phi))} + O(\phi^2)",),
        (
            exact("the expansion to first order", series.removeO(), FIRST_ORDER),
            tends("what is left is of second order", _remainder(error), 0, (2.0**-10, 2.0**-14), 2),
        ),
    )

    floor = sp.limit(error.subs(phi, d / n), n, sp.oo)
    crossing = sp.solve(sp.Eq(noise * d / n, floor), n)[0]
    yield Step(
        "**Strong model collapse.** The limit of infinitely many samples is positive for every fixed "
        "$p_2 > 0$: one part in a hundred or in a thousand only lowers the floor, to $10^{-4} c^2$ "
        r"and $10^{-6} c^2$. Data collected beyond the crossing $n_\star$ are wasted.",
        (
            rf"\lim_{{n \to \infty}} (B + V + \zeta) = {sp.latex(floor)}",
            rf"n_\star = {sp.latex(crossing)}",
        ),
        (
            exact("the floor", floor, p2**2 * c2),
            exact("the floor at 1%", floor.subs(p2, sp.Rational(1, 100)), c2 / 10**4),
            tends("it is approached like $1/n$", _over_n(error), floor.subs(VALUES), (10**6, 10**8), -1),
        ),
        picture=_draw(error),
    )

    yield every_size(errors["<"])


def _series_latex(series):
    terms = [sp.simplify(series.removeO().coeff(lam, k)) * lam**k for k in range(2)]
    return rf"{sp.latex(sum(terms))} + O(\lambda^2)"


def _approach(side, limit, root):
    """Theorem 1 as lambda falls, at one phi."""
    aspect = sp.Rational(1, 2) if side == "<" else sp.Rational(5, 2)

    def error(ridge):
        ridge = sp.Rational(ridge)
        with mp.workdps(80):  # the root is a small difference of large numbers
            shift = mp.mpf(sp.N(root.subs({phi: aspect, lam: ridge}), 70))
        at = isotropic_point("", aspect, sp.Rational(1, 5), shift, ridge)
        return mp.fsum(evaluate(f, at) for _, f in THEOREM_1.named())

    at = isotropic_point("", aspect, sp.Rational(1, 5), max(aspect - 1, 0))
    value = evaluate(sum(f for _, f in limit.named()), at)
    return tends(
        rf"Theorem 1 at $\phi = {aspect}$ tends to the limit", error, value, (2.0**-20, 2.0**-30), 1
    )


def _remainder(error):
    difference = (error - FIRST_ORDER).subs(VALUES)
    return lambda size: sp.N(difference.subs(phi, sp.Rational(size)), 40)


def _over_n(error):
    at = error.subs(VALUES)
    return lambda samples: sp.N(at.subs(phi, 100 / sp.Rational(samples)), 40)


def _draw(error):
    curve = sp.lambdify((phi, p2), error.subs({c2: 1, noise: 1}))

    def draw(path: Path) -> None:
        features = 100
        samples = np.geomspace(1.2 * features, 1e10, 400)
        label = "excess test error (units of $c^2$)"
        with picture(path, r"number of samples $n$ ($d = 100$, $\sigma^2 = c^2$)", label) as axes:
            for fraction, name in ((0, "0"), (0.001, "0.1%"), (0.01, "1%"), (0.1, "10%")):
                values = curve(features / samples, fraction)
                colour = COLOURS[FRACTIONS.index(fraction)]
                axes.plot(samples, values, color=colour, label=f"$p_2$ = {name}")
                if fraction:
                    axes.axhline(fraction**2, color=colour, linestyle=":", linewidth=1)
            axes.plot([], [], color="grey", linestyle=":", label="$p_2^2 c^2$")

    return draw


COROLLARY_1 = Derivation(
    "corollary-1",
    "Corollary 1: a floor that no amount of data removes",
    r"Let $\Sigma = I$, $\lambda \to 0^+$ and $\phi = d/n < 1$. Then $B \to 0$, $V \to \sigma^2 "
    r"\phi/(1-\phi)$ and $\zeta \to (p_2^2 + p_1 p_2\, \phi/(1-\phi))\, c^2$ with $c^2 = "
    r"\operatorname{tr}[\Sigma\Delta]$; hence the error is $p_2^2 c^2 + \phi\, (\sigma^2 + p_1 p_2 "
    r"c^2) + O(\phi^2)$. For every fixed $p_2 > 0$ it does not tend to 0 with $n$. The other side, "
    r"$\phi > 1$, is $B \to (1 - 1/\phi) \operatorname{tr}\Gamma$, $V \to \sigma^2/(\phi - 1)$, $\zeta "
    r"\to p_2 (\phi - p_2)\, c^2 / (\phi (\phi - 1))$.",
    steps,
)
