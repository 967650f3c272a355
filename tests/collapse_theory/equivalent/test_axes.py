"""In its own axes a model is the same, nearly diagonal, and exactly 0 where no source has features."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.equivalent import stack
from collapse_theory.equivalent.axes import principal_axes, realign


def problem(first, second, weight=1.0, d=6):
    sources = (ct.Source(10, first, 0.1), ct.Source(5, second, 0.1, np.eye(d), weight))
    return ct.Problem(sources, np.eye(d), 0.1, None, np.diag(np.arange(1.0, d + 1)))


def low_rank(seed, rank, d=6):
    root = np.random.default_rng(seed).integers(-3, 4, (d, rank)).astype(float)
    return root @ root.T


def test_the_same_model():
    model = stack(problem(low_rank(0, 2), low_rank(1, 3)))
    axes = principal_axes(model)
    for name in ("signal", "test"):
        before, after = (np.linalg.eigvalsh(getattr(m, name)) for m in (model, axes.model))
        np.testing.assert_allclose(after, before, atol=1e-13)
    pairs = [(m.covariances[0] @ m.covariances[1] @ m.test_covariance) for m in (model, axes.model)]
    np.testing.assert_allclose(np.trace(pairs[1]), np.trace(pairs[0]), rtol=1e-12)
    np.testing.assert_array_equal(axes.ranks, [2, 3])


def test_directions_without_features_are_exactly_empty():
    axes = principal_axes(stack(problem(low_rank(0, 2), low_rank(1, 3))))
    empty = np.asarray(jnp.all(axes.model.covariances == 0, axis=(0, 2)))
    assert empty.sum() == 1
    total = jnp.tensordot(axes.model.fractions, axes.model.covariances, axes=1)
    off = np.asarray(total - jnp.diag(jnp.diagonal(total)))
    assert np.abs(off).max() < 1e-12 * np.abs(total).max()
    # A weightless source keeps what only it has: its first sample may be asked for.
    axes = principal_axes(stack(problem(low_rank(0, 2), low_rank(1, 3), weight=0.0)))
    ranks = [np.linalg.matrix_rank(covariance) for covariance in axes.model.covariances]
    assert ranks == [2, 3]
    assert np.asarray(jnp.all(axes.model.covariances[0] == 0, axis=1)).sum() == 4


def test_realigned_to_a():
    axes = principal_axes(stack(problem(low_rank(0, 2), low_rank(1, 3))))
    null = jnp.all(axes.model.covariances == 0, axis=(0, 2))
    strengths = jnp.array([1.0, 1e-10])
    A = jnp.tensordot(strengths, axes.model.covariances, axes=1)
    model = realign(axes, A, null).model
    again = np.asarray(jnp.tensordot(strengths, model.covariances, axes=1))
    scale = np.sqrt(np.diag(again))
    seen = scale > 0
    assert seen.sum() == 5
    scaled = again[np.ix_(seen, seen)] / np.outer(scale[seen], scale[seen])
    # The eigenvectors of a matrix leave d eps of its largest eigenvalue in any entry: little beside the
    # large ones, and beside two that are 1e10 times smaller 1e-5 of their size and more.
    rounding = 6 * np.finfo(float).eps * scale.max() ** 2 / np.outer(scale[seen], scale[seen])
    assert (np.abs(scaled - np.eye(5)) <= rounding).all()


@pytest.mark.parametrize("turns", [1, 2])
def test_derivatives_are_those_of_the_matrix(turns):
    question = problem(low_rank(0, 6), low_rank(1, 6))

    def invariant(covariance):
        model = stack(eqx.tree_at(lambda p: p.sources[1].covariance, question, covariance))
        axes = principal_axes(model)
        if turns == 2:
            A = jnp.tensordot(jnp.array([1.0, 3.0]), axes.model.covariances, axes=1)
            axes = realign(axes, A, jnp.zeros(6, bool))
        turned = axes.model
        return jnp.sum((turned.covariances[1] @ turned.test_covariance) * turned.covariances[0])

    def plainly(covariance):
        model = stack(eqx.tree_at(lambda p: p.sources[1].covariance, question, covariance))
        return jnp.sum((covariance @ model.test_covariance) * model.covariances[0])

    point = question.sources[1].covariance
    symmetric = lambda gradient: (gradient + gradient.T) / 2  # noqa: E731
    gradients = [symmetric(jax.grad(function)(point)) for function in (invariant, plainly)]
    np.testing.assert_allclose(*gradients, rtol=1e-9, atol=1e-9 * np.abs(gradients[1]).max())
