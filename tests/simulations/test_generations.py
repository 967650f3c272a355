"""Simulated generations are what training round after round on the rows gives."""

import numpy as np
import pytest

import collapse_theory as ct
from simulations.generations import simulate_generations
from tests.problems import ALARM, PARTS

ROUNDS, DRAWS = 4, 4000
RISKS = (*PARTS, "total")


def train_on_rows(problem, keep, rows="fresh", seed=0):
    """bias, variance, zeta and total, each of every draw after every round, one line a step.

    Rows are drawn, pooled and fitted anew, all draws side by side.  Columns of labels are true signal,
    noise, shift and their sum: what a model is really trained on.
    """
    rng = np.random.default_rng(seed)
    d, width, (real, synthetic) = problem.dimension, problem.width, problem.sources
    n = int(real.n + synthetic.n)
    roots = [np.linalg.cholesky(matrix(source.covariance)) for source in problem.sources]

    inputs = {}

    def samples(k, w, S):
        source = problem.sources[k]
        if k not in inputs or rows == "fresh":
            inputs[k] = rng.normal(size=(DRAWS, int(source.n), d)) @ roots[k].T
        X = inputs[k]
        noise = rng.normal(size=X.shape[:2]) * np.sqrt(source.noise)
        y = X @ w + np.stack([0 * noise, noise, 0 * noise, noise], axis=2)
        return np.sqrt(source.weight) * X @ S, np.sqrt(source.weight) * y

    def projection():
        if width is None:
            return np.broadcast_to(np.eye(d), (DRAWS, d, d))
        return rng.normal(size=(DRAWS, d, int(width))) / np.sqrt(d)

    def fit(Z, y):
        if problem.ridge == 0:
            return np.linalg.pinv(Z) @ y
        penalty = float(problem.ridge) * n * np.eye(Z.shape[2])
        return np.linalg.solve(Z.mT @ Z + penalty, Z.mT @ y)

    w_1, shift = labelling_vectors(problem, rng)
    truth = np.stack([w_1, 0 * w_1, 0 * w_1, w_1], axis=2)
    model = np.stack([w_1, 0 * w_1, shift, w_1 + shift], axis=2)
    S = projection()
    pool = [samples(0, truth, S)]
    risks = []
    for _ in range(ROUNDS):
        if keep == "nothing":
            S = projection() if rows == "fresh" else S
            pool = [samples(0, truth, S)]
        new = samples(1, model, S)
        Z, y = (np.concatenate(parts, axis=1) for parts in zip(*pool, new, strict=True))
        if keep == "all":
            pool.append(new)
        model = S @ fit(Z, y)
        error = model - truth
        products = error.mT @ matrix(problem.test_covariance) @ error
        bias, variance, shift_alone, total = np.diagonal(products, axis1=1, axis2=2).T
        risks.append([bias, variance, shift_alone + 2 * products[:, 0, 2], total])
    return np.array(risks).transpose(1, 2, 0)


def matrix(covariance):
    return np.diag(covariance) if covariance.ndim == 1 else np.asarray(covariance)


def labelling_vectors(problem, rng):
    """w_1 and the shift, for every draw; both vectors of variances."""
    d = problem.dimension
    normals = rng.normal(size=(DRAWS, d, 2))
    if problem.moments is None:
        shift = problem.sources[1].shift
        return normals[..., 0] * np.sqrt(problem.signal), normals[..., 1] * np.sqrt(shift)
    roots = np.linalg.cholesky(np.asarray(problem.moments).transpose(2, 0, 1))
    w_1, w_2 = np.einsum("dkj,rdj->krd", roots, normals)
    return w_1, w_2 - w_1


def small_problem(counts, width, ridge, kind):
    """Eight features, everything different."""
    rng = np.random.default_rng(5)
    d = 8
    spectra = rng.uniform(0.2, 2, (3, d))
    if kind == "dense":
        turns = [np.linalg.qr(rng.normal(size=(d, d)))[0] for _ in spectra]
        spectra = [(Q * spectrum) @ Q.T for Q, spectrum in zip(turns, spectra, strict=True)]
    signal, shift, moments = rng.uniform(0, 0.5, d), rng.uniform(0, 0.3, d), None
    if kind == "correlated":
        factors = rng.normal(size=(2, 2, d))
        signal, shift, moments = None, 0.0, np.einsum("jad,kad->jkd", factors, factors)
    sources = (
        ct.Source(counts[0], spectra[0], 0.3, weight=1.5),
        ct.Source(counts[1], spectra[1], 0.6, shift, weight=0.5),
    )
    return ct.Problem(sources, signal, ridge, width, spectra[2], moments)


CASES = {
    "nothing kept": ("nothing", (20, 10), None, 0.05, "dense"),
    "nothing kept, narrow, n_1 < d": ("nothing", (6, 20), 5, 0.0, "correlated"),
    "real kept": ("real", (20, 10), None, 0.0, "diagonal"),
    "real kept, wide, n_2 < d": ("real", (30, 6), 13, 0.05, "dense"),
    "all kept, n < d at first": ("all", (0, 7), None, 0.05, "diagonal"),
    "all kept, narrow": ("all", (20, 10), 5, 0.05, "dense"),
    "all kept, the same rows": ("all", (20, 10), None, 0.05, "dense"),
    "nothing kept, the same rows, narrow": ("nothing", (20, 10), 5, 0.05, "diagonal"),
    "nothing kept, fewer samples than features": ("nothing", (2, 4), None, 0.0, "diagonal"),
    "all kept, wide, fewer samples than features at first": ("all", (2, 4), 13, 0.0, "dense"),
}


@pytest.mark.parametrize("case", CASES)
def test_same_as_training_on_rows(case):
    keep, *numbers = CASES[case]
    problem = small_problem(*numbers)
    rows = "same" if "same rows" in case else "fresh"
    on_rows = train_on_rows(problem, keep, rows)
    estimate = simulate_generations(problem, ROUNDS, DRAWS, keep=keep, rows=rows)
    for name, expected in zip(RISKS, on_rows, strict=True):
        mean, stderr = getattr(estimate.mean, name), getattr(estimate.stderr, name)
        spread = np.hypot(expected.std(axis=0) / np.sqrt(DRAWS), stderr)
        assert mean.shape == (ROUNDS,)
        # Without a ridge the bias is rounding on both sides.
        assert (np.abs(expected.mean(axis=0) - mean) < ALARM * spread + 1e-20).all(), name


def isotropic(d, n):
    """Round 1 on real labels, all others on those of the last model; no ridge."""
    Sigma = ct.spectra.isotropic(d)
    return ct.Problem((ct.Source(0, Sigma), ct.Source(n, Sigma, 0.3)), 1.0, 0.0)


def test_replacing_grows_by_the_same_every_round():
    # Exact at every size: each fit adds its own sigma^2 E tr[(X^T X)^-1] = sigma^2 d / (n - d - 1).
    d, n, rounds = 8, 25, np.arange(1, 11)
    estimate = simulate_generations(isotropic(d, n), 10, DRAWS)
    expected = rounds * 0.3 * d / (n - d - 1)
    assert (np.abs(estimate.mean.total - expected) < ALARM * estimate.stderr.total).all()
    assert estimate.mean.bias.max() < 1e-20
    assert (estimate.mean.zeta == 0).all()


def test_accumulating_is_bounded():
    # Exact at every size: derivations/theorems/generations.py.
    d, n, rounds = 8, 25, np.arange(1, ROUNDS + 1)
    estimate = simulate_generations(isotropic(d, n), ROUNDS, DRAWS, keep="all")
    expected = np.cumsum(0.3 * d / (rounds * (rounds * n - d - 1)))
    assert (np.abs(estimate.mean.total - expected) < ALARM * estimate.stderr.total).all()
    assert expected[-1] < np.pi**2 / 6 * expected[0]


def test_accumulating_labels_of_the_same_rows():
    """sigma^2 d / (n - d - 1) sum 1/i^2, exact at every size; with fresh rows 0.69992 in the end."""
    problem = ct.Problem((ct.Source(0, np.ones(10)), ct.Source(32, np.ones(10), 1.0)), 1.0, 0.0)
    estimate = simulate_generations(problem, 100, 1000, keep="all", rows="same")
    expected = 10 / (32 - 10 - 1) * np.cumsum(1 / np.arange(1, 101.0) ** 2)
    assert expected[-1] == pytest.approx(0.77856, abs=5e-6)
    assert (np.abs(estimate.mean.total - expected) < ALARM * estimate.stderr.total).all()


def test_same_numbers_whatever_the_chunks_and_the_rounds_to_come():
    keep, *numbers = CASES["real kept"]
    problem = small_problem(*numbers)
    whole = simulate_generations(problem, ROUNDS, DRAWS, keep=keep)
    pieces = simulate_generations(problem, ROUNDS - 1, DRAWS, keep=keep, memory=7e6)
    for name in ("variance", "zeta", "total"):
        for one, other in zip(whole[:2], pieces[:2], strict=True):
            np.testing.assert_allclose(getattr(other, name), getattr(one, name)[:-1], rtol=1e-10)
    other = simulate_generations(problem, ROUNDS, DRAWS, 1, keep=keep)
    assert (other.mean.total != whole.mean.total).all()


SMALL = CASES["nothing kept"][1:]


@pytest.mark.parametrize(
    ("problem", "changes", "message"),
    [
        (SMALL, {"rounds": 0}, "rounds = 0: expected a whole number >= 1"),
        (SMALL, {"rounds": 2.5}, "rounds = 2.5: expected a whole number >= 1"),
        (SMALL, {"keep": "half"}, "keep = 'half': expected one of nothing, real, all"),
        (SMALL, {"rows": "old"}, "rows = 'old': expected one of fresh, same"),
        (SMALL, {"seeds": 1}, "seeds = 1: expected a whole number >= 2"),
        (SMALL, {"key": -1}, "key = -1: expected a whole number"),
        (SMALL, {"memory": 10}, "memory = 10: expected at least"),
        (((20, 9.5), *SMALL[1:]), {}, "n of source 2 = 9.5: expected a whole number"),
    ],
)
def test_bad_input(problem, changes, message):
    with pytest.raises(ValueError, match=message):
        simulate_generations(small_problem(*problem), **{"rounds": 2} | changes)


def test_two_sources():
    problem = ct.Problem((ct.Source(20, np.ones(3), 0.1),), 1.0, 0.1)
    with pytest.raises(ValueError, match="sources = 1 of them: expected two"):
        simulate_generations(problem, 2)
