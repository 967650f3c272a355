"""The second moments of weights that stochastic gradients move, step by step: exact at any dimension.

Gaussian features close the recursion.  With e = w - w_1, v_0 = w_1, v_k = delta_(k+1) (as in `Moments`),
u_k = e - v_k for the sources after the first and u_0 = e, a sample of source k has the gradient
alpha_k x (x.u_k - eps), and by Isserlis' theorem

    E[x x^T U x x^T] = 2 Sigma U Sigma + Sigma tr(Sigma U),        U symmetric:

E[e e^T] and E[v_j e^T] of one step follow from those of the step before.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent import Model
from collapse_theory.equivalent.algebra import Matrix, product


class Cause(NamedTuple):
    """What one part of the risk comes from; one more axis, the first, where there are several."""

    fixed: Float[Array, "K K *matrix"]  # E[v_i v_j^T]
    start: Float[Array, " *matrix"]  # w_0 w_0^T
    noises: Float[Array, " K"]


class Moments(NamedTuple):
    """What one step hands on to the next."""

    error: Float[Array, " *matrix"]  # E[e e^T]
    crossed: Float[Array, "K *matrix"]  # E[v_j e^T]


class Dynamics(NamedTuple):
    """The arrays of the problem that every step needs; P = S S^T, the identity without a projection."""

    model: Model
    pulls: Float[Array, "K *matrix"]  # P Sigma_k
    spreads: Float[Array, "K *matrix"]  # P Sigma_k P
    batch: Float[Array, ""]

    @classmethod
    def of(cls, model: Model, batch: Float[Array, ""], P: Matrix | None) -> "Dynamics":
        """P is dense, and so are the model's matrices where there is one."""
        if P is None:
            return cls(model, model.covariances, model.covariances, batch)
        pulls = jax.vmap(lambda Sigma: P @ Sigma)(model.covariances)
        return cls(model, pulls, pulls @ P, batch)

    def step(
        self,
        cause: Cause,
        before: Moments,
        learning_rate: Float[Array, ""],
        probabilities: Float[Array, " K"],
    ) -> Moments:
        """The moments after one step, averaged over its samples.

        The step is e <- f - g mean(G_i), f = (1 - g lambda) e - g lambda w_1, and the gradients G_i of
        a batch are independent given e and the labelling vectors, with mean m: the mean of B of them
        has the second moment (1 - 1/B) E[m m^T] + E[G G^T] / B.
        """
        (A, X), Q = before, cause.fixed
        shares = probabilities * self.model.weights
        pulls = _scaled(shares, self.pulls)
        H = pulls.sum(axis=0)
        forces = pulls.at[0].set(0.0)  # m = H e - sum_k forces_k v_k: source 1 pulls to e = 0
        m_error = product(H, A) - _sum_of_products(forces, X)  # E[m e^T]
        m_fixed = jax.vmap(  # E[m v_j^T]
            lambda X_j, Q_j: product(H, X_j.T) - _sum_of_products(forces, Q_j)
        )(X, Q.swapaxes(0, 1))
        m_m = product(m_error, H.T) - _sum_of_products(m_fixed, _transposed(forces))

        decay = learning_rate * self.model.ridge
        keep = 1 - decay
        f_f = keep**2 * A - keep * decay * (X[0] + X[0].T) + decay**2 * Q[0, 0]
        m_f = keep * m_error - decay * m_fixed[0]
        squares = (1 - 1 / self.batch) * m_m + self._gradients(cause, before, probabilities) / self.batch
        error = f_f - learning_rate * (m_f + m_f.T) + learning_rate**2 * squares
        crossed = keep * X - decay * Q[:, 0] - learning_rate * _transposed(m_fixed)
        return Moments(error, crossed)

    def _gradients(self, cause: Cause, before: Moments, probabilities: Float[Array, " K"]) -> Matrix:
        """E[G G^T] of one sample, P on both sides."""
        A, X = before
        K = len(X)
        own = X.at[0].set(0.0)
        spread = cause.fixed[jnp.arange(K), jnp.arange(K)].at[0].set(0.0)
        U = A[None] - own - _transposed(own) + spread
        sizes = jax.vmap(self.model.trace)(self.model.covariances, U) + cause.noises
        squares = 2 * jax.vmap(product)(self.pulls, U, _transposed(self.pulls))
        squares += _scaled(sizes, self.spreads)
        return jnp.tensordot(probabilities * self.model.weights**2, squares, axes=1)


def causes(model: Model, start: Float[Array, " d"] | None) -> Cause:
    """Those of bias (the signal and the start), variance and zeta, in this order."""
    K, size = len(model.noises), model.signal
    fixed = jnp.zeros((3, K, K, *size.shape))
    for part, moments in ((0, model.signal_moments), (2, model.shift_moments)):
        for (i, j), moment in moments.items():
            fixed = fixed.at[part, i, j].set(moment)
    begun = jnp.zeros((3, *size.shape))
    if start is not None:
        square = start**2 if size.ndim == 1 else jnp.outer(start, start)
        begun = begun.at[0].set(square)
    return Cause(fixed, begun, jnp.zeros((3, K)).at[1].set(model.noises))


def beginning(cause: Cause) -> Moments:
    """Of e = w_0 - w_1, where w_0 knows nothing of the labelling vectors."""
    return Moments(cause.start + cause.fixed[0, 0], -cause.fixed[:, 0])


def _scaled(factors: Float[Array, " K"], matrices: Float[Array, "K *matrix"]) -> Array:
    return factors.reshape((-1,) + (1,) * (matrices.ndim - 1)) * matrices


def _sum_of_products(left: Float[Array, "K *matrix"], right: Float[Array, "K *matrix"]) -> Matrix:
    return jax.vmap(product)(left, right).sum(axis=0)


def _transposed(matrices: Float[Array, "K *matrix"]) -> Float[Array, "K *matrix"]:
    return matrices if matrices.ndim == 2 else matrices.mT
