"""Gradient flow on isotropic features: against the law of the eigenvalues, and as time goes on."""

from collections.abc import Iterator

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING, Point, precise
from derivations.groundwork.flow_form import (
    TWO_FITS_ISOTROPIC,
    edges,
    flow,
    marchenko_pastur,
)
from derivations.groundwork.isotropic import ABOVE, BELOW, RIDGE, VALUES, c2, phi, r2
from derivations.groundwork.latex import latex
from derivations.groundwork.setting import kappa, lam, noise, p1, p2
from derivations.groundwork.two_point_form import kappa_mu, mu
from derivations.steps import Step
from derivations.verify import digits, exact, tends

time = sp.Symbol("t", positive=True)
SETTINGS = (("1/4", "1/2"), ("1/4", "6"), ("5/2", "3"))  # phi and t
END = 320
LATE = (4000, 8000)


def isotropic_flow() -> Iterator[Step]:
    """F at complex ridges, the error at any time, and its approach to Corollary 1."""
    yield _products()
    yield _every_time()
    yield _late()


def _products():
    g = sp.Symbol("g", positive=True)  # sqrt(phi)
    discriminant = (1 - g**2 - lam) ** 2 + 4 * lam
    # tr[Q(lambda)] / d is G = 1 / (e (1 + kappa)), and lambda = e kappa.
    mean = {lam: kappa / (lam * (1 + kappa)), mu: kappa_mu / (mu * (1 + kappa_mu))}
    by_identity = r2 * lam * mu * (mean[lam] - mean[mu]) / (mu - lam)
    square = (1 + kappa) * (1 + kappa_mu)
    shared = square - phi
    shorter = {
        "B": r2 * kappa * kappa_mu / shared,
        "V": noise * phi / shared,
        "zeta": p2**2 * c2 / square * (1 + phi * kappa * kappa_mu / shared)
        + p1 * p2 * c2 * phi / shared,
    }
    own = {lam: RIDGE, mu: RIDGE.subs(kappa, kappa_mu)}
    return Step(
        r"**Isotropic features.** At $\Sigma = I$ the parts of $F$ are numbers over $(1 + \kappa)(1 + \kappa') - \phi$. The quadratic of "
        r"$\kappa$ has the discriminant $(\lambda + a)(\lambda + b)$, $a, b = (1 \mp \sqrt\phi)^2$ being the ends of the spectrum of $M$, so "
        r"$\kappa = \frac12 (\phi - 1 + \lambda + \sqrt{\lambda + a} \sqrt{\lambda + b})$ is analytic off the spectrum and positive at positive "
        r"ridges: that is the branch at complex ones.",
        tuple(rf"{latex(name)} = {_shown(part)}" for name, part in shorter.items()),
        (
            exact("the discriminant", discriminant, (lam + (1 - g) ** 2) * (lam + (1 + g) ** 2)),
            exact("$B$ by the resolvent identity", by_identity.subs(own), TWO_FITS_ISOTROPIC.bias),
            *(
                exact(f"${latex(name)}$ of two fits at $\\Sigma = I$", part, shorter[name])
                for name, part in TWO_FITS_ISOTROPIC.named()
            ),
        ),
    )


def _shown(part):
    return sp.latex(part).replace("kappa'", r"\kappa'")


def _every_time():
    points = [
        Point(f"phi = {aspect}, t = {moment}", {phi: sp.Rational(aspect), time: sp.Rational(moment)})
        for aspect, moment in SETTINGS
    ]

    def by_law(part):
        def at(point):
            with mp.workdps(WORKING):
                aspect, moment = (precise(point.numbers[symbol]) for symbol in (phi, time))
                sigma2, quality, fraction, signal = (
                    precise(VALUES[symbol]) for symbol in (noise, c2, p2, r2)
                )

                def mean(function):
                    return marchenko_pastur(function, aspect)

                gain = aspect * mean(lambda x: (1 - mp.exp(-moment * x)) ** 2 / x)
                if part == "B":
                    unseen = max(mp.mpf(0), 1 - 1 / aspect)
                    return signal * (unseen + mean(lambda x: mp.exp(-2 * moment * x)))
                if part == "V":
                    return sigma2 * gain
                learnt = mean(lambda x: (1 - mp.exp(-moment * x)) ** 2)
                return quality * (fraction**2 * learnt + fraction * (1 - fraction) * gain)

        return at

    return Step(
        r"**Every time.** Here the eigenvalues alone decide, and their law is Marchenko and Pastur's. So all of it is seen from "
        r"another side, without a resolvent: $-e^{-t M} w_1$ is left of the signal, $(1 - e^{-t M}) M^{-1} X^\top \varepsilon / n$ "
        r"is what the noise leaves, and by the mixture theorem $\zeta$ is $p_2^2$ times the square of what is learnt of $\delta$, plus "
        r"$p_1 p_2 c^2 V / \sigma^2$. The integrals and the double sums over the parabola agree.",
        (
            r"B = r^2 \int e^{-2 t x} \mathrm{d}\mu, \qquad V = \sigma^2 \phi \int \frac{(1 - e^{-t x})^2}{x} \mathrm{d}\mu, \qquad "
            r"\zeta = p_2^2 c^2 \int (1 - e^{-t x})^2 \mathrm{d}\mu + \frac{p_1 p_2 c^2}{\sigma^2} V",
        ),
        tuple(
            digits(
                f"${latex(name)}$ of the flow by the law of eigenvalues",
                lambda point, place=place: _flowed(point)[place],
                by_law(name),
                points,
            )
            for place, name in enumerate(("B", "V", "zeta"))
        ),
    )


def _flowed(point):
    """The parts of the double sum at a point."""
    with mp.workdps(WORKING):
        return flow(precise(point.numbers[time]), precise(point.numbers[phi]))


def _whole(point):
    with mp.workdps(WORKING):
        return mp.fsum(_flowed(point))


def _late():
    checks = []
    for aspect, corollary in ((sp.Rational(1, 4), BELOW), (sp.Rational(5, 2), ABOVE)):
        at = Point(f"phi = {aspect}, t = {END}", {phi: aspect, time: sp.Integer(END), **VALUES})
        ends = sum(part for _, part in corollary.named())
        claim = rf"Corollary 1 at the end of the flow, $\phi = {aspect}$"
        checks.append(digits(claim, _whole, ends, [at]))
        claim = rf"the last approach over what the edge says, $\phi = {aspect}$"
        checks.append(tends(claim, _over_edge(precise(aspect)), 1, LATE, -1))
    return Step(
        r"**To the end.** As $t \to \infty$ the error tends to that without a ridge, Corollary 1 on either side of $\phi = 1$; at "
        rf"$t = {END}$ the double sum has its 30 digits. What is still missing comes from the eigenvalues next to the edge $a = (1 - "
        r"\sqrt\phi)^2$, whose density is $\frac{\sqrt{b - a}}{2 \pi \phi a} \sqrt{x - a}$, and to first order it is negative: $B$ is "
        r"already as small as $e^{-2 a t}$, while noise and wrong labels are still being learnt. So for any $\sigma^2 + p_2 c^2 > 0$ and $\phi \ne 1$ "
        r"the error falls below its end and rises to it: some finite time is better. The ratio of the two sides below, by the law "
        r"of eigenvalues, tends to 1 like $1/t$.",
        (
            r"E(t) - E(\infty) \simeq -2 \Big( p_2^2 c^2 + (\sigma^2 + p_1 p_2 c^2) \frac{\phi}{a} \Big) "
            r"\frac{e^{-a t}}{2 \sqrt\pi\, \phi^{3/4} a\, t^{3/2}}",
        ),
        tuple(checks),
    )


def _over_edge(aspect):
    signal, pull, spread = (precise(f.subs(VALUES)) for f in (r2, p2**2 * c2, noise + p1 * p2 * c2))

    def ratio(moment):
        with mp.workdps(WORKING):
            low, _ = edges(aspect)
            edge = mp.exp(-low * moment) / (2 * mp.sqrt(mp.pi) * aspect ** mp.mpf("0.75") * low)
            leading = -2 * (pull + spread * aspect / low) * edge / mp.mpf(moment) ** mp.mpf("1.5")

            def missing(x):
                left = mp.exp(-moment * x)
                return signal * left**2 + (pull + spread * aspect / x) * (left**2 - 2 * left)

            return marchenko_pastur(missing, aspect, 2000) / leading

    return ratio
