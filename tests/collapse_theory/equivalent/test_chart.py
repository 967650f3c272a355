"""Each chart says what its unknowns stand for, with and without a ridge."""

import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.equivalent import stack
from collapse_theory.equivalent.chart import Chart
from collapse_theory.equivalent.fixed_point import Equations
from collapse_theory.equivalent.regime import regime

D = 10
LOGS = jnp.array([-0.3, -0.7, 0.4])


def model(n, width, ridge=0.25, covariance=None):
    covariance = np.ones(D) if covariance is None else covariance
    sources = (ct.Source(0.5 * n, covariance, 0.1), ct.Source(0.5 * n, covariance, 0.1, weight=0.5))
    return stack(ct.Problem(sources, 1.0, ridge, width))


def charts(ridge):
    question = model(30, 5.0, ridge)
    return [make(question, regime(question)) for make in (Chart.features, Chart.samples, Chart.width)]


def test_what_the_unknowns_stand_for():
    features, samples, width = charts(ridge=0.25)
    fit, y = np.exp(LOGS[:2]), float(np.exp(LOGS[2]))
    weights = jnp.array([1.0, 0.0])
    for chart, nu in ((features, 0.25 * y), (samples, 0.25 * y), (width, y)):
        np.testing.assert_allclose(chart.nu(LOGS), nu, rtol=1e-14)
        np.testing.assert_allclose(chart.fit(LOGS), fit, rtol=1e-14)
        np.testing.assert_allclose(chart.gap(LOGS), D * 0.25 / nu, rtol=1e-14)
    for chart in (features, width):
        assert chart.shift(LOGS) == chart.nu(LOGS)
        assert chart.scale(LOGS) == 1
        np.testing.assert_allclose(chart.residue(LOGS, weights), fit, rtol=1e-14)
    assert samples.shift(LOGS) == 1
    assert samples.scale(LOGS) == samples.nu(LOGS)
    # The second source has no weight, and stays out of the chart.
    expected = [float(samples.nu(LOGS)) * fit[0], fit[1]]
    np.testing.assert_allclose(samples.residue(LOGS, weights), expected, rtol=1e-14)


def test_without_a_ridge_nothing_is_0_over_0():
    features, samples, width = charts(ridge=0.0)
    y = float(np.exp(LOGS[2]))
    for chart, nu, gap in ((features, 0, D / y), (samples, 0, D / y), (width, y, 0)):
        assert chart.nu(LOGS) == pytest.approx(nu)
        assert chart.gap(LOGS) == pytest.approx(gap)


@pytest.mark.parametrize(
    ("n", "width", "constructor"),
    [
        (30, None, Chart.features),
        (30, 20.0, Chart.features),
        (6, None, Chart.samples),
        (6, 20.0, Chart.samples),
        (30, 5.0, Chart.width),
        (6, 5.0, Chart.width),
        (5, 6.0, Chart.samples),
    ],
)
@pytest.mark.parametrize("ridge", [0.0, 0.25])
def test_a_model_gets_the_chart_of_its_region(n, width, constructor, ridge):
    question = model(n, width, ridge)
    limit = regime(question)
    chart, expected = Chart.of(question, limit), constructor(question, limit)
    for one, other in zip(chart, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("n", "width"), [(30, 20.0), (6, 20.0), (30, 5.0), (6, None), (30, None)])
def test_the_start_solves_the_isotropic_ridgeless_equations(n, width):
    sources = (ct.Source(n, np.ones(D), 0.1),)
    question = stack(ct.Problem(sources, 1.0, 0.0, width))
    equations = Equations.of(question)
    np.testing.assert_allclose(equations.residual(equations.chart.start), 0, atol=1e-13)
