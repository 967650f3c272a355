"""Sums of ridge fits: what is derived against `collapse_theory.training`, which knows none of it."""

import numpy as np
import pytest

import collapse_theory as ct
from derivations.engine.points import evaluate
from derivations.groundwork import flow_form
from derivations.groundwork.isotropic import RIDGE, VALUES, c2, phi, r2
from derivations.groundwork.setting import Delta, Gamma, R, Sigma, kappa, lam, m, n, noise, p2
from derivations.groundwork.two_point_form import CLASSICAL_MU, PROJECTED_MU, SAME, R_mu, kappa_mu, mu
from derivations.theorems import gradient_flow_endless
from derivations.theorems.self_distillation import cross_and_pure
from derivations.theorems.two_fits import error_points

PARTS = ("bias", "variance", "zeta")
SIZE = 6
SHARES = 1.7, -0.7  # of the two fits in the filter


def problem(numbers, spectrum, signal, shift, ridge=0.0):
    """The paper's two sources as `collapse_theory` has them."""
    samples, fraction, sigma2 = (float(numbers[s]) for s in (n, p2, noise))
    sources = (
        ct.Source((1 - fraction) * samples, spectrum, sigma2),
        ct.Source(fraction * samples, spectrum, sigma2, shift),
    )
    width = float(numbers[m]) if m in numbers else None
    return ct.Problem(sources, signal=signal, ridge=ridge, width=width)


def isotropic(aspect, ridge=0.0):
    ones = np.ones(SIZE)
    numbers = {n: SIZE / aspect, p2: VALUES[p2], noise: VALUES[noise]}
    signal, shift = (float(VALUES[s]) / SIZE * ones for s in (r2, c2))
    return problem(numbers, ones, signal, shift, ridge)


@pytest.mark.parametrize(("wide", "closed"), [(False, CLASSICAL_MU), (True, PROJECTED_MU)])
def test_a_filter_of_two_ridges(wide, closed):
    a, b = SHARES
    for point in error_points(wide):
        spectra = [np.array([float(x) for x in point.spectra[s]]) for s in (Sigma, Gamma, Delta)]
        ridges = np.array([float(point.numbers[s]) for s in (lam, mu)])
        risk = ct.spectral_filter(
            problem(point.numbers, *spectra), ct.SpectralFilter(ridges, np.array(SHARES))
        )
        for (_, product), name in zip(closed.named(), PARTS, strict=True):
            first, second = product.subs(SAME), product.subs({R: R_mu, kappa: kappa_mu})
            derived = float(evaluate(a * a * first + 2 * a * b * product + b * b * second, point))
            np.testing.assert_allclose(getattr(risk, name), derived, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize(("aspect", "times"), [(0.25, (0.5, 6.0)), (2.5, (0.2, 3.0))])
def test_gradient_flow(aspect, times):
    risk = ct.gradient_flow(isotropic(aspect), times)
    derived = np.array([flow_form.flow(time, aspect, 32) for time in times], dtype=float).T
    for name, values in zip(PARTS, derived, strict=True):
        np.testing.assert_allclose(getattr(risk, name), values, rtol=1e-9, err_msg=name)


def test_no_time_removes_the_floor():
    # Endless data: nothing is left at any time but the quadratic in exp(-t), least at its minimum.
    least = float(gradient_flow_endless.LEAST.subs(VALUES))
    signal, floor = (float(f.subs(VALUES)) for f in (r2, gradient_flow_endless.floor))
    best = np.log((signal + floor) / floor)
    totals = ct.gradient_flow(isotropic(1e-9), best * np.array([0.9, 1.0, 1.1])).total
    np.testing.assert_allclose(totals[1], least, rtol=1e-7)
    assert totals.min() == totals[1]


def test_self_distillation():
    at = {phi: 0.5, kappa: 0.3}
    ridge = float(RIDGE.subs(at))
    distillation = ct.best_distillation(isotropic(0.5, ridge))
    for (_, product), name in zip(flow_form.TWO_FITS_ISOTROPIC.named(), PARTS, strict=True):
        formulas = [product.subs(kappa_mu, kappa), *cross_and_pure(product)]
        derived = [float(formula.subs(VALUES).subs(at)) for formula in formulas]
        measured = [
            getattr(risk, name) for risk in (distillation.teacher, distillation.cross, distillation.pure)
        ]
        np.testing.assert_allclose(measured, derived, rtol=1e-9, err_msg=name)
