"""What training makes of its labels: the linear map from labels to weights, for one draw of the data."""

from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from simulations.training import Constants, Training
from simulations.whiten import whiten


class Response(NamedTuple):
    """Trained weights v_hat = sum_k N_k (X_k w_k + noise), in the coordinates of features z.

    Wide projections (m >= d) are in the coordinates of x, like the classical model, where S counts
    only through the penalty lambda w^T (S S^T)^-1 w: there T_k = N_k X_k is d x d.
    """

    gains: Float[Array, " K"]  # tr[M N_k N_k^T], M the test covariance of the coordinates
    shifts: list[Float[Array, "q d"]]  # T_k of the synthetic sources
    fit: Float[Array, "q d"]  # sum_k T_k; in the coordinates of x sum_k T_k - I


def metric(training: Training, constants: Constants) -> Float[Array, " *matrix"]:
    """The test covariance in the coordinates of a `Response`."""
    S, test = training.narrow, constants.test_covariance
    return test if S is None else S.T @ times(test, S)


def respond(
    training: Training, constants: Constants, primal: bool
) -> Callable[[Float[Array, ""]], Response]:
    """The response of the minimiser, as a function of the ridge lambda, of

        sum_k (alpha_k / n) |Z_k v - y_k|^2 + lambda |v|^2,

    by the normal equations (primal) or, with fewer samples than features, in sample space (dual),
    where lambda = 0 gives the minimum-norm interpolator.
    """
    return (_primal if primal else _dual)(training, constants)


def _primal(training: Training, constants: Constants) -> Callable[[Float[Array, ""]], Response]:
    S, M = training.narrow, metric(training, constants)
    loss = constants.weights / constants.counts.sum()
    Z = training.inputs if S is None else training.features
    grams = [a * Zk.T @ Zk for a, Zk in zip(loss, Z, strict=True)]
    moments = grams if S is None else _moments(training, loss)
    q = len(grams[0])
    penalty = jnp.eye(q, dtype=M.dtype)
    unused = 0.0 if S is None else jnp.diag(jnp.all(S == 0, axis=0).astype(M.dtype))
    if S is None and training.decoder is not None:
        triangle = whiten(training.decoder @ training.decoder.T)
        penalty = triangle.T @ triangle

    def fit(R: Float[Array, "q q"], ridge: Float[Array, ""]) -> Float[Array, "q d"]:
        if S is not None:
            return R @ sum(moments[1:], moments[0])
        # Without the cancellation of sum_k T_k - I.
        return -ridge * (R if training.decoder is None else R @ penalty)

    def response(ridge: Float[Array, ""]) -> Response:
        triangle = whiten(sum(grams) + ridge * penalty + unused)
        R = triangle.T @ triangle
        doubled = R @ times(M, R)
        return Response(
            gains=loss * jnp.stack([jnp.sum(doubled * gram) for gram in grams]),
            shifts=[R @ moment for moment in moments[1:]],
            fit=fit(R, ridge),
        )

    return response


def _moments(training: Training, loss: Float[Array, " K"]) -> list[Float[Array, "q d"]]:
    """(alpha_k / n) Z_k^T X_k."""
    pairs = zip(loss, training.features, training.inputs, strict=True)
    found = [a * Z.T @ X for a, Z, X in pairs]
    if training.seen is None:
        return found
    return [product @ W.T for product, W in zip(found, training.seen, strict=True)]


def _dual(training: Training, constants: Constants) -> Callable[[Float[Array, ""]], Response]:
    S, M = training.narrow, metric(training, constants)
    scales = jnp.sqrt(constants.weights / constants.counts.sum())
    Z = jnp.concatenate([s * Zk for s, Zk in zip(scales, training.features, strict=True)])
    decoded = Z.T if S is not None or training.decoder is None else training.decoder @ Z.T
    padding = jnp.all(Z == 0, axis=1)
    rows = list(accumulate(len(Zk) for Zk in training.features))[:-1]

    def response(ridge: Float[Array, ""]) -> Response:
        triangle = whiten(Z @ Z.T + jnp.diag(ridge + padding))
        N = (decoded @ triangle.T) @ triangle
        parts = [s * Nk for s, Nk in zip(scales, jnp.split(N, rows, axis=1), strict=True)]
        T = [Nk @ X for Nk, X in zip(parts, training.inputs, strict=True)]
        if training.seen is not None:
            T = [Tk @ W.T for Tk, W in zip(T, training.seen, strict=True)]
        whole = sum(T[1:], T[0])
        return Response(
            gains=jnp.stack([jnp.sum(times(M, Nk) * Nk) for Nk in parts]),
            shifts=T[1:],
            fit=whole if S is not None else whole - jnp.eye(len(whole), dtype=whole.dtype),
        )

    return response


def times(matrix: Array, other: Array) -> Array:
    """matrix @ other; a vector `matrix` is a diagonal."""
    if matrix.ndim == 2:
        return matrix @ other
    return matrix[:, None] * other if other.ndim == 2 else matrix * other
