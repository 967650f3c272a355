"""One-pass SGD by enumeration: every batch there is, with its probability.

The three-point law below has the moments of a standard normal up to the fifth, and the second moment of
weights after a step needs no more than the fourth of the features: enumerating it is exact, and knows
nothing of Gaussian identities.
"""

from itertools import product

import numpy as np

POINTS, CHANCES = np.array([-np.sqrt(3), 0.0, np.sqrt(3)]), np.array([1, 4, 1]) / 6


def enumerated(problem, rates, probabilities, batch=1, start=None, S=None):
    """Bias, variance and zeta after 0, 1, ... steps, shape (steps + 1, 3)."""
    d, K = problem.dimension, len(problem.sources)
    S = np.eye(d) if S is None else np.asarray(S)
    v_0 = np.zeros(S.shape[1]) if start is None else np.asarray(start)
    test = problem.test_covariance
    test = matrix(problem.sources[0].covariance if test is None else test, d)
    to_error = np.hstack([S, -np.eye(d), np.zeros((d, d * (K - 1)))])
    rows = samples(problem, S)

    def risk(moment):
        return np.trace(test @ to_error @ moment @ to_error.T)

    risks = []
    for second_moment, noisy in beginnings(problem, v_0):
        now = second_moment
        path = [risk(now)]
        for rate, p in zip(rates, probabilities, strict=True):
            now = one_step(now, rows, float(rate), p, batch, problem, noisy)
            path.append(risk(now))
        risks.append(path)
    return np.array(risks).T


def beginnings(problem, v_0):
    """E[j j^T] of j = (v, w_1, ..., w_K) before the first step, and whether labels are noisy."""
    d, K, m = problem.dimension, len(problem.sources), len(v_0)
    if problem.moments is None:
        signal = matrix(problem.signal, d)
        shifts = [matrix(source.shift, d) for source in problem.sources]
        C = np.array([[signal + (shifts[j] if j == k else 0) for k in range(K)] for j in range(K)])
    else:
        moments = np.asarray(problem.moments)
        C = moments if moments.ndim == 4 else moments[..., None] * np.eye(d)
    signal = np.broadcast_to(C[0, 0], C.shape)
    for labels, begun, noisy in (
        (signal, v_0, False),
        (0 * C, 0 * v_0, True),
        (C - signal, 0 * v_0, False),
    ):
        joint = np.zeros((m + K * d, m + K * d))
        joint[:m, :m] = np.outer(begun, begun)
        joint[m:, m:] = labels.transpose(0, 2, 1, 3).reshape(K * d, K * d)
        yield joint, noisy


def samples(problem, S):
    """(source, chance given the source, map from j to z (x.w - y) without noise, z) of each sample."""
    d, K, m = *np.shape(S)[:1], len(problem.sources), S.shape[1]
    made = []
    for k, source in enumerate(problem.sources):
        root = np.linalg.cholesky(matrix(source.covariance, d))
        for index in product(range(3), repeat=d):
            x = root @ POINTS[list(index)]
            residual = np.zeros(m + K * d)
            residual[:m], residual[m + k * d : m + (k + 1) * d] = S.T @ x, -x
            made.append((k, np.prod(CHANCES[list(index)]), np.outer(S.T @ x, residual), S.T @ x))
    return made


def one_step(now, rows, rate, probabilities, batch, problem, noisy):
    """The second moment after a step: the mean over all batches."""
    size, m = len(now), len(rows[0][3])
    later = np.zeros_like(now)
    for members in product(rows, repeat=batch):
        chance = np.prod([probabilities[k] * given for k, given, _, _ in members])
        step, noise = np.eye(size), np.zeros((m, m))
        step[:m, :m] -= rate * float(problem.ridge) * np.eye(m)
        for k, _, pull, z in members:
            weight = float(problem.sources[k].weight) / batch
            step[:m] -= rate * weight * pull
            noise += (rate * weight) ** 2 * float(problem.sources[k].noise) * np.outer(z, z)
        later += chance * step @ now @ step.T
        later[:m, :m] += chance * noise * noisy
    return later


def matrix(array, d):
    array = np.asarray(array, dtype=float)
    return array if array.ndim == 2 else array * np.eye(d)
