"""Statements about pooled data: published formulas against theory and simulations."""

import numpy as np
import pytest

import collapse_theory as ct
from docs.statements import transfer
from simulations import simulate
from tests.problems import ALARM


@pytest.mark.parametrize("sizes", [(150, 100, 600), (150, 100, 60), (10, 200, 250), (300, 5, 299)])
def test_model_shift_on_both_sides(sizes):
    zeta = float(ct.predict(transfer.pooled(*sizes)).zeta)
    assert zeta == pytest.approx(transfer.pooled_stated(*sizes), rel=1e-13)


@pytest.mark.parametrize("ratio", [1.5, 2.0, 4.0])
def test_variance_of_two_covariances(ratio):
    def ours(*sizes):
        return float(ct.predict(transfer.two_covariances(*sizes, ratio)).variance)

    for sizes in ((200, 300), (300, 200), (150, 4000)):
        assert ours(*sizes) == pytest.approx(transfer.limits_stated(*sizes, ratio)[0], rel=1e-12)
    without = 120 / (500 - 120)
    assert ours(300, 200) < without < ours(200, 300)
    assert ours(250, 250) == pytest.approx(without, rel=1e-12)


def test_bias_of_two_covariances():
    setting = (200, 300, 2.0)
    problem = transfer.two_covariances(*setting)
    estimate, exact = simulate(problem, 256), float(ct.predict(problem).zeta)
    mean, stderr = estimate.mean.zeta, estimate.stderr.zeta
    term = float(ct.finite_size(problem).zeta)
    stated = transfer.limits_stated(*setting)[1]
    assert abs(mean - exact - term) < ALARM * stderr + term**2 / exact
    assert stated - mean > 0.4
    # Their bound holds: the source's sample covariance is not so far from the population's.
    assert stated < (1 + np.sqrt(120 / 300)) ** 4 * exact
    # And the approximation gets better with the samples, as p / n_1.
    gaps = []
    for scale in (100, 1000):
        larger = (200 * scale, 300 * scale, 2.0)
        limit = float(ct.predict(transfer.two_covariances(*larger)).zeta)
        gaps.append(transfer.limits_stated(*larger)[1] / limit - 1)
    assert 0 < gaps[0] < 0.01
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.05)


def test_the_fitted_law_is_too_high():
    for weight, excess in zip((0.1, 0.3, 0.5, 0.8), (5, 10, 7, 1), strict=True):
        risk = float(ct.predict(transfer.surrogate(weight)).total)
        assert 100 * (transfer.fitted_law(weight) / risk - 1) == pytest.approx(excess, abs=0.6)
    for weight in (0.0, 1.0):
        risk = float(ct.predict(transfer.surrogate(weight)).total)
        assert transfer.fitted_law(weight) == pytest.approx(risk, rel=1e-12)
    estimate = simulate(transfer.surrogate(0.3), 256)
    alone = [simulate(transfer.surrogate(weight), 256) for weight in (0.0, 1.0)]
    law = 0.7**2 * alone[0].mean.total + 0.3**2 * alone[1].mean.total
    stderr = np.hypot(0.7**2 * alone[0].stderr.total, 0.3**2 * alone[1].stderr.total)
    assert law - estimate.mean.total > ALARM * np.hypot(stderr, estimate.stderr.total)
