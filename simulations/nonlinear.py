"""Nonlinear random features, trained as they are: z = phi(S^T x) less the mean of each feature.

The mean is that over x given S, of each source by itself, and of the test set: what an intercept for
each of them takes off.  The limit E phi(sqrt(tr Sigma / d) g) in its place differs by O(1 / sqrt(d)) a
feature, one direction of length O(1) among m, and has the same limit.  Rows are drawn one by one, as no
Gram matrix of nonlinear features has a known law; the test set is integrated exactly (`kernel`).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from collapse_theory.activation import Activation
from collapse_theory.equivalent.algebra import Matrix, product, trace
from collapse_theory.equivalent.whiten import whiten
from simulations.draw import Constants
from simulations.kernel import Kernel, kernel, means
from simulations.measure import Measured, labelling_vectors
from simulations.normal import normals
from simulations.rank import cancellation, decompose, inflation


class NonlinearPlan(NamedTuple):
    """What is fixed before compilation."""

    counts: tuple[int, ...]  # n_k
    width: int
    activation: Activation
    dtype: Any


class Training(NamedTuple):
    """One draw: weights are v = sum_k N_k sqrt(alpha_k / n) y_k, with y_k = X_k w_k + noise."""

    maps: list[Float[Array, "m n_k"]]  # N_k
    inputs: list[Float[Array, "n_k d"]]  # sqrt(alpha_k / n) X_k
    rounding: Float[Array, ""]


class Rows(NamedTuple):
    """The data of one draw, times sqrt(alpha_k / n)."""

    inputs: list[Float[Array, "n_k d"]]
    features: Float[Array, "n m"]  # of all sources

    def train(self, ridge: Float[Array, ""], rank_revealing: bool) -> Training:
        """Ridge regression of all labels there can be."""
        Z = self.features
        n, m = Z.shape
        rounding = jnp.ones_like(ridge)
        if rank_revealing:
            U, _, V = decomposition = decompose(Z, n)
            N = (V * decomposition.gains(ridge)[None]) @ U.T
        else:
            gram = Z @ Z.T if n < m else Z.T @ Z
            gram += ridge * jnp.eye(min(n, m), dtype=Z.dtype)
            triangle = whiten(gram)
            N = Z.T @ triangle.T @ triangle if n < m else triangle.T @ (triangle @ Z.T)
            rounding = inflation(gram, triangle)
        ends = np.cumsum([len(X) for X in self.inputs])[:-1]
        return Training(jnp.split(N, ends, axis=1), self.inputs, rounding)


def averaged_nonlinear(
    key: Key[Array, ""], plan: NonlinearPlan, constants: Constants, rank_revealing: bool = False
) -> Measured:
    """(bias, variance, zeta, bound) given the features, averaged over signal, shifts and label noise.

    v = sum_j T_j v_j + noise with T_0 = N X of all rows and v_0 = w_1, T_k = N_k X_k and v_k = delta_k.
    With M = E z z^T and C = E z x^T over the test set, a second moment of v_j and v_k adds to the risk

        tr[E v_k v_j^T (T_j^T M T_k - [j = 0] C^T T_k - [k = 0] T_j^T C + [j = k = 0] Sigma_test)].

    `bound`: of how much the risk errs by what M leaves out.
    """
    rows, seen = _draw(key, plan, constants)

    def risk(ridge: Float[Array, ""]) -> tuple[Float[Array, " parts"], Float[Array, ""]]:
        fit = rows.train(ridge, rank_revealing)
        each = [N @ X for N, X in zip(fit.maps, fit.inputs, strict=True)]
        T = [sum(each[1:], each[0]), *each[1:]]
        form = _Form(T, seen, constants)
        moments = _moments(constants)
        bias = form.of(0, 0, constants.signal)
        zeta = sum((form.of(j, k, moment) for (j, k), moment in moments.items()), 0 * bias)
        scales = constants.weights / constants.counts.sum() * constants.noises
        gains = jnp.stack([jnp.sum((seen.second @ N) * N) for N in fit.maps])
        signals = jnp.sum(product(T[0], constants.signal) * T[0], axis=1)
        shifts = [jnp.sum(product(T[k], D) * T[k], axis=1) for (k, l), D in moments.items() if k == l]
        squares = [s * jnp.sum(N**2, axis=1) for s, N in zip(scales, fit.maps, strict=True)]
        # E |v_i v_j| is at most the product of the roots of E v_i^2.
        size = jnp.sqrt(sum([*shifts, *squares], signals))
        crossed = 1.0 if constants.correlations is None else float(len(T))
        bound = crossed * size @ (seen.left_out @ size)
        parts = jnp.stack([bias, jnp.sum(scales * gains), zeta, bound])
        terms = cancellation(trace(constants.test_covariance, constants.signal), jnp.sum(parts[:3]))
        return parts, jnp.maximum(fit.rounding, terms)

    risks, rounding = jax.lax.map(risk, constants.ridges)
    return risks.T, rounding


def trained_nonlinear(
    key: Key[Array, ""], plan: NonlinearPlan, constants: Constants, rank_revealing: bool = False
) -> Measured:
    """(total, bound) for one draw of everything: features, signal, shifts and label noise; one model."""
    features_key, vectors_key, *keys = jax.random.split(key, 2 + len(plan.counts))
    rows, seen = _draw(features_key, plan, constants)
    vectors = labelling_vectors(vectors_key, constants)
    scales = jnp.sqrt(constants.weights / constants.counts.sum() * constants.noises)
    labels = [
        X @ w + scale * jax.random.normal(label_key, X.shape[:1], plan.dtype)
        for X, w, scale, label_key in zip(rows.inputs, vectors, scales, keys, strict=True)
    ]
    w = vectors[0]
    truth = w @ product(constants.test_covariance, w[:, None])[:, 0]

    def risk(ridge: Float[Array, ""]) -> tuple[Float[Array, " 2"], Float[Array, ""]]:
        fit = rows.train(ridge, rank_revealing)
        weights = [N @ y for N, y in zip(fit.maps, labels, strict=True)]
        v = sum(weights[1:], weights[0])
        total = v @ (seen.second @ v) - 2 * v @ (seen.cross @ w) + truth
        bound = jnp.abs(v) @ (seen.left_out @ jnp.abs(v))
        return jnp.stack([total, bound]), jnp.maximum(fit.rounding, cancellation(truth, total))

    risks, rounding = jax.lax.map(risk, constants.ridges)
    return risks.T, rounding


def _draw(key: Key[Array, ""], plan: NonlinearPlan, constants: Constants) -> tuple[Rows, Kernel]:
    """S and all rows, and what the test set sees of the features of S."""
    projection_key, rows_key = jax.random.split(key)
    d, activation = constants.covariances.shape[-1], plan.activation
    S = normals(projection_key, (d, plan.width), plan.dtype) * jnp.sqrt(constants.scale)
    inputs, features = [], []
    scales = jnp.sqrt(constants.weights / constants.counts.sum())
    for k, (n, root) in enumerate(zip(plan.counts, constants.roots, strict=True)):
        X = product(normals(jax.random.fold_in(rows_key, k), (n, d), plan.dtype), root.T)
        raw = activation(X @ S)
        features.append(scales[k] * (raw - means(activation, S, constants.covariances[k])[None]))
        inputs.append(scales[k] * X)
    return Rows(inputs, jnp.concatenate(features)), kernel(activation, S, constants.test_covariance)


class _Form(NamedTuple):
    """The quadratic form of errors on the test set."""

    T: list[Float[Array, "m d"]]
    seen: Kernel
    constants: Constants

    def of(self, j: int, k: int, moment: Matrix) -> Float[Array, ""]:
        """What a second moment E v_j v_k^T adds to the risk."""
        left, right = self.T[j], self.T[k]
        form = product(left, moment)  # T_j E v_j v_k^T, to be traced with M T_k
        total = jnp.sum(form * (self.seen.second @ right))
        if j == 0:
            total -= jnp.sum(product(self.seen.cross, moment) * right)
        if k == 0:
            total -= jnp.sum(form * self.seen.cross)
        if j == k == 0:
            total += trace(self.constants.test_covariance, moment)
        return total


def _moments(constants: Constants) -> dict[tuple[int, int], Matrix]:
    """E v_j v_k^T of all that makes zeta."""
    sources = range(len(constants.shifts))
    if constants.correlations is None:
        return {(k, k): constants.shifts[k] for k in sources[1:]}
    return {(j, k): constants.correlations[j, k] for j in sources for k in sources if j or k}


def bytes_per_draw(plan: NonlinearPlan, constants: Constants) -> float:
    """A count of the arrays alive at once: features and maps, kernels, values at the nodes."""
    n, m, d = sum(plan.counts), plan.width, constants.covariances.shape[-1]
    numbers = 4 * n * m + 2 * n * d + 8 * m * m + 2 * 1000 * m + 4 * m * d + 4 * min(n, m) ** 2
    return float(numbers * plan.dtype.itemsize)
