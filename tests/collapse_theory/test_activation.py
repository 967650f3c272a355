"""Moments of an activation function, by which the theory knows nonlinear features."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from tests.nonlinear_problem import EIGENVALUES
from tests.oracle_nonlinear import Features, relu


def tanh(u):
    return jnp.tanh(u)


@pytest.mark.parametrize("variance", [0.3, 1.0, 7.0])
def test_moments_that_are_known_in_closed_form(variance):
    found = ct.activation_moments(jax.nn.relu, variance)
    exact = np.sqrt(variance / 2 / np.pi), 0.5, variance * (0.25 - 1 / 2 / np.pi)
    np.testing.assert_allclose(found, exact, rtol=1e-13)
    # erf: Price's theorem, and the arcsine law for its variance.
    slope = 2 / np.sqrt(np.pi * (1 + 2 * variance))
    whole = 2 / np.pi * np.arcsin(2 * variance / (1 + 2 * variance))
    found = ct.activation_moments(jax.lax.erf, variance)
    np.testing.assert_allclose(found, (0, slope, whole - slope**2 * variance), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("variance", [0.5, 30.0])
def test_moments_of_tanh_by_a_fine_sum(variance):
    """The trapezoidal rule converges geometrically for functions analytic in a strip."""
    g, step = np.linspace(-14, 14, 400_001, retstep=True)
    weights = step * np.exp(-(g**2) / 2) / np.sqrt(2 * np.pi)
    values, root = np.tanh(np.sqrt(variance) * g), np.sqrt(variance)
    slope = weights @ (values * g) / root
    noise = weights @ (values - slope * root * g) ** 2
    found = ct.activation_moments(tanh, variance)
    np.testing.assert_allclose(found, (0, slope, noise), rtol=1e-11, atol=1e-15)


def test_a_line_has_no_noise_and_moments_have_derivatives():
    assert float(ct.activation_moments(lambda u: 2 * u - 1, 0.7).noise) == 0
    slope = jax.grad(lambda v: ct.activation_moments(tanh, v).noise)(1.3)
    values = [float(ct.activation_moments(tanh, v).noise) for v in (1.3 - 1e-5, 1.3 + 1e-5)]
    assert float(slope) == pytest.approx((values[1] - values[0]) / 2e-5, rel=1e-7)


def test_features_of_the_oracle_are_those_of_the_theory():
    found = ct.activation_moments(jax.nn.relu, EIGENVALUES[0].mean())
    np.testing.assert_allclose(relu(np.diag(EIGENVALUES[0]))[1:], found[1:], rtol=1e-12)
    assert isinstance(relu(np.eye(2)), Features)
