"""Sources of one covariance and one weight have one unknown, and the same risk as with one each."""

import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from collapse_theory.equivalent import alike
from collapse_theory.finite_size import limit_and_term
from collapse_theory.predict import predict_with_status
from tests.problems import parts

SIZES = [(20.0, 5.0, 9.0, 0.0), (2.0, 1.0, 3.0, 1.0)]
FLAT, STEEP = np.ones(12), np.arange(1.0, 13.0) ** -1.5


def problem(ridge=1e-3, width=None, dense=False, n=SIZES[0]):
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(12, 12)))[0]
    flat, steep = ((turn * s) @ turn.T if dense else s for s in (FLAT, STEEP))
    sources = (
        ct.Source(n[0], flat, 0.1),
        ct.Source(n[1], steep, 0.2, 0.5),
        ct.Source(n[2], flat, 0.3, 0.2),
        ct.Source(n[3], flat, 0.0, 0.1, 2.0),
    )
    return ct.Problem(sources, 1.0, ridge, width)


def test_groups_are_by_values():
    assert alike(problem()) == ((0, 2), (1,), (3,))
    batch = jax.tree.map(lambda a, b: jnp.stack([a, b]), problem(), problem(ridge=0.1))
    assert alike(batch) == ((0, 2), (1,), (3,))


def test_values_inside_jit_are_not_known():
    asked = []
    jax.jit(lambda question: asked.append(alike(question)))(problem())
    assert asked == [None]


def test_one_array_inside_jit_is_known_to_be_equal_to_itself():
    asked = []

    def ask(covariance, weight):
        sources = (ct.Source(3.0, covariance, 0.1), ct.Source(2.0, covariance, 0.1, 0.5, weight))
        asked.append(alike(ct.Problem(sources, 1.0, 0.1)))

    jax.jit(lambda covariance: ask(covariance, 1.0))(FLAT)
    jax.jit(lambda covariance: ask(covariance, 2.0))(FLAT)
    jax.jit(ask)(FLAT, 1.0)
    assert asked == [((0, 1),), ((0,), (1,)), None]


def test_same_numbers_with_fewer_unknowns():
    """Ridges of any size, on both sides of n = d."""
    many = [problem(ridge, 8.0, n=n) for ridge in (1e-3, 0.0, 1e-12) for n in SIZES]
    batch = jax.tree.map(lambda *leaves: jnp.stack(leaves), *many)
    (limit, term, status), (alone, its_term, _) = (
        jax.jit(jax.vmap(lambda question, groups=groups: limit_and_term(question, None, groups)))(batch)
        for groups in (alike(batch), None)
    )
    assert status.converged.all()
    np.testing.assert_allclose(parts(limit), parts(alone), rtol=1e-12)
    np.testing.assert_allclose(parts(term), parts(its_term), rtol=1e-9)
    np.testing.assert_allclose(
        parts(ct.predict(many[0])), [part[0] for part in parts(limit)], rtol=1e-13
    )


def test_covariance_matrices_in_groups():
    question = problem(0.0, 8.0, dense=True)
    (limit, _), (alone, _) = (
        predict_with_status(question, groups) for groups in (alike(question), None)
    )
    np.testing.assert_allclose(parts(limit), parts(alone), rtol=1e-10)


def test_the_threshold_is_infinite_all_the_same():
    question = problem(0.0, None, n=(4.0, 3.0, 5.0, 0.0))
    assert np.isinf(float(ct.predict(question).total))
