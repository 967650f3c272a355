"""Risks of groups: against `predict` and `source_errors`; where one model amplifies their difference."""

import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from tests.problems import parts, random_problem, replace


def test_the_first_group_is_the_test_set():
    problem = replace(random_problem(np.random.default_rng(1), sources=2), test_covariance=None)
    risks = ct.group_risks(problem)
    first = [float(part[0]) for part in (risks.bias, risks.variance, risks.zeta)]
    np.testing.assert_allclose(first, parts(ct.predict(problem)), 1e-12)
    noises = np.array([float(source.noise) for source in problem.sources])
    np.testing.assert_allclose(risks.total + noises, ct.source_errors(problem), 1e-12)


def test_a_group_without_samples_changes_nothing():
    problem = random_problem(np.random.default_rng(2), sources=3)
    empty = replace(problem.sources[2], n=jnp.array(0.0))
    with_it = ct.group_risks(replace(problem, sources=(*problem.sources[:2], empty))).total
    without = ct.group_risks(replace(problem, sources=problem.sources[:2])).total
    np.testing.assert_allclose(with_it[:2], without, 1e-12)


def two_groups(m, d=400, n=200):
    """Isotropic groups of equal size, one of twice the variance; nearly no ridge."""
    groups = (ct.Source(n / 2, 2 * np.ones(d), 0.5), ct.Source(n / 2, np.ones(d), 0.5, 0.3))
    return ct.Problem(groups, 1.0, 1e-9, m)


def test_transitions_of_bias_amplification():
    """arXiv 2410.17263: at m = n / 2 (two models), m = n (one model) and m = d, psi = 1/2, 1 and phi.

    Errors of the two models peak at m = n/2, so that one model deamplifies there; its own peak at m = n
    amplifies; and at m = d the projection stops to restrict.
    """
    at = {m: ct.bias_amplification(two_groups(m)) for m in (60.0, 100.0, 140.0, 200.0, 260.0)}
    amplification = {m: float(answer.amplification) for m, answer in at.items()}
    assert amplification[100.0] < 0.1 < amplification[60.0]
    assert amplification[200.0] > 100 * max(amplification[140.0], amplification[260.0])


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (ct.Problem((ct.Source(9, np.ones(3)),), 1.0, 0.1), "sources = 1 sources: expected two groups"),
        (
            ct.Problem((ct.Source(9, np.ones(3)), ct.Source(0, np.ones(3))), 1.0, 0.1),
            "n of source 2 = 0: expected samples in both groups",
        ),
    ],
)
def test_errors(problem, message):
    with pytest.raises(ValueError, match=message):
        ct.bias_amplification(problem)
