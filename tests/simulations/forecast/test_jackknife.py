"""The variance of estimates whose variance is known, and of those that are not told."""

import numpy as np
import pytest

from simulations.forecast.confidence import confidence
from simulations.forecast.estimate import interval
from simulations.forecast.jackknife import GROUPS, _bias, _jackknife, kept, variance

SETS = 4000


def replicates(values, pairs):
    """T = mean of x + (pairs / m^2) sum_(i<j) x_i x_j of the m groups kept: (sets, replicates)."""
    weights = kept()
    m, total, squares = weights.sum(axis=1), values @ weights.T, values**2 @ weights.T
    return total / m + pairs * (total**2 - squares) / (2 * m**2)


def gap(values, exact):
    """How far their mean is from it, in standard errors."""
    return (np.mean(values) - exact) / np.std(values, ddof=1) * np.sqrt(len(values))


@pytest.mark.parametrize("pairs", [0.0, 3.0, 8.0])
def test_the_variance_of_rows_and_pairs_of_rows_is_unbiased(pairs):
    """Var T = 1/g + pairs^2 (g - 1) / (2 g^3), of which the jackknife counts the second part twice."""
    every = replicates(np.random.default_rng(0).normal(size=(SETS, GROUPS)), pairs)
    exact = 1 / GROUPS + pairs**2 * (GROUPS - 1) / (2 * GROUPS**3)
    assert abs(gap(every[:, 0] ** 2, exact)) < 4  # T has mean 0
    alone, bias = (np.array([part(row) for row in every]) for part in (_jackknife, _bias))
    assert abs(gap(alone - bias, exact)) < 4
    stated = np.array([variance(row) for row in every])
    np.testing.assert_allclose(stated, np.maximum(alone - bias, alone / 2), rtol=1e-9)
    if pairs:
        assert gap(alone, exact) > 4
    else:
        np.testing.assert_allclose(bias, 0, atol=1e-9)


def test_rows_without_pairs_of_groups_tell_a_safe_variance():
    row = replicates(np.random.default_rng(1).normal(size=(1, GROUPS)), 3.0)[0]
    alone = variance(row[: 1 + GROUPS])
    assert variance(np.append(row[:-1], np.nan)) == alone > variance(row)
    assert np.isnan(interval(np.append(np.nan, row[1:])).stderr)
    one = interval(row)
    assert one.low < one.value < one.high
    assert one.stderr == pytest.approx(np.sqrt(variance(row)))


def test_confidence_is_the_level_of_the_interval_that_ends_at_zero():
    """Student's t of 19 degrees of freedom: 1.7291 standard errors for 90%, 2.8609 for 99%."""
    estimate = interval(np.random.default_rng(5).normal(1.0, 0.2, 1 + 2 * GROUPS))
    for level, reach in ((0.9, 1.7291), (0.99, 2.8609)):
        for value in (reach * estimate.stderr, -reach * estimate.stderr):
            ends = (value + end - estimate.value for end in (estimate.low, estimate.high))
            assert confidence(value, *ends) == pytest.approx(level, abs=1e-5)
