"""The mixture theorem and the free energy, against `predict` and against training."""

import numpy as np
import pytest

import collapse_theory as ct
from derivations.engine.points import evaluate
from derivations.groundwork.free_energy_form import FreeEnergy, slope
from derivations.groundwork.setting import Delta, Gamma, Sigma, classical_points, lam, n, noise, p2
from derivations.theorems.free_energy import in_kappa, one_source
from derivations.theorems.free_energy_finite_size import predicted, simulated
from derivations.verify import exact

RIDGE = 0.05


def problem(*sources, width=None):
    return ct.Problem(sources, signal=1.0, ridge=RIDGE, width=width)


@pytest.mark.parametrize("width", [None, 5.0, 12.0])
def test_sources_alike_are_one_source(width):
    spectrum, fraction = np.arange(1, 9) ** -1.2, 0.3
    shift = np.full(8, 0.4 / spectrum.sum())
    quality, samples = shift @ spectrum, 20.0
    real = ct.Source((1 - fraction) * samples, spectrum, 0.2)
    synthetic = ct.Source(fraction * samples, spectrum, 0.7, shift)
    both = ct.predict(problem(real, synthetic, width=width))
    spread = (1 - fraction) * 0.2 + fraction * 0.7 + (1 - fraction) * fraction * quality
    # The one source's labels are w_1 + p_2 delta: it is synthetic, and alone; source 1 has no samples.
    alone = ct.Source(samples, spectrum, spread, fraction**2 * shift)
    one = ct.predict(problem(ct.Source(0.0, spectrum), alone, width=width))
    np.testing.assert_allclose(one.total, both.total, rtol=1e-12)


def test_the_risk_is_a_derivative():
    point = classical_points()[0]
    risk = in_kappa(slope(one_source(wide=False), {}), wide=False)
    numbers = point.numbers
    spectrum, signal, shift = ([float(x) for x in point.spectra[s]] for s in (Sigma, Gamma, Delta))
    fraction, size, sigma2 = (float(numbers[s]) for s in (p2, n, noise))
    sources = (
        ct.Source((1 - fraction) * size, np.array(spectrum), sigma2),
        ct.Source(fraction * size, np.array(spectrum), sigma2, np.array(shift)),
    )
    predicted_ = ct.predict(ct.Problem(sources, signal=np.array(signal), ridge=float(numbers[lam])))
    np.testing.assert_allclose(float(evaluate(risk, point)), predicted_.total, rtol=1e-12)


def test_a_free_energy_with_an_error_in_it_is_not_the_risk():
    right = one_source(wide=False)
    (source,) = right.sources
    wrong = FreeEnergy(
        (type(source)(source.e, source.covariance, source.fraction, 2 * source.noise),), False
    )
    left, other = (in_kappa(slope(energy, {}), wide=False) for energy in (right, wrong))
    assert exact("the same", left, left).passed
    assert not exact("different", left, other).passed


@pytest.mark.parametrize("width", [None, 15])
def test_the_next_order_leaves_the_square_of_itself(width):
    # 4 standard errors, and (the term's share of the limit)^2, of which the term is many times more.
    limit, term = predicted(24, width, 0.1)
    mean, error = simulated(24, width, 0.1)
    allowed = 4 * error + term**2 / limit
    assert abs(mean - limit) > allowed
    assert abs(mean - limit - term) < allowed
