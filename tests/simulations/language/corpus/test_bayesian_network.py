"""A network of choices is its joint law, and refuses what is none."""

import numpy as np
import pytest
from scipy.stats import chisquare

from simulations.language.corpus.bayesian_network import (
    BayesianNetwork,
    Choice,
    facts,
    others,
    shuffled,
    zipf,
)

PET = Choice("pet", ["cat", "owl"], np.array([0.7, 0.3]))
FOOD = Choice("food", ["nut", "egg"], np.array([[0.9, 0.1], [0.0, 1.0]]), ("pet",))


def generator(seed):
    return np.random.Generator(np.random.PCG64(seed))


def random_network():
    """A choice without parents, one with two, one whose parent is not the last; impossible values."""
    rng = generator(5)

    def law(*shape):
        weights = rng.random(shape) * (rng.random(shape) < 0.7) + 1e-3 * np.eye(shape[-1])[0]
        return weights / weights.sum(axis=-1, keepdims=True)

    def values(count):
        return [str(i) for i in range(count)]

    return BayesianNetwork(
        [
            Choice("a", values(3), law(3)),
            Choice("b", values(1), law(3, 1), ("a",)),
            Choice("c", values(5), law(1, 3, 5), ("b", "a")),
            Choice("d", values(4), law(3, 4), ("a",)),
        ]
    )


def test_network_is_its_joint_law():
    network = random_network()
    a, b, c, d = (choice.law for choice in network.choices.values())
    joint = np.zeros((3, 1, 5, 4))
    for i, j, k, l in np.ndindex(joint.shape):
        joint[i, j, k, l] = a[i] * b[i, j] * c[j, i, k] * d[i, l]
    assert joint.sum() == pytest.approx(1, abs=1e-14)
    values = dict(zip("abcd", np.indices(joint.shape).reshape(4, -1), strict=True))
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(network.log_probability(values), np.log(joint).ravel(), rtol=1e-12)
    positive = joint[joint > 0]
    assert network.entropy == pytest.approx(-positive @ np.log(positive), rel=1e-13)
    np.testing.assert_allclose(network.marginal("d", "c"), joint.sum(axis=(0, 1)).T, atol=1e-15)
    np.testing.assert_allclose(network.marginal("b"), [1.0], rtol=1e-14)
    drawn = network.sample(generator(2), 50_000)
    counts = np.zeros(joint.shape)
    np.add.at(counts, tuple(drawn.values()), 1)
    assert (counts[joint == 0] == 0).all()
    assert chisquare(counts[joint > 0], 50_000 * positive).pvalue > 1e-4


def test_laws():
    assert zipf(3, 2.0) == pytest.approx(np.array([1, 1 / 4, 1 / 9]) / (1 + 1 / 4 + 1 / 9))
    certain = facts(generator(0), [40, 50], 7)
    assert certain.shape == (40, 50, 7)
    assert (np.sort(certain, axis=-1)[..., -1] == 1).all()
    assert (certain.sum(axis=-1) == 1).all()
    assert chisquare(certain.sum(axis=(0, 1))).pvalue > 1e-4
    rows = shuffled(generator(0), 50, zipf(6))
    assert len(np.unique(rows, axis=0)) > 40
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.sort(np.tile(zipf(6), (50, 1)), axis=1))
    law = np.array([[0.5, 0.3, 0.2], [0.2, 0.4, 0.4], [0.0, 0.25, 0.75]])
    different = [[0, 0.6, 0.4], [1 / 3, 0, 2 / 3], [0, 1, 0]]
    np.testing.assert_allclose(others(law), different, rtol=1e-14)


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ([PET, PET], "choice"),
        ([FOOD, PET], "parents of food"),
        ([PET._replace(values=["cat", "cat"])], "values of pet"),
        ([PET._replace(values=[], law=np.zeros(0))], "values of pet"),
        ([PET, FOOD._replace(law=np.full(2, 0.5))], "law of food"),
        ([PET._replace(law=np.array([0.5, 0.6]))], "law of pet"),
        ([PET._replace(law=np.array([1.5, -0.5]))], "law of pet"),
        ([PET._replace(law=np.array([np.nan, 1.0]))], "law of pet"),
    ],
)
def test_choices_without_a_law_are_refused(choices, named):
    with pytest.raises(ValueError, match=f"^{named} = .*: expected "):
        BayesianNetwork(choices)
