"""Shares of zeta and the worth of a sample, for sources of different covariance and quality."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.attribution import marginal_risk, zeta_by_source
from collapse_theory.equivalent import newton
from tests.problems import parts, random_problem, replace


def with_source(problem, k, **changes):
    sources = list(problem.sources)
    sources[k] = replace(sources[k], **changes)
    return replace(problem, sources=tuple(sources))


@pytest.mark.parametrize("diagonal", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_a_share_is_what_correct_labels_would_save(diagonal, seed):
    problem = random_problem(np.random.default_rng(seed), d=11, sources=3, diagonal=diagonal, width=9.0)
    shares = zeta_by_source(problem)
    zeta = ct.predict(problem).zeta
    np.testing.assert_allclose(shares.sum(), zeta, rtol=1e-13)
    assert shares[0] == 0
    for k in (1, 2):
        corrected = with_source(problem, k, shift=jnp.zeros_like(problem.sources[k].shift))
        saved = zeta - ct.predict(corrected).zeta
        np.testing.assert_allclose(shares[k], saved, rtol=1e-9)


def isotropic(counts=(100.0, 25.0, 75.0), d=50):
    """Real data and two synthetic sources of qualities 0.5 and 2."""
    shifts = (0.0, 0.5, 2.0)
    sources = [ct.Source(n, np.ones(d), 0.1, c2) for n, c2 in zip(counts, shifts, strict=True)]
    return ct.Problem(sources, signal=1.0, ridge=0.0)


def test_shares_of_a_plateau_are_p_squared_c_squared():
    far = isotropic((1e14, 0.25e14, 0.75e14))
    np.testing.assert_allclose(zeta_by_source(far), [0, 0.125**2 * 0.5, 0.375**2 * 2], rtol=1e-10)


def test_shares_at_the_threshold_are_infinite():
    np.testing.assert_array_equal(zeta_by_source(isotropic((25.0, 25.0, 0.0))), [0, np.inf, 0])


@pytest.mark.parametrize("seed", range(3))
def test_marginal_risk_is_the_difference_of_risks(seed):
    problem = random_problem(np.random.default_rng(seed), d=11, sources=3, width=9.0)
    found = parts(marginal_risk(problem))
    for k, source in enumerate(problem.sources):
        step = 1e-5 * source.n
        below, above = (
            parts(ct.predict(with_source(problem, k, n=source.n + sign * step))) for sign in (-1, 1)
        )
        # Truncation is O(step^2) relatively, rounding O(1e-15 / step) of the value.
        noise = 1e-14 * below.sum() / step
        np.testing.assert_allclose(found[:, k], (above - below) / (2 * step), rtol=1e-6, atol=noise)
    np.testing.assert_allclose(marginal_risk(problem).total, found.sum(axis=0), rtol=1e-12)


def test_marginal_risk_of_corollary_1():
    # V = sigma^2 d / (n - d) and zeta = (p_2^2 + p_1 p_2 d / (n - d)) c^2.
    def error(counts, d=50.0):
        n = counts.sum()
        mixing = counts[1] ** 2 + counts[0] * counts[1] * d / (n - d)
        return 0.1 * d / (n - d) + 0.5 * mixing / n**2

    for counts in ((100.0, 25.0, 0.0), (1000.0, 10.0, 0.0)):
        expected = jax.grad(error)(jnp.array(counts[:2]))
        found = marginal_risk(isotropic(counts)).total
        np.testing.assert_allclose(found[:2], expected, rtol=1e-9)
    # One more real sample helps, one more synthetic one hurts.
    assert found[0] < 0 < found[1]


def test_worth_of_the_first_sample():
    problem = isotropic((100.0, 25.0, 0.0))
    few = 1e-6
    expected = (
        parts(ct.predict(with_source(problem, 2, n=jnp.array(few)))) - parts(ct.predict(problem))
    ) / few
    found = parts(marginal_risk(problem))
    np.testing.assert_allclose(found[:, 2], expected, rtol=1e-5, atol=1e-9)


def test_what_has_no_answer():
    assert np.isnan(parts(marginal_risk(isotropic((25.0, 25.0, 0.0))))).all()
    correlated = ct.Problem([ct.Source(9.0, np.ones(3))], None, 0.1, moments=np.ones((1, 1, 3)))
    with pytest.raises(ValueError, match=r"moments = an array of shape .*: expected None"):
        zeta_by_source(correlated)


@pytest.mark.parametrize("question", [zeta_by_source, marginal_risk])
def test_an_unsolved_system_is_never_a_number(question, monkeypatch):
    monkeypatch.setattr(newton, "MAX_STEPS", 1)
    problem = random_problem(np.random.default_rng(0), d=3, sources=2, width=2.0)
    with pytest.raises(ct.SolveError, match="did not converge in 1 Newton steps"):
        question(problem)
