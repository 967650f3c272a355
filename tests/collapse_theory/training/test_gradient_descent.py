"""Gradient descent: its first step by hand, small steps, and where it diverges."""

import re

import numpy as np
import pytest

import collapse_theory as ct
from tests.problems import random_problem

STEPS = 8


def test_one_step_by_hand():
    """w_hat = step X^T y / n: second moments of Gaussian rows, without the 1/n that the limit drops."""
    d, n, noise, step = 17, 40.0, 0.6, 0.4
    rng = np.random.default_rng(1)
    sigma, gamma = rng.uniform(0.1, 2, d), rng.uniform(0, 1, d)
    problem = ct.Problem((ct.Source(n, sigma, noise),), gamma, 0.0)
    risk = ct.gradient_descent(problem, step, STEPS)
    # E M Sigma M = Sigma^3 + Sigma tr[Sigma^2] / n.
    twice = sigma**3 + sigma * np.sum(sigma**2) / n
    bias = np.sum(gamma * (sigma - 2 * step * sigma**2 + step**2 * twice))
    assert risk.bias[0] == pytest.approx(np.sum(gamma * sigma), rel=1e-11)
    assert risk.bias[1] == pytest.approx(bias, rel=1e-10)
    assert risk.variance[1] == pytest.approx(step**2 * noise * np.sum(sigma**2) / n, rel=1e-10)
    np.testing.assert_allclose([risk.variance[0], *risk.zeta], 0, atol=1e-11)


@pytest.mark.parametrize("width", [None, 25.0])
def test_small_steps_are_gradient_flow(width):
    problem = random_problem(np.random.default_rng(2), sources=2, width=width)
    time = 0.4
    flow, gaps = ct.gradient_flow(problem, time), []
    for steps in (STEPS, 2 * STEPS):
        descent = ct.gradient_descent(problem, time / steps, steps)
        gaps.append(float(descent.total[-1] - flow.total))
    assert abs(gaps[1]) < 0.02 * flow.total
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.2)  # the gap is of first order in the step


def test_momentum_without_it_and_with():
    problem = random_problem(np.random.default_rng(3), sources=2)
    plain, heavy = (ct.gradient_descent(problem, 0.1, STEPS, momentum=m) for m in (0.0, 0.5))
    # Both begin with the same step, and momentum goes on further.
    assert heavy.total[1] == pytest.approx(float(plain.total[1]), rel=1e-10)
    assert heavy.bias[-1] < plain.bias[-1]


def test_divergence():
    """The largest eigenvalue of n rows of d isotropic features is (1 + sqrt(d/n))^2."""
    problem = ct.Problem((ct.Source(68, np.ones(17), 0.5),), 1.0, 0.0)
    edge = (1 + np.sqrt(17 / 68)) ** 2
    risk = ct.gradient_descent(problem, 1.9 / edge, STEPS)
    assert np.isfinite(risk.total).all()
    with pytest.raises(ct.SolveError, match=r"gradient descent with step = 3\.2 diverges"):
        ct.gradient_descent(problem, 3.2, STEPS)


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("step = 0: expected a number > 0", (0, 3, 0)),
        ("steps = 0: expected a whole number >= 1", (0.1, 0, 0)),
        ("steps = 2.5: expected a whole number >= 1", (0.1, 2.5, 0)),
        ("momentum = 1: expected a number in [0, 1)", (0.1, 3, 1)),
    ],
)
def test_errors(message, arguments):
    problem = random_problem(np.random.default_rng(4), sources=2)
    step, steps, momentum = arguments
    with pytest.raises(ValueError, match=re.escape(message)):
        ct.gradient_descent(problem, step, steps, momentum=momentum)


def test_dense():
    problem = random_problem(np.random.default_rng(5), sources=2, diagonal=False)
    risk = ct.gradient_descent(problem, 0.05, 4)
    flow = ct.gradient_flow(problem, 0.05 * np.arange(5))
    np.testing.assert_allclose(risk.total, flow.total, 0.02)
