"""A slow, obvious oracle of nonlinear random features: their equations as they stand, iterated.

Features z = a_k S^T x + b_k xi of source k, with all matrices dense.  Damped steps in place of Newton's,
the own noise b_k^2 beside the ridge, labels by their second moments C_jk = E w_j w_k^T, and quadratic
forms S^T C S + c I as pairs (C, c): no extra directions, no coordinates, nothing rearranged.
"""

from typing import NamedTuple

import numpy as np


class Features(NamedTuple):
    """Covariance of inputs, slope and own noise of the features."""

    covariance: np.ndarray
    slope: float
    noise: float


def relu(covariance):
    """ReLU: E phi(u) u = v / 2, Var phi(u) = v (1/2 - 1/(2 pi))."""
    v = np.trace(covariance) / len(covariance)
    return Features(covariance, 0.5, v * (0.25 - 1 / (2 * np.pi)))


def risk(sources, test, *, n_k, weights, noises, C, ridge, width):
    """E |v.z - x.w_1|^2 on the test features: `sources` and `test` are `Features`, C is (K, K, d, d)."""
    n, K, d = sum(n_k), len(sources), len(test.covariance)
    p = np.array(n_k) / n
    e, nu = np.array(weights, float), 1.0
    for _ in range(200_000):
        A = sum(p[k] * e[k] * s.slope**2 * s.covariance for k, s in enumerate(sources))
        G = np.linalg.inv(A + nu * np.eye(d))
        traces = [s.slope**2 * np.trace(s.covariance @ G) + s.noise * d / nu for s in sources]
        e_next = np.array([w / (1 + w / n * t) for w, t in zip(weights, traces, strict=True)])
        whole = ridge + sum(p[k] * e[k] * s.noise for k, s in enumerate(sources))
        nu_next = whole * d / width + nu / width * np.trace(A @ G)
        change = max(np.abs(e_next / e - 1).max(), abs(nu_next / nu - 1))
        e, nu = (e + e_next) / 2, (nu + nu_next) / 2
        if change < 1e-14:
            break
    assert change < 1e-13, change
    nd = d / (width - np.trace(A @ G) + nu * np.trace(A @ G @ G))
    spill = nu**2 / (width - np.trace(A @ G @ A @ G))

    def sandwich(B):
        return G @ (B + spill * np.trace(B @ G @ G) * np.eye(d)) @ G

    def pair(one, other):
        (M, c), (B, b) = one, other
        crossed = (c * np.trace(B @ G @ G) + b * np.trace(M @ G @ G)) * nd
        return np.trace(M @ sandwich(B)) + crossed + c * b * d * nd / nu**2

    forms = [(s.slope**2 * s.covariance, s.noise) for s in (*sources, test)]
    P = [p[k] * e[k] * s.slope * s.covariance for k, s in enumerate(sources)]
    Q = sum(P[i] @ C[i, j] @ P[j] for i in range(K) for j in range(K))

    def misfit(listener, form, target):
        Sigma, a = listener.covariance, listener.slope
        overlap = sum(np.trace(Sigma @ G @ P[j] @ C[j, target]) for j in range(K))
        return pair(form, (Q, 0.0)) - 2 * a * overlap + np.trace(Sigma @ C[target, target])

    b = [misfit(s, forms[k], k) for k, s in enumerate(sources)]
    T = np.array([[p[j] * e[j] ** 2 / n * pair(form, forms[j]) for j in range(K)] for form in forms])
    E = np.linalg.solve(np.eye(K) - T[:K], np.array(noises) + b)
    return misfit(test, forms[-1], 0) + T[K] @ E
