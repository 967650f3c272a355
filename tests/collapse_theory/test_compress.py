"""A compressed problem has the risk of the whole one; what cannot be compressed is left as it is."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.compress import compress_batch
from collapse_theory.quadrature import Spectrum, reduced
from tests.problems import parts

D = 2000
STEEP = np.asarray(ct.spectra.power_law(D, 1.0))
INDEX = np.arange(1.0, D + 1)


def problem(n, *, second=STEEP, width=None, ridge=1e-3, test=None, signal=INDEX**-0.3 / 20):
    sources = (ct.Source(0.6 * n, STEEP, 0.3), ct.Source(0.4 * n, second, 0.2, INDEX**-0.5 / 50))
    return ct.Problem(sources, signal, ridge, width, test)


@pytest.mark.parametrize("exponent", [0.7, 1.0, 2.0])
def test_sums_over_a_power_law(exponent):
    """Degrees of freedom and sums with a signal, for effective ridges over thirteen decades."""
    eigenvalues, ones = INDEX**-exponent, np.ones(D)
    signal = eigenvalues**0.3
    few = reduced(Spectrum(eigenvalues[None], ones, signal[None]), 1e-13)
    assert few.columns.shape[1] < 150
    for kappa in np.geomspace(1e-12, 10, 14):

        def sums(column, count, measure, kappa=kappa):
            learnt = column / (column + kappa)
            kernels = [learnt, learnt**2, learnt**4, measure * learnt * kappa / (column + kappa)]
            return [np.sum(count * kernel) for kernel in kernels]

        of_few = sums(few.columns[0], few.multiplicities, few.measures[0])
        np.testing.assert_allclose(of_few, sums(eigenvalues, ones, signal), rtol=1e-13)


@pytest.mark.parametrize(
    ("n", "setting", "rtol"),
    [
        (100, {"ridge": 0.0}, 1e-13),
        (5000, {"width": 500}, 1e-13),
        (5000, {"width": D, "ridge": 0.0}, 1e-12),
        (300, {"second": STEEP**0.5, "test": STEEP**1.5}, 1e-12),
        (3000, {"second": STEEP**0.5, "width": 500, "ridge": 1e-8}, 1e-12),
        # One sample from the threshold every number is a thousandth of what it is the difference of.
        (D - 1, {"ridge": 0.0}, 1e-10),
    ],
)
def test_the_risk_of_a_compressed_problem(n, setting, rtol):
    whole = problem(n, **setting)
    few = ct.compress(whole)
    assert few.entries < 200
    assert float(few.dimension) == pytest.approx(D, rel=1e-12)
    np.testing.assert_allclose(parts(ct.predict(few)), parts(ct.predict(whole)), rtol=rtol)


def test_term_and_derivative_of_a_compressed_problem():
    whole = problem(3000.0, width=500)
    few = ct.compress(whole)
    np.testing.assert_allclose(parts(ct.finite_size(few)), parts(ct.finite_size(whole)), rtol=1e-10)

    def slopes(question):
        return jax.grad(lambda n: ct.predict(ct.at_size(question, n)).total)(3000.0)

    np.testing.assert_allclose(slopes(few), slopes(whole), rtol=1e-11)


def test_a_coarse_tolerance_is_what_it_says():
    whole = problem(3000.0)
    coarse = ct.compress(whole, tolerance=1e-5)
    assert coarse.entries < ct.compress(whole).entries / 1.7
    np.testing.assert_allclose(parts(ct.predict(coarse)), parts(ct.predict(whole)), rtol=1e-5)


def test_covariances_that_are_no_functions_of_one_another_stay():
    shuffled = np.random.default_rng(0).permutation(STEEP)
    assert ct.compress(problem(300, second=shuffled)).entries == D


def test_a_column_of_few_values_beside_one_of_many():
    """No function of the first column: nothing is left out, and nothing divided by 0."""
    two, many = np.where(INDEX < D / 2, 1.0, 7.0), np.sort(np.linspace(0.5, 1.5, D))
    sources = (ct.Source(300.0, two, 0.3), ct.Source(200.0, many, 0.2))
    assert ct.compress(ct.Problem(sources, 1.0, 0.01)).entries == D


def test_an_irregular_signal_stays_where_it_is_irregular():
    """One direction alone carries the signal: no polynomial of log lambda does, and none is asked to."""
    signal = np.where(INDEX == 1500, 1.0, 0.0)
    whole = problem(300, signal=signal)
    few = ct.compress(whole)
    assert (np.asarray(few.signal) >= 0).all()
    np.testing.assert_allclose(parts(ct.predict(few)), parts(ct.predict(whole)), rtol=1e-12)


def test_equal_eigenvalues_are_merged_exactly():
    d = 500
    flat = ct.real_and_synthetic(
        n=800.0,
        synthetic_fraction=0.2,
        covariance=ct.spectra.spiked(d, [30.0, 5.0]),
        quality=0.3,
        noise=0.1,
        ridge=0.0,
    )
    few = ct.compress(flat)
    assert sorted(np.asarray(few.multiplicities)) == [1.0, 1.0, d - 2.0]
    np.testing.assert_allclose(parts(ct.predict(few)), parts(ct.predict(flat)), rtol=1e-13)


def matrices(second, signal=None):
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(60, 60)))[0]
    decay = np.concatenate([np.arange(1.0, 41.0) ** -1.0, np.zeros(20)])
    vector = np.random.default_rng(2).normal(size=60)
    sources = (
        ct.Source(30.0, (turn * decay) @ turn.T, 0.3),
        ct.Source(20.0, second(turn, decay), 0.2, np.outer(vector, vector) / 60),
    )
    return ct.Problem(sources, np.eye(60) if signal is None else signal, 1e-3, 30)


def test_matrices_that_commute_are_diagonalised():
    """A singular covariance and its square; a signal in the old basis, as a vector or a matrix."""
    for signal in (None, np.arange(60.0) / 60):
        whole = matrices(lambda turn, decay: (turn * decay**2) @ turn.T, signal)
        few = ct.compress(whole)
        assert few.is_diagonal
        assert few.entries == 41
        np.testing.assert_allclose(parts(ct.predict(few)), parts(ct.predict(whole)), rtol=1e-11)


def test_matrices_that_do_not_commute_stay():
    whole = matrices(lambda turn, decay: np.diag(decay))
    assert not ct.compress(whole).is_diagonal
    # A vector is a diagonal matrix, and has other eigenvectors than the matrix beside it.
    assert not ct.compress(matrices(lambda turn, decay: decay)).is_diagonal


def test_a_batch_is_compressed_once():
    many = [problem(n, ridge=0.01, signal=c * INDEX**-0.3) for n, c in ((300.0, 1.0), (3000.0, 0.5))]
    batch = jax.tree.map(lambda *leaves: np.stack(leaves), *many)
    few = compress_batch(batch)
    assert few.signal.shape == few.multiplicities.shape
    totals = jax.vmap(lambda question: ct.predict(question).total)(few)
    np.testing.assert_allclose(totals, [ct.predict(question).total for question in many], rtol=1e-13)
    other = jax.tree.map(lambda *leaves: np.stack(leaves), many[0], problem(300.0, second=STEEP**0.5))
    assert compress_batch(other).multiplicities is None


def test_sizes_may_be_traced_and_spectra_not():
    def total(n):
        return ct.predict(ct.compress(problem(n))).total

    sizes = jnp.array([300.0, 3000.0])
    expected = [ct.predict(problem(float(n))).total for n in sizes]
    np.testing.assert_allclose(jax.jit(jax.vmap(total))(sizes), expected, rtol=1e-13)
    with pytest.raises(ValueError, match="traced spectra"):
        jax.jit(ct.compress)(problem(300.0))


@pytest.mark.parametrize("tolerance", [0.0, 1.0, math.nan])
def test_tolerances(tolerance):
    with pytest.raises(ValueError, match="tolerance = "):
        ct.compress(problem(300.0), tolerance)


def test_a_compressed_problem_has_no_spread():
    """Not even where multiplicities are whole: of these equal eigenvalues signals are averaged."""
    flat = ct.Problem((ct.Source(60.0, np.ones(20), 0.1),), np.arange(20.0) / 190, 0.05)
    for question in (problem(300.0), flat):
        with pytest.raises(ValueError, match=r"multiplicities = .*: expected None"):
            ct.spread(ct.compress(question))


def test_an_irregular_measure_takes_twice_the_nodes():
    """Gauss' rule of N nodes knows degree 2 N - 1: half is enough where a signal is smooth."""
    irregular = np.random.default_rng(0).uniform(0.5, 1.5, D) / D
    few, many = (ct.compress(problem(3000.0, signal=signal)) for signal in (INDEX**-0.3 / D, irregular))
    assert few.entries < 0.75 * many.entries
    whole = problem(3000.0, signal=irregular)
    np.testing.assert_allclose(parts(ct.predict(many)), parts(ct.predict(whole)), rtol=1e-13)
