"""The transfer of errors: against the theory of known covariances, and against training."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from collapse_theory import Problem, Source, predict
from simulations.forecast.estimate import Training, predicted
from simulations.forecast.sample import Sample
from simulations.forecast.sums import Sums
from simulations.forecast.transfer import Fit, Target, emulate, strengths, transfer
from simulations.forecast.trials import shuffled, trained
from tests.simulations.forecast.made import NOISES, ROOTS, SIGNALS, D, draw, risk, with_intercept

COVARIANCES = [root.T @ root for root in ROOTS]


def theory(counts, weights, ridge, width, first):
    """The error on source `first`, noise included, by `predict`."""
    order = [first, 1 - first]
    sources = tuple(Source(counts[k], COVARIANCES[k], NOISES[k] ** 2, weight=weights[k]) for k in order)
    moments = np.array([[np.outer(SIGNALS[j], SIGNALS[k]) for k in order] for j in order])
    problem = Problem(sources, None, ridge, width, moments=moments)
    return NOISES[first] ** 2 + float(predict(problem).total)


@pytest.mark.parametrize("width", [None, 5.0, 20.0])
@pytest.mark.parametrize(("counts", "weights"), [((40.0, 30.0), (1.0, 1.0)), ((15.0, 60.0), (1.0, 0.2))])
def test_endless_rows_give_the_errors_of_the_theory(counts, weights, width):
    """The errors of any training, from mean predictors and traces alone."""
    ridge, n = 0.05, sum(counts)

    def traces(s):
        G = np.linalg.inv(sum(sk * C for sk, C in zip(s, COVARIANCES, strict=True)) + np.eye(D))
        return G, np.array([np.trace(C @ G) for C in COVARIANCES])

    # The strengths of the target, by iteration.
    s, nu = np.array(counts) * weights / n, ridge
    for _ in range(20_000):
        _, t = traces(s)
        b = np.array(weights) / (n * nu)
        s = 0.9 * s + 0.1 * np.array(counts) * b / (1 + b * t)
        nu = nu if width is None else 0.9 * nu + 0.1 * (ridge * D / width + nu * (s @ t) / width)
    G, t = traces(s)
    Q = np.array([[np.trace(C @ G @ B @ G) for B in COVARIANCES] for C in COVARIANCES])
    mean = G @ sum(sk * C @ w for sk, C, w in zip(s, COVARIANCES, SIGNALS, strict=True))
    floors = [
        noise**2 + (mean - w) @ C @ (mean - w)
        for C, w, noise in zip(COVARIANCES, SIGNALS, NOISES, strict=True)
    ]
    norms = [np.trace(C @ G @ G) for C in COVARIANCES]
    here = Fit(*map(jnp.asarray, (np.array(floors), s, Q, np.array(norms), mean @ mean, 0.0)))
    inverse = jnp.asarray(0.0 if width is None else 1 / width)
    target = Target(jnp.asarray(counts), jnp.asarray(weights), jnp.asarray(ridge), inverse)
    answer = transfer(here, target)
    expected = [theory(counts, weights, ridge, width, k) for k in range(2)]
    np.testing.assert_allclose(answer.errors, expected, rtol=1e-9)


def sums_of(tables):
    return Sums(
        jnp.eye(len(tables)),
        jnp.array([float(len(Z)) for Z, _ in tables]),
        jnp.stack([jnp.asarray(Z.T @ Z) for Z, _ in tables]),
        jnp.stack([jnp.asarray(Z.T @ y) for Z, y in tables]),
        jnp.diag(jnp.array([float(np.sum(y**2)) for _, y in tables])),
    )


def test_derivatives_of_strengths():
    random = np.random.default_rng(0)
    sums = sums_of([draw(random, 40, 0), draw(random, 60, 1)])
    losses = jnp.array([0.3, 0.1])
    for name, slope in (("s", "ds"), ("t", "dt")):
        automatic = jax.jacobian(lambda a, name=name: getattr(strengths(sums, jnp.ones(D), a), name))
        by_hand = getattr(strengths(sums, jnp.ones(D), losses), slope)
        np.testing.assert_allclose(by_hand, automatic(losses), rtol=1e-9)


@pytest.mark.parametrize("inverse_width", [0.0, 0.1])
@pytest.mark.parametrize("counts", [(200.0, 100.0), (200.0, 0.0), (0.0, 50.0), (1e12, 3e12)])
def test_the_fit_at_hand_has_the_strengths_of_the_target(counts, inverse_width):
    random = np.random.default_rng(1)
    sums = sums_of([draw(random, 50, 0), draw(random, 70, 1)])
    n, weights, ridge = np.array(counts), np.array([1.0, 0.4]), 1e-3
    target = Target(*map(jnp.asarray, (n, weights, ridge, inverse_width)))
    root = emulate(sums, jnp.ones(D), target)
    assert root.converged
    at, nu = strengths(sums, jnp.ones(D), root.losses), float(jnp.exp(root.point[-1]))
    b = weights / (n.sum() * nu)
    np.testing.assert_allclose(at.s, n * b / (1 + b * at.t), rtol=1e-8)
    if inverse_width:
        expected = ridge * D * inverse_width + nu * float(at.s @ at.t) * inverse_width
        assert nu == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("n_real", "n_synthetic", "weight"), [(120, 0, 1.0), (120, 200, 1.0), (40, 200, 0.2), (0, 150, 1.0)]
)
def test_few_rows_forecast_training_on_many(n_real, n_synthetic, weight):
    """The mean over data sets of 40 and 50 rows is that of training on other numbers of rows."""
    random = np.random.default_rng(2)
    training = Training(n_real, n_synthetic, 0.02, weight)
    forecasts, errors = [], []
    for _ in range(150):
        here = [with_intercept(draw(random, count, k)) for k, count in enumerate((40, 50))]
        forecasts.append(predicted(Sample(*here), training, replicates=False).real[0])
        there = [with_intercept(draw(random, max(n, 1), k)) for k, n in enumerate((n_real, n_synthetic))]
        errors.append(risk(trained(*shuffled(*there, False, random), training, False)))
    stderr = np.hypot(np.std(forecasts), np.std(errors)) / np.sqrt(len(errors))
    gap = abs(np.mean(forecasts) - np.mean(errors))
    # Leading order in the numbers of rows: what is neglected is smaller by one over 40.
    assert gap < 4 * stderr + np.mean(errors) / 40


def test_a_single_source_is_cross_validation_where_nothing_changes():
    """The forecast of the rows at hand is their leave-one-out error."""
    random = np.random.default_rng(3)
    Z, y = with_intercept(draw(random, 60, 0))
    ridge = 0.1
    left_out = []
    for i in range(60):
        rows = np.delete(np.arange(60), i)
        matrix = Z[rows].T @ Z[rows] + 60 * ridge * np.diag([1.0] * D + [0.0])
        left_out.append(y[i] - Z[i] @ np.linalg.solve(matrix, Z[rows].T @ y[rows]))
    forecast = predicted(Sample((Z, y), None), Training(60, 0, ridge), replicates=False).real[0]
    # They differ as training on 59 rows does from training on 60.
    assert forecast == pytest.approx(np.mean(np.square(left_out)), rel=1.5 / 60)
