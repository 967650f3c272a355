"""Gradient flow on endless data: the best time, and the floor under every algorithm."""

from collections.abc import Iterator
from pathlib import Path

import mpmath as mp
import numpy as np
import sympy as sp

from derivations.engine.points import WORKING
from derivations.engine.traces import tr
from derivations.groundwork.flow_form import TWO_FITS_ISOTROPIC, flow, parabola
from derivations.groundwork.isotropic import VALUES, c2, phi, r2
from derivations.groundwork.pictures import picture
from derivations.groundwork.setting import Delta, Gamma, R, Sigma, kappa, lam, n, noise, p2
from derivations.groundwork.two_point_form import ALGEBRA_MU, CLASSICAL_MU, R_mu, kappa_mu, mu
from derivations.steps import Step
from derivations.verify import exact, tends
from workbench.style import COLOURS

h = sp.Symbol("h", positive=True)
floor = p2**2 * c2
LEAST = r2 * floor / (r2 + floor)


def endless() -> Iterator[Step]:
    """A quadratic in what is left; its minimum; the same for every spectrum and every filter."""
    yield _quadratic()
    yield _every_filter()


def _quadratic():
    ridges, weights = sp.symbols("lambda_1:4", positive=True), list(sp.symbols("C_1:3"))
    weights.append(1 - sum(weights))
    product = sum(part for _, part in TWO_FITS_ISOTROPIC.named()).subs(phi, 0)
    total = sum(
        C * C_r * product.subs({kappa: ridge, kappa_mu: ridge_r}, simultaneous=True)
        for C, ridge in zip(weights, ridges, strict=True)
        for C_r, ridge_r in zip(weights, ridges, strict=True)
    )
    left = sum(C * ridge / (1 + ridge) for C, ridge in zip(weights, ridges, strict=True))
    risk = h**2 * r2 + (1 - h) ** 2 * floor
    (best,) = sp.solve(sp.diff(risk, h), h)
    with mp.workdps(WORKING):
        moment, least = (mp.mpf(sp.N(f.subs(VALUES), WORKING + 5)) for f in (-sp.log(best), LEAST))
    return Step(
        r"**Endless data.** As $n \to \infty$, $\phi \to 0$, $\kappa = \lambda$ and every eigenvalue of $M$ is 1: $\hat w = (1 - h)(w_1 + p_2 "
        r"\delta)$, with $h$ what the filter leaves at $x = 1$. That is $e^{-t}$ for gradient flow, and $\lambda / (1 + \lambda)$ for "
        r"ridge regression, which here is the same family. The error is a quadratic in $h$. Shrinking a wrong mean "
        r"label helps, but not to the end. Below, $p_2 = 20\%$, $c^2 = 0.5$, $\sigma^2 = 0.1$, $r^2 = 1$.",
        (
            r"E = h^2 r^2 + (1 - h)^2 p_2^2 c^2",
            rf"h_\star = {sp.latex(best)}, \qquad E_\star = {sp.latex(LEAST)} > 0",
        ),
        (
            exact("the double sum at $n = \\infty$", total, risk.subs(h, left)),
            exact("the best $h$", best, floor / (r2 + floor)),
            exact("the least error", risk.subs(h, best), LEAST),
            tends(
                "at the best time it is approached like $1/n$",
                lambda aspect: mp.fsum(flow(moment, mp.mpf(aspect), 48)),
                least,
                (2.0**-12, 2.0**-16),
                1,
            ),
        ),
        picture=_against_time,
    )


def _every_filter():
    g, f = sp.symbols("g f", positive=True)  # Gamma_j and p_2^2 Delta_j of one direction
    quadratic = h**2 * g + (1 - h) ** 2 * f
    square = (g + f) * (h - f / (g + f)) ** 2
    whole = sum(part.subs(n, sp.oo) for _, part in CLASSICAL_MU.named())
    whole = whole.subs({kappa: lam, kappa_mu: mu})
    left = lam * mu * tr(Gamma * Sigma * R * R_mu) + p2**2 * tr(Delta * Sigma**3 * R * R_mu)
    return Step(
        r"**Every spectrum, every filter.** With endless data $F$ is the sum over the directions of $\Sigma$ of what the two fits "
        r"leave, $\frac{\lambda}{\Sigma + \lambda} \cdot \frac{\mu}{\Sigma + \mu}$, times $\Gamma \Sigma$, and of what they learn times "
        r"$p_2^2 \Delta \Sigma$. So direction $j$, of eigenvalue $s_j$, adds a quadratic in $h_j = \text{residual}(s_j)$, and no "
        r"spectral filter whatever, stopped early, averaged, accelerated or iterated, gets below the minimum of each. Collapse is "
        r"softened by a filter, and never removed.",
        (
            r"E = \sum_j s_j \big( h_j^2 \Gamma_j + (1 - h_j)^2 p_2^2 \Delta_j \big) \ge "
            r"\sum_j s_j \frac{\Gamma_j\, p_2^2 \Delta_j}{\Gamma_j + p_2^2 \Delta_j}",
        ),
        (
            exact(r"$F$ at $n = \infty$", whole, left, ALGEBRA_MU.normal_form),
            exact("one direction", quadratic, square + g * f / (g + f)),
        ),
    )


def _against_time(path: Path) -> None:
    """The error against time, n / d = 2, 10, 100 and endless."""
    values = {r2: 1.0, c2: 0.5, p2: 0.2, noise: 0.1}
    product = sp.lambdify(
        (kappa, kappa_mu, phi), sum(part for _, part in TWO_FITS_ISOTROPIC.named()).subs(values)
    )
    z, c = (np.array(side, complex) for side in zip(*parabola(32), strict=True))
    times = np.geomspace(0.1, 1e3, 200)
    level = values[p2] ** 2 * values[c2]
    with picture(path, "time t", "excess test error") as axes:
        for aspect, colour, name in zip(
            (1 / 2, 1 / 10, 1 / 100, 0.0), COLOURS, ("2", "10", "100", r"$\infty$"), strict=False
        ):
            errors = []
            for time in times:
                low, high = (1 - aspect**0.5) ** 2, (1 + aspect**0.5) ** 2
                ridge = z / time
                k = (aspect - 1 + ridge + np.sqrt(ridge + low) * np.sqrt(ridge + high)) / 2
                fits = c / z
                errors.append((fits[:, None] * fits * product(k[:, None], k, aspect)).sum().real)
            axes.plot(times, errors, color=colour, label=f"n/d = {name}")
        axes.axhline(level, color="0.4", linestyle=":", label=r"$p_2^2 c^2$")
