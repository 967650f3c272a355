"""The mean over which rows are synthetic, against all of them one by one and against drawn ones."""

import itertools

import jax
import numpy as np
import pytest

import collapse_theory as ct
from simulations import simulate_draws
from tests.problems import ALARM, parts

D = 4
SPECTRUM = np.array([2.0, 1.0, 0.5, 0.1])


def risks_of(X, owners, problem):
    """[bias, variance, zeta] of training on rows X, row i labelled by source `owners[i]`, by NumPy."""
    ridge, weight, n = float(problem.ridge), float(problem.sources[0].weight), len(X)
    X = np.sqrt(weight) * X
    N = np.linalg.pinv(X) if ridge == 0 else np.linalg.solve(X.T @ X / n + ridge * np.eye(D), X.T / n)
    test = np.diag(SPECTRUM)
    error = N @ X - np.eye(D)
    noises = np.array([float(problem.sources[k].noise) for k in owners])
    zeta = 0.0
    for k, source in enumerate(problem.sources[1:], start=1):
        T = N[:, owners == k] @ X[owners == k]
        zeta += np.trace(test @ T @ np.diag(source.shift) @ T.T)
    return [
        np.trace(test @ error @ np.diag(problem.signal) @ error.T),
        weight * np.sum(np.diag(N.T @ test @ N) * noises),
        zeta,
    ]


def sources(counts):
    shifts = (np.zeros(D), np.array([0.1, 0.0, 0.5, 2.0]), np.array([0.3, 0.3, 0.0, 0.1]))
    return tuple(ct.Source(n, SPECTRUM, 0.1 * (k + 1), shifts[k], 0.7) for k, n in enumerate(counts))


@pytest.mark.parametrize("ridge", [0.0, 0.07])
@pytest.mark.parametrize("counts", [(3, 2, 1), (2, 1), (0, 1), (3, 0)])
def test_rows_of_any_law_are_every_assignment_in_the_mean(counts, ridge):
    pool = np.random.default_rng(1).laplace(size=(50, D))
    problem = ct.Problem(sources(counts), np.array([1.0, 0.5, 0.0, 0.2]), ridge)
    draws = simulate_draws(problem, None, 3, features=pool)
    owners = np.repeat(np.arange(len(counts)), counts)
    for seed in range(3):
        key, _ = jax.random.split(jax.random.fold_in(jax.random.key(0), seed))
        picks = jax.random.randint(jax.random.fold_in(key, 0), (len(owners),), 0, len(pool))
        every = [np.array(order) for order in set(itertools.permutations(owners))]
        expected = np.mean([risks_of(pool[picks], order, problem) for order in every], axis=0)
        np.testing.assert_allclose(draws.risks[seed, :, 0], expected, rtol=1e-10, atol=1e-14)


def mixture(n, fraction, ridge, width):
    """A steep spectrum, and a shift in other directions than the signal."""
    d = 30
    spectrum = np.arange(1.0, d + 1) ** -1
    counts = (n - round(fraction * n), round(fraction * n))
    shift = np.linspace(0, 1, d)
    made = [ct.Source(c, spectrum, 0.1, k * shift, 2.0) for k, c in enumerate(counts)]
    return ct.Problem(tuple(made), 1.0, ridge, width)


CASES = {
    "classical": (90, None, 1e-2),
    "classical, no ridge": (90, None, 0.0),
    "dual": (20, None, 1e-3),
    "interpolating": (20, None, 0.0),
    "narrow": (90, 15, 1e-2),
    "narrow, no ridge": (90, 15, 0.0),
    "narrow, dual": (10, 20, 1e-3),
    "wide": (90, 45, 1e-2),
    "wide, interpolating": (20, 45, 0.0),
    "n = 10^9": (10**9, None, 1e-2),
}


# Rows of any law take few paths.
RAW = ("classical", "narrow", "interpolating")


@pytest.mark.parametrize(
    ("case", "features"), [(case, "gaussian") for case in CASES] + [(case, "rademacher") for case in RAW]
)
def test_the_mean_of_drawn_assignments_at_a_fraction_of_their_variance(case, features):
    seeds = 1000
    n, width, ridge = CASES[case]
    question = mixture(n, 0.2, ridge, width)
    ours = simulate_draws(question, None, seeds, features=features).estimate(ridge)
    drawn = simulate_draws(question, None, seeds, 1, features=features, measure="assigned")
    theirs = drawn.estimate(ridge)
    gap = np.abs(parts(ours.mean) - parts(theirs.mean))
    assert (gap <= ALARM * np.hypot(parts(ours.stderr), parts(theirs.stderr))).all()
    gain = (theirs.stderr.zeta / ours.stderr.zeta) ** 2
    # A conditional mean never scatters more; far less where there are more rows than features, so
    # that which of them are synthetic matters more than which there are.
    assert gain > (8 if n == 90 else 1)


@pytest.mark.parametrize("width", [None, 15])
def test_one_draw_serves_every_share(width):
    draws = simulate_draws(mixture(90, 0.2, 1e-2, width), [1e-2, 0.3], 20)
    for fraction in (0.0, 0.1, 1.0):
        question = mixture(90, fraction, 0.3, width)
        shared = draws.relabelled([float(s.n) for s in question.sources]).estimate(0.3, noise=2, shift=3)
        alone = simulate_draws(question, None, 20).estimate(0.3, noise=2, shift=3)
        np.testing.assert_allclose(parts(shared.mean), parts(alone.mean), rtol=1e-12)
        np.testing.assert_allclose(parts(shared.stderr), parts(alone.stderr), rtol=1e-10)


def test_what_is_not_exchangeable_has_rows_of_its_own():
    apart = ct.Problem(
        (ct.Source(9, np.ones(3), 0.1), ct.Source(9, np.ones(3), 0.1, 0.5, 2.0)), 1.0, 0.1
    )
    assert simulate_draws(apart, None, 4).labels is None
    np.testing.assert_array_equal(
        simulate_draws(apart, None, 4).risks, simulate_draws(apart, None, 4, measure="assigned").risks
    )
    with pytest.raises(ValueError, match="expected none, as these draws know which rows are whose"):
        simulate_draws(apart, None, 4).relabelled([10, 8])
    for counts in ([91, 0], [60, 30, 0], [89.5, 0.5]):
        with pytest.raises(ValueError, match=r"counts = .*: expected 2 whole numbers that make 90"):
            simulate_draws(mixture(90, 0.2, 1e-2, None), None, 4).relabelled(counts)
