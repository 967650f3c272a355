"""Covariances given as matrices that are singular, or nearly so, with ridges down to none."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from tests import oracle
from tests.problems import parts

RIDGES = (0.0, 1e-15, 1e-13, 1e-9, 1e-8, 1e-6)
EPS = np.finfo(float).eps


def collinear(ridge):
    return ct.Problem((ct.Source(30, np.array([[1.0, 2], [2, 4]]), 1.0),), 1.0, ridge)


def test_two_collinear_features_are_one():
    # Rank 1 and n = 30: the variance is 1 / (30 - 1), less what the ridge takes, of order ridge.
    expected = np.full(len(RIDGES), 1 / 29)
    allowed = (1e-14 + np.array(RIDGES)) * expected
    plain, compiled = ct.predict, jax.jit(ct.predict)
    for function in (plain, compiled):
        alone = np.array([function(collinear(ridge)).total for ridge in RIDGES])
        assert (np.abs(alone - expected) <= allowed).all()
    batch = jax.vmap(lambda ridge: ct.predict(collinear(ridge)).total)(jnp.array(RIDGES))
    assert (np.abs(batch - expected) <= allowed).all()


@eqx.filter_jit
def total(covariances, signal, shift, n, width):
    """Totals at all ridges; d x d matrices or eigenvalues."""
    sources = (
        ct.Source(0.7 * n, covariances[0], 0.3),
        ct.Source(0.3 * n, covariances[1], 0.1, shift),
    )
    return jax.vmap(lambda ridge: ct.predict(ct.Problem(sources, signal, ridge, width)).total)(
        jnp.array(RIDGES)
    )


SPECTRA = {
    "rank 20 of 30": (np.arange(30) < 20) * 1.0,
    "exponent 6": np.arange(1, 31.0) ** -6,
    "exponent 8": np.arange(1, 31.0) ** -8,
}


@pytest.mark.parametrize("width", [None, jnp.array(15.0)])
@pytest.mark.parametrize("n", [jnp.array(10.0), jnp.array(100.0)])
@pytest.mark.parametrize("name", SPECTRA)
def test_rotated_spectra(name, n, width):
    rng = np.random.default_rng(0)
    spectrum, d = SPECTRA[name], 30
    basis = np.linalg.qr(rng.normal(size=(d, d)))[0]
    signal, shift = rng.uniform(0.1, 1, (2, d))
    expected = np.array(total((spectrum, 3 * spectrum), signal, shift, n, width))
    rotated = [(basis * values) @ basis.T for values in (spectrum, 3 * spectrum, signal, shift)]
    risks = np.array(total(rotated[:2], *rotated[2:], n, width))
    # The entries of a matrix determine its eigenvalues up to d eps times the largest: what matters is
    # that of the effective ridge.  Without one, and fewer features than samples, all of them matter.
    ridges = np.array(RIDGES)
    matters = np.maximum(ridges, spectrum[min(int(n), int(width or n), (spectrum > 0).sum()) - 1])
    matters = matters if name == "rank 20 of 30" else np.where(matters < 1e-12, np.inf, matters)
    tolerance = np.where(np.isinf(matters), 1e-2, d * EPS / matters)
    assert (np.abs(risks / expected - 1) <= tolerance + 1e-13).all()


@pytest.mark.parametrize("seed", range(10))
def test_rank_20_of_30_in_any_rotation(seed):
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(30, 30)))[0]
    rank = (np.arange(30) < 20) * 1.0
    problem = ct.Problem((ct.Source(100, (basis * rank) @ basis.T, 1.0),), 1.0, 1e-8)
    # sigma^2 r / (n - r), up to the ridge.
    assert ct.predict(problem).variance == pytest.approx(20 / 80, rel=1e-7)


def test_forty_rows_in_sixty_dimensions_and_duplicates():
    rows = np.random.default_rng(1).normal(size=(40, 60))
    twice = np.repeat(rows[:, :20], 3, axis=1)
    for features, rank in ((rows, 40), (twice, 20)):
        covariance = features.T @ features / 40
        for ridge in (0.0, 1e-14, 1e-9):
            risk = ct.predict(ct.Problem((ct.Source(200, covariance, 1.0),), 1.0, ridge))
            assert risk.variance == pytest.approx(rank / (200 - rank), rel=1e-6)


def test_hilbert_matrix():
    # The exact matrix in sixty digits: rounding of its entries matters as eps / ridge.
    d, ridge = 8, 1e-8
    index = np.arange(1, d + 1.0)
    hilbert = 1 / (index[:, None] + index[None] - 1)
    problem = ct.Problem((ct.Source(20, hilbert, 0.3),), np.full(d, 0.1), ridge)
    expected = [float(part) for part in oracle.risk(problem)]
    np.testing.assert_allclose(parts(ct.predict(problem)), expected, rtol=d * EPS / ridge)


def integer_roots(rng, d, rank):
    """A singular matrix whose float entries are exact."""
    root = rng.integers(-3, 4, (d, rank)).astype(float)
    return root @ root.T


@pytest.mark.parametrize("width", [None, 4.0, 12.0])
@pytest.mark.parametrize("n", [3.0, 5.0, 30.0])
@pytest.mark.parametrize("ridge", [1e-8, 1e-12, 1e-15])
def test_sources_without_a_common_basis(n, width, ridge):
    # Ranks 3 and 4 of 7 in general position; e_1 and e_2 differ by up to 15 orders of magnitude.
    rng = np.random.default_rng(7)
    first, second, shift, signal, test = (integer_roots(rng, 7, rank) for rank in (3, 4, 7, 7, 7))
    sources = (ct.Source(0.8 * n, first, 0.3), ct.Source(0.2 * n, second, 0.1, shift / 50, 0.7))
    problem = ct.Problem(sources, signal / 50, ridge, width, test)
    expected = np.array([float(part) for part in oracle.risk(problem)])
    np.testing.assert_allclose(parts(ct.predict(problem)), expected, rtol=1e-9)
