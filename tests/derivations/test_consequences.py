"""What the corollaries derive, against `collapse_theory.predict`, which knows none of them."""

import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

import collapse_theory as ct
from derivations.engine.points import evaluate
from derivations.groundwork import isotropic as isotropic_limits
from derivations.groundwork.formulas import THEOREM_1
from derivations.groundwork.power_law import in_closed_form
from derivations.groundwork.setting import SHIFT, SIGNAL, SPECTRUM, df1, kappa, m, n, noise, p2
from derivations.theorems import corollary_2_weighting, ensemble, sgd_plateau, two_stage_parts

SIZE = 5
FRACTION, NOISE, QUALITY, STRENGTH = 0.2, 0.3, 1.5, 0.8
NUMBERS = {p2: FRACTION, noise: NOISE, isotropic_limits.c2: QUALITY, isotropic_limits.r2: STRENGTH}


def isotropic(aspect, ridge=0.0):
    """predict at Sigma = I and d/n = aspect."""
    return ct.predict(
        ct.real_and_synthetic(
            n=SIZE / aspect,
            synthetic_fraction=FRACTION,
            covariance=ct.spectra.isotropic(SIZE),
            signal=STRENGTH,
            quality=QUALITY,
            noise=NOISE,
            ridge=ridge,
        )
    )


@pytest.mark.parametrize(
    ("aspect", "side"), [(0.3, "BELOW"), (0.9, "BELOW"), (1.2, "ABOVE"), (7.0, "ABOVE")]
)
def test_ridgeless_isotropic_parts(aspect, side):
    parts, predicted = getattr(isotropic_limits, side), isotropic(aspect)
    for name in ("bias", "variance", "zeta"):
        formula = float(getattr(parts, name).subs(NUMBERS | {isotropic_limits.phi: aspect}))
        np.testing.assert_allclose(
            getattr(predicted, name), formula, rtol=1e-9, atol=1e-12, err_msg=name
        )


def test_small_d_over_n_leaves_the_floor():
    # What the first order leaves out is of second order: its ratio to phi^2 settles.
    def left(aspect):
        first = float(isotropic_limits.FIRST_ORDER.subs(NUMBERS | {isotropic_limits.phi: aspect}))
        return (isotropic(aspect).total - first) / aspect**2

    np.testing.assert_allclose(left(1e-3), left(1e-4), rtol=0.01)


@pytest.mark.parametrize(("weight", "aspect"), [("1/2", "1/10"), ("1/100", "1/50"), ("9/10", "1/3")])
def test_weighted_mixing(weight, aspect):
    weight, aspect = sp.Rational(weight), sp.Rational(aspect)
    point = corollary_2_weighting.at(weight, aspect)
    fraction, a = float(point.numbers[p2]), float(weight)
    samples, covariance = SIZE / float(aspect), ct.spectra.isotropic(SIZE)
    quality, sigma2 = (float(point.numbers[symbol]) for symbol in (isotropic_limits.c2, noise))
    real = ct.Source((1 - fraction) * samples, covariance, sigma2, weight=(1 - a) / (1 - fraction))
    synthetic = ct.Source(fraction * samples, covariance, sigma2, quality, a / fraction)
    predicted = ct.predict(ct.Problem((real, synthetic), signal=1.0, ridge=0.0)).total
    np.testing.assert_allclose(
        predicted, float(evaluate(corollary_2_weighting.ridgeless_risk(), point)), rtol=1e-9
    )


def test_power_law_sums_are_what_a_long_spectrum_gives():
    # The tail beyond d = 10^5 holds 1 / (d kappa) of df1; nothing else separates the two.
    size, samples = 100_000, 20.0
    source = ct.Source(samples, 1 / jnp.arange(1.0, size + 1) ** 2, NOISE)
    problem = ct.Problem((source,), signal=1.0, ridge=0.01)
    shift = float(ct.diagnose(problem).kappa)
    at = {kappa: shift, n: samples, noise: NOISE}
    tail = 1 / (size * shift)
    freedom = float(in_closed_form(df1, {}).subs(at))
    np.testing.assert_allclose(ct.diagnose(problem).df1, freedom, atol=2 * tail)
    variance = float(in_closed_form(THEOREM_1.variance, {}).subs(at))
    np.testing.assert_allclose(ct.predict(problem).variance, variance, rtol=2 * tail)


def test_an_ensemble_mixes_its_member_and_the_classical_model():
    # E_k = E(Theorem 2) / k + (1 - 1/k) E(Theorem 1 at the members' kappa).
    widths = (30, 90, 200)
    spectrum, shift = ensemble.SPECTRUM, ensemble.SHIFT
    for width, zetas in zip(widths, ensemble.theory(widths), strict=True):
        sources = (
            ct.Source((1 - ensemble.FRACTION) * ensemble.SAMPLES, spectrum),
            ct.Source(ensemble.FRACTION * ensemble.SAMPLES, spectrum, shift=shift),
        )
        member = ct.Problem(sources, signal=1.0, ridge=ensemble.RIDGE, width=width)
        diagnosis = ct.diagnose(member)
        classical = ct.Problem(
            sources, signal=1.0, ridge=diagnosis.kappa * (1 - diagnosis.df1 / ensemble.SAMPLES)
        )
        alone, crowd = ct.predict(member).zeta, ct.predict(classical).zeta
        expected = [alone / k + (1 - 1 / k) * crowd for k in ensemble.MEMBERS]
        np.testing.assert_allclose(zetas, expected, rtol=1e-9)


def test_one_pass_sgd_settles_where_the_derivation_says():
    numbers = {symbol: float(value) for symbol, value in sgd_plateau.NUMBERS.items()}
    spectrum, shift = (np.array([numbers[x] for x in xs]) for xs in (sgd_plateau.s, sgd_plateau.Delta))
    rate, fraction = numbers[sgd_plateau.g], numbers[sgd_plateau.p]
    sources = (ct.Source(1, spectrum, 1.0), ct.Source(1, spectrum, 1.0, shift))
    risk = ct.one_pass_sgd(ct.Problem(sources, 1.0, 0.0), np.full(500, rate), fraction)
    _, tau, _ = sgd_plateau.settled()
    expected = fraction**2 * spectrum @ shift + float(tau.subs(numbers))
    np.testing.assert_allclose(risk.total[-1], expected, rtol=1e-12)
    variance = float(tau.subs(numbers | {symbol: 0 for symbol in sgd_plateau.Delta}))
    np.testing.assert_allclose(risk.variance[-1], variance, rtol=1e-12)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("setting", two_stage_parts.SETTINGS, ids=lambda setting: setting[0])
def test_two_stages_are_what_the_pencils_give(setting, wide):
    point = two_stage_parts.stage_point(*setting, wide)
    spectrum, signal, shift = (np.array(v, dtype=float) for v in (SPECTRUM, SIGNAL, SHIFT))
    numbers = {symbol: float(value) for symbol, value in point.numbers.items()}
    real, synthetic = (1 - numbers[p2]) * numbers[n], numbers[p2] * numbers[n]
    sources = (
        ct.Source(real, spectrum, numbers[noise]),
        ct.Source(synthetic, spectrum, numbers[noise], shift),
    )
    problem = ct.Problem(sources, signal, 0.0, numbers[m] if wide else None)
    predicted = ct.two_stage(problem, (float(setting[4]), float(setting[5])))
    derived = {name: float(evaluate(f, point)) for name, f in two_stage_parts.formulas(wide).items()}
    np.testing.assert_allclose(predicted.bias, derived["B"], rtol=1e-9)
    np.testing.assert_allclose(predicted.variance, derived["V_1"] + derived["V_2"], rtol=1e-9)
    np.testing.assert_allclose(predicted.zeta, derived["zeta"], rtol=1e-9)
