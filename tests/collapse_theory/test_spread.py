"""The scatter of single draws: against one known law, against simulations, and where it is refused."""

import jax
import numpy as np
import pytest

import collapse_theory as ct
from simulations import simulate_draws
from tests.problems import parts
from tests.sizes import problem

D, MOST = 60, 1600  # of random and of isotropic problems: few programs to compile


def isotropic(n, d):
    """d features, and others that are 0."""
    return ct.Problem((ct.Source(n, np.append(np.ones(d), np.zeros(MOST - d)), 0.7),), 0.0, 0.0)


def test_variance_without_ridge_scatters_like_an_inverse_wishart_trace():
    # sigma^2 tr (X^T X)^-1 of n rows N(0, I_d): Var = 2 d (n - 1) / ((n - d)(n - d - 1)^2 (n - d - 3)).
    gaps = []
    for d in (100, 400, MOST):
        n = 2 * d
        question = isotropic(n, d)
        exact = 2 * d * (n - 1) / ((n - d) * (n - d - 1) ** 2 * (n - d - 3))
        gaps.append(0.7 * exact**0.5 / float(ct.spread(question).variance) - 1)
    assert 0 < gaps[2] < 0.3 * gaps[1] < 0.09 * gaps[0] < 0.1  # O(1/d)


@pytest.mark.parametrize(
    "setting", [{"n": 2.0}, {"n": 0.8, "exponent": 1.0}, {"n": 2.0, "exponent": 1.0, "other": 0.5}]
)
def test_the_scatter_of_simulations(setting):
    draws = 1500
    question = problem(D, **setting)
    risks = simulate_draws(question, None, draws, key=3, measure="assigned").risks[..., 0]
    risks = np.column_stack([risks, risks.sum(axis=1)])
    predicted = ct.spread(question)
    ratio = risks.std(axis=0, ddof=1) / [*parts(predicted), float(predicted.total)]
    print(f"measured / predicted: {ratio}")
    # A standard deviation of 1,500 nearly normal numbers is known to 1.8%; 6 / d is the next order.
    assert (np.abs(ratio - 1) < 4 * 0.018 + 6 / D).all()


def test_homogeneous_of_degree_one():
    question = problem(D, n=2.0, exponent=1.0, other=0.5)
    double = jax.tree.map(lambda leaf: leaf, question)
    sources = [ct.Source(s.n, s.covariance, 2 * s.noise, 2 * s.shift, s.weight) for s in double.sources]
    double = ct.Problem(sources, 2.0, question.ridge)
    np.testing.assert_allclose(parts(ct.spread(double)), 2 * parts(ct.spread(question)), rtol=1e-9)


def test_refused_where_it_is_not_verified_or_infinite():
    with pytest.raises(ValueError, match=r"width = .*: expected None: the spread with a width"):
        ct.spread(problem(15, n=2.0, m=0.5))
    with pytest.raises(ct.SolveError, match="there is no spread without a ridge"):
        ct.spread(isotropic(15, 15))
