"""The exact population risk of ridge regression trained on one draw."""

from itertools import accumulate, permutations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from simulations.training import Constants, Plan, Training, draw


def averaged(key: Key[Array, ""], plan: Plan, constants: Constants) -> Float[Array, " 3"]:
    """(bias, variance, zeta) given the features, averaged over signal, shifts and label noise.

    Trained weights are linear in the labels, w_hat = D sum_k N_k y_k with D the decoder (S or I), so
    the average is a sum of traces: with T_k = N_k X_k and M = D^T Sigma_test D,

        bias     = tr[Sigma_test (D sum_k T_k - I) Gamma (D sum_k T_k - I)^T],
        variance = sum_k sigma_k^2 tr[M N_k N_k^T],
        zeta     = sum_k tr[M T_k Delta_k T_k^T]  (and cross terms where shifts are correlated),

    and where features see only part of x, the signal and the shift in the rest of it are noise too.
    """
    training = draw(key, plan, constants)
    maps, shrinkage = fit(training, plan, constants)
    D, test = training.decoder, constants.test_covariance
    metric = test if D is None else D.T @ times(test, D)
    gains = [_square(metric, N) for N in maps]
    variance = sum(noise * gain for noise, gain in zip(constants.noises, gains, strict=True))

    def unseen(k: int, second_moment: Array) -> Float[Array, ""]:
        """The noise that a signal or shift makes in the labels of source k where z is blind."""
        if training.seen is None:
            return jnp.zeros((), plan.dtype)
        whole = jnp.sum(second_moment * constants.covariances[k])
        return gains[k] * (whole - _square(second_moment, training.seen[k]))

    responses = [N @ X for N, X in zip(maps, training.inputs, strict=True)]
    error = -shrinkage if D is None else D @ sum(responses) - jnp.eye(D.shape[0], dtype=plan.dtype)
    bias = _square(test, error, constants.signal) + constants.floor
    zeta = jnp.zeros((), plan.dtype)
    for k, (response, shift) in enumerate(zip(responses, constants.shifts, strict=True)):
        bias += unseen(k, constants.signal)
        if k > 0:  # source 0 is real: it has no shift
            zeta += _square(metric, response, shift) + unseen(k, shift)
    if constants.correlations is not None:
        crossed = [error, *(response if D is None else D @ response for response in responses[1:])]
        for j, k in permutations(range(len(crossed)), 2):
            cross = constants.correlations[j, k]
            zeta += jnp.sum(times(test, crossed[j]) * _right(crossed[k], cross.T))
            if j == 0:
                zeta += 2 * unseen(k, cross)
    return jnp.stack([bias, variance, zeta])


def trained(key: Key[Array, ""], plan: Plan, constants: Constants) -> Float[Array, " 1"]:
    """(total,) for one draw of everything: features, signal, shifts and label noise; one model."""
    features_key, vectors_key, *keys = jax.random.split(key, 2 + len(plan.rows))
    training = draw(features_key, plan, constants)
    vectors = labelling_vectors(vectors_key, constants)
    labels = []
    for k, (X, w) in enumerate(zip(training.inputs, vectors, strict=True)):
        noise = constants.noises[k]
        if training.seen is not None:
            noise += w @ times(constants.covariances[k], w) - jnp.sum((w @ training.seen[k]) ** 2)
        normals = jax.random.normal(keys[k], X.shape[:1], plan.dtype)
        labels.append(X @ w + jnp.sqrt(jnp.maximum(noise, 0)) * normals)
    maps, _ = fit(training, plan, constants)
    v = sum(N @ y for N, y in zip(maps, labels, strict=True))
    error = (v if training.decoder is None else training.decoder @ v) - vectors[0]
    return jnp.stack([error @ times(constants.test_covariance, error) + constants.floor])


def fit(
    training: Training, plan: Plan, constants: Constants
) -> tuple[list[Float[Array, "q rows"]], Float[Array, "q q"]]:
    """Maps N_k from labels to trained weights, v_hat = sum_k N_k y_k, and I - sum_k N_k Z_k.

        minimise  sum_k (alpha_k / n) |Z_k v - y_k|^2 + lambda |v|^2

    in feature space (primal, a q x q system) or, with fewer samples than features, in sample space
    (dual), where lambda = 0 gives the minimum-norm interpolator.
    """
    scales = jnp.sqrt(constants.weights / constants.counts.sum())
    Z = jnp.concatenate([s * Zk for s, Zk in zip(scales, training.features, strict=True)])
    eye = jnp.eye(Z.shape[1], dtype=plan.dtype)
    if plan.primal:
        factor = jax.scipy.linalg.cho_factor(Z.T @ Z + constants.ridge * eye)
        solved = jax.scipy.linalg.cho_solve(factor, jnp.concatenate([Z.T, eye], axis=1))
        N, shrinkage = solved[:, : len(Z)], constants.ridge * solved[:, len(Z) :]
    else:
        padding = jnp.all(Z == 0, axis=1)
        K = Z @ Z.T + jnp.diag(constants.ridge + padding)
        N = jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(K), Z).T
        shrinkage = eye - N @ Z
    parts = jnp.split(N, list(accumulate(plan.rows))[:-1], axis=1)
    return [s * Nk for s, Nk in zip(scales, parts, strict=True)], shrinkage


def times(matrix: Array, other: Array) -> Array:
    """matrix @ other; a vector `matrix` is a diagonal."""
    if matrix.ndim == 2:
        return matrix @ other
    return matrix[:, None] * other if other.ndim == 2 else matrix * other


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
