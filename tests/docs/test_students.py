"""Students of other models' labels: against training, and where they should be."""

import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from docs.statements import students
from docs.statements.students import World
from simulations import simulate
from tests.problems import ALARM

DRAWS = 2000


def small_world(d, capacity, source):
    index = np.arange(1.0, d + 1)
    covariance = index**-capacity
    return World(jnp.asarray(covariance), jnp.asarray(index**-source / covariance), jnp.ones(d))


def test_the_best_surrogate():
    d, n = 120, 60
    world = small_world(d, 1.2, 1.5)
    best = students.best_scales(world, jnp.asarray(float(n)))

    def problem(scales):
        return world.student(n, 0.0, world.signal * scales, world.signal * scales**2)

    estimates = []
    for scales in (jnp.ones(d), best):
        expected = float(ct.predict(problem(scales)).total)
        estimate = simulate(problem(scales), 400)
        term = float(ct.finite_size(problem(scales)).total)
        # What the term leaves is of the order of its square.
        tolerance = ALARM * estimate.stderr.total + 2 * term**2 / expected
        assert abs(estimate.mean.total - expected - term) < tolerance
        estimates.append(estimate)
    true, taught = estimates
    stderr = np.hypot(true.stderr.total, taught.stderr.total)
    assert true.mean.total - taught.mean.total > ALARM * stderr
    rng = np.random.default_rng(0)
    lowest = float(ct.predict(problem(best)).total)
    for _ in range(5):
        moved = best + 0.1 * jnp.asarray(rng.normal(size=d))
        assert float(ct.predict(problem(moved)).total) > lowest


def test_the_scaling_law_of_surrogates_is_that_of_true_labels():
    numbers = students.surrogates()
    assert numbers["surrogate_exponent"] == pytest.approx(numbers["true_exponent"], abs=0.005)
    assert numbers["amplified"] > 1.1
    assert numbers["last"] < 0.01


def test_a_student_of_a_teacher():
    """Two fits in a row, literally: the teacher's on noisy labels, its student's on fresh inputs."""
    d, n, ridge, later = 40, 100, 0.02, 0.05
    world = small_world(d, 1.0, 1.5)
    total, cross, second = students.handed_on(world, jnp.asarray(float(n)), ridge)
    student = float(ct.predict(world.student(float(n), later, cross, second)).total)
    covariance, signal = (np.asarray(x) for x in (world.covariance, world.signal))
    rng = np.random.default_rng(3)
    truth = np.sqrt(signal) * rng.normal(size=(DRAWS, d))

    def fit(labels_of, strength):
        X = np.sqrt(covariance) * rng.normal(size=(DRAWS, n, d))
        y = labels_of(X)
        gram = np.einsum("sni,snj->sij", X, X) / n + strength * np.eye(d)
        return np.linalg.solve(gram, np.einsum("sni,sn->si", X, y)[..., None] / n)[..., 0]

    def labels(w, noise):
        return lambda X: np.einsum("snd,sd->sn", X, w) + noise * rng.normal(size=(DRAWS, n))

    taught = fit(labels(truth, 1.0), ridge)
    trained = fit(labels(taught, 0.0), later)
    for weights, expected in ((taught, float(total)), (trained, student)):
        errors = (weights - truth) ** 2 @ covariance
        # Finite size: 1/n for the fit, as much for each fit before.
        tolerance = ALARM * errors.std() / np.sqrt(DRAWS) + 2 / n * expected
        assert abs(errors.mean() - expected) < tolerance
    assert student < float(total)


def test_a_student_may_have_the_best_rate_where_its_teacher_has_none():
    numbers = students.scaling()
    assert numbers["teacher_many"] > 0.99 * numbers["teacher_few"]
    assert numbers["student_exponent"] == pytest.approx(numbers["best"], abs=0.01)
    assert numbers["direct_exponent"] == pytest.approx(numbers["best"], abs=0.01)
