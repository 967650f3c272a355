"""The term of order 1/d: exact identities, 150 digits, its ridgeless limit, and where there is none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from tests import oracle_finite_size
from tests.problems import PARTS, parts, random_problem, replace

# Compilation is what takes time here: problems have the shapes of a few programs.


def isotropic(n, d, noise):
    """d features, and others that are 0: one program for every d."""
    return ct.Problem((ct.Source(n, np.append(np.ones(d), np.zeros(400 - d)), noise),), 1.0, 0.0)


@pytest.mark.parametrize(("n", "d"), [(60, 30), (1e5, 20), (21, 20), (20, 60), (30, 31)])
def test_isotropic_without_ridge(n, d):
    # Exactly sigma^2 d / (n - d - 1) and, below the threshold, sigma^2 n / (d - n - 1): bias 1 - n/d.
    problem = isotropic(n, d, noise=0.7)
    expected = [0, 0.7 * min(n, d) / (n - d) ** 2, 0]
    np.testing.assert_allclose(parts(ct.finite_size(problem)), expected, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("d", [100, 200, 400])
def test_what_is_left_of_the_exact_variance_is_of_second_order(d):
    problem = isotropic(2 * d, d, noise=1.0)
    left = d / (2 * d - d - 1) - ct.predict(problem).variance - ct.finite_size(problem).variance
    np.testing.assert_allclose(left, 1 / d**2, rtol=2 / d)


SPECTRA = [np.array([1.0, 0.3, 1e-2, 1e-5]), np.array([0.5, 1.0, 2e-3, 3e-5])]


def extreme(n, ridge, width):
    rng = np.random.default_rng(1)
    sources = (
        ct.Source(0.7 * n, SPECTRA[0], 0.3),
        ct.Source(0.3 * n, SPECTRA[1], 0.1, rng.uniform(0.1, 1, 4), 0.6),
    )
    return ct.Problem(sources, rng.uniform(0.1, 1, 4), ridge, width, SPECTRA[0])


# As for `predict`, 1e-8 is what the solver's tolerance leaves where a threshold amplifies it.
@pytest.mark.parametrize("width", [None, 1, 4.0001, 1e9])
@pytest.mark.parametrize("n", [1, 3.9999, 60, 1e9])
@pytest.mark.parametrize("ridge", [1e-12, 1e-3, 1e4])
def test_differences_in_150_digits(width, n, ridge):
    problem = extreme(n, ridge, width)
    limits, terms = zip(*(oracle_finite_size.finite_size(problem, part) for part in PARTS), strict=True)
    np.testing.assert_allclose(parts(ct.predict(problem)), np.array(limits, float), rtol=1e-8)
    np.testing.assert_allclose(parts(ct.finite_size(problem)), np.array(terms, float), rtol=2e-8)


@pytest.mark.parametrize("width", [None, 1, 3.5, 7, 1e9])
@pytest.mark.parametrize("n", [1.5, 3.9, 60, 1e9])
def test_ridgeless_is_the_limit(width, n):
    limit = parts(ct.finite_size(extreme(n, 0.0, width)))
    scale = np.abs(limit).sum()
    gaps = [
        np.abs(parts(ct.finite_size(extreme(n, ridge, width))) - limit).sum() for ridge in (1e-13, 1e-14)
    ]
    assert gaps[1] <= 0.11 * gaps[0] + 1e-9 * scale


@pytest.mark.parametrize("width", [None, 3.3])
@pytest.mark.parametrize("ridge", [0.0, 0.01])
@pytest.mark.parametrize("n", [2.5, 15.0])
def test_sources_of_one_covariance_obey_the_exact_law_of_mixing(n, ridge, width):
    # At any n the error is a + b q_1 + c q_2: a parabola in p_2, and of noises only the mean counts.
    # That labels disagree is noise in the limit only, as it depends on the features.
    rng = np.random.default_rng(4)
    Sigma, Gamma, Delta = rng.uniform(0.2, 2, 4), *rng.uniform(0, 0.2, (2, 4))

    def terms(p, noises=(0.1, 0.4)):
        sources = (ct.Source((1 - p) * n, Sigma, noises[0]), ct.Source(p * n, Sigma, noises[1], Delta))
        return parts(ct.finite_size(ct.Problem(sources, Gamma, ridge, width, Sigma)))

    few, half, every = terms(0.3), terms(0.5), terms(1.0)
    parabola = 0.3 * (4 * half[2] - every[2]) + 0.09 * (2 * every[2] - 4 * half[2])
    np.testing.assert_allclose(few[2], parabola, rtol=1e-9)
    np.testing.assert_allclose(few[:2], terms(0.6, (0.19, 0.19))[:2], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(("diagonal", "sources"), [(True, 2), (False, 1)])
def test_splitting_sources_changes_nothing(diagonal, sources):
    rng = np.random.default_rng(3)
    problem = random_problem(rng, d=4, sources=sources, diagonal=diagonal, width=3.0)
    first, *others = problem.sources
    half, rest = (replace(first, n=first.n * part) for part in (0.3, 0.7))
    rest = replace(rest, shift=jnp.zeros_like(first.covariance))
    empty = replace(first, n=jnp.array(0.0), shift=2 * problem.signal)
    split = replace(problem, sources=(half, rest, *others))
    idle = replace(problem, sources=(first, empty, *others))
    for other in (split, idle):
        np.testing.assert_allclose(
            parts(ct.finite_size(other)), parts(ct.finite_size(problem)), rtol=1e-9
        )


def test_matrices_agree_with_eigenvalues():
    rng = np.random.default_rng(1)
    problem = random_problem(rng, d=4, sources=2, width=3.0)
    basis = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    rotated = jax.tree.map(
        lambda leaf: basis @ jnp.diag(leaf) @ basis.T if leaf.ndim == 1 else leaf, problem
    )
    np.testing.assert_allclose(parts(ct.finite_size(rotated)), parts(ct.finite_size(problem)), rtol=1e-9)


def test_linear_in_signal_noise_and_shifts():
    problem = random_problem(np.random.default_rng(5), d=4, sources=2, width=5.0)
    factors = np.array([0.3, 2.0, 5.0])
    sources = tuple(
        replace(s, noise=factors[1] * s.noise, shift=factors[2] * s.shift) for s in problem.sources
    )
    scaled = replace(problem, sources=sources, signal=factors[0] * problem.signal)
    np.testing.assert_allclose(
        parts(ct.finite_size(scaled)), factors * parts(ct.finite_size(problem)), rtol=1e-10
    )


def test_moments_are_shifts_in_other_words():
    problem = random_problem(np.random.default_rng(6), d=4, sources=2, width=5.0)
    signal, shift = problem.signal, problem.sources[1].shift
    moments = np.array([[signal, signal], [signal, signal + shift]])
    bare = tuple(replace(s, shift=jnp.array(0.0)) for s in problem.sources)
    other = ct.Problem(bare, None, problem.ridge, problem.width, problem.test_covariance, moments)
    np.testing.assert_allclose(parts(ct.finite_size(other)), parts(ct.finite_size(problem)), rtol=1e-9)


@pytest.fixture(scope="module")
def curve():
    """Terms and their slopes in n, mapped over n and the ridge."""

    def total(n, ridge):
        return ct.finite_size(extreme(n, ridge, 3.5)).total

    return jax.jit(jax.vmap(jax.value_and_grad(total)))


def test_vmap_and_grad(curve):
    sizes, ridge = jnp.array([2.0, 3.9, 100.0]), 1e-3

    def total(n):
        return ct.finite_size(extreme(n, ridge, 3.5)).total

    terms, slopes = curve(sizes, jnp.array(3 * [ridge]))
    np.testing.assert_allclose(terms, [total(n) for n in sizes], rtol=1e-11)
    step = 1e-4
    differences = [(total(n + step) - total(n - step)) / (2 * step) for n in sizes]
    np.testing.assert_allclose(slopes, differences, rtol=1e-6)


@pytest.mark.parametrize("width", [None, 3.5, 9.0])
def test_without_a_ridge_there_is_no_term_at_the_threshold(width):
    with pytest.raises(ct.SolveError, match="there is no finite-size term without a ridge"):
        ct.finite_size(extreme(min(4.0, width or 4.0), 0.0, width))


def test_inside_vmap_what_is_not_finite_is_no_number(curve):
    terms, _ = curve(jnp.array([3.4, 3.5, 3.6]), jnp.array(3 * [0.0]))
    assert np.isnan(terms).tolist() == [False, True, False]


def test_where_there_is_no_risk_there_is_no_term():
    # A width at least the rank, and a test set that sees what no source has.
    problem = extreme(50.0, 0.0, 9.0)
    sources = tuple(replace(s, covariance=s.covariance.at[-1].set(0.0)) for s in problem.sources)
    with pytest.raises(ct.SolveError, match="the test set sees features that no source has"):
        ct.finite_size(replace(problem, sources=sources))


def test_kurtosis_is_checked():
    with pytest.raises(ValueError, match=r"kurtosis . 2 = -1: expected a number"):
        ct.finite_size(extreme(20.0, 0.1, None), kurtosis=-3.0)
    dense = random_problem(np.random.default_rng(1), d=6, sources=2, diagonal=False)
    with pytest.raises(ValueError, match=r"kurtosis = 1.0: expected None, as covariances are matrices"):
        ct.finite_size(dense, kurtosis=1.0)
