"""Bad input: one sentence naming the argument, its value and what was expected."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct

GOOD = {
    "n": 100,
    "synthetic_fraction": 0.1,
    "covariance": np.ones(3),
    "quality": 0.5,
    "noise": 0.1,
    "ridge": 0.01,
}
NOT_PSD = np.array([[1.0, 2.0, 0], [2.0, 1.0, 0], [0, 0, 1]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n": -5}, "n = -5: expected a number > 0"),
        ({"n": 0}, "n = 0: expected a number > 0"),
        ({"n": float("nan")}, "n = nan: expected .* finite"),
        ({"n": "many"}, "n = 'many': expected a number"),
        ({"n": [1, 2]}, r"n = an array of shape \(2,\): expected a number"),
        ({"synthetic_fraction": 1.5}, r"synthetic_fraction = 1.5: expected a number in \[0, 1\]"),
        ({"synthetic_fraction": -0.1}, "synthetic_fraction = -0.1"),
        ({"covariance": np.array([1.0, -1.0])}, "covariance = .* expected no negative entry"),
        ({"covariance": NOT_PSD}, "covariance = .*eigenvalue -1: expected a positive semi-definite"),
        ({"covariance": np.triu(np.ones((3, 3)))}, "covariance = .*asymmetry 1: expected a symmetric"),
        ({"covariance": np.ones((3, 2))}, r"covariance = an array of shape \(3, 2\)"),
        ({"covariance": np.array([np.inf, 1.0])}, "covariance = .* finite"),
        ({"covariance": np.zeros(3)}, "covariance of source 1 = .* expected a nonzero covariance"),
        ({"covariance": 1.0}, "covariance = a scalar in every source"),
        ({"covariance": np.ones(0)}, "covariance = an array of shape"),
        ({"quality": -1.0}, "quality = -1"),
        ({"quality": np.ones(4)}, r"shift of source 2 = .*\(4,\): expected dimension d = 3"),
        ({"noise": -0.1}, "noise = -0.1: expected a number >= 0"),
        ({"ridge": -1e-9}, "ridge = -1e-09: expected a number >= 0"),
        ({"width": 0}, "width = 0: expected a number > 0"),
        ({"weight": -1}, "weight = -1: expected a number >= 0"),
        ({"signal": np.ones((2, 2))}, r"signal = .*\(2, 2\): expected dimension d = 3"),
    ],
)
def test_bad_input(changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        ct.real_and_synthetic(**(GOOD | changes))
    assert "\n" not in str(caught.value)


def test_source_1_is_real():
    with pytest.raises(ValueError, match=r"shift of source 1 = 0\.5: expected 0"):
        ct.Problem((ct.Source(10, np.ones(3), shift=0.5),), 1.0, 0.1)


def test_no_samples_and_no_sources():
    with pytest.raises(ValueError, match="n = 0 in every source of positive weight"):
        ct.Problem((ct.Source(0, np.ones(3)),), 1.0, 0.1)
    with pytest.raises(ValueError, match="sources = "):
        ct.Problem((), 1.0, 0.1)
    with pytest.raises(ValueError, match="n = 0 in every source of positive weight"):
        ct.real_and_synthetic(**(GOOD | {"synthetic_fraction": 1.0, "weight": 0.0}))


def test_a_source_without_features_has_no_say():
    source = ct.Source(30, np.ones(3), 0.1)
    blind = ct.Source(5, np.zeros(3), 0.1, 0.5)
    assert ct.predict(ct.Problem((source, blind), 1.0, 0.1)).zeta == 0


def test_scalars_are_traces():
    covariance = ct.spectra.power_law(5, 1.0)
    flat = np.full(5, 1 / 5.0)  # tr(Sigma) = d = 5
    scalar = ct.real_and_synthetic(**(GOOD | {"covariance": covariance}))
    vector = ct.real_and_synthetic(
        **(GOOD | {"covariance": covariance, "signal": flat, "quality": 0.5 * flat})
    )
    np.testing.assert_allclose(ct.predict(scalar).total, ct.predict(vector).total, rtol=1e-14)


def test_a_scalar_covariance_is_a_multiple_of_the_identity():
    sources = (ct.Source(30, ct.spectra.power_law(5, 1.0), 0.1), ct.Source(9, 2.0, 0.1, 0.5))
    same = (sources[0], ct.Source(9, 2 * np.ones(5), 0.1, 0.5))
    risks = [ct.predict(ct.Problem(some, 1.0, 0.1)).total for some in (sources, same)]
    assert risks[0] == risks[1]


def test_problems_are_pytrees_and_frozen():
    problem = ct.real_and_synthetic(**GOOD)
    doubled = jax.tree.map(lambda leaf: 2 * leaf, problem)
    assert doubled.ridge == 0.02
    with pytest.raises(AttributeError):
        problem.ridge = jnp.array(1.0)
