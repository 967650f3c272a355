"""One eigendecomposition for several ridges: the same numbers as by a factor for each."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from simulations.exchangeable import unlabelled
from simulations.measure import averaged
from simulations.plan import CROSSOVER, plan_simulation
from simulations.seeds import _chunk

D = 12
RIDGES = np.geomspace(0.01, 1, CROSSOVER).tolist()


def problem_of(n, width, dense=False):
    covariance = np.asarray(ct.spectra.power_law(D, 1.0))
    if dense:
        basis, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(D, D)))
        covariance = (basis * covariance) @ basis.T
    return ct.real_and_synthetic(
        n=n,
        synthetic_fraction=0.25,
        covariance=covariance,
        quality=0.5,
        noise=0.1,
        ridge=0.01,
        width=width,
    )


@pytest.mark.parametrize("width", [None, 5, D, 20])
@pytest.mark.parametrize(("features", "dense"), [("gaussian", True), ("rademacher", False)])
def test_both_ways_agree(width, features, dense):
    for n, measure in itertools.product((8, 40), (averaged, unlabelled)):
        problem = problem_of(n, width, dense)
        known = measure is unlabelled
        plan, constants = plan_simulation(problem, features, jnp.dtype(float), RIDGES, known)
        assert plan.shared == CROSSOVER
        at_once, rounding = _chunk(jnp.arange(4), 0, plan, constants, measure)
        each, least = _chunk(jnp.arange(4), 0, plan._replace(shared=0), constants, measure)
        # As either says of itself.
        gap = np.abs(at_once / each - 1).max(axis=1)
        assert np.all(gap <= 10 * np.finfo(float).eps * np.maximum(rounding, least))
        assert gap.max() < 1e-11


def test_tiny_ridges_are_solved_one_by_one():
    """There eigenvalues lose what factors keep."""
    ridges = [0.0, 1e-9, *RIDGES]
    plan, _ = plan_simulation(problem_of(40, None), "gaussian", jnp.dtype(float), ridges)
    assert plan.shared == CROSSOVER
    few, _ = plan_simulation(problem_of(40, None), "gaussian", jnp.dtype(float), ridges[:-1])
    assert few.shared == 0
