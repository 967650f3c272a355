"""The paper's literal statements and the general form are spellings of one thing."""

from functools import partial

import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.mixing import single_step_mixing
from collapse_theory.paper import corollary_2, corollary_2_best_weight
from tests.problems import parts


def settings(seed):
    rng = np.random.default_rng(seed)
    d = 40
    Sigma = rng.uniform(0.05, 2, d) ** 2
    Gamma, Delta = rng.uniform(0, 1, (2, d)) / d
    noises = rng.uniform(0, 1, 2)
    return Sigma, Gamma, Delta, noises


def general(Sigma, Gamma, Delta, noises, *, n, p2, lam, m=None):
    sources = (ct.Source((1 - p2) * n, Sigma, noises[0]), ct.Source(p2 * n, Sigma, noises[1], Delta))
    return parts(ct.predict(ct.Problem(sources, Gamma, lam, m)))


CASES = [(n, p2, lam) for n in (15, 39, 90, 1e6) for p2 in (0.0, 0.01, 0.5, 1.0) for lam in (1e-8, 0.1)]


@pytest.mark.parametrize(("n", "p2", "lam"), CASES)
def test_theorem_1(n, p2, lam):
    Sigma, Gamma, Delta, noises = settings(0)
    sigma2 = (1 - p2) * noises[0] + p2 * noises[1]
    literal = ct.theorem_1(Sigma, Gamma, Delta, n=n, p2=p2, sigma2=sigma2, lam=lam)
    expected = general(Sigma, Gamma, Delta, noises, n=n, p2=p2, lam=lam)
    np.testing.assert_allclose(parts(literal), expected, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("m", [7, 41, 300])
@pytest.mark.parametrize(("n", "p2", "lam"), CASES)
def test_theorem_2_in_both_forms(n, p2, lam, m):
    Sigma, Gamma, Delta, noises = settings(1)
    sigma2 = (1 - p2) * noises[0] + p2 * noises[1]
    expected = general(Sigma, Gamma, Delta, noises, n=n, p2=p2, lam=lam, m=m)
    for form in (ct.theorem_2, ct.theorem_2_explicit):
        literal = form(Sigma, Gamma, Delta, n=n, m=m, p2=p2, sigma2=sigma2, lam=lam)
        np.testing.assert_allclose(parts(literal), expected, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(("n", "m", "lam"), [(30, 10, 0.1), (30, 100, 1e-3), (500, 20, 1e-2)])
def test_theorem_2_constants_solve_their_equations(n, m, lam):
    Sigma = settings(2)[0]
    e, tau, u, omega = ct.theorem_2_constants(Sigma, n=n, m=m, lam=lam)
    psi, gamma, trbar = m / n, m / len(Sigma), np.mean
    K0, L = e * Sigma, (1 + u) * Sigma
    K = gamma * tau * K0 + lam
    sides = {
        e: 1 / (1 + psi * tau * trbar(Sigma / K)),
        tau: 1 / (1 + trbar(K0 / K)),
        u: psi * e**2 * trbar(Sigma * (gamma * tau**2 * L + omega) / K**2),
        omega: tau**2 * trbar((gamma * omega * K0**2 + lam**2 * L) / K**2),
    }
    np.testing.assert_allclose(list(sides.keys()), list(sides.values()), rtol=1e-11)


@pytest.mark.parametrize(
    ("n", "p2"),
    [(60, 0.0), (60, 0.3), (1e5, 0.001), (1e5, 1.0), (49, 0.3), (20, 0.0), (20, 0.7), (1, 1)],
)
def test_corollary_1(n, p2):
    problem = ct.real_and_synthetic(
        n=n,
        synthetic_fraction=p2,
        covariance=ct.spectra.isotropic(50),
        quality=0.4,
        noise=0.2,
        ridge=0.0,
        signal=3.0,
    )
    literal = ct.corollary_1(d=50, n=n, p2=p2, sigma2=0.2, c2=0.4, r2=3.0)
    np.testing.assert_allclose(parts(literal), parts(ct.predict(problem)), rtol=1e-9, atol=1e-15)


def test_corollary_1_below_the_threshold():
    risk = ct.corollary_1(d=600, n=250, p2=0.4, sigma2=0.0, c2=1.0)
    np.testing.assert_allclose(risk.zeta, 0.238095238, rtol=2e-9)


def test_corollary_1_has_no_number_at_the_threshold():
    with pytest.raises(ValueError, match="d / n = 1: expected another ratio"):
        ct.corollary_1(d=10, n=10, p2=0.1, sigma2=0.1, c2=1.0)


@pytest.mark.parametrize(("n", "p2"), [(400, 0.5), (60, 0.5), (70, 0.2)])
def test_corollary_3(n, p2):
    problem = ct.real_and_synthetic(
        n=n,
        synthetic_fraction=p2,
        covariance=ct.spectra.isotropic(50),
        quality=2.0,
        noise=0.2,
        ridge=0.0,
    )
    literal = ct.corollary_3(d=50, n=n, rounds=9, sigma2=0.2, c2=2.0, p2=p2)
    for part in ("bias", "variance", "zeta"):
        iterated = getattr(ct.generations(problem, 9), part)
        np.testing.assert_allclose(getattr(literal, part), iterated, rtol=1e-9, atol=1e-13)


def test_corollary_3_ends_at_a_multiple_of_the_clean_error():
    d, n, sigma2 = 10, 1e5, 0.3
    last = ct.corollary_3(d=d, n=n, rounds=60, sigma2=sigma2, c2=5.0).total[-1]
    np.testing.assert_allclose(last / (sigma2 * d / n), 4 / 3, rtol=3 * d / n)


def test_corollary_3_needs_more_samples_than_features_and_a_round():
    with pytest.raises(ValueError, match="d / n = 2: expected a ratio < 1"):
        ct.corollary_3(d=10, n=5, rounds=3, sigma2=0.1, c2=1.0)
    with pytest.raises(ValueError, match="rounds = 0: expected a whole number >= 1"):
        ct.corollary_3(d=10, n=50, rounds=0, sigma2=0.1, c2=1.0)


@pytest.mark.parametrize("p2", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("a", [0.0, 0.05, 0.3, 0.9, 1.0])
def test_corollary_2_leaves_the_second_order(p2, a):
    d, sigma2, c2 = 50, 0.2, 0.4

    def gap(phi):
        problem = ct.real_and_synthetic(
            n=d / phi,
            synthetic_fraction=p2,
            covariance=ct.spectra.isotropic(d),
            quality=c2,
            noise=sigma2,
            ridge=0.0,
        )
        literal = corollary_2(d=d, n=d / phi, p2=p2, a=a, sigma2=sigma2, c2=c2)
        return np.abs(parts(literal) - parts(ct.predict(single_step_mixing(problem, a))))

    # Ten times more samples leave a hundredth, up to the third order: phi over the smaller fraction.
    phi = 1e-3
    assert (gap(phi / 10) <= 0.01 * (1 + 3 * phi / min(p2, 1 - p2)) * gap(phi) + 1e-15).all()


def test_corollary_2_without_weighting_is_corollary_1():
    settings = {"d": 1, "n": 1e6, "p2": 0.3, "sigma2": 0.2, "c2": 0.4}
    np.testing.assert_allclose(
        parts(corollary_2(a=0.3, **settings)), parts(ct.corollary_1(**settings)), atol=1e-12
    )


def test_corollary_2_has_its_best_weight():
    # Close to a = 0 the error is a parabola whose lowest point the second statement gives.
    settings = {"d": 1, "n": 1e5, "p2": 0.3, "sigma2": 0.2, "c2": 0.4}
    best = corollary_2_best_weight(**settings)
    low, middle, high = (corollary_2(a=k * best, **settings).total for k in (0.5, 1.0, 1.5))
    vertex = 1 + 0.25 * (low - high) / (low - 2 * middle + high)
    np.testing.assert_allclose(vertex, 1, rtol=20 * 1e-5)  # O(phi)
    np.testing.assert_allclose(1 - middle / corollary_2(a=0.0, **settings).total, best, rtol=20 * 1e-5)


@pytest.mark.parametrize("statement", [partial(corollary_2, a=0.5), corollary_2_best_weight])
def test_corollary_2_needs_both_sources(statement):
    with pytest.raises(ValueError, match=r"p2 = 1: expected a number in \(0, 1\)"):
        statement(d=10, n=100, p2=1.0, sigma2=0.1, c2=1.0)


@pytest.mark.parametrize("theorem", [ct.theorem_1, ct.theorem_2, ct.theorem_2_explicit])
def test_help_states_the_theorem(theorem):
    for part in ("B    =", "V ", "zeta =", "tr[Gamma ", "tr[Delta "):
        assert part in theorem.__doc__
