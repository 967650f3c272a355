"""Simulations are the theory and its finite-size term up to 1/d^2, for any law of the features."""

import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.finite_size import limit_and_term
from simulations import simulate
from simulations.features import student_t
from tests.problems import ALARM, parts
from tests.sizes import SETTINGS, problem

D = 30


def relative(question, estimate, kurtosis=0.0):
    """By part and in total, in units of the limit: simulated less limit, less the term too, errors."""
    # One program for limit and term of every kurtosis.
    limit, term, status = limit_and_term(question, jnp.array(kurtosis))
    assert status.converged
    before = parts(estimate.mean) - parts(limit)
    after = before - parts(term)
    errors = np.array([*parts(estimate.stderr), float(estimate.stderr.total)])
    total = float(limit.total)
    return *(np.array([*gap, gap.sum()]) / total for gap in (before, after)), errors / total


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_term_is_what_simulations_have_beyond_the_limit(setting):
    question = problem(D, **SETTINGS[setting])
    before, after, error = relative(question, simulate(question, 4000, key=2))
    print(f"{setting}: before {before}, after {after}, +- {error}")
    # 2 / d^2: the next order.  20,000 draws at d = 15 leave up to 0.7 / d^2.
    assert (np.abs(after) < ALARM * error + 2 / D**2).all()
    assert abs(before[-1]) > ALARM * error[-1] + 2 / D**2  # without the term it would fail


def test_the_gap_to_the_limit_shrinks_like_one_over_d():
    sizes, gaps, errors = np.array([15, 45]), [], []
    for d, draws in zip(sizes, (20_000, 6000), strict=True):
        question = problem(int(d), **SETTINGS["j^-0.7, m = d/2"])
        before, _, error = relative(question, simulate(question, draws, key=int(d)))
        gaps.append(before[-1])
        errors.append(error[-1])
    slope = np.log(gaps[1] / gaps[0]) / np.log(sizes[1] / sizes[0])
    slope_error = np.hypot(*np.divide(errors, gaps)) / np.log(sizes[1] / sizes[0])
    print(f"finite-size slope {slope:.3f} +- {slope_error:.3f}, gaps {gaps}")
    assert slope_error < 0.05
    assert abs(slope + 1) < ALARM * slope_error + 2 / sizes[0]


def test_what_the_term_leaves_shrinks_like_one_over_d_squared():
    """An exact law, no simulation: sigma^2 d / (n - d - 1) against limit and term."""
    sizes = np.array([15, 60])
    before, after = [], []
    for d in sizes:
        question = ct.Problem((ct.Source(2 * d, np.ones(d), 1.0),), 0.0, 0.0)
        limit, term, _ = limit_and_term(question)
        before.append(d / (d - 1) - limit.variance)
        after.append(before[-1] - term.variance)
    slopes = [np.log(left[1] / left[0]) / np.log(sizes[1] / sizes[0]) for left in (before, after)]
    np.testing.assert_allclose(slopes, [-1, -2], atol=0.06)


CLASSICAL, NARROW, WIDE = (
    "j^-1, other Sigma_2",
    "other Sigma_2, m = d/2, alpha_2 = 2",
    "other Sigma_2, m = 3d/2, n < d",
)


@pytest.mark.parametrize(
    ("law", "kurtosis", "setting", "draws"),
    [
        ("rademacher", -2.0, CLASSICAL, 4000),
        ("rademacher", -2.0, NARROW, 4000),
        ("laplace", 3.0, WIDE, 4000),
        ("student-t", 3.0, CLASSICAL, 1000),  # slow to draw
        (student_t(20.0), 6 / 16, NARROW, 1000),
    ],
)
def test_the_law_of_the_features_matters_by_its_fourth_cumulant_alone(law, kurtosis, setting, draws):
    """The limit is universal; features that are not Gaussian add a term of order 1/d to the gap."""
    question = problem(D, **SETTINGS[setting])
    estimate = simulate(question, draws, features=law)
    _, without, error = relative(question, estimate)
    _, told, _ = relative(question, estimate, kurtosis)
    print(f"{law}: Gaussian term leaves {without}, with the fourth cumulant {told}, +- {error}")
    assert (np.abs(told) < ALARM * error + 12 / D**2).all()
    if setting == CLASSICAL:
        assert abs(without[-1]) > ALARM * error[-1] + 6 / D**2
