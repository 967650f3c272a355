"""Theory against literal training: two stages and averages of models, with and without projections."""

import numpy as np
import pytest

import collapse_theory as ct
from simulations.training.average_models import simulate_average
from simulations.training.two_stage import simulate_two_stage
from tests.problems import ALARM, PARTS

RISKS = (*PARTS, "total")
SEEDS = 400


def problem(d, width):
    """Two sources in which everything differs, the same function of j/d at any d."""
    u = np.linspace(0, 1, d)
    real = ct.Source(1.5 * d, 0.3 + 1.5 * u, 0.5)
    synthetic = ct.Source(0.9 * d, 1.7 - 1.2 * u, 0.3, (0.2 + u) / d, 1.5)
    test = 0.5 + u * u
    return ct.Problem((real, synthetic), (1.5 - u) / d, 0.1, width and width * d, test)


def gaps(predicted, estimates, sizes):
    """What is left at infinite d of the relative gap, a + b/d through two sizes, in standard errors."""
    small, large = estimates
    for name in RISKS:
        theory = [float(getattr(risk, name)) for risk in predicted]
        means = [float(getattr(estimate.mean, name)) for estimate in (small, large)]
        errors = [float(getattr(estimate.stderr, name)) for estimate in (small, large)]
        ratios = [mean / limit - 1 for mean, limit in zip(means, theory, strict=True)]
        spreads = [error / limit for error, limit in zip(errors, theory, strict=True)]
        step = sizes[1] - sizes[0]
        left = (sizes[1] * ratios[1] - sizes[0] * ratios[0]) / step
        yield name, left, np.hypot(sizes[1] * spreads[1], sizes[0] * spreads[0]) / step, max(ratios)


SIZES = (20, 60)
# What is left beside a/d: of order 1/d^2, extrapolated to -a_2 / (20 * 60).
SECOND_ORDER = 10 / (SIZES[0] * SIZES[1])
CASES = {
    "classical": (None, (0.1, 0.05), (0.0, 0.9)),
    "classical, stage 2 without a ridge": (None, (0.1, 0.0), (1.0, 0.7)),
    "narrow": (0.6, (0.1, 0.05), (0.0, 0.9)),
    "narrow, both sources in both stages": (0.6, (0.0, 0.05), (0.4, 0.6)),
    "wide": (1.5, (0.1, 0.05), (0.4, 0.6)),
}


@pytest.mark.parametrize("case", CASES)
def test_two_stages(case):
    width, ridges, first = CASES[case]
    predicted, estimates = [], []
    for d in SIZES:
        at = problem(d, width)
        counts = [round(share * d) for share in first]
        shares = [count / float(s.n) for count, s in zip(counts, at.sources, strict=True)]
        predicted.append(ct.two_stage(at, ridges, shares))
        estimates.append(simulate_two_stage(at, ridges, counts, SEEDS))
    for name, left, error, largest in gaps(predicted, estimates, SIZES):
        print(f"{case}: {name} {left / error:.1f} s.e., left {left:.4f} of {largest:.3f}")
        assert abs(left) < ALARM * error + SECOND_ORDER, name


@pytest.mark.parametrize(("width", "one"), [(None, True), (0.6, True), (0.6, False)])
def test_averages(width, one):
    ridges, weights, shares = (0.1, 0.02), (0.3, 0.7), np.array([[0.5, 0.2], [0.7, 0.6]])
    predicted, estimates = [], []
    for d in SIZES:
        at = problem(d, width)
        counts = np.round(shares * d).astype(int)
        parts = counts / np.array([float(s.n) for s in at.sources])
        average = ct.average_models(at, ridges, weights, parts, one_projection=one)
        predicted.append(average.risk)
        more = {"one_projection": one}
        estimates.append(simulate_average(at, ridges, weights, counts.tolist(), SEEDS, **more))
    for name, left, error, largest in gaps(predicted, estimates, SIZES):
        print(f"{width} {one}: {name} {left / error:.1f} s.e., left {left:.4f} of {largest:.3f}")
        assert abs(left) < ALARM * error + SECOND_ORDER, name


def test_the_projections_matter():
    # With one S and with two the averages differ by much more than the errors above.
    risks = [
        ct.average_models(problem(60, 0.6), (0.1, 0.02), (0.5, 0.5), one_projection=one).risk.bias
        for one in (True, False)
    ]
    assert risks[1] < 0.95 * risks[0]


def by_gradient_descent(at, ridges, counts, draws, steps=200):
    """The risk of each draw of everything: two losses on the rows, minimised step by step."""
    rng, d = np.random.default_rng(0), at.dimension
    w_1 = rng.normal(size=(draws, d, 1)) * np.sqrt(at.signal)[:, None]
    shift = rng.normal(size=(draws, d, 1)) * np.sqrt(at.sources[1].shift)[:, None]
    S = np.broadcast_to(np.eye(d), (draws, d, d))
    if at.width is not None:
        S = rng.normal(size=(draws, d, int(at.width))) / np.sqrt(d)
    late = [int(s.n) - count for s, count in zip(at.sources, counts, strict=True)]
    v = start = np.zeros((draws, S.shape[2], 1))
    for numbers, ridge in ((counts, ridges[0]), (late, ridges[1])):
        Z, y, a = [], [], []
        for number, source, w in zip(numbers, at.sources, (w_1, w_1 + shift), strict=True):
            X = rng.normal(size=(draws, number, d)) * np.sqrt(source.covariance)
            Z.append(X @ S)
            y.append(X @ w + rng.normal(size=(draws, number, 1)) * np.sqrt(source.noise))
            a.append(np.full((number, 1), float(source.weight) / sum(numbers)))
        Z, y, a = np.concatenate(Z, axis=1), np.concatenate(y, axis=1), np.concatenate(a)
        step = 1 / (np.linalg.norm(Z * np.sqrt(a), ord=2, axis=(1, 2), keepdims=True) ** 2 + ridge)
        for _ in range(steps):
            v = v - step * (Z.mT @ (a * (Z @ v - y)) + ridge * (v - start))
        start = v
    return np.sum(np.asarray(at.test_covariance)[:, None] * (S @ v - w_1) ** 2, axis=(1, 2))


@pytest.mark.parametrize("width", [None, 5])
def test_the_simulation_is_training_on_rows(width):
    at, counts, ridges, draws = problem(10, None), (3, 5), (0.3, 0.4), 2000
    at = ct.Problem(at.sources, at.signal, 0.1, width, at.test_covariance)
    risks = by_gradient_descent(at, ridges, counts, draws)
    estimate = simulate_two_stage(at, ridges, counts, draws)
    error = np.hypot(np.std(risks) / np.sqrt(draws), estimate.stderr.total)
    assert abs(np.mean(risks) - estimate.mean.total) < ALARM * error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((0.1,), (0, 5)), "ridges = .*: expected two numbers"),
        (((0.1, 0.2), (0, 500)), "first = .*: expected whole numbers of samples"),
        (((0.1, 0.2), (0, 0.5)), "first = .*: expected whole numbers of samples"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        simulate_two_stage(problem(20, None), *arguments)


def test_bad_counts():
    with pytest.raises(ValueError, match=r"counts = .*: expected a row a model"):
        simulate_average(problem(20, None), (0.1, 0.1), (0.5, 0.5), [[30, 9], [1, 1]])
