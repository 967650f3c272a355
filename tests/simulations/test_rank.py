"""Draws of any rank and condition: minimum-norm answers or the ridge's, never a wrong number."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import hilbert

import collapse_theory as ct
from simulations import simulate, simulate_draws
from simulations.draw import draw
from simulations.measure import averaged, trained
from simulations.plan import plan_simulation
from simulations.rank import decompose, tolerated
from simulations.seeds import summarise
from tests.problems import ALARM, parts
from tests.simulations.rows import risk

D = 8
EPS = np.finfo(float).eps
ROUNDING = D * EPS * tolerated(float)  # of the fast way, relatively


def mean_over_signs(n, d, noise):
    """E bias and E variance of least norm over all n x d matrices of signs, Gamma = I / d."""
    projections, traces = [], []
    for signs in itertools.product((-1.0, 1.0), repeat=n * d):
        inverse = np.linalg.pinv(np.reshape(signs, (n, d)))
        projections.append(d - np.linalg.matrix_rank(inverse))
        traces.append(np.sum(inverse**2))
    return np.mean(projections) / d, noise * np.mean(traces)


@pytest.mark.parametrize("ridge", [0.0, 1e-12])
@pytest.mark.parametrize(("n", "d"), [(2, 2), (3, 2), (3, 3), (2, 3)])
def test_signs_exactly(n, d, ridge):
    # A half of 2 x 2 matrices of signs is singular, and 5 of 8 of 3 x 3 ones.
    problem = ct.Problem((ct.Source(n, np.ones(d), 0.5),), 1.0, ridge)
    bias, variance = mean_over_signs(n, d, 0.5)
    estimate = simulate(problem, 2000, features="rademacher")
    assert abs(estimate.mean.bias - bias) <= ALARM * estimate.stderr.bias + 1e-9
    assert abs(estimate.mean.variance - variance) <= ALARM * estimate.stderr.variance + 1e-9
    models = simulate(problem, 2000, features="rademacher", measure="trained")
    assert abs(models.mean.total - bias - variance) < ALARM * models.stderr.total


def rotated(spectrum):
    Q = np.linalg.qr(np.random.default_rng(3).normal(size=(len(spectrum),) * 2))[0]
    return (Q * spectrum) @ Q.T


INDEX = np.arange(1.0, D + 1)
COVARIANCES = {
    "Hilbert": hilbert(D),
    "rotated, exponent 8": rotated(INDEX**-8),
    "exponent 8": INDEX**-8,
    "duplicated features": np.kron(np.eye(D // 2), np.ones((2, 2))),
    "rank 5": rotated(np.where(INDEX < 6, 1.0, 0.0)),
}


@pytest.mark.parametrize("width", [None, 4, 11])
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_every_part_of_every_draw_in_fifty_digits(covariance, width):
    Sigma = COVARIANCES[covariance]
    for n in (6, 30):
        sources = (ct.Source(n - 2, Sigma, 0.3), ct.Source(2, Sigma, 0.2, 0.5, weight=0.5))
        problem = ct.Problem(sources, 1.0, 0.1, width)
        ridges = [1e-12, 1e-8, 1e-3]
        draws = simulate_draws(problem, ridges, 2)
        for (r, ridge), seed in itertools.product(enumerate(ridges), range(2)):
            # Entries of a covariance are given up to eps, the signal has size 1.
            expected = risk(problem, ridge, seed)
            np.testing.assert_allclose(
                draws.risks[seed, :, r], expected, rtol=ROUNDING, atol=EPS, err_msg=ridge
            )


def least_norm(X, problem, counts):
    """[bias, variance, zeta] given rows, by NumPy; signal and shift are multiples of I."""
    N = np.linalg.pinv(X, rcond=1e-10)
    T = N[:, : counts[0]] @ X[: counts[0]], N[:, counts[0] :] @ X[counts[0] :]
    test = np.diag(np.asarray(problem.sources[0].covariance))
    trace = np.trace(test)
    error = sum(T) - np.eye(X.shape[1])
    gains = [np.sum(test @ Nk * Nk) for Nk in np.split(N, [counts[0]], axis=1)]
    return [
        np.sum(test @ error * error) * float(problem.signal) / trace,
        sum(float(s.noise) * g for s, g in zip(problem.sources, gains, strict=True)),
        np.sum(test @ T[1] * T[1]) * float(problem.sources[1].shift) / trace,
    ]


@pytest.mark.parametrize("kind", ["few rows", "repeated rows", "collinear", "constant", "signs"])
def test_pools_of_rows(kind):
    rng = np.random.default_rng(2)
    pool = rng.normal(size=(12, D))
    counts = (9, 5)
    if kind == "repeated rows":  # fewer than features, some of them twice: sample space is singular
        counts = (4, 3)
    if kind == "collinear":
        pool[:, 1] = 2 * pool[:, 0]
    if kind == "constant":
        pool[:, 2] = 0.3
    if kind == "signs":
        pool, counts = np.sign(pool), (5, 3)
    spectrum = np.ones(D)
    sources = tuple(ct.Source(n, spectrum, 0.3, 0.4 * k) for k, n in enumerate(counts))
    problem = ct.Problem(sources, 1.0, 0.0)
    draws = simulate_draws(problem, [0.0, 1e-13], 60, features=pool, measure="assigned")
    assert (draws.risks >= 0).all()
    for seed in range(60):
        key, _ = jax.random.split(jax.random.fold_in(jax.random.key(0), seed))
        picks = [
            jax.random.randint(jax.random.fold_in(key, k), (n,), 0, len(pool))
            for k, n in enumerate(counts)
        ]
        expected = least_norm(pool[np.concatenate(picks)], problem, counts)
        for r in range(2):
            np.testing.assert_allclose(draws.risks[seed, :, r], expected, rtol=1e-5, atol=1e-9)


def test_singular_covariances_are_what_their_eigenvalues_are():
    r, n, noise = 5, 30, 0.1
    for Sigma in (COVARIANCES["rank 5"], np.diag([1.0] * r + [0.0])):
        problem = ct.Problem((ct.Source(n, Sigma, noise),), 1.0, 0.0)
        estimate = simulate(problem, 1000)
        expected = noise * r / (n - r - 1)  # exact at every size
        assert abs(estimate.mean.variance - expected) < ALARM * estimate.stderr.variance
        assert estimate.mean.bias < 1e-20


def test_a_width_beyond_the_rank():
    # Rank 5, narrow S with 7 columns: z spans 5 directions, and x is known from it.
    problem = ct.Problem((ct.Source(30, COVARIANCES["rank 5"], 0.1),), 1.0, 0.0, 7)
    estimate = simulate(problem, 500)
    expected = 0.1 * 5 / (30 - 5 - 1)
    assert abs(estimate.mean.variance - expected) < ALARM * estimate.stderr.variance
    assert estimate.mean.bias < 1e-20


def test_careful_and_fast_agree_where_both_are_exact():
    for width, n in ((None, 5), (None, 30), (4, 30), (11, 5)):  # sources with fewer rows than features
        sources = (ct.Source(n, INDEX / D, 0.3), ct.Source(4, INDEX[::-1] / D, 0.6, 0.5, 0.5))
        problem = ct.Problem(sources, 1.0, 0.05, width, np.ones(D))
        plan, constants = plan_simulation(problem, "gaussian", np.dtype(float))
        for measure in (averaged, trained):
            run = jax.jit(measure, static_argnums=(1, 3))
            fast, rounding = run(jax.random.key(1), plan, constants, False)
            careful, _ = run(jax.random.key(1), plan, constants, True)
            np.testing.assert_allclose(fast, careful, rtol=1e-10)
            assert rounding < tolerated(float)


def test_singular_values_that_are_rounding_are_zero():
    rows = np.random.default_rng(0).normal(size=(20, 3)) @ np.random.default_rng(1).normal(size=(3, 6))
    decomposition = decompose(jnp.asarray(rows), 0)
    assert (np.asarray(decomposition.s) > 0).sum() == 3
    inverse = (decomposition.V * decomposition.gains(jnp.array(0.0))[None]) @ decomposition.U.T
    np.testing.assert_allclose(inverse, np.linalg.pinv(rows), atol=1e-12)
    np.testing.assert_array_equal(decomposition.losses(jnp.array(0.0)), [0, 0, 0, 1, 1, 1])


def test_no_part_is_negative_or_not_a_number():
    good = np.ones((5, 3))
    for value, reason in ((np.nan, "rows that are not finite"), (np.inf, "rows"), (-1.0, "rounding")):
        bad = good.copy()
        bad[3, 1] = value
        with pytest.raises(
            ArithmeticError, match=rf"variance = {value:.3g} at seed 3, 1 of 5 draws: {reason}"
        ):
            summarise(bad)
    bad = good.copy()
    bad[:, 2] = -0.5
    assert summarise(bad, correlated=True).mean.zeta == -0.5
    bad[:, 2] = -2.5
    with pytest.raises(ArithmeticError, match=r"total = -0\.5 at seed 0, 5 of 5 draws"):
        summarise(bad, correlated=True)


def test_features_that_are_not_numbers():
    problem = ct.Problem((ct.Source(20, np.ones(3), 0.1),), 1.0, 0.1)
    with pytest.raises(ArithmeticError, match="bias = nan at seed 0, 4 of 4 draws: rows that are not"):
        simulate(problem, 4, features=lambda key, shape, dtype: jnp.full(shape, jnp.nan, dtype))


def test_the_same_draw_by_both_ways():
    problem = ct.Problem((ct.Source(30, INDEX / D, 0.3),), 1.0, 0.05, 4)
    plan, constants = plan_simulation(problem, "gaussian", np.dtype(float))
    fast, careful = (draw(jax.random.key(0), plan, constants, way) for way in (False, True))
    np.testing.assert_allclose(fast.features[0], careful.features[0], rtol=1e-10, atol=1e-12)
    hidden = [way.hidden(0, constants.signal, constants) for way in (fast, careful)]
    np.testing.assert_allclose(*hidden, rtol=1e-10)
    assert parts(simulate(problem, 4).mean).min() >= 0
