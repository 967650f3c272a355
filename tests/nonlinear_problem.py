"""A problem of nonlinear random features that several files of tests ask about."""

import jax
import numpy as np

import collapse_theory as ct

D = 12
RNG = np.random.default_rng(4)
BASES = [np.linalg.qr(RNG.normal(size=(D, D)))[0] for _ in range(6)]
EIGENVALUES = RNG.uniform(0.2, 2, (6, D)) * np.array([1, 1.8, 1.4, 0.2, 0.1, 0.1])[:, None]


def problem(*, width=9.0, ridge=0.05, n=30.0, dense=False, test=True, activation=jax.nn.relu, **fixed):
    """Two sources of other covariances, weights and noises; everything commutes unless `dense`."""
    first, second, test_covariance, signal, shift, _ = (
        (Q * s) @ Q.T if dense else s for Q, s in zip(BASES, EIGENVALUES, strict=True)
    )
    sources = (ct.Source(0.6 * n, first, 0.1), ct.Source(0.4 * n, second, 0.3, shift, 0.7))
    settings = {"test_covariance": test_covariance if test else None, "activation": activation}
    return ct.Problem(sources, **({"signal": signal, "ridge": ridge, "width": width} | settings | fixed))
