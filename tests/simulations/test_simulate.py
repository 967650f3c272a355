"""Simulations are what training on the rows gives."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import ks_2samp

import collapse_theory as ct
from simulations import simulate
from simulations.measure import trained
from simulations.plan import plan_simulation
from simulations.seeds import over_seeds
from tests.problems import ALARM, parts, small_problem


def train_on_rows(problem, seeds, seed=0):
    """Total risks of plain NumPy training, one line a step: rows, labels, S, least squares."""
    rng = np.random.default_rng(seed)
    d, width = problem.dimension, problem.width
    matrices = [
        np.diag(s.covariance) if s.covariance.ndim == 1 else s.covariance for s in problem.sources
    ]
    test = matrices[0]
    roots = [
        (basis * np.sqrt(values.clip(0))) @ basis.T for values, basis in map(np.linalg.eigh, matrices)
    ]
    totals = []
    for _ in range(seeds):
        w_true = rng.normal(size=d) * np.sqrt(problem.signal)
        S = np.eye(d) if width is None else rng.normal(size=(d, int(width))) / np.sqrt(d)
        n = sum(int(s.n) for s in problem.sources)
        Z, y = [], []
        for source, root in zip(problem.sources, roots, strict=True):
            X = rng.normal(size=(int(source.n), d)) @ root
            shift = source.shift if source.shift.ndim else np.zeros(d)
            w = w_true + rng.normal(size=d) * np.sqrt(shift)
            labels = X @ w + rng.normal(size=len(X)) * np.sqrt(source.noise)
            scale = np.sqrt(source.weight / n)
            Z.append(scale * X @ S)
            y.append(scale * labels)
        Z, y = np.vstack(Z), np.concatenate(y)
        if problem.ridge > 0:
            v = np.linalg.solve(Z.T @ Z + problem.ridge * np.eye(Z.shape[1]), Z.T @ y)
        else:
            v = np.linalg.lstsq(Z, y)[0]
        error = S @ v - w_true
        totals.append(error @ test @ error)
    return np.array(totals)


# Few programs to compile, here and below: of the same counts, widths and numbers of draws.
CASES = {
    "classical, rows > features": (30, None, 0.05),
    "classical, n_2 < features": (20, None, 0.05),
    "classical, dual": (6, None, 0.05),
    "classical, interpolating": (6, None, 0.0),
    "narrow": (30, 4, 0.05),
    "narrow, dual": (3, 5, 0.05),
    "narrow, no ridge": (30, 4, 0.0),
    "wide": (30, 13, 0.05),
    "wide, dual, interpolating": (5, 13, 0.0),
}


DENSE = ("classical, rows > features", "narrow", "wide, dual, interpolating")


@pytest.mark.parametrize(
    ("case", "dense"), [(case, False) for case in CASES] + [(case, True) for case in DENSE]
)
def test_same_law_as_training_on_rows(case, dense):
    problem = small_problem(*CASES[case], dense=dense)
    rows = train_on_rows(problem, 2000)
    rows_error = rows.std() / np.sqrt(len(rows))
    # Matrices take another path in the draw, which both measurements share.
    for measure in ("averaged",) if dense else ("averaged", "trained"):
        estimate = simulate(problem, 2000, measure=measure)
        spread = np.hypot(rows_error, estimate.stderr.total)
        assert abs(rows.mean() - estimate.mean.total) < ALARM * spread


def test_same_distribution_not_only_the_same_mean():
    problem = small_problem(20, 4, 0.05)
    rows = train_on_rows(problem, 2000, seed=1)
    plan, constants = plan_simulation(problem, "gaussian", np.dtype(float))
    drawn = over_seeds(trained, plan, constants, 1e5, 2000, 1, 1e9, False)[:, 0, 0]
    assert ks_2samp(rows, drawn).pvalue > 1e-4


def test_averaged_is_the_smaller_error_bar():
    problem = small_problem(*CASES["classical, n_2 < features"])
    averaged, trained = simulate(problem, 2000), simulate(problem, 2000, measure="trained")
    assert averaged.stderr.total < 0.5 * trained.stderr.total
    assert trained.mean.bias is None


@pytest.mark.parametrize("n", [40, 1000, 10**9])
def test_exact_finite_identity(n):
    # Sigma = I, lambda = 0, no synthetic data: sigma^2 d / (n - d - 1) for every d and n > d + 1.
    d = 20
    problem = ct.Problem((ct.Source(n, ct.spectra.isotropic(d), 0.3),), 1.0, 0.0)
    estimate = simulate(problem, 2000)
    expected = 0.3 * d / (n - d - 1)
    assert abs(estimate.mean.variance - expected) < ALARM * estimate.stderr.variance
    assert estimate.mean.bias == 0
    assert estimate.mean.zeta == 0


def test_float32():
    problem = small_problem(*CASES["narrow"])
    single, double = simulate(problem, 2000, dtype=jnp.float32), simulate(problem, 2000)
    spread = np.hypot(parts(single.stderr), parts(double.stderr))
    assert (np.abs(parts(single.mean) - parts(double.mean)) < ALARM * spread + 1e-5).all()


def test_own_rows():
    rng = np.random.default_rng(0)
    d = 30
    rows = rng.normal(size=(20_000, d)) * np.sqrt(np.linspace(0.2, 2, d)) + 3
    eigenvalues, basis = ct.spectra.from_data(rows)
    problem = ct.real_and_synthetic(
        n=90, synthetic_fraction=0.2, covariance=eigenvalues, quality=0.5, noise=0.2, ridge=0.05
    )
    estimate = simulate(problem, 300, features=np.asarray((rows - rows.mean(axis=0)) @ basis))
    gaussian = simulate(problem, 300)
    spread = np.hypot(parts(estimate.stderr), parts(gaussian.stderr))
    # The rows are Gaussian, drawn with replacement from many: the same law but for repetitions.
    assert (np.abs(parts(estimate.mean) - parts(gaussian.mean)) < ALARM * spread).all()


def test_rank_deficient_covariance_without_ridge():
    spectrum = np.array([2.0, 1.0, 0.5, 0.0, 0.0])
    problem = ct.Problem((ct.Source(20, spectrum, 0.3),), np.full(5, 0.2), 0.0)
    reduced = ct.Problem((ct.Source(20, spectrum[:3], 0.3),), np.full(3, 0.2), 0.0)
    risks = [parts(simulate(p, 50).mean) for p in (problem, reduced)]
    np.testing.assert_allclose(*risks, rtol=1e-12)
    # A narrow projection of sources that span different directions cannot be drawn through z, and rows
    # of x S are no triangles.
    sources = (ct.Source(40, spectrum, 0.3), ct.Source(40, spectrum[::-1].copy(), 0.3, 0.5))
    mixed = ct.Problem(sources, 1.0, 0.05, 4)
    estimate = simulate(mixed, 2000)
    rows = train_on_rows(ct.Problem(sources_with_vectors(sources), np.full(5, 1 / 3.5), 0.05, 4), 3000)
    spread = np.hypot(rows.std() / np.sqrt(len(rows)), estimate.stderr.total)
    assert abs(rows.mean() - estimate.mean.total) < ALARM * spread


def sources_with_vectors(sources):
    real, synthetic = sources
    shift = np.full(5, float(synthetic.shift) / float(synthetic.covariance.sum()))
    return (real, ct.Source(synthetic.n, synthetic.covariance, synthetic.noise, shift))


def test_a_test_set_in_directions_nobody_was_trained_in():
    # Random projections put weight there all the same.
    d = 20
    spectrum = np.where(np.arange(d) < 10, 1.0, 0.0)
    for width in (None, 5, 40):
        problem = ct.Problem((ct.Source(40, spectrum, 0.1),), 1.0, 0.05, width, np.ones(d))
        estimate, predicted = simulate(problem, 400), parts(ct.predict(problem))
        gap = np.abs(parts(estimate.mean) - predicted)
        assert (gap <= ALARM * parts(estimate.stderr) + 1.5 / d * predicted).all()


@pytest.mark.parametrize("width", [6, 30])
def test_no_noise(width):
    # Wide projections determine x: no label noise may appear out of rounding.
    problem = ct.real_and_synthetic(
        n=40,
        synthetic_fraction=0.25,
        covariance=np.ones(20),
        quality=0.5,
        noise=0.0,
        ridge=0.01,
        width=width,
    )
    trained, averaged = simulate(problem, 500, measure="trained"), simulate(problem, 500)
    assert averaged.mean.variance == 0
    spread = np.hypot(trained.stderr.total, averaged.stderr.total)
    assert abs(trained.mean.total - averaged.mean.total) < ALARM * spread
