"""Chains of models: against `generations`, closed forms, each other, and statements of papers."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

import collapse_theory as ct
from tests.problems import parts, random_problem, replace

D = 17
ENDLESS = 1e13


def without_shift(problem):
    return eqx.tree_at(lambda p: p.sources[1].shift, problem, jnp.zeros(()))


@pytest.mark.parametrize("diagonal", [True, False])
def test_rounds_that_are_alike_are_generations(diagonal):
    problem = random_problem(np.random.default_rng(3), sources=2, diagonal=diagonal, width=30.0)
    rounds = [problem, *3 * [without_shift(problem)]]
    np.testing.assert_allclose(parts(ct.chain(rounds)), parts(ct.generations(problem, 4)), 1e-11)


def test_one_round_is_predict():
    problem = random_problem(np.random.default_rng(4), sources=3)
    np.testing.assert_allclose(parts(ct.chain([problem]))[:, 0], parts(ct.predict(problem)), 1e-11)


def own_rounds(rng, diagonal=True):
    """Three sources in the last round, of everything different; the second has teachers only."""
    signal = rng.uniform(0.1, 1, D)
    first, second, third = (
        random_problem(rng, sources=K, signal=signal, width=width, ridge=0.1)
        for K, width in ((2, None), (2, 12.0), (3, 40.0))
    )
    return [first, eqx.tree_at(lambda p: p.sources[0].n, second, jnp.zeros(())), third]


LABELLERS = [(0, 0), (0, 1), (0, 1, 2)]


def test_rotating_everything_changes_nothing():
    """Rounds solve in coordinates of their own; matrices beside vectors are expanded."""
    rounds = own_rounds(np.random.default_rng(6))
    Q = np.linalg.qr(np.random.default_rng(7).normal(size=(D, D)))[0]

    def matrices(problem):
        return [
            *(s.covariance for s in problem.sources),
            *(s.shift for s in problem.sources[1:]),
            problem.signal,
            problem.test_covariance,
        ]

    def turned(problem, basis):
        return eqx.tree_at(
            matrices, problem, replace_fn=lambda leaf: jnp.asarray((basis * np.asarray(leaf)) @ basis.T)
        )

    expected = parts(ct.chain(rounds, LABELLERS))
    dense = [turned(problem, Q) for problem in rounds]
    np.testing.assert_allclose(parts(ct.chain(dense, LABELLERS)), expected, 1e-9)
    mixed = [rounds[0], turned(rounds[1], np.eye(D)), rounds[2]]
    np.testing.assert_allclose(parts(ct.chain(mixed, LABELLERS)), expected, 1e-9)


def teacher_of(n, ridge, covariance, noise=0.5, **settings):
    return ct.Problem((ct.Source(n, covariance, noise),), 1.0, ridge, **settings)


def student_of(n, ridge, covariance, noise=0.0, teachers=1, **settings):
    real = ct.Source(0, covariance)
    shares = [ct.Source(n / teachers, covariance, noise) for _ in range(teachers)]
    return ct.Problem((real, *shares), 1.0, ridge, **settings)


def test_a_student_of_endless_data_is_its_teacher():
    covariance = ct.spectra.power_law(D, 1.0)
    risk = ct.chain([teacher_of(30, 0.1, covariance), student_of(ENDLESS, 0.0, covariance)])
    np.testing.assert_allclose(parts(risk)[:, 1], parts(risk)[:, 0], 1e-9)


def test_a_student_of_endless_data_with_a_ridge_shrinks_its_teacher():
    """s = 1 and no ridge for the teacher, who errs by noise alone: E = (l^2 + E_teacher) / (1 + l)^2."""
    covariance, ridge = np.ones(D), 0.3
    risk = ct.chain([teacher_of(60, 0.0, covariance), student_of(ENDLESS, ridge, covariance)])
    expected = [(ridge**2) / (1 + ridge) ** 2, risk.variance[0] / (1 + ridge) ** 2]
    np.testing.assert_allclose(parts(risk)[:2, 1], expected, 1e-9)


def test_a_student_of_two_teachers_learns_their_mean():
    """With endless data it is the average of two models, whose errors share the signal only."""
    s, sizes, ridges = ct.spectra.power_law(D, 1.0), (25, 60), (0.1, 0.02)

    def kappa(n, ridge):
        return brentq(lambda k: k - ridge - k * np.sum(s / (s + k)) / n, ridge, 100)

    teachers = [teacher_of(n, ridge, s) for n, ridge in zip(sizes, ridges, strict=True)]
    student = student_of(ENDLESS, 0.0, s, teachers=2)
    risk = ct.chain([*teachers, student], [(0,), (0,), (0, 1, 2)])
    one, other = (k / (s + k) for k in map(kappa, sizes, ridges))
    Gamma = 1 / s.sum()
    crossed = np.sum(s * Gamma * one * other)
    expected = (risk.total[0] + risk.total[1] + 2 * crossed) / 4
    np.testing.assert_allclose(risk.total[2], expected, 1e-9)


def test_what_is_infinite_stays_so():
    covariance = np.ones(D)
    risk = ct.chain([teacher_of(D, 0.0, covariance), *2 * [student_of(50, 0.5, covariance, 0.1)]])
    assert np.isinf(risk.variance).all()
    assert np.isfinite(risk.bias).all()
    untaught = ct.Problem((ct.Source(50, covariance), ct.Source(0, covariance)), 1.0, 0.5)
    assert np.isfinite(ct.chain([teacher_of(D, 0.0, covariance), untaught]).total[1])


def test_one_vmap_and_gradient_over_the_size_of_the_teacher():
    covariance = ct.spectra.power_law(D, 1.0)

    def student(n):
        rounds = [teacher_of(n, 0.1, covariance), student_of(40, 0.05, covariance, 0.1, width=30.0)]
        return ct.chain(rounds).total[1]

    sizes = jnp.array([10.0, 30.0])
    slopes = jax.jit(jax.vmap(jax.grad(student)))(sizes)
    step = 1e-4
    expected = [(student(n + step) - student(n - step)) / (2 * step) for n in sizes]
    np.testing.assert_allclose(slopes, expected, 1e-6)


def test_a_strong_student_exceeds_its_weak_teacher():
    """Also in its scaling law: arXiv 2603.05691.

    The error of an interpolating teacher does not fall with n, as it fits all noise.  A student of as
    many samples, which sees nothing but the teacher's labels, has an error that falls as n^-0.45.
    """
    covariance = jnp.arange(1.0, 5001.0) ** -1.5
    signal = covariance**0.5 / jnp.sum(covariance**1.5)
    sizes = np.array([100.0, 400.0, 1600.0])

    def both(n):
        teacher = ct.Problem((ct.Source(n, covariance, 1.0),), signal, 0.0)
        sources = (ct.Source(0, covariance), ct.Source(n, covariance))
        return ct.chain([teacher, ct.Problem(sources, signal, n**-0.5)]).total

    teachers, students = jax.vmap(both)(jnp.asarray(sizes)).T
    slopes = [np.polyfit(np.log(sizes), np.log(errors), 1)[0] for errors in (teachers, students)]
    assert (students < teachers).all()
    assert slopes[0] > 0
    assert slopes[1] < -0.4


def test_a_wide_student_of_a_narrow_teacher():
    """Without any noise: what a narrow teacher mixes up by its projection a wide one unlearns."""
    covariance = ct.spectra.power_law(200, 1.0)
    teacher = ct.Problem((ct.Source(1e4, covariance),), 1.0, 1e-6, width=40)
    wide = [student_of(1e4, ridge, covariance) for ridge in np.geomspace(1e-4, 1e-1, 7) * covariance[0]]
    risks = np.array([ct.chain([teacher, student]).total for student in wide])
    assert risks[:, 1].min() < 0.99 * risks[0, 0]
    assert risks[0, 1] > 0.99 * risks[0, 0]  # without regularisation it learns the teacher's faults


COVARIANCE = np.ones(D)
TEACHER, STUDENT = teacher_of(30, 0.1, COVARIANCE), student_of(30, 0.1, COVARIANCE)


@pytest.mark.parametrize(
    ("problems", "labellers", "message"),
    [
        ((), None, r"problems = \(\): expected a sequence of at least one Problem"),
        ((TEACHER, TEACHER), None, "sources of round 2 = 1: expected at least two"),
        ((TEACHER, STUDENT), [(0,)], "expected for each of 2 rounds a number for each of its sources"),
        (
            (TEACHER, STUDENT),
            [(0,), (0, 2)],
            r"labellers of round 2 = \(0, 2\): expected 0 for source 1",
        ),
        (
            (TEACHER, STUDENT),
            [(0,), (1, 1)],
            r"labellers of round 2 = \(1, 1\): expected 0 for source 1",
        ),
        (
            (TEACHER, replace(STUDENT, signal=jnp.array(2.0))),
            None,
            "signal of round 2 = .*: expected that",
        ),
        ((TEACHER, student_of(3, 0.1, np.ones(5))), None, "dimension of round 2 = 5: expected 17"),
    ],
)
def test_errors(problems, labellers, message):
    with pytest.raises(ValueError, match=message):
        ct.chain(problems, labellers)
