"""Coordinates in which dense matrices are graded: near a diagonal of any range.

With a small ridge, A + nu has a condition of 1e15 and more, and products such as Sigma_k G multiply
what is nearly 0 by what is nearly infinite.  In the eigenvectors of A that does no harm:

    |A_ij| <= sqrt(A_ii A_jj),     and so are p_k e_k Sigma_k and, with 1 / A_ii, G,

so that every product of such matrices is of order one before and after rounding, provided the entries
of the Sigma_k have small relative errors.  The rotated arrays do not: they carry rounding of the size of
the largest eigenvalue.  Therefore covariances are rotated as products F F^T of roots without negative
eigenvalues, in which directions that no source has are exactly 0.

Any fixed orthogonal basis gives the same risk: it has no derivative.

Where the ridge is a good part of the largest eigenvalue none of this is needed (`is_tame`).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from collapse_theory.equivalent.arrays import Model


class Axes(NamedTuple):
    """A model in coordinates of its own, and the roots F of its covariances, F F^T."""

    model: Model
    roots: Float[Array, "K d d"] | None  # None where all matrices are diagonal
    test_root: Float[Array, "d d"] | None
    ranks: Float[Array, " K"]  # of the Sigma_k
    basis: Float[Array, "d d"] | None  # of the model's own coordinates: its columns are these axes


# Ridges that are at least this part of the largest eigenvalue leave ten digits in any coordinates.
TAME = 1e-5


def is_tame(model: Model) -> Bool[Array, ""]:
    """Whether A + nu has a condition so small that any coordinates will do.

    By bounds that are known beforehand: e_k <= alpha_k, and nu >= lambda, or lambda d/m with a width.
    """
    size = jnp.sqrt(
        jnp.sum(jnp.tensordot(model.fractions * model.weights, model.covariances, axes=1) ** 2)
    )
    nu = model.ridge if model.width is None else model.ridge * model.dimension / model.width
    return nu >= TAME * size


def unturned(model: Model) -> Axes:
    """The coordinates that the model came in, and full ranks: without a ridge no model is tame."""
    empty = jnp.zeros_like(model.covariances)
    test_root = None if model.test is None else empty[0]
    ranks = jnp.full_like(model.weights, model.directions)
    return Axes(model, empty, test_root, ranks, jnp.eye(empty.shape[-1]))


def principal_axes(model: Model) -> Axes:
    """The eigenvectors of sum_k p_k alpha_k Sigma_k; eigenvalues that are rounding become 0."""
    if model.is_diagonal:
        seen = (model.covariances > 0).astype(float)
        return Axes(model, None, None, model.counted(seen).sum(axis=1), None)
    covariances = jax.lax.stop_gradient(model.covariances)
    roots, ranks = jax.vmap(lambda covariance: _root(model, covariance))(covariances)
    test_root = None if model.test is None else _root(model, jax.lax.stop_gradient(model.test))[0]
    strengths = jax.lax.stop_gradient(model.fractions * model.weights)
    _, basis, positive = _decompose(model, jnp.tensordot(strengths, covariances, axes=1))
    axes = Axes(model, roots, test_root, ranks, jnp.eye(len(basis)))
    return _turn(axes, basis, ~positive)


def realign(axes: Axes, A: Float[Array, "d d"], null: Bool[Array, " d"]) -> Axes:
    """The eigenvectors of A in place of those that `axes` has; `null` directions stay apart."""
    size = jnp.trace(A)
    apart = 4 * jnp.where(size > 0, size, 1.0)
    fixed = jax.lax.stop_gradient(A + jnp.diag(jnp.where(null, apart, 0.0)))
    eigenvalues, basis, _ = _decompose(axes.model, fixed)
    return _turn(axes, basis, eigenvalues > apart / 2)


def _root(model: Model, covariance: Float[Array, "d d"]) -> tuple[Float[Array, "d d"], Float[Array, ""]]:
    """F with F F^T = covariance, and its rank."""
    eigenvalues, basis, positive = _decompose(model, covariance)
    rank = jnp.sum(model.counted(positive.astype(float)))
    return basis * jnp.sqrt(jnp.where(positive, eigenvalues, 0.0))[None], rank


def _decompose(
    model: Model, matrix: Float[Array, "d d"]
) -> tuple[Float[Array, " d"], Float[Array, "d d"], Bool[Array, " d"]]:
    """Eigenvalues, their vectors, and which of them are more than rounding.

    The own noise of nonlinear features stays the last direction, which nothing is rounded into.
    """
    if model.features is None:
        eigenvalues, basis = jnp.linalg.eigh(matrix)
        return eigenvalues, basis, _above_rounding(eigenvalues)
    eigenvalues, basis = jnp.linalg.eigh(matrix[:-1, :-1])
    last = matrix[-1, -1:]
    whole = jnp.pad(basis, (0, 1)).at[-1, -1].set(1.0)
    positive = jnp.append(_above_rounding(eigenvalues), last > 0)
    return jnp.append(eigenvalues, last), whole, positive


def _above_rounding(eigenvalues: Float[Array, " d"]) -> Bool[Array, " d"]:
    return eigenvalues > len(eigenvalues) * jnp.finfo(float).eps * eigenvalues[-1]


def _turn(axes: Axes, basis: Float[Array, "d d"], null: Bool[Array, " d"]) -> Axes:
    """The same in the coordinates basis^T x, of which no source has those in `null`."""
    model, roots, test_root, ranks, before = axes
    assert roots is not None
    assert before is not None
    # Sources without samples or weight may reach where the others do not.
    counted = jax.lax.stop_gradient(model.fractions * model.weights) > 0
    roots = jnp.where((null[None] & counted[:, None])[..., None], 0.0, basis.T @ roots)
    test_root = None if test_root is None else basis.T @ test_root

    def turn(matrix: Float[Array, "*several d d"]) -> Float[Array, "*several d d"]:
        return basis.T @ matrix @ basis

    def clean(root: Float[Array, "..."], matrix: Float[Array, "..."]) -> Float[Array, "..."]:
        """F F^T, with the derivative of the matrix that it stands for."""
        turned = turn(matrix)
        return root @ root.mT + (turned - jax.lax.stop_gradient(turned))

    turned = model._replace(
        covariances=clean(roots, model.covariances),
        test=None if model.test is None or test_root is None else clean(test_root, model.test),
        signal=turn(model.signal),
        shifts=turn(model.shifts),
        correlations=None if model.correlations is None else turn(model.correlations),
    )
    return Axes(turned, roots, test_root, ranks, before @ basis)
