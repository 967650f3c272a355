"""The paper's literal statements and the general form are spellings of one thing."""

import numpy as np
import pytest

import collapse_theory as ct
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


@pytest.mark.parametrize(("n", "p2"), [(60, 0.0), (60, 0.3), (1e5, 0.001), (1e5, 1.0)])
def test_corollary_1(n, p2):
    problem = ct.real_and_synthetic(
        n=n,
        synthetic_fraction=p2,
        covariance=ct.spectra.isotropic(50),
        quality=0.4,
        noise=0.2,
        ridge=0.0,
    )
    literal = ct.corollary_1(d=50, n=n, p2=p2, sigma2=0.2, c2=0.4)
    np.testing.assert_allclose(parts(literal), parts(ct.predict(problem)), rtol=1e-9, atol=1e-15)


def test_corollary_1_needs_more_samples_than_features():
    with pytest.raises(ValueError, match="d / n = 2: expected a ratio < 1"):
        ct.corollary_1(d=10, n=5, p2=0.1, sigma2=0.1, c2=1.0)
