"""Isotropic features by bidiagonal matrices: every digit given the draw, and the law of rows."""

import jax
import mpmath as mp
import numpy as np
import pytest
from scipy.stats import ks_2samp

import collapse_theory as ct
from simulations import simulate, simulate_draws
from simulations.exchangeable import unlabelled
from simulations.isotropic import _bidiagonal, is_isotropic, spectral
from simulations.plan import plan_simulation
from simulations.seeds import over_seeds
from tests.problems import ALARM, parts

D, SIGMA = 12, 2.0
RIDGES = [0.0, 1e-12, 1e-3, 10.0, 1e4]
compiled = jax.jit(spectral, static_argnums=1)


def mixture(n, d=D, **changes):
    sources = (ct.Source(n - n // 3, SIGMA * np.ones(d), 0.1, 0.0, 1.5),)
    sources += (ct.Source(n // 3, SIGMA * np.ones(d), 0.3, changes.pop("shift", 0.5), 1.5),)
    return ct.Problem(sources, **({"signal": 1.0, "ridge": 0.02} | changes))


@mp.workdps(60)
def terms(diagonal, beside, n, ridge):
    """Those of `unlabelled`, from the eigenvalues of the tridiagonal matrix B^T B."""
    q = min(n, D)
    B = mp.zeros(q)
    for i in range(q):
        B[i, i] = mp.sqrt(mp.mpf(float(diagonal[i])))
        if i + 1 < q:
            B[i, i + 1] = mp.sqrt(mp.mpf(float(beside[i])))
    mu = [SIGMA * x for x in mp.eigsy(B.T * B, eigvals_only=True)]  # of X^T X
    signal, shift = mp.mpf(1) / (SIGMA * D), mp.mpf(0.5) / (SIGMA * D)
    a, ridge = mp.mpf(1.5) / n, mp.mpf(ridge)
    bias = SIGMA * signal * (mp.fsum((ridge / (a * x + ridge)) ** 2 for x in mu) + D - q)
    gain = SIGMA * mp.fsum(x * (a / (a * x + ridge)) ** 2 for x in mu)
    agreed = SIGMA * shift * mp.fsum((a * x / (a * x + ridge)) ** 2 for x in mu)
    single = (2 * agreed + gain * shift * mp.fsum(mu)) / (n + 2)
    return [float(term) for term in (bias, gain, agreed, single)]


@pytest.mark.parametrize("n", [5, 12, 30, 10**9])
def test_every_term_of_a_draw_in_sixty_digits(n):
    plan, constants = plan_simulation(mixture(n), "gaussian", np.dtype(float), RIDGES, True)
    key = jax.random.key(3)
    B = jax.jit(_bidiagonal, static_argnums=(2, 3))(key, constants.counts[0], D, plan)
    found, _ = compiled(key, plan, constants)
    for r, ridge in enumerate(RIDGES):
        # All sums are of numbers >= 0: nothing is lost, whatever the ridge.
        np.testing.assert_allclose(
            found[:, r], terms(B.diagonal, B.beside, n, ridge), rtol=1e-12, err_msg=ridge
        )


@pytest.mark.parametrize("n", [8, 12, 30])
def test_the_law_of_rows(n):
    plan, constants = plan_simulation(mixture(n), "gaussian", np.dtype(float), [0.02], True)
    drawn = [
        over_seeds(function, plan, constants, 1e5, 3000, key, 1e9, False)[..., 0]
        for key, function in enumerate((spectral, unlabelled))
    ]
    for ours, theirs in zip(*(terms.T for terms in drawn), strict=True):
        assert ks_2samp(ours, theirs).pvalue > 1e-4


@pytest.mark.parametrize(
    ("changes", "isotropic"),
    [
        ({}, True),
        ({"width": 6}, False),
        ({"test_covariance": np.linspace(1, 2, D)}, False),
        ({"shift": np.linspace(1, 2, D), "signal": np.linspace(1, 2, D)}, True),
    ],
)
def test_what_is_isotropic(changes, isotropic):
    plan, constants = plan_simulation(mixture(30, **changes), "gaussian", np.dtype(float), [0.1], True)
    assert is_isotropic(plan, constants) == isotropic


def test_signal_and_shift_in_some_directions_only():
    few = np.linspace(0, 1, D)
    question = mixture(30, shift=few**2, signal=few)
    estimates = [
        simulate(question, 3000, key, measure=m) for key, m in enumerate(("averaged", "assigned"))
    ]
    gap = np.subtract(*(parts(estimate.mean) for estimate in estimates))
    assert (np.abs(gap) < ALARM * np.hypot(*(parts(estimate.stderr) for estimate in estimates))).all()


def test_a_hundred_thousand_features():
    question = mixture(50_000, 100_000)
    estimate, limit = simulate_draws(question, None, 4).estimate(0.02), ct.predict(question)
    assert abs(estimate.mean.total / limit.total - 1) < 1e-3
