"""The numbers behind a prediction mean what they say."""

import numpy as np
import pytest

import collapse_theory as ct


def problem(n=30, width=None, ridge=0.01):
    return ct.real_and_synthetic(
        n=n,
        synthetic_fraction=0.2,
        covariance=ct.spectra.power_law(20, 1.0),
        quality=0.5,
        noise=0.1,
        ridge=ridge,
        width=width,
    )


@pytest.mark.parametrize("ridge", [0.0, 1e-3, 1.0])
@pytest.mark.parametrize("width", [None, 11, 80])
@pytest.mark.parametrize("n", [9, 50])
def test_effective_ridge_and_degrees_of_freedom(n, width, ridge):
    found = ct.diagnose(problem(n, width, ridge))
    sigma = np.array(ct.spectra.power_law(20, 1.0))
    ratio = sigma / (sigma + found.kappa)
    m = width or np.inf
    np.testing.assert_allclose([found.df1, found.df2], [ratio.sum(), (ratio**2).sum()], rtol=1e-9)
    np.testing.assert_allclose(found.tau, 1 - found.df1 / m, rtol=1e-9)
    np.testing.assert_allclose(found.e, 1 - found.df1 / n, rtol=1e-9, atol=1e-12)
    lam = found.kappa * (1 - found.df1 / n) * (1 - found.df1 / m) * (1 if width is None else m / 20)
    np.testing.assert_allclose(lam, ridge, rtol=1e-7, atol=1e-10)


def test_threshold_distance():
    assert ct.diagnose(problem(30)).threshold_distance == 0.5
    assert ct.diagnose(problem(10)).threshold_distance == -0.5
    assert ct.diagnose(problem(15, width=12)).threshold_distance == 0.25


def test_agrees_with_the_constants_of_theorem_2():
    e, tau, _, _ = ct.theorem_2_constants(np.array(ct.spectra.power_law(20, 1.0)), n=30, m=11, lam=0.01)
    found = ct.diagnose(problem(30, 11))
    np.testing.assert_allclose([found.e[0], found.tau], [e, tau], rtol=1e-9)


def test_status_and_threshold():
    found = ct.diagnose(problem())
    assert found.status.converged
    assert "converged in" in found.status.message()
    assert np.isnan(ct.diagnose(problem(20, ridge=0.0)).kappa)


def test_tau_is_1_for_the_classical_model_everywhere():
    assert ct.diagnose(problem(20, ridge=0.0)).tau == 1
    assert ct.diagnose(problem(30)).tau == 1


def test_the_rank_of_matrices_is_seen_with_a_ridge_too():
    """A ridge so large that nothing has to be diagonalised to solve the equations."""
    eigenvalues = np.array([2.0, 1.0, 0.5, 0.0, 0.0])
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    for covariance in (eigenvalues, (turn * eigenvalues) @ turn.T):
        problem = ct.Problem((ct.Source(6.0, covariance, 0.1),), 1.0, 0.5)
        assert float(ct.diagnose(problem).threshold_distance) == pytest.approx(6 / 3 - 1, rel=1e-12)
