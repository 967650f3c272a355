"""Nonlinear random features as projections of more directions than the inputs have.

Features phi(S^T x), their means taken off, act as z = a_k S^T x + b_k xi with xi ~ N(0, I) in R^m, where
a_k and b_k are the moments of phi at v_k = tr Sigma_k / d (`activation_moments`).  Given S, so does the
projection of inputs with M more directions,

    x' = (a_k x, x_extra)  of covariance  a_k^2 Sigma_k + (b_k^2 d / M) I_M,      labels by w_k / a_k,

S having as many more rows of N(0, 1/d): their part of S^T x' has the covariance b_k^2 I up to
sqrt(m / M).  So the unified equations hold as they are, with one more entry of multiplicity M.  It
counts in traces of one covariance, where tr[Sigma_k G] gets b_k^2 d / nu, and drops out of traces of
two; in the equation for nu the ridge lambda becomes lambda + sum_k p_k e_k b_k^2.  M = 2^100 is the
limit M -> infinity in every digit: it neglects m / M, less than 1e-17 for widths up to 10^12, and G is
1 / nu there.

Labels.  In the coordinates v_0 = w_1 / a_1, v_k = w_k / a_k - v_0 the signal is in every v_k unless all
a_k are equal: v_k = (a_1 / a_k - 1) v_0 + delta_k / a_k.  Bias is what is linear in Gamma, all of these.
A test set, whose a may be another than a_1, is a source without samples that comes first, labelled by
w_1 / a_test.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.activation import NOTHING, activation_moments
from collapse_theory.equivalent.algebra import Matrix, diagonal
from collapse_theory.equivalent.arrays import Model, stack_linear
from collapse_theory.problem import Problem

EXTRA = 2.0**100  # M


def stack(problem: Problem) -> Model:
    """The `Model` of a problem, of what its features are if they are nonlinear."""
    model = stack_linear(problem)
    if problem.activation is None:
        return model
    model = model if model.test is None else _test_first(model)
    traces = jnp.stack([jnp.sum(model.counted(diagonal(sigma))) for sigma in model.covariances])
    parts = [activation_moments(problem.activation, v) for v in traces / model.dimension]
    mean, slopes, noises = (jnp.stack(array) for array in zip(*parts, strict=True))
    linear = slopes**2 * traces / model.dimension
    # Without a slope there is no such model, and no number.
    slopes = jnp.where(linear > NOTHING * (mean**2 + linear + noises), slopes, jnp.nan)
    return _with_own_noise(_relabelled(model, slopes), noises)


def _test_first(model: Model) -> Model:
    """The test set as a source without samples, the first."""
    assert model.test is not None

    def before(first: Array, others: Array) -> Array:
        return jnp.concatenate([first[None], others])

    zero, correlations = jnp.array(0.0), model.correlations
    if correlations is not None:  # what was source 1 has a shift, of 0
        correlations = jnp.insert(jnp.insert(correlations, 1, 0.0, axis=0), 1, 0.0, axis=1)
    return model._replace(
        covariances=before(model.test, model.covariances),
        fractions=before(zero, model.fractions),
        weights=before(jnp.array(1.0), model.weights),
        noises=before(zero, model.noises),
        shifts=before(jnp.zeros_like(model.signal), model.shifts),
        test=None,
        correlations=correlations,
    )


def _relabelled(model: Model, slopes: Float[Array, " K"]) -> Model:
    """Inputs a_k x with labelling vectors w_k / a_k."""
    stretched = slopes.reshape(-1, *(1,) * model.signal.ndim)
    shares = slopes[0] / slopes - 1
    correlations = model.correlations
    if correlations is not None:
        # E of products of delta_k / a_k and of these with the signal, which is in all v_k.
        others = jnp.diag((1 / slopes).at[0].set(0.0)).at[:, 0].set(shares.at[0].set(1.0) / slopes[0])
        correlations = correlations.at[0, 0].set(0.0)
        correlations = jnp.einsum("ja,ab...,kb->jk...", others, correlations, others)
    return model._replace(
        covariances=model.covariances * stretched**2,
        shifts=model.shifts / stretched**2,
        signal=model.signal / slopes[0] ** 2,
        correlations=correlations,
        signal_shares=shares.at[0].set(1.0),
    )


def _with_own_noise(model: Model, noises: Float[Array, " K"]) -> Model:
    """One direction more, of multiplicity M, in which source k has the covariance b_k^2 d / M."""

    def longer(matrices: Matrix, last: Array | float = 0.0) -> Matrix:
        if model.is_diagonal:
            return jnp.pad(matrices, [(0, 0)] * (matrices.ndim - 1) + [(0, 1)]).at[..., -1].set(last)
        padded = jnp.pad(matrices, [(0, 0)] * (matrices.ndim - 2) + [(0, 1)] * 2)
        return padded.at[..., -1, -1].set(last)

    d = model.dimension
    counts = jnp.ones(model.covariances.shape[-1])
    counts = counts if model.multiplicities is None else model.multiplicities
    return model._replace(
        covariances=longer(model.covariances, noises * d / EXTRA),
        shifts=longer(model.shifts),
        signal=longer(model.signal),
        correlations=None if model.correlations is None else longer(model.correlations),
        multiplicities=jnp.append(counts, EXTRA),
        features=d,
    )
