"""Signs as labels: the page's formulas against `predict`, and against samples drawn one by one."""

import numpy as np
import pytest
import sympy as sp

import collapse_theory as ct
from derivations.groundwork.setting import SIGNAL, SPECTRUM
from derivations.theorems import classification_verifier as verifier
from derivations.theorems.classification_fit import NOISE, SLOPE, epsilon
from derivations.theorems.classification_literal import RIDGE, SAMPLES, predicted, simulated

DRAWS = 400_000


def test_isotropic_features():
    # At Sigma = I without a ridge the mean fit is the target: what predict calls risk is at right
    # angles to it, and the page's formula is the angle.
    aspect, flips, size = 0.25, 0.1, 8
    strength = float(SLOPE.subs(epsilon, flips)) ** 2
    source = ct.Source(size / aspect, np.ones(size), float(NOISE.subs(epsilon, flips)))
    risk = ct.predict(ct.Problem((source,), signal=strength, ridge=0.0)).total
    error = np.arctan(np.sqrt((1 - strength) / strength * aspect / (1 - aspect))) / np.pi
    np.testing.assert_allclose(np.arctan(np.sqrt(risk / strength)) / np.pi, error, rtol=1e-9)


def test_the_limit_with_a_ridge_is_predict():
    # predict knows the distance of the fit G M w from w (bias), and its length (zeta: the shift is w).
    flips = 0.2
    spectrum, signal = (np.array(values, dtype=float) for values in (SPECTRUM, SIGNAL))
    strength, noise = float(SLOPE.subs(epsilon, flips)) ** 2, float(NOISE.subs(epsilon, flips))
    signal = strength * signal / (signal @ spectrum)
    # Source 1 has no samples; all of them carry shifted labels.
    sources = (
        ct.Source(0.0, spectrum),
        ct.Source(float(SAMPLES * len(SPECTRUM)), spectrum, noise, signal),
    )
    risk = ct.predict(ct.Problem(sources, signal=signal, ridge=float(RIDGE)))
    # The theory's own route has w~ and its noise from the labels.
    trained = ct.Source(float(SAMPLES * len(SPECTRUM)), spectrum)
    direct = ct.Problem((trained,), signal=signal, ridge=float(RIDGE))
    labels = ct.SignLabels(flip=flips)
    np.testing.assert_allclose(ct.classification_error(direct, labels), predicted(flips), rtol=1e-9)
    crossed = (risk.zeta + strength - risk.bias) / 2
    error = np.arccos(crossed / np.sqrt(strength * (risk.zeta + risk.variance))) / np.pi
    np.testing.assert_allclose(predicted(flips), error, rtol=1e-9)


def test_a_verified_sample_is_right_up_to_its_size():
    mean, deviation = simulated(24, 200)
    limit = predicted(1 / 8)  # 0.3 * 0.3 / (0.3 * 0.3 + 0.7 * 0.9); its gap is of order 1/d
    assert abs(mean - limit) < 4 * deviation + limit / 24
    assert abs(mean - predicted(0.3)) > 4 * deviation + limit / 24


@pytest.mark.parametrize("degrees", [40, 110])
def test_what_a_verifier_selects(degrees):
    rng = np.random.default_rng(degrees)
    angle, right, wrong = np.radians(degrees), 0.9, 0.2
    root = np.array([[1.0, 0.0, 0.0], [0.4, 0.8, 0.0], [-0.3, 0.5, 1.2]])  # x = L g
    w = np.linalg.solve(root.T, np.array([[1, 0, 0], [np.cos(angle), np.sin(angle), 0]]).T).T
    x = rng.standard_normal((DRAWS, 3)) @ root.T
    label, truth = np.sign(x @ w[1]), np.sign(x @ w[0])
    kept = rng.random(DRAWS) < np.where(label == truth, right, wrong)
    along, across = (w[1] + w[0]) / (2 * np.cos(angle / 2)), (w[1] - w[0]) / (2 * np.sin(angle / 2))
    u, v, y = x[kept] @ along, x[kept] @ across, label[kept]
    numbers = {verifier.theta: sp.Float(angle), verifier.phi: right, verifier.psi: wrong}
    expected = {name: float(f.subs(numbers)) for name, f in verifier.moments().items()}
    share = expected.pop("share")
    sources = (ct.Source(1.0, np.ones(3)), ct.Source(1.0, np.ones(3)))
    # Second moments of w_1 and w_2 at that angle.
    moments = np.stack([[[1, 0, 0], [np.cos(angle), 0, 0]], [[np.cos(angle), 0, 0], [1, 0, 0]]])
    labels = ct.SignLabels(verifier=ct.Verifier(right, wrong))
    quality = ct.label_quality(ct.Problem(sources, None, 0.1, moments=moments), labels)
    np.testing.assert_allclose(quality.kept[1], share, rtol=1e-12)
    assert abs(kept.mean() - share) < 4 * kept.std() / np.sqrt(DRAWS)
    samples = (u**2, v**2, u * v, u * y, v * y)
    for (name, value), values in zip(expected.items(), samples, strict=True):
        allowed = 4 * values.std() / np.sqrt(values.size)
        assert abs(values.mean() - value / share) < allowed, name
    assert abs((u**2).mean() - 1) > 0.05  # selection is seen
