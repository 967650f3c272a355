"""Gradient flow as a sum of ridge fits on a parabola, and its error for isotropic features."""

from collections.abc import Callable
from functools import cache

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING
from derivations.engine.traces import tr
from derivations.groundwork.formulas import ErrorParts
from derivations.groundwork.isotropic import ISOTROPIC, VALUES, c2, phi, r2
from derivations.groundwork.setting import Delta, Gamma, R, Sigma, d, kappa, n
from derivations.groundwork.two_point_form import CLASSICAL_MU, R_mu, kappa_mu

FOCUS, ASCENT, DESCENT = sp.pi / 24, sp.Rational(1, 4), 3 / (8 * sp.pi)
NODES = 88  # 2 exp(-pi N / 3) is below 10^-39


@cache
def parabola(nodes: int) -> list[tuple[mp.mpc, mp.mpc]]:
    """(z_q, c_q) with exp(-x) = sum_q c_q / (x + z_q), in 50 digits."""
    with mp.workdps(WORKING):
        focus, ascent, descent = (mp.mpf(sp.N(x, WORKING + 5)) for x in (FOCUS, ASCENT, DESCENT))
        pairs = []
        for q in range(nodes):
            angle = (2 * q + 1 - nodes) * mp.pi / nodes
            z = nodes * (focus - descent * angle**2 + 1j * ascent * angle)
            slope = nodes * (-2 * descent * angle + 1j * ascent)
            pairs.append((z, mp.exp(z) * slope / (1j * nodes)))
        return pairs


def isotropic_mu(formula: sp.Expr) -> sp.Expr:
    """A part of F(lambda, mu) at Sigma = I, in phi, the two kappas, c^2 and r^2."""
    at_one = formula.subs({R: 1 / (1 + kappa), R_mu: 1 / (1 + kappa_mu)}).subs(Sigma, 1)
    reduced = ISOTROPIC.normal_form(at_one)
    return sp.factor(reduced.subs({tr(Delta): c2, tr(Gamma): r2, d: phi * n}))


TWO_FITS_ISOTROPIC = ErrorParts(*(isotropic_mu(part) for _, part in CLASSICAL_MU.named()))


def edges(aspect) -> tuple[mp.mpf, mp.mpf]:
    """The least and the largest eigenvalue of M, beside 0, at d / n = aspect."""
    return (1 - mp.sqrt(aspect)) ** 2, (1 + mp.sqrt(aspect)) ** 2


def shift(ridge, aspect) -> mp.mpc:
    """kappa at a complex ridge: analytic off the spectrum, positive where the ridge is."""
    low, high = edges(aspect)
    return (aspect - 1 + ridge + mp.sqrt(ridge + low) * mp.sqrt(ridge + high)) / 2


@cache
def flow(time, aspect, nodes: int = NODES) -> tuple[mp.mpf, mp.mpf, mp.mpf]:
    """B, V and zeta of gradient flow at a time: the double sum of F over the parabola's ridges."""
    product = _compiled()
    with mp.workdps(WORKING):
        time, aspect = mp.mpf(time), mp.mpf(aspect)
        fits = [(c / z, shift(z / time, aspect)) for z, c in parabola(nodes)]
        totals = [mp.mpf(0)] * 3
        # The other half of the parabola is the conjugate of this one.
        for weight, k in fits[: nodes // 2]:
            for weight_mu, k_mu in fits:
                parts = product(k, k_mu, aspect)
                w = 2 * weight * weight_mu
                totals = [s + (w * part).real for s, part in zip(totals, parts, strict=True)]
        return totals[0], totals[1], totals[2]


@cache
def _compiled() -> Callable:
    parts = [part.subs(VALUES) for _, part in TWO_FITS_ISOTROPIC.named()]
    return sp.lambdify((kappa, kappa_mu, phi), parts, "mpmath", cse=True)


def marchenko_pastur(function: Callable, aspect, nodes: int = 240) -> mp.mpf:
    """The mean of a function over the eigenvalues of M at Sigma = I, d / n = aspect.

    With x = 1 + phi + 2 sqrt(phi) cos(theta) the density is smooth and periodic, so that the
    trapezoidal rule converges geometrically.  The function is 0 where phi > 1 puts eigenvalues at 0, or
    they are added by hand.
    """
    with mp.workdps(WORKING):
        terms = []
        for j in range(1, nodes):
            angle = j * mp.pi / nodes
            x = 1 + aspect + 2 * mp.sqrt(aspect) * mp.cos(angle)
            terms.append(function(x) * mp.sin(angle) ** 2 / x)
        return 2 * mp.fsum(terms) / nodes
