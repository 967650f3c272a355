"""Accumulate and subsample: a chain with all earlier models for teachers, and how its error grows."""

import numpy as np
import pytest

import collapse_theory as ct
from tests.problems import parts, random_problem

D, ROUNDS = 17, 3


def as_chain(problem, rounds):
    """Round t with t sources of n_2 / t samples, one for each labeller."""
    real, synthetic = problem.sources
    settings = (problem.signal, problem.ridge, problem.width, problem.test_covariance)

    def shared(t, shift):
        return ct.Source(synthetic.n / t, synthetic.covariance, synthetic.noise, shift, synthetic.weight)

    # The labeller of round 1 that returns: a model of its own, of endless data without noise.
    exact = ct.Source(1e15, synthetic.covariance, 0.0, synthetic.shift)
    generator = ct.Problem((ct.Source(0, real.covariance), exact), problem.signal, 0.0)
    later = [
        ct.Problem((real, *(shared(t, 0.0) for _ in range(t))), *settings) for t in range(1, rounds + 1)
    ]
    return [generator, *later], [(0, 0), *((0, *range(1, t + 1)) for t in range(1, rounds + 1))]


@pytest.mark.parametrize(("diagonal", "width"), [(True, 30.0), (False, None)])
def test_a_chain_of_all_earlier_models(diagonal, width):
    problem = random_problem(np.random.default_rng(2), sources=2, diagonal=diagonal, width=width)
    expected = parts(ct.chain(*as_chain(problem, ROUNDS)))[:, 1:]
    np.testing.assert_allclose(parts(ct.subsample(problem, ROUNDS)), expected, 1e-8)


def replaced(phi):
    covariance = ct.spectra.isotropic(D)
    return ct.Problem((ct.Source(0, covariance), ct.Source(D / phi, covariance, 0.3)), 1.0, 0.0)


def test_growth():
    """Bounded for n > 2 d, as of accumulated data though a round trains on n samples; else a power."""
    rounds = 600
    few = ct.subsample(replaced(1e-4), rounds).total
    np.testing.assert_allclose(few, few[0] * np.cumsum(1 / np.arange(1.0, rounds + 1) ** 2), 1e-3)
    accumulated, subsampled, replaced_all = (
        design(replaced(0.2), rounds).total for design in (ct.accumulate, ct.subsample, ct.generations)
    )
    assert (accumulated[1:] < subsampled[1:]).all()
    assert (subsampled[1:] < replaced_all[1:]).all()
    octaves = np.array([rounds // 4, rounds // 2, rounds]) - 1
    growth = np.diff(subsampled[octaves])
    assert np.log2(growth[1] / growth[0]) == pytest.approx(-0.75, abs=0.02)  # kappa = 1/4
    growth = np.log2(ct.subsample(replaced(0.75), rounds).total[octaves[1:]])
    assert np.diff(growth)[0] == pytest.approx(2, abs=0.02)  # kappa = 3


@pytest.mark.parametrize("phi", [0.2, 0.7])
def test_isotropic_rounds_by_scalars(phi):
    """M = E|m|^2 and a, the mean E|delta|^2: the fit of each round errs by kappa times its noise."""
    kappa, M, a, errors = phi / (1 - phi), 0.0, 0.0, []
    for t in range(1, 31):
        errors.append(M + kappa * (0.3 + a - M))
        M, a = M + (errors[-1] - M) / (t + 1) ** 2, (t * a + errors[-1]) / (t + 1)
    np.testing.assert_allclose(ct.subsample(replaced(phi), 30).total, errors, 1e-9)


def test_errors():
    with pytest.raises(ValueError, match="sources = 1 sources: expected two"):
        ct.subsample(ct.Problem(replaced(0.5).sources[1:], 1.0, 0.1), 2)
    with pytest.raises(ValueError, match="rounds = 0: expected a whole number >= 1"):
        ct.subsample(replaced(0.5), 0)
