"""Isotropic features without a ridge: Corollary 1's claims, its formulas and its points."""

import mpmath as mp
import sympy as sp

from derivations.engine.points import WORKING, Point
from derivations.engine.traces import Algebra, tr
from derivations.groundwork.formulas import ErrorParts
from derivations.groundwork.setting import (
    SHIFT,
    SIGNAL,
    Delta,
    Gamma,
    R,
    Sigma,
    d,
    kappa,
    lam,
    n,
    noise,
    p1,
    p2,
)

phi, c2, r2 = sp.symbols("phi c^2 r^2", positive=True)  # c^2 = tr Delta, r^2 = tr Gamma
gap = sp.Symbol("s", positive=True)  # |1 - phi|, so that SymPy knows on which side of 1 phi is

# What is claimed, phi < 1 and phi > 1.
BELOW = ErrorParts(sp.S.Zero, noise * phi / (1 - phi), (p2**2 + p1 * p2 * phi / (1 - phi)) * c2)
ABOVE = ErrorParts((1 - 1 / phi) * r2, noise / (phi - 1), p2 * (phi - p2) * c2 / (phi * (phi - 1)))
FIRST_ORDER = p2**2 * c2 + phi * (noise + p1 * p2 * c2)

ISOTROPIC = Algebra((Delta, Gamma), (), d)
RIDGE = kappa * (1 - phi / (1 + kappa))

VALUES = {noise: sp.Rational(1, 3), c2: sp.Rational(5, 4), p2: sp.Rational(1, 5), r2: sp.S.One}


def isotropic(formula: sp.Expr) -> sp.Expr:
    """A formula of Theorem 1 at Sigma = I, in phi, kappa, c^2 and r^2."""
    at_one = ISOTROPIC.normal_form(formula.subs(R, 1 / (1 + kappa)).subs(Sigma, 1))
    reduced = sp.factor(at_one.subs({tr(Delta): c2, tr(Gamma): r2, d: phi * n}))
    square = (1 + kappa) ** 2 - phi  # shorter to print than its expansion
    return reduced.subs(sp.expand(square), square)


def isotropic_point(label: str, aspect: sp.Rational, fraction: sp.Rational, shift, ridge=0) -> Point:
    """Six equal eigenvalues, any Gamma and Delta, with this kappa."""
    numbers = {d: 6, n: 6 / aspect, p2: fraction, noise: sp.Rational(1, 3), kappa: shift, lam: ridge}
    numbers |= {phi: aspect, c2: sum(SHIFT), r2: sum(SIGNAL), gap: abs(1 - aspect)}
    with mp.workdps(WORKING):
        resolvent = 1 / (1 + shift)
    spectra = {Sigma: [1] * 6, Gamma: SIGNAL, Delta: SHIFT, R: [resolvent] * 6}
    return Point(label, numbers, spectra)


def ridge_points() -> list[Point]:
    """Points with a ridge on both sides of phi = 1; lambda follows from kappa, as rationals."""
    points = []
    for aspect, shift in (("3/10", "1/7"), ("1", "1/2"), ("5/2", "8/5")):
        aspect, shift = sp.Rational(aspect), sp.Rational(shift)
        ridge = RIDGE.subs({phi: aspect, kappa: shift})
        points.append(isotropic_point(f"phi = {aspect}", aspect, sp.Rational(1, 5), shift, ridge))
    return points


def ridgeless_points(above: bool) -> list[Point]:
    """Points without a ridge: kappa = 0 below phi = 1, phi - 1 above."""
    aspects = ("11/10", "5/2", "7") if above else ("1/20", "1/2", "9/10")
    fractions = (sp.Rational(k, 10) for k in (1, 5, 9))
    pairs = zip(map(sp.Rational, aspects), fractions, strict=True)
    return [isotropic_point(f"phi = {a}, p_2 = {f}", a, f, max(a - 1, sp.S.Zero)) for a, f in pairs]
