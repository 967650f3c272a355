"""Without a ridge: the limit on each side of every threshold, and what is infinite at one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import collapse_theory as ct
from tests.problems import parts, random_problem, replace


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1))
def test_ridgeless_is_the_limit(seed):
    # Away from thresholds the risk is linear in a small ridge.
    problem = random_problem(np.random.default_rng(seed), ridge=0.0)
    limit = parts(ct.predict(problem))
    gaps = [
        np.abs(parts(ct.predict(replace(problem, ridge=jnp.array(ridge)))) - limit)
        for ridge in (1e-7, 1e-8)
    ]
    assert (gaps[1] <= 0.11 * gaps[0] + 1e-12 * limit.sum()).all()


def ridgeless(n, width=None, noise=0.1, quality=0.5, fraction=0.3):
    return ct.real_and_synthetic(
        n=n,
        synthetic_fraction=fraction,
        covariance=ct.spectra.power_law(20, 0.8),
        quality=quality,
        noise=noise,
        ridge=0.0,
        width=width,
    )


@pytest.mark.parametrize(
    ("problem", "infinite"),
    [
        (ridgeless(20), [False, True, True]),
        (ridgeless(20, width=70), [False, True, True]),
        (ridgeless(20, width=20), [False, True, True]),
        (ridgeless(13, width=13), [True, True, True]),
        (ridgeless(20, noise=0.0), [False, False, True]),
        (ridgeless(20, quality=0.0), [False, True, False]),
        (ridgeless(20, noise=0.0, fraction=1.0), [False, False, False]),
        (ridgeless(20, width=30, fraction=1.0), [False, True, False]),
        (ridgeless(19.999), [False] * 3),
        (ridgeless(20.001), [False] * 3),
        (ridgeless(40, width=20), [False] * 3),
        (ridgeless(40, width=39.999), [False] * 3),
    ],
)
def test_infinite_at_the_interpolation_threshold_only(problem, infinite):
    risk = parts(ct.predict(problem))
    assert not np.isnan(risk).any()
    np.testing.assert_array_equal(np.isinf(risk), infinite)


def test_square_projection_without_ridge_is_classical():
    np.testing.assert_allclose(
        parts(ct.predict(ridgeless(40, width=20))), parts(ct.predict(ridgeless(40))), rtol=1e-12
    )


def test_directions_nobody_sees_keep_their_signal():
    # Rank-deficient training covariance, full test covariance: the unseen signal is all lost.
    covariance = np.array([1.0, 0.5, 0.0])
    problem = ct.Problem(
        (ct.Source(1e9, covariance),), np.array([1.0, 1.0, 1.0]), 0.0, None, np.array([1.0, 1.0, 2.0])
    )
    np.testing.assert_allclose(parts(ct.predict(problem)), [2, 0, 0], atol=1e-12)
    dense = jax.tree.map(lambda leaf: jnp.diag(leaf) if leaf.ndim else leaf, problem)
    np.testing.assert_allclose(parts(ct.predict(dense)), [2, 0, 0], atol=1e-12)
    for at_threshold in (problem, dense):
        few = replace(at_threshold, sources=(replace(problem.sources[0], n=jnp.array(2.0)),))
        np.testing.assert_allclose(ct.predict(few).bias, 2, atol=1e-12)


def test_the_known_gap_is_an_error_and_a_tiny_ridge_its_limit():
    def problem(ridge):
        low_rank = np.where(np.arange(8) < 2, 1.0, 0.0)
        sources = (ct.Source(5, np.ones(8), 0.1), ct.Source(2.5, low_rank, 0.2, np.full(8, 0.25)))
        return ct.Problem(sources, np.full(8, 0.1), ridge)

    with pytest.raises(ct.SolveError, match=r"without a ridge, a source .*; try a tiny ridge"):
        ct.predict(problem(0.0))
    # What is left falls linearly with the ridge.
    risks = [parts(ct.predict(problem(ridge))) for ridge in (1e-8, 1e-9, 1e-10)]
    steps = np.abs(np.diff(risks, axis=0))
    assert (steps[1] <= 0.11 * steps[0] + 1e-14).all()


@pytest.mark.parametrize("width", [3.0, 4.0, 9.0])
@pytest.mark.parametrize("rotated", [False, True])
def test_projections_of_features_that_only_the_test_set_has_are_refused(width, rotated):
    """Without a ridge 2 was returned for width 4, where the limit of small ridges is 8."""
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0] if rotated else np.eye(4)

    def problem(ridge, unseen):
        spectra = np.array([1, 0.5, 0.3, 0]), np.array([1, 1, 1, unseen])
        covariance, test = ((basis * spectrum) @ basis.T for spectrum in spectra)
        signal = np.eye(4)
        return ct.Problem((ct.Source(30, covariance, 0.1),), signal, ridge, width, test)

    with pytest.raises(ct.SolveError, match="the test set sees features that no source has"):
        ct.predict(problem(0.0, 2.0))
    limits = [float(ct.predict(problem(ridge, 2.0)).bias) for ridge in (1e-8, 1e-10)]
    if width > 3:
        assert limits[0] == pytest.approx(limits[1], rel=1e-5)
    assert limits[1] > 2.5
    assert np.isfinite(ct.predict(problem(0.0, 0.0)).bias) or width == 3
