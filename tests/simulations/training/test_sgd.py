"""Runs of SGD are what the theory says, in every setting, and depend on nothing that they should not."""

import numpy as np
import pytest

import collapse_theory as ct
from simulations import simulate_one_pass_sgd
from tests.collapse_theory.training.test_sgd import correlated
from tests.problems import ALARM, PARTS, random_problem

D, STEPS, RUNS = 8, 60, 3000
AFTER = (0, 1, 5, 20, STEPS)


def setting(sources, diagonal, moments, m, started, seed):
    """A problem, a schedule and options."""
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, d=D, sources=sources, diagonal=diagonal, width=None)
    if moments:
        problem = correlated(problem, rng)
    rates = rng.uniform(0.01, 0.06, STEPS)  # steps long enough to diverge have heavy tails
    probabilities = rng.dirichlet(np.ones(sources), STEPS)
    options = {
        "projection": None if m is None else rng.normal(size=(D, m)) / np.sqrt(D),
        "start": rng.normal(size=m or D) if started else None,
    }
    return problem, rates, probabilities, options


# Sources, diagonal covariances, correlated labelling vectors, m, a start, batch.
CASES = {
    "eigenvalues": (3, True, False, None, False, 1),
    "matrices, batches": (2, False, True, None, True, 3),
    "narrow, batches": (3, True, False, 5, True, 2),
    "wide": (2, False, True, 12, False, 1),
}


@pytest.mark.parametrize("case", CASES)
def test_runs_agree_with_the_theory(case):
    *numbers, batch = CASES[case]
    problem, rates, probabilities, options = setting(*numbers, seed=len(case))
    theory = ct.one_pass_sgd(problem, rates, probabilities, batch=batch, **options)
    estimate = simulate_one_pass_sgd(
        problem, rates, probabilities, RUNS, batch=batch, after=AFTER, **options
    )
    for name in (*PARTS, "total"):
        expected = np.asarray(getattr(theory, name))[list(AFTER)]
        mean, stderr = getattr(estimate.mean, name), getattr(estimate.stderr, name)
        assert mean.shape == (len(AFTER),)
        assert (np.abs(mean - expected) <= ALARM * stderr + 1e-13).all(), name
        assert stderr[-1] < 0.05 * expected[-1], name  # a large one proves nothing


@pytest.mark.parametrize(
    ("d", "steps", "runs"), [(8, 400, 800), (30, 1000, 1000)], ids=["small", "larger"]
)
def test_a_plateau_of_mixed_data_and_none_with_real_data_last(d, steps, runs):
    """p_2 = 1/2, c^2 = 0.2, noise 1: as many samples of each kind, in another order."""
    problem = ct.real_and_synthetic(
        n=2,
        synthetic_fraction=0.5,
        covariance=ct.spectra.isotropic(d),
        quality=0.2,
        noise=1.0,
        ridge=0.0,
    )
    half = 2 / (np.arange(steps // 2) + 2 * d)
    rates, last = np.concatenate([half, half]), (np.arange(steps) < steps // 2) * 1.0
    after = (steps // 2, steps)
    risks = {}
    for name, fractions in (("mixed", 0.5 * np.ones(steps)), ("last", last)):
        theory = ct.one_pass_sgd(problem, rates, fractions)
        estimate = simulate_one_pass_sgd(problem, rates, fractions, runs, after=after)
        for part in (*PARTS, "total"):
            expected = np.asarray(getattr(theory, part))[list(after)]
            gap = np.abs(getattr(estimate.mean, part) - expected)
            assert (gap < ALARM * getattr(estimate.stderr, part)).all(), (name, part)
        risks[name] = estimate.mean
    # p_2^2 c^2 = 0.05, and noise that labels which contradict each other make; c^2 = 0.2 before the end.
    assert 0.048 < risks["mixed"].zeta[1] < 0.056
    assert risks["last"].zeta[0] > 0.19
    assert risks["last"].zeta[1] < 0.002


def test_same_numbers_whatever_the_chunks():
    problem, rates, probabilities, options = setting(2, False, True, None, True, 1)
    arguments = (problem, rates[:20], probabilities[:20], 50)
    whole = simulate_one_pass_sgd(*arguments, batch=2, **options)
    pieces = simulate_one_pass_sgd(*arguments, batch=2, memory=2e5, **options)
    for name in (*PARTS, "total"):
        one, other = (np.asarray(getattr(estimate.mean, name)) for estimate in (whole, pieces))
        np.testing.assert_allclose(other, one, rtol=1e-10, atol=1e-16)
        assert one.shape == (21,)
    another = simulate_one_pass_sgd(*arguments, 1, batch=2, **options)
    assert (another.mean.total != whole.mean.total).all()


def test_multiplicities_are_written_out():
    source = ct.Source(1, np.array([0.5, 1.0]), 0.3)
    counts, start = np.array([2.0, 1.0]), np.array([1.0, -1.0])
    problem = ct.Problem((source,), 0.0, 0.0, multiplicities=counts)
    estimate = simulate_one_pass_sgd(problem, np.full(3, 0.1), seeds=4, start=start)
    # 2 * 0.5 * 1 + 1 * 1 * 1
    np.testing.assert_allclose(estimate.mean.total[0], 2.0)


SMALL = setting(2, True, False, None, False, 1)[:3]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 1.5}, "batch = 1.5: expected a whole number >= 1"),
        ({"batch": 0}, "batch = 0: expected a whole number >= 1"),
        ({"after": [61]}, "after = 61: expected a whole number >= 0, at most 60"),
        ({"seeds": 1}, "seeds = 1: expected a whole number >= 2"),
        ({"memory": 10}, "memory = 10: expected at least"),
        ({"start": np.ones(3)}, "start = an array of shape .3,.: expected a vector of length 8"),
        ({"projection": np.ones((3, 8))}, "projection = .* expected a matrix of 8 rows"),
    ],
)
def test_bad_input(changes, message):
    with pytest.raises(ValueError, match=message):
        simulate_one_pass_sgd(*SMALL, **{"seeds": 2} | changes)


def test_a_width_needs_a_projection():
    problem = ct.Problem((ct.Source(1, np.ones(3)),), 1.0, 0.0, width=2)
    with pytest.raises(ValueError, match=r"width = 2.* expected None, or projection=S"):
        simulate_one_pass_sgd(problem, np.ones(2))


def test_diverging_runs_are_refused():
    problem, _, probabilities, _ = setting(2, True, False, None, False, 1)
    with pytest.raises(ArithmeticError, match="numbers out of range"):
        simulate_one_pass_sgd(problem, np.full(STEPS, 1e30), probabilities, 2)
