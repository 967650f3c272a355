"""The exact population risk of ridge regression trained on one draw."""

from collections.abc import Callable
from itertools import permutations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from simulations.response import Response, metric, respond, times
from simulations.training import Constants, Plan, Training, draw
from simulations.whiten import whiten


def averaged(key: Key[Array, ""], plan: Plan, constants: Constants) -> Float[Array, "3 R"]:
    """(bias, variance, zeta) given the features, averaged over signal, shifts and label noise.

    Trained weights are linear in the labels, w_hat = D sum_k N_k y_k with D the decoder (S or I), so
    the average is a sum of traces: with T_k = N_k X_k and M = D^T Sigma_test D,

        bias     = tr[Sigma_test (D sum_k T_k - I) Gamma (D sum_k T_k - I)^T],
        variance = sum_k sigma_k^2 tr[M N_k N_k^T],
        zeta     = sum_k tr[M T_k Delta_k T_k^T]  (and cross terms where shifts are correlated),

    and where features see only part of x, the signal and the shift in the rest of it are noise too.
    """
    training = draw(key, plan, constants)
    response = respond(training, constants, plan.primal)
    # One after another: the program, and its memory, do not grow with the number of ridges.
    return jax.lax.map(lambda ridge: _risk(response(ridge), training, constants), constants.ridges).T


def _risk(response: Response, training: Training, constants: Constants) -> Float[Array, " 3"]:
    """The traces of `averaged`."""
    M = metric(training, constants)
    unseen = _unseen(training, constants, response.gains)
    bias = _bias(response, training, constants) + constants.floor
    bias += sum(unseen(k, constants.signal) for k in range(len(constants.noises)))
    variance = jnp.sum(constants.noises * response.gains)
    zeta = jnp.zeros_like(bias)
    for k, (T, shift) in enumerate(zip(response.shifts, constants.shifts[1:], strict=True), start=1):
        zeta += _square(M, T, shift) + unseen(k, shift)
    if constants.correlations is not None:
        zeta += _crossed(response, training, constants, unseen)
    return jnp.stack([bias, variance, zeta])


def _bias(response: Response, training: Training, constants: Constants) -> Float[Array, ""]:
    """tr[Sigma_test E Gamma E^T] of the error E = D sum_k T_k - I."""
    test, signal = constants.test_covariance, constants.signal
    S, T = training.narrow, response.fit
    if S is None:
        return _square(test, T, signal)
    # Multiplied out: S T - I is d x d, and its square far above rounding.
    truth = jnp.sum(test * signal)
    overlap = jnp.sum(times(test, S) * _right(T, signal).T)
    return truth - 2 * overlap + _square(metric(training, constants), T, signal)


def _unseen(
    training: Training, constants: Constants, gains: Float[Array, " K"]
) -> Callable[[int, Array], Float[Array, ""]]:
    """The risk of source k from a signal or shift where z is blind: it is noise in its labels."""

    def unseen(k: int, second_moment: Array) -> Float[Array, ""]:
        if training.seen is None:
            return jnp.zeros_like(gains[k])
        whole = jnp.sum(second_moment * constants.covariances[k])
        return gains[k] * (whole - _square(second_moment, training.seen[k]))

    return unseen


def _crossed(
    response: Response,
    training: Training,
    constants: Constants,
    unseen: Callable[[int, Array], Float[Array, ""]],
) -> Float[Array, ""]:
    """What correlations of the labelling vectors add to zeta."""
    assert constants.correlations is not None
    S, error, shifts = training.narrow, response.fit, response.shifts
    if S is not None:
        error, shifts = S @ error - jnp.eye(len(S), dtype=S.dtype), [S @ T for T in shifts]
    terms = [error, *shifts]
    total = jnp.zeros_like(constants.floor)
    for j, k in permutations(range(len(terms)), 2):
        cross = constants.correlations[j, k]
        total += jnp.sum(times(constants.test_covariance, terms[j]) * _right(terms[k], cross.T))
        if j == 0:
            total += 2 * unseen(k, cross)
    return total


def trained(key: Key[Array, ""], plan: Plan, constants: Constants) -> Float[Array, "1 R"]:
    """(total,) for one draw of everything: features, signal, shifts and label noise; one model."""
    features_key, vectors_key, *keys = jax.random.split(key, 2 + len(plan.rows))
    training = draw(features_key, plan, constants)
    vectors = labelling_vectors(vectors_key, constants)
    labels = []
    for k, (X, w) in enumerate(zip(training.inputs, vectors, strict=True)):
        noise, clean = constants.noises[k], w
        if training.seen is not None:
            clean = training.seen[k].T @ w
            noise += w @ times(constants.covariances[k], w) - jnp.sum(clean**2)
        normals = jax.random.normal(keys[k], X.shape[:1], plan.dtype)
        labels.append(X @ clean + jnp.sqrt(jnp.maximum(noise, 0)) * normals)
    scales = jnp.sqrt(constants.weights / constants.counts.sum())
    Z = jnp.concatenate([s * Zk for s, Zk in zip(scales, training.features, strict=True)])
    y = jnp.concatenate([s * yk for s, yk in zip(scales, labels, strict=True)])

    def risk(ridge: Float[Array, ""]) -> Float[Array, ""]:
        v = _minimiser(Z, y, ridge, plan.primal)
        error = (v if training.decoder is None else training.decoder @ v) - vectors[0]
        return error @ times(constants.test_covariance, error) + constants.floor

    return jax.lax.map(risk, constants.ridges)[None]


def _minimiser(
    Z: Float[Array, "rows q"], y: Float[Array, " rows"], ridge: Float[Array, ""], primal: bool
) -> Float[Array, " q"]:
    """argmin |Z v - y|^2 + ridge |v|^2; of minimum norm without a ridge (dual)."""
    if primal:
        padding = jnp.all(Z == 0, axis=0)
        triangle = whiten(Z.T @ Z + jnp.diag(ridge + padding))
        return triangle.T @ (triangle @ (Z.T @ y))
    padding = jnp.all(Z == 0, axis=1)
    triangle = whiten(Z @ Z.T + jnp.diag(ridge + padding))
    return Z.T @ (triangle.T @ (triangle @ y))


def _right(matrix: Array, other: Array) -> Array:
    """matrix @ other; a vector `other` is a diagonal."""
    return matrix * other[None] if other.ndim == 1 else matrix @ other


def _square(left: Array, M: Array, right: Array | None = None) -> Float[Array, ""]:
    """tr[left M right M^T], `right` = I if not given."""
    weighted = times(left, M)
    if right is not None:
        weighted = _right(weighted, right)
    return jnp.sum(weighted * M)


def labelling_vectors(key: Key[Array, ""], constants: Constants) -> list[Float[Array, " d"]]:
    """One draw of w_1 and of every w_k = w_1 + delta_k."""
    K, d = len(constants.shifts), constants.shifts.shape[-1]
    if constants.correlations is None:
        keys = jax.random.split(key, K)
        moments = [constants.signal, *constants.shifts[1:]]
        drawn = [_gaussian(own, moment) for own, moment in zip(keys, moments, strict=True)]
    elif constants.correlations.ndim == 3:  # coordinates are independent of each other
        keys = jax.random.split(key, d)
        drawn = list(jax.vmap(_gaussian)(keys, constants.correlations.transpose(2, 0, 1)).T)
    else:
        joint = constants.correlations.transpose(0, 2, 1, 3).reshape(K * d, K * d)
        drawn = list(_gaussian(key, joint).reshape(K, d))
    return [drawn[0], *(drawn[0] + shift for shift in drawn[1:])]


def _gaussian(key: Key[Array, ""], covariance: Array) -> Float[Array, " d"]:
    """One draw of N(0, covariance)."""
    normals = jax.random.normal(key, covariance.shape[:1], covariance.dtype)
    if covariance.ndim == 1:
        return jnp.sqrt(covariance) * normals
    eigenvalues, basis = jnp.linalg.eigh(covariance)
    return basis @ (jnp.sqrt(jnp.maximum(eigenvalues, 0)) * normals)
