"""Theory with its finite-size term: what simulations leave of it falls like 1/d^2."""

import numpy as np
import pytest

import collapse_theory as ct
from simulations import simulate
from simulations.features import laplace
from tests.problems import ALARM, parts
from tests.sizes import SETTINGS, problem


def gaps(question, draws, kurtosis=None, **how):
    """Relative to the total: simulated less limit, less the term too, and standard errors, by part."""
    estimate, limit = simulate(question, draws, **how), ct.predict(question)
    before = parts(estimate.mean) - parts(limit)
    after = before - parts(ct.finite_size(question, kurtosis))
    return (np.array([*v, v.sum()]) / float(limit.total) for v in (before, after)), np.array(
        [*parts(estimate.stderr), float(estimate.stderr.total)]
    ) / float(limit.total)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_term_is_what_simulations_have_beyond_the_limit(setting):
    d = 30
    (before, after), error = gaps(problem(d, **SETTINGS[setting]), 4000, key=2)
    print(f"{setting}: before {before}, after {after}, +- {error}")
    # 2 / d^2: the next order.  20,000 draws at d = 15 leave up to 0.7 / d^2.
    assert (np.abs(after) < ALARM * error + 2 / d**2).all()
    assert abs(before[-1]) > ALARM * error[-1] + 2 / d**2  # without the term it would fail


def test_the_sizes_of_what_is_left_fall_like_its_square():
    """An exact law, no simulation: sigma^2 d / (n - d - 1) against limit and term."""
    sizes = np.array([15, 30, 60, 120])
    before, after = [], []
    for d in sizes:
        question = ct.Problem((ct.Source(2 * d, np.ones(d), 1.0),), 0.0, 0.0)
        exact, limit = d / (d - 1), ct.predict(question).variance
        before.append(exact - limit)
        after.append(exact - limit - ct.finite_size(question).variance)
    slopes = [np.polyfit(np.log(sizes), np.log(left), 1)[0] for left in (before, after)]
    np.testing.assert_allclose(slopes, [-1, -2], atol=0.06)


@pytest.mark.parametrize(("law", "kurtosis"), [("rademacher", -2.0), ("laplace", 3.0)])
def test_fourth_moments_have_a_term_of_their_own(law, kurtosis):
    """Features that are not Gaussian leave a gap of order 1/d, until their kurtosis is told."""
    d = 30
    features = laplace if law == "laplace" else law
    question = problem(d, **SETTINGS["j^-1, other Sigma_2"])
    (_, without), error = gaps(question, 6000, features=features)
    (_, told), _ = gaps(question, 6000, kurtosis=kurtosis, features=features)
    print(f"{law}: Gaussian term leaves {without}, with the fourth cumulant {told}, +- {error}")
    assert abs(without[-1]) > ALARM * error[-1] + 6 / d**2
    assert (np.abs(told) < ALARM * error + 12 / d**2).all()
