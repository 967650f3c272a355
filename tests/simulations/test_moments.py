"""Simulations of correlated labelling vectors against the closed form."""

import numpy as np
import pytest

import collapse_theory as ct
from simulations import simulate
from tests.collapse_theory.test_moments import correlated
from tests.problems import ALARM

D, SEEDS = 60, 200
# Relative finite-size gap of these problems (widths and sample sizes of order D): constant / d.
FINITE_SIZE = 3.0 / D


@pytest.mark.parametrize("measure", ["averaged", "trained"])
@pytest.mark.parametrize("diagonal", [True, False])
@pytest.mark.parametrize("width", [None, 40])
def test_closed_form(measure, diagonal, width):
    problem = correlated(
        np.random.default_rng(4), D, sources=2, diagonal=diagonal, width=width, ridge=0.1
    )
    sources = [
        ct.Source(n, s.covariance, s.noise, 0.0, s.weight)
        for n, s in zip((90, 50), problem.sources, strict=True)
    ]
    test = problem.test_covariance
    problem = ct.Problem(sources, None, problem.ridge, problem.width, test, moments=problem.moments)
    theory, estimate = ct.predict(problem), simulate(problem, SEEDS, measure=measure)
    for part in ("total",) if measure == "trained" else ("bias", "variance", "zeta", "total"):
        expected = float(getattr(theory, part))
        gap = abs(getattr(estimate.mean, part) - expected)
        allowed = ALARM * getattr(estimate.stderr, part) + FINITE_SIZE * abs(expected)
        assert gap < allowed, (part, gap / allowed)
