"""The exact population risk of ridge regression trained on one draw."""

from itertools import accumulate

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
        zeta     = sum_k tr[M T_k Delta_k T_k^T],

    and where features see only part of x, the signal and the shift in the rest of it are noise too.
    """
    training = draw(key, plan, constants)
    maps, shrinkage = fit(training, plan, constants)
    D, test = training.decoder, constants.test_covariance
    metric = test if D is None else D.T @ _left(test, D)
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
    return jnp.stack([bias, variance, zeta])


def trained(key: Key[Array, ""], plan: Plan, constants: Constants) -> Float[Array, " 1"]:
    """(total,) for one draw of everything: features, signal, shifts and label noise; one model."""
    features_key, signal_key, *keys = jax.random.split(key, 2 + 2 * len(plan.rows))
    training = draw(features_key, plan, constants)
    w_true = _gaussian(signal_key, constants.signal)
    labels = []
    for k, X in enumerate(training.inputs):
        w = w_true if k == 0 else w_true + _gaussian(keys[2 * k], constants.shifts[k])
        noise = constants.noises[k]
        if training.seen is not None:
            noise += w @ _left(constants.covariances[k], w) - jnp.sum((w @ training.seen[k]) ** 2)
        normals = jax.random.normal(keys[2 * k + 1], X.shape[:1], plan.dtype)
        labels.append(X @ w + jnp.sqrt(jnp.maximum(noise, 0)) * normals)
    maps, _ = fit(training, plan, constants)
    v = sum(N @ y for N, y in zip(maps, labels, strict=True))
    error = (v if training.decoder is None else training.decoder @ v) - w_true
    return jnp.stack([error @ _left(constants.test_covariance, error) + constants.floor])


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


def _left(matrix: Array, other: Array) -> Array:
    """matrix @ other; a vector `matrix` is a diagonal."""
    if matrix.ndim == 2:
        return matrix @ other
    return matrix[:, None] * other if other.ndim == 2 else matrix * other


def _square(left: Array, M: Array, right: Array | None = None) -> Float[Array, ""]:
    """tr[left M right M^T], `right` = I if not given."""
    weighted = _left(left, M)
    if right is not None:
        weighted = weighted * right[None] if right.ndim == 1 else weighted @ right
    return jnp.sum(weighted * M)


def _gaussian(key: Key[Array, ""], covariance: Array) -> Float[Array, " d"]:
    """One draw of N(0, covariance)."""
    normals = jax.random.normal(key, covariance.shape[:1], covariance.dtype)
    if covariance.ndim == 1:
        return jnp.sqrt(covariance) * normals
    eigenvalues, basis = jnp.linalg.eigh(covariance)
    return basis @ (jnp.sqrt(jnp.maximum(eigenvalues, 0)) * normals)
