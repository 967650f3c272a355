"""Students of other models' labels: against training, and where they should be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from docs.statements import students
from docs.statements.students import World
from simulations import simulate
from tests.problems import ALARM

DRAWS = 1000


def small_world(d, capacity, source):
    index = np.arange(1.0, d + 1)
    covariance = index**-capacity
    return World(jnp.asarray(covariance), jnp.asarray(index**-source / covariance), jnp.ones(d))


def test_the_best_surrogate():
    d, n = 60, 30
    world = small_world(d, 1.2, 1.5)
    best = jax.jit(lambda size: students.best_scales(world, size))(jnp.array(float(n)))

    def problem(scales):
        return world.student(n, 0.0, world.signal * scales, world.signal * scales**2)

    estimates = []
    for scales in (jnp.ones(d), best):
        expected = float(ct.predict(problem(scales)).total)
        estimate = simulate(problem(scales), 200)
        term = float(ct.finite_size(problem(scales)).total)
        # What the term leaves is of the order of its square.
        tolerance = ALARM * estimate.stderr.total + 2 * term**2 / expected
        assert abs(estimate.mean.total - expected - term) < tolerance
        estimates.append(estimate)
    true, taught = estimates
    stderr = np.hypot(true.stderr.total, taught.stderr.total)
    assert true.mean.total - taught.mean.total > ALARM * stderr
    moved = best[None] + 0.1 * jax.random.normal(jax.random.key(0), (5, d))
    around = jnp.concatenate([best[None], moved])
    risk = jax.vmap(lambda s: students.risk_of_scaled_labels(world, jnp.array(float(n)), s))
    lowest, *others = jax.jit(risk)(around)
    assert min(others) > lowest


def test_the_scaling_law_of_surrogates_is_that_of_true_labels():
    numbers = students.surrogates()
    assert numbers["surrogate_exponent"] == pytest.approx(numbers["true_exponent"], abs=0.005)
    assert numbers["amplified"] > 1.1
    assert numbers["last"] < 0.01


def test_a_student_of_a_teacher():
    """Two fits in a row, literally: the teacher's on noisy labels, its student's on fresh inputs."""
    d, n, ridge, later = 40, 100, 0.001, 0.05
    world = small_world(d, 1.0, 1.5)
    total, cross, second = students.handed_on(world, jnp.asarray(float(n)), ridge)
    problem = world.student(n, later, cross, second)
    student = float(ct.predict(problem).total)
    teacher_term = float(ct.finite_size(world.teacher(n, ridge, world.covariance)).total)
    student_term = float(ct.finite_size(problem).total)
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
    errors = [(weights - truth) ** 2 @ covariance for weights in (taught, trained)]
    means = [error.mean() for error in errors]
    stderrs = [error.std() / np.sqrt(DRAWS) for error in errors]
    gap = means[0] - float(total) - teacher_term
    assert abs(gap) < ALARM * stderrs[0] + 2 * teacher_term**2 / float(total)
    # What finite size adds to the teacher's labels is no more than what it adds to the teacher's error.
    gap = means[1] - student - student_term
    assert abs(gap) < ALARM * stderrs[1] + abs(teacher_term)
    assert means[0] - means[1] > ALARM * np.hypot(*stderrs)


def test_a_student_may_have_the_best_rate_where_its_teacher_has_none():
    numbers = students.scaling()
    assert numbers["teacher_many"] > 0.99 * numbers["teacher_few"]
    assert numbers["student_exponent"] == pytest.approx(numbers["best"], abs=0.01)
    assert numbers["direct_exponent"] == pytest.approx(numbers["best"], abs=0.01)
