"""What a simulation takes, what one draw serves, and what it refuses in one sentence."""

import numpy as np
import pytest

import collapse_theory as ct
from simulations import features, simulate, simulate_draws
from simulations.plan import plan_simulation
from simulations.seeds import _chunk
from tests.problems import parts, small_problem


def test_same_numbers_whatever_the_chunks():
    problem = small_problem(30, 4, 0.05)
    whole, pieces = simulate(problem, 37, key=3), simulate(problem, 37, key=3, memory=2e4)
    np.testing.assert_allclose(parts(pieces.mean), parts(whole.mean), rtol=1e-12)
    np.testing.assert_allclose(parts(pieces.stderr), parts(whole.stderr), rtol=1e-10)
    other = simulate(problem, 37, key=4)
    assert parts(other.mean)[0] != parts(whole.mean)[0]


@pytest.mark.parametrize("width", [None, 4])
def test_one_draw_serves_all_ridges_and_scales(width):
    problem = small_problem(30, width, 0.05)
    draws = simulate_draws(problem, [0.3, 0.05, 0.3], 20)
    assert draws.ridges == [0.05, 0.3]
    for ridge in draws.ridges:
        sources = tuple(
            ct.Source(s.n, s.covariance, 3 * s.noise, 0.5 * s.shift, s.weight) for s in problem.sources
        )
        other = ct.Problem(sources, 2 * problem.signal, ridge, width)
        alone = simulate(other, 20)
        shared = draws.estimate(ridge, signal=2, noise=3, shift=0.5)
        np.testing.assert_allclose(parts(shared.mean), parts(alone.mean), rtol=1e-10)
        np.testing.assert_allclose(parts(shared.stderr), parts(alone.stderr), rtol=1e-10)


def test_what_draws_cannot_serve():
    problem = small_problem(30, None, 0.05)
    with pytest.raises(ValueError, match=r"ridge = 0\.1: expected one of 0\.05"):
        simulate_draws(problem, None, 4).estimate(0.1)
    with pytest.raises(ValueError, match="noise = -1: expected a number >= 0"):
        simulate_draws(problem, None, 4).estimate(0.05, noise=-1)
    models = simulate_draws(problem, None, 4, measure="trained")
    with pytest.raises(ValueError, match="shift = 2: expected 1, as the parts"):
        models.estimate(0.05, shift=2)


def test_progress_counts_every_seed():
    done = []
    simulate(small_problem(30, None, 0.05), 37, memory=2e4, progress=done.append)
    assert sum(done) == 37
    assert len(done) > 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": 1}, "seeds = 1: expected a whole number >= 2"),
        ({"seeds": 2.5}, "seeds = 2.5: expected a whole number"),
        ({"key": -1}, "key = -1: expected a whole number"),
        ({"measure": "guess"}, "measure = 'guess': expected one of averaged, assigned, trained"),
        ({"features": "cauchy"}, "features = 'cauchy': expected one of gaussian"),
        ({"features": np.ones((5, 3))}, r"features = an array of shape \(5, 3\): expected .*\(N, 8\)"),
    ],
)
def test_bad_input(changes, message):
    with pytest.raises(ValueError, match=message):
        simulate(small_problem(30, None, 0.05), **changes)


def test_whole_numbers_only():
    with pytest.raises(ValueError, match=r"n of source 1 = 22\.5: expected a whole number"):
        simulate(
            ct.real_and_synthetic(
                n=25, synthetic_fraction=0.1, covariance=np.ones(3), quality=1.0, noise=0.1, ridge=0.1
            )
        )


def test_student_t_needs_a_fourth_moment():
    with pytest.raises(ValueError, match="degrees = 4: expected a number > 4"):
        features.student_t(4.0)


def test_one_seed_must_fit_the_memory():
    problem = small_problem(10**10, None, 0.05)
    with pytest.raises(ValueError, match=r"memory = .*: expected at least .* bytes"):
        simulate(problem, 4, features="rademacher")


def test_fractions_that_make_whole_numbers():
    settings = {"covariance": np.ones(3), "quality": 0.5, "noise": 0.1, "ridge": 0.1}
    for percent in range(1, 100):
        problem = ct.real_and_synthetic(n=100, synthetic_fraction=percent / 100, **settings)
        plan_simulation(problem, "gaussian", np.dtype(float))


def test_one_pool_of_rows_for_one_covariance():
    with pytest.raises(ValueError, match="features = rows: expected one covariance common"):
        simulate(small_problem(30, None, 0.05), 4, features=np.ones((5, 8)))


def test_a_sweep_over_n_compiles_once():
    before = _chunk._cache_size()
    for n in (40, 1000, 10**6, 10**9):
        problem = ct.real_and_synthetic(
            n=n, synthetic_fraction=0.1, covariance=np.ones(11), quality=0.5, noise=0.1, ridge=0.1
        )
        simulate(problem, 4)
    assert _chunk._cache_size() == before + 1


def test_multiplicities_are_written_out():
    few = ct.Problem(
        (ct.Source(20, [2.0, 0.5], 0.1), ct.Source(10, [2.0, 0.5], 0.1, [0.0, 0.4])),
        [1.0, 0.2],
        0.1,
        multiplicities=[2, 3],
    )
    shift, signal = np.repeat([0.0, 0.4], [2, 3]), np.repeat([1.0, 0.2], [2, 3])
    eigenvalues = np.repeat([2.0, 0.5], [2, 3])
    sources = (ct.Source(20, eigenvalues, 0.1), ct.Source(10, eigenvalues, 0.1, shift))
    expected = simulate(ct.Problem(sources, signal, 0.1), 3, key=1)
    np.testing.assert_array_equal(parts(simulate(few, 3, key=1).mean), parts(expected.mean))


@pytest.mark.parametrize(
    ("multiplicities", "message"),
    [
        ([2.5, 3.0], "multiplicities = 2.5: expected whole numbers"),
        ([2.0, 1e6], "multiplicities = 1000002 in all: expected at most 100,000"),
    ],
)
def test_multiplicities_that_no_data_have(multiplicities, message):
    problem = ct.Problem((ct.Source(20, [2.0, 0.5]),), 1.0, 0.1, multiplicities=multiplicities)
    with pytest.raises(ValueError, match=message):
        simulate(problem, 3)
