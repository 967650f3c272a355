"""Nonlinear features: the derived formulas against `predict`, and errors in them that must show."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp
from jax.scipy.special import erf

import collapse_theory as ct
from derivations.engine.points import evaluate
from derivations.engine.symbolic import SymbolicTrace
from derivations.groundwork import nonlinear_form as form
from derivations.groundwork.setting import SPECTRUM, Delta, Gamma, d, lam, m, n, p2
from derivations.theorems import nonlinear_error, nonlinear_literal
from derivations.theorems.nonlinear_moments import NONLINEARITIES, RELU, rho, v
from derivations.theorems.two_sources import SETTINGS
from derivations.verify import identical

PARTS = {"B": "bias", "V": "variance", "zeta": "zeta"}
MORE = 30_000  # directions


def derived(point):
    """B, V and zeta by the derived formulas."""
    return {name: float(evaluate(f, point)) for name, f in form.error(form.Equivalent()).items()}


def problem(point, more):
    """The same as an ordinary projected model, feature noise being `more` directions.

    There S has entries N(0, 1/(d + more)), so that everything quadratic in it is scaled.
    """
    numbers = {symbol: float(value) for symbol, value in point.numbers.items()}
    size = int(numbers[d])
    scale = size / (size + more)
    a = numbers[form.a_1]

    def widened(symbol, inside, outside):
        spectrum = [float(x) for x in point.spectra[symbol]]
        return np.concatenate([inside * np.array(spectrum), np.full(more, outside)])

    covariances = [
        widened(symbol, a**2, numbers[b] ** 2 * size / max(more, 1))
        for symbol, b in ((form.Sigma_1, form.b_1), (form.Sigma_2, form.b_2))
    ]
    sources = (
        ct.Source(
            (1 - numbers[p2]) * numbers[n],
            covariances[0],
            numbers[form.noise_1],
            weight=numbers[form.alpha_1],
        ),
        ct.Source(
            numbers[p2] * numbers[n],
            covariances[1],
            numbers[form.noise_2],
            widened(Delta, a**-2, 0.0),
            numbers[form.alpha_2],
        ),
    )
    signal = widened(Gamma, a**-2, 0.0)
    return ct.Problem(sources, signal=signal, ridge=scale * numbers[lam], width=numbers[m])


@pytest.mark.parametrize("setting", SETTINGS[1::3], ids=lambda setting: setting[0])
def test_no_feature_noise_is_predict(setting):
    numbers = {**form.SETTING, form.a_2: form.SETTING[form.a_1], form.b_1: 0, form.b_2: 0}
    point = form.solved_point(*setting, numbers=numbers)
    predicted = ct.predict(problem(point, more=0))
    for name, value in derived(point).items():
        np.testing.assert_allclose(getattr(predicted, PARTS[name]), value, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("setting", SETTINGS[1::3], ids=lambda setting: setting[0])
def test_feature_noise_is_many_directions(setting):
    point = form.solved_point(*setting, numbers={**form.SETTING, form.a_2: form.SETTING[form.a_1]})
    predicted = ct.predict(problem(point, MORE))
    for name, value in derived(point).items():
        # What is neglected is of order m / MORE of a part.
        neglected = 3 * float(point.numbers[m]) / MORE
        np.testing.assert_allclose(getattr(predicted, PARTS[name]), value, rtol=neglected, err_msg=name)


@pytest.mark.parametrize("setting", SETTINGS[1::3], ids=lambda setting: setting[0])
def test_the_theory_is_what_is_derived(setting):
    # Sources of different trace, so that a_1 != a_2 and the labelling vectors are not told apart easily.
    spectra = [np.array(SPECTRUM, dtype=float) * 3, np.array(SPECTRUM, dtype=float)[::-1] * 8]
    moments = [ct.activation_moments(jnp.tanh, spectrum.mean()) for spectrum in spectra]
    numbers = dict(form.SETTING)
    for a, b, one in zip((form.a_1, form.a_2), (form.b_1, form.b_2), moments, strict=True):
        numbers |= {a: sp.Float(float(one.slope)), b: sp.sqrt(sp.Float(float(one.noise)))}
    known = {**form.SPECTRA, form.Sigma_1: spectra[0].tolist(), form.Sigma_2: spectra[1].tolist()}
    point = form.solved_point(*setting, numbers=numbers, spectra=known)
    at = {symbol: float(value) for symbol, value in point.numbers.items()}
    shift = np.array(point.spectra[Delta], dtype=float)
    sources = (
        ct.Source((1 - at[p2]) * at[n], spectra[0], at[form.noise_1], weight=at[form.alpha_1]),
        ct.Source(at[p2] * at[n], spectra[1], at[form.noise_2], shift, at[form.alpha_2]),
    )
    signal = np.array(point.spectra[Gamma], dtype=float)
    predicted = ct.predict(ct.Problem(sources, signal, at[lam], at[m], activation=jnp.tanh))
    for name, value in derived(point).items():
        np.testing.assert_allclose(getattr(predicted, PARTS[name]), value, rtol=1e-9, err_msg=name)


@dataclass(frozen=True)
class WithoutProducts(form.Equivalent):
    """The second-order rule without what two feature noises share."""

    def product(self, left, right):
        square = super().product(left, right)
        shared = super().product((sp.S.Zero, left[1]), (sp.S.Zero, right[1]))
        return square - shared


def test_an_error_in_the_rule_is_caught():
    matrix, moments, noises = nonlinear_error.shares()[nonlinear_error.NOISE]
    trace = SymbolicTrace(matrix, lam)
    right = nonlinear_error.in_pencil(trace)
    wrong = WithoutProducts(right.e, right.nu, right.resolvent)
    for equivalent, passes in ((right, True), (wrong, False)):
        claimed = equivalent.excess(form.TESTED, moments, noises)
        assert identical("noise", trace, claimed, points=1).passed == passes


FUNCTIONS = (lambda x: np.maximum(x, 0), lambda x: np.asarray(erf(x)), lambda x: x**3)


@pytest.mark.parametrize(
    ("phi", "function"), list(zip(NONLINEARITIES, FUNCTIONS, strict=True)), ids=("relu", "erf", "cubic")
)
def test_covariances_of_two_features(phi, function):
    rng = np.random.default_rng(0)
    variance, correlation, draws = 0.7, 0.6, 200_000
    g, h = rng.standard_normal((2, draws)) * np.sqrt(variance)
    h = correlation * g + np.sqrt(1 - correlation**2) * h
    mean = float(phi.mean.subs(v, variance))
    products = (function(g) - mean) * (function(h) - mean)
    expected = float(phi.covariance.subs({v: variance, rho: correlation}))
    assert abs(products.mean() - expected) < 4 * products.std() / np.sqrt(draws)


def test_relu_features_share_what_the_page_says():
    rng = np.random.default_rng(1)
    S, spectrum = rng.standard_normal((1, 5, 3)), np.array([1.0, 0.5, 0.2, 0.7, 0.3])
    covariance = nonlinear_literal._relu_covariance(S, spectrum)[0]
    products = S[0].T @ (S[0] * spectrum[:, None])
    for i, j in ((0, 0), (0, 1), (2, 1)):
        scale = np.sqrt(products[i, i] * products[j, j])
        expected = RELU.covariance.subs({v: scale, rho: sp.Float(products[i, j] / scale)})
        np.testing.assert_allclose(covariance[i, j], float(expected), rtol=1e-9)
