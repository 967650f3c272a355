"""Trained models against two-point equivalents: gaps are sampling error and a term of order 1/d."""

import numpy as np
import pytest

import collapse_theory as ct
from simulations.training.algorithms import (
    GradientDescent,
    GradientFlow,
    IteratedRidge,
    SelfDistillation,
)
from simulations.training.simulate import simulate_training
from tests.problems import ALARM, PARTS

TIMES = (0.3, 3.0, 30.0, 1000.0)
RIDGE, MIXES, STEPS = 0.1, (0.5, 1.3), 8
# |gap| / total <= ALARM standard errors + FINITE / d: seen are gaps of up to 0.8 / d.
FINITE = 1.5


def problem(d, width=None):
    """Two covariances, one steep; a ninth of the weight on other samples."""
    steep = np.arange(1, d + 1) ** -1.0
    steep *= d / steep.sum()
    real = ct.Source(1.5 * d, steep, 0.5)
    synthetic = ct.Source(d, np.ones(d), 0.3, 0.4, 0.7)
    return ct.Problem((real, synthetic), 1.0, RIDGE, None if width is None else width * d)


ALGORITHMS = {
    "gradient flow": (GradientFlow(TIMES), lambda p: ct.gradient_flow(p, TIMES)),
    "averaged flow": (
        GradientFlow(TIMES, averaged=True),
        lambda p: ct.gradient_flow(p, TIMES, averaged=True),
    ),
    "gradient descent": (
        GradientDescent(0.05, STEPS, 0.5),
        lambda p: ct.gradient_descent(p, 0.05, STEPS, momentum=0.5),
    ),
    "iterated ridge": (IteratedRidge(RIDGE, 3), lambda p: ct.iterated_ridge(p, 3)),
    "self-distillation": (SelfDistillation(RIDGE, MIXES), lambda p: ct.self_distillation(p, MIXES)),
}


@pytest.mark.parametrize("width", [None, 0.6, 2.0])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_theory(name, width):
    algorithm, theory = ALGORITHMS[name]
    d = 60
    setting = problem(d, width)
    estimate, risk = simulate_training(setting, algorithm, seeds=64, key=3), theory(setting)
    for part in (*PARTS, "total"):
        gap = np.abs(np.asarray(getattr(estimate.mean, part)) - getattr(risk, part))
        allowed = ALARM * np.asarray(getattr(estimate.stderr, part)) + FINITE / d * risk.total
        assert (gap <= allowed).all(), part


def test_the_gap_falls_with_the_dimension():
    """At d = 16 and 64, with as many draws as show it: what is left is of order 1/d."""
    gaps, errors = [], []
    for d, seeds in ((16, 3000), (64, 800)):
        estimate = simulate_training(problem(d), GradientFlow(TIMES), seeds=seeds, key=5)
        risk = ct.gradient_flow(problem(d), TIMES)
        gaps.append(d * (np.asarray(estimate.mean.total) / risk.total - 1))
        errors.append(d * np.asarray(estimate.stderr.total) / risk.total)
    assert (np.abs(gaps[0]) > 3 * errors[0]).any()  # it is seen
    assert (np.abs(gaps[1] - gaps[0]) < ALARM * np.hypot(*errors) + 0.15 * np.abs(gaps[0])).all()
