"""Models trained on labels of earlier ones against theory: sampling error and a term of order 1/d."""

import numpy as np
import pytest

import collapse_theory as ct
from simulations.training.chain import simulate_chain
from simulations.training.relabelling import simulate_relabelling
from simulations.training.subsample import simulate_subsample
from tests.problems import ALARM, PARTS

# |gap| / total <= ALARM standard errors + FINITE / d: seen are gaps of up to 2.5 / d, with a width.
D, SEEDS, FINITE = 60, 200, 4.0
STEEP = ct.spectra.power_law(D, 1.0)
FLAT = np.ones(D)


def compare(estimate, risk):
    for part in (*PARTS, "total"):
        gap = np.abs(np.asarray(getattr(estimate.mean, part)) - getattr(risk, part))
        allowed = ALARM * np.asarray(getattr(estimate.stderr, part)) + FINITE / D * risk.total
        assert (gap <= allowed).all(), part


def problem(real, synthetic, width=None, ridge=0.05):
    sources = (ct.Source(real, STEEP, 0.5), ct.Source(synthetic, FLAT, 0.3, 0.3, 0.7))
    return ct.Problem(sources, 1.0, ridge, width)


def test_chain():
    """A teacher, a narrow student without real data, and one of both and of real data."""
    third = (ct.Source(30, STEEP, 0.5), ct.Source(50, STEEP, 0.1, 0.1), ct.Source(40, FLAT, 0.2))
    rounds = [problem(60, 50), problem(0, 120, 40, 0.1), ct.Problem(third, 1.0, 0.1, 90)]
    labellers = [(0, 0), (0, 1), (0, 1, 2)]
    compare(simulate_chain(rounds, labellers, SEEDS), ct.chain(rounds, labellers))


def test_rounds_of_other_features():
    short = ct.Problem((ct.Source(30, np.append(np.ones(D - 1), 0.0), 0.5),) * 2, 1.0, 0.1)
    with pytest.raises(ValueError, match=r"dimensions = \[59, 60\]: expected one of all rounds"):
        simulate_chain([problem(60, 50), short])


@pytest.mark.parametrize(("rows", "width"), [("same", 40), ("fresh", 40), ("same", None)])
def test_relabelling(rows, width):
    sources = (ct.Source(90, STEEP, 0.5), ct.Source(90, STEEP, 0.3, 0.4))
    labels = ct.Problem(sources, 1.0, 0.05, width)
    estimate = simulate_relabelling(labels, 4, 0.6, SEEDS, rows=rows)
    compare(estimate, ct.relabelling(labels, 4, 0.6, rows=rows))


def test_relabelling_interpolators():
    """No ridge, n < d: noise a^2 more every round, exactly so in every draw."""
    sources = (ct.Source(30, FLAT, 0.5), ct.Source(30, FLAT, 0.3, 0.4))
    labels = ct.Problem(sources, 1.0, 0.0)
    compare(simulate_relabelling(labels, 4, 0.6, SEEDS), ct.relabelling(labels, 4, 0.6))


@pytest.mark.parametrize("width", [None, 40])
def test_subsample(width):
    setting = problem(30, 90, width)
    compare(simulate_subsample(setting, 5, SEEDS), ct.subsample(setting, 5))


def test_subsamples_of_few_rows_disagree_more_and_more():
    """n < 2 d: one fit errs by kappa = d / (n - d - 1) = 2 times its noise, at this size."""
    d, n, rounds = 20, 31, 6
    sources = (ct.Source(0, np.ones(d)), ct.Source(n, np.ones(d), 1.0))
    setting = ct.Problem(sources, 1.0, 0.0)
    estimate = simulate_subsample(setting, rounds, 2000)
    kappa, M, a, errors = d / (n - d - 1), 0.0, 0.0, []
    for t in range(1, rounds + 1):
        errors.append(M + kappa * (1 + a - M))
        M, a = M + (errors[-1] - M) / (t + 1) ** 2, (t * a + errors[-1]) / (t + 1)
    gap = np.abs(estimate.mean.total - errors)
    assert (gap < ALARM * estimate.stderr.total + FINITE / d * np.array(errors)).all()
