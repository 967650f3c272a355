"""A slow, obvious oracle for one draw: the risk given the rows, in 50 digits by the normal equations."""

import jax
import mpmath as mp
import numpy as np

from simulations.draw import draw
from simulations.plan import plan_simulation

compiled = jax.jit(draw, static_argnums=(1, 3))  # op by op it takes longer than all the digits


def matrix(values):
    """A matrix of mpmath; a vector is its diagonal."""
    values = np.asarray(values)
    return mp.matrix((np.diag(values) if values.ndim == 1 else values).tolist())


def trace(product):
    return mp.fsum(product[i, i] for i in range(product.rows))


@mp.workdps(50)
def risk(problem, ridge, seed, key=0, features="gaussian"):
    """[bias, variance, zeta] of seed `seed` of `simulate(problem, key=key)`, given its features."""
    plan, constants = plan_simulation(problem, features, np.dtype(float), [ridge])
    rows = compiled(jax.random.fold_in(jax.random.key(key), seed), plan, constants, True)
    test, signal = matrix(constants.test_covariance), matrix(constants.signal)
    S = mp.eye(test.rows) if rows.S is None else matrix(rows.S)
    S = S[:, : min(S.cols, int(problem.width))] if plan.columns else S  # without padding
    hidden = [mp.zeros(test.rows)] * len(problem.sources)
    X, Z = [], []
    for k, inputs in enumerate(rows.inputs):
        x = matrix(inputs)
        if rows.means is None:
            z = x * S
        else:
            # x given z = L f: its mean W f, and the covariance of what z does not tell.
            factors = x[:, : S.cols]
            covariance = matrix(constants.covariances[k])
            L = mp.cholesky(S.T * covariance * S)
            W = covariance * S * mp.inverse(L).T
            x, z, hidden[k] = factors * W.T, factors * L.T, covariance - W * W.T
        X.append(x)
        Z.append(z)
    n = mp.mpf(float(constants.counts.sum()))
    loss = [mp.mpf(float(weight)) / n for weight in constants.weights]
    A = mp.mpf(ridge) * mp.eye(S.cols)
    for a, z in zip(loss, Z, strict=True):
        A += a * z.T * z
    R = mp.inverse(A)
    N = [a * S * R * z.T for a, z in zip(loss, Z, strict=True)]
    T = [Nk * x for Nk, x in zip(N, X, strict=True)]
    error = sum(T[1:], T[0]) - mp.eye(test.rows)
    gains = [trace(test * Nk * Nk.T) for Nk in N]
    bias = trace(test * error * signal * error.T)
    bias += mp.fsum(g * trace(signal * rest) for g, rest in zip(gains, hidden, strict=True))
    noises = [mp.mpf(float(noise)) for noise in constants.noises]
    variance = mp.fsum(noise * g for noise, g in zip(noises, gains, strict=True))
    shifts = [matrix(shift) for shift in constants.shifts]
    zeta = mp.fsum(
        trace(test * T[k] * shifts[k] * T[k].T) + gains[k] * trace(shifts[k] * hidden[k])
        for k in range(1, len(T))
    )
    return [float(part) for part in (bias + float(constants.floor), variance, zeta)]
