"""Correlated labelling vectors: second moments given instead of independent shifts."""

import equinox as eqx
import numpy as np
import pytest

import collapse_theory as ct
from tests import oracle
from tests.problems import parts, random_problem


def correlated(rng, d, sources=3, diagonal=True, **fixed):
    """A random problem whose labelling vectors are correlated in every pair."""
    problem = random_problem(rng, d=d, sources=sources, diagonal=diagonal, **fixed)
    if diagonal:
        roots = rng.normal(size=(d, sources, sources)) / np.sqrt(d)
        moments = np.einsum("ija,ika->jki", roots, roots)
    else:
        root = rng.normal(size=(sources, d, sources * d)) / d
        moments = np.einsum("jax,kbx->jkab", root, root)
    return with_moments(problem, moments)


def with_moments(problem, moments):
    real = [ct.Source(s.n, s.covariance, s.noise, 0.0, s.weight) for s in problem.sources]
    test = problem.test_covariance
    return ct.Problem(real, None, problem.ridge, problem.width, test, moments=moments)


@pytest.mark.parametrize("width", [None, 3.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_sixty_digits(width, seed):
    problem = correlated(np.random.default_rng(seed), d=5, width=width)
    found, expected = parts(ct.predict(problem)), [float(x) for x in oracle.risk(problem)]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("diagonal", [True, False])
def test_independent_shifts_are_a_special_case(diagonal):
    problem = random_problem(np.random.default_rng(2), d=17, sources=3, diagonal=diagonal, width=9.0)
    shifts = [problem.signal, *(problem.signal + source.shift for source in problem.sources[1:])]
    moments = [[shifts[k] if j == k else problem.signal for k in range(3)] for j in range(3)]
    again = with_moments(problem, np.array(moments))
    np.testing.assert_allclose(parts(ct.predict(again)), parts(ct.predict(problem)), rtol=1e-8)


def test_rotating_everything_changes_nothing():
    rng = np.random.default_rng(3)
    problem = correlated(rng, d=17, sources=2, width=9.0)
    Q = np.linalg.qr(rng.normal(size=(17, 17)))[0]

    def rotate(leaf):
        if leaf.ndim == 0:
            return leaf
        return np.einsum("ai,...i,bi->...ab", Q, np.asarray(leaf), Q)

    turned = eqx.tree_at(
        lambda p: [s.covariance for s in p.sources] + [p.test_covariance, p.moments],
        problem,
        replace_fn=rotate,
    )
    np.testing.assert_allclose(parts(ct.predict(turned)), parts(ct.predict(problem)), rtol=1e-9)


def test_a_generator_that_errs_against_the_signal_can_help():
    """w_2 = 1.2 w_1 undoes the shrinkage of a strong ridge: zeta < 0, as no independent shift gives."""
    covariance, signal = np.ones(17), np.full(17, 1 / 17)
    sources = (ct.Source(50, covariance), ct.Source(50, covariance))
    scale = np.array([1.0, 1.2])
    moments = np.multiply.outer(np.outer(scale, scale), signal)
    risk = ct.predict(ct.Problem(sources, None, 0.1, moments=moments))
    assert risk.zeta < 0
    assert 0 < risk.total < ct.predict(ct.Problem(sources, signal, 0.1)).total


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        (np.ones((2, 2, 4)), r"moments = .* expected an array of shape \(2, 2, 3\)"),
        (np.ones((2, 2)), r"moments = .* expected an array of shape"),
        (np.array([[1.0, 2.0], [2.0, 1.0]])[..., None] * np.ones(3), r"eigenvalue -1"),
        (np.array([[1.0, 0.5], [0.2, 1.0]])[..., None] * np.ones(3), "C_jk = C_kj"),
        (None, r"signal = None: expected exactly one of signal and moments"),
    ],
)
def test_errors(moments, expected):
    sources = (ct.Source(5, np.ones(3)), ct.Source(5, np.ones(3)))
    with pytest.raises(ValueError, match=expected):
        ct.Problem(sources, None, 0.1, moments=moments)


def test_moments_and_shifts_exclude_each_other():
    sources = (ct.Source(5, np.ones(3)), ct.Source(5, np.ones(3), shift=0.1))
    with pytest.raises(ValueError, match=r"shift of source 2 = .* expected 0, as moments are given"):
        ct.Problem(sources, None, 0.1, moments=np.ones((2, 2, 3)))
